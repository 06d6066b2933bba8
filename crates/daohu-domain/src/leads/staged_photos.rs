//! AR-14 换衣摆拍、一次多拍: photos said to be of different days that were taken in one go.
//!
//! Looks at: when the cameras say two photos of one household were taken, the days they are said to show, and the distance of the middles of the
//! two pictures.
//! Thresholds: taken within [`IN_ONE_GO_MS`] of each other and said to show different days: 重点. The same scene (a distance of at most
//! [`SAME_SCENE_MAX`]) on days at least [`DAYS_APART_MIN`] apart: 提示.
//! Looks like it and is none: the same doorway each month, which is why a scene alone is never more than a 提示; old photos; papers.

use super::{Distance, Lead, Photo, Weight};
use crate::calendar::{DAY_MS, start_of};

/// Names the rule.
pub const RULE: &str = "AR-14";
/// Photos that lie closer together were taken in one go.
pub const IN_ONE_GO_MS: i64 = 3 * 3_600_000;
/// Up to this distance of their middles two pictures show one scene.
pub const SAME_SCENE_MAX: Distance = Distance(12);
/// How many days apart a scene is asked about.
pub const DAYS_APART_MIN: i64 = 7;

/// Judges two photos of one household; `scene` is the distance of their middles.
#[must_use]
pub fn lead(one: &Photo, other: &Photo, scene: Option<Distance>) -> Option<Lead> {
    let is_asked = |photo: &Photo| !photo.is_archive() && !photo.is_paper && !photo.is_before();
    if one.id == other.id || one.household.is_none() || one.household != other.household || !is_asked(one) || !is_asked(other) {
        return None;
    }
    let (first, second) = (one.event_date?, other.event_date?);
    let apart = (start_of(first).0 - start_of(second).0).abs() / DAY_MS;
    let in_one_go = match (one.taken_at, other.taken_at) {
        (Some(first), Some(second)) => first.0.abs_diff(second.0) <= IN_ONE_GO_MS.unsigned_abs(),
        _ => false,
    };
    if apart > 0 && in_one_go {
        let words = (
            format!("两张照片相差不到三小时，却说是{first}和{second}的事。"),
            format!("taken within three hours of each other, said to show {first} and {second}"),
        );
        return Some(Lead::new(RULE, Weight::Look, &[one.id, other.id], words));
    }
    let is_same = scene.is_some_and(|distance| distance <= SAME_SCENE_MAX);
    (is_same && apart >= DAYS_APART_MIN).then(|| {
        let words = ("不同日子的两张照片场景很像，看一眼就行。", "two days, one scene: a look is enough");
        Lead::new(RULE, Weight::Hint, &[one.id, other.id], words)
    })
}
