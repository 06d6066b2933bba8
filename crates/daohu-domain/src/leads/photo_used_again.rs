//! AR-13 一图多用: one photo, or a near copy of it, as evidence of several things.
//!
//! Looks at: the SHA-256 of originals, and the distance of the prints of two pictures (`daohu-evidence`).
//! Thresholds: the same bytes: 重点. A distance of at most [`NEAR_MAX`]: 重点; up to [`ALIKE_MAX`]: 关注.
//! Looks like it and is none: one photo twice beside the same record; a group photo of one joint visit, which belongs to several households
//! on the same day in the same village; the same wall on another day, whose prints lie far apart; the two of a before-and-after pair
//! are different pictures and are asked about like any others.

use super::{Distance, Lead, Photo, Weight};

/// Names the rule.
pub const RULE: &str = "AR-13";
/// Up to this distance two pictures are copies of one.
pub const NEAR_MAX: Distance = Distance(6);
/// Up to this distance they may be.
pub const ALIKE_MAX: Distance = Distance(10);

/// Judges two photos; `distance` is that of their prints, none where one has no prints.
#[must_use]
pub fn lead(one: &Photo, other: &Photo, distance: Option<Distance>) -> Option<Lead> {
    if one.id == other.id || one.target == other.target || one.is_archive() || other.is_archive() || is_joint(one, other) {
        return None;
    }
    let (weight, words) = match distance {
        _ if one.original == other.original => (Weight::Look, ("同一个文件用在两处。", "one file stands in two places")),
        Some(distance) if distance <= NEAR_MAX => (Weight::Look, ("两张照片几乎一样。", "the two photos are almost the same")),
        Some(distance) if distance <= ALIKE_MAX => (Weight::Notice, ("两张照片很像。", "the two photos look alike")),
        _ => return None,
    };
    Some(Lead::new(RULE, weight, &[one.id, other.id], words))
}

/// A group photo of one joint visit: other households, the same village, the same day.
fn is_joint(one: &Photo, other: &Photo) -> bool {
    let days = (one.event_date, other.event_date);
    one.place == other.place && one.household != other.household && days.0.is_some() && days.0 == days.1
}
