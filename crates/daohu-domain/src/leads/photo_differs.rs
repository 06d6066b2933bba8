//! AR-12 照片不符: a photo that does not fit the claim beside which it stands.
//!
//! Looks at: when and on which device the photo was taken, where, and what the claim says of day and place.
//! Thresholds: taken before the issue was found, or in another village: 重点. Taken more than [`DAYS_APART_MAX`] days from the day it is said
//! to show: 关注. Taken by a device that the author was never seen with: 提示.
//! Looks like it and is none: the "before" photo of a pair, which must say so (`stage` before); an old photo from the archive (`stage`
//! archive), which is not asked about at all; papers, which are scanned when there is time; a camera whose clock was never set.

use super::{Lead, Photo, Weight};
use crate::{
    calendar::{DAY_MS, Day, Instant, start_of},
    place::Place,
};

/// Names the rule.
pub const RULE: &str = "AR-12";
/// How many days a photo may lie from the day it is said to show.
pub const DAYS_APART_MAX: i64 = 3;
/// Before it no phone took photos: the clock of the camera was not set.
const CLOCK_WAS_SET: Instant = Instant(1_262_275_200_000);

/// What stands beside the photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Is the day on which the issue was found, where the photo is evidence of one.
    pub found_on: Option<Day>,
    /// Is the village in which the photo was taken, where its position is known.
    pub taken_in: Option<Place>,
    /// Names the devices that the author was seen with; empty: not known.
    pub known_cameras: Vec<String>,
}

/// Returns what does not fit, the heaviest first.
#[must_use]
pub fn leads(photo: &Photo, claim: &Claim) -> Vec<Lead> {
    if photo.is_archive() || photo.is_paper {
        return Vec::new();
    }
    let found = [before_found(photo, claim), elsewhere(photo, claim), another_day(photo), another_camera(photo, claim)];
    found.into_iter().flatten().collect()
}

fn lead(photo: &Photo, weight: Weight, words: (String, String)) -> Lead {
    Lead::new(RULE, weight, &[photo.id, photo.target], words)
}

fn taken_at(photo: &Photo) -> Option<Instant> {
    photo.taken_at.filter(|taken| *taken >= CLOCK_WAS_SET)
}

fn before_found(photo: &Photo, claim: &Claim) -> Option<Lead> {
    let (taken, found) = (taken_at(photo)?.day(), claim.found_on?);
    (taken < found && !photo.is_before()).then(|| {
        let zh = format!("照片拍于{taken}，问题{found}才发现。是整改前的照片就标“整改前”。");
        lead(photo, Weight::Look, (zh, format!("taken on {taken}, before the issue was found on {found}: mark it as before, if it is")))
    })
}

fn elsewhere(photo: &Photo, claim: &Claim) -> Option<Lead> {
    let taken_in = claim.taken_in.filter(|place| *place != photo.place)?;
    let zh = format!("照片拍在另一个村（{taken_in}），记录属于{}。", photo.place);
    Some(lead(photo, Weight::Look, (zh, format!("taken in another village ({taken_in}) than that of the record ({})", photo.place))))
}

fn another_day(photo: &Photo) -> Option<Lead> {
    let (taken, shown) = (taken_at(photo)?, photo.event_date?);
    if photo.is_before() {
        return None;
    }
    let apart = (start_of(taken.day()).0 - start_of(shown).0).abs() / DAY_MS;
    (apart > DAYS_APART_MAX).then(|| {
        let zh = format!("照片拍于{}，说的是{shown}的事，差{apart}天。", taken.day());
        lead(photo, Weight::Notice, (zh, format!("taken on {}, said to show {shown}: {apart} days apart", taken.day())))
    })
}

fn another_camera(photo: &Photo, claim: &Claim) -> Option<Lead> {
    let camera = photo.camera.as_ref()?;
    let is_unknown = !claim.known_cameras.is_empty() && !claim.known_cameras.contains(camera);
    is_unknown.then(|| {
        let words = ("照片不是本人用过的设备拍的。", "taken by a device that its author was not seen with");
        Lead::new(RULE, Weight::Hint, &[photo.id, photo.target], words)
    })
}
