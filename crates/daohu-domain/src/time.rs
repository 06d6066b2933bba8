//! Time evidence (domain: time evidence): what is known of the true time of a capture on a phone.
//!
//! A phone's wall clock can be wrong; its monotonic clock cannot be set. A server's answer ties the monotonic clock of
//! a boot to true time (an anchor); within that boot every capture then has a trusted time. Across a reboot only
//! bounds are known. Nothing is ever refused for its time.

use crate::calendar::{DAY_MS, Instant};
use serde::{Deserialize, Serialize};

/// Is the age of an anchor beyond which it proves nothing.
pub const ANCHOR_AGE_MS_MAX: i64 = 45 * DAY_MS;

/// Is how far a monotonic clock may drift in a day.
pub const DRIFT_MS_A_DAY: i64 = 2_000;

/// Is the skew from which a wall clock is worth a word (AR-06).
pub const SKEW_MS_NOTED: i64 = 10 * 60 * 1000;

/// Stands for a bound that nothing is known of: the end of the year 9998.
pub const FAR: Instant = Instant(253_370_735_999_000);

/// The server's time at one moment of a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Anchor {
    /// Is the server's time, in milliseconds since 1970.
    pub server_ms: i64,
    /// Is the monotonic clock at that moment, in milliseconds.
    pub mono_ms: i64,
}

/// What a phone's clocks said at a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Is the wall clock, in milliseconds since 1970.
    pub wall_ms: i64,
    /// Is the monotonic clock, in milliseconds.
    pub mono_ms: i64,
    /// Is the number of the boot on this device.
    pub boot: u32,
}

/// What is known of the true time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It was this instant.
    Trusted(Instant),
    /// It was not before the first and not after the second.
    Between(Instant, Instant),
    /// Nothing is known.
    None,
}

/// Returns what is known of the true time of a stamp.
///
/// `anchors` are those of the stamp's own boot, earlier or later than it; the nearest within 45 days counts.
/// Without one, `before` (the last trusted instant before the reboot) and `after` (the first server time after the
/// capture) bound it; with no `before` there is no evidence but that the record arrived.
#[must_use]
pub fn evidence(stamp: &Stamp, anchors: &[Anchor], before: Option<Instant>, after: Option<Instant>) -> Evidence {
    let nearest = anchors.iter().min_by_key(|anchor| (age_ms(stamp, anchor), anchor.server_ms, anchor.mono_ms));
    if let Some(anchor) = nearest.filter(|anchor| age_ms(stamp, anchor) <= ANCHOR_AGE_MS_MAX) {
        return Evidence::Trusted(Instant(anchor.server_ms.saturating_add(stamp.mono_ms.saturating_sub(anchor.mono_ms))));
    }
    match (before, after) {
        (Some(before), Some(after)) if after < before => Evidence::None,
        (Some(before), after) => Evidence::Between(before, after.unwrap_or(FAR)),
        (None, _) => Evidence::None,
    }
}

/// Returns how far the trusted time may be off: two seconds for each day between anchor and capture.
#[must_use]
pub fn drift_ms(stamp: &Stamp, anchor: &Anchor) -> i64 {
    age_ms(stamp, anchor).saturating_mul(DRIFT_MS_A_DAY) / DAY_MS
}

/// Returns how far the wall clock is ahead of the trusted time; `None` without one.
#[must_use]
pub fn skew_ms(stamp: &Stamp, evidence: &Evidence) -> Option<i64> {
    match evidence {
        Evidence::Trusted(at) => Some(stamp.wall_ms.saturating_sub(at.0)),
        Evidence::Between(..) | Evidence::None => None,
    }
}

/// Returns the instant to reckon with: the trusted one, else the claim moved to the nearest bound.
#[must_use]
pub fn best(stamp: &Stamp, evidence: &Evidence) -> Instant {
    let claimed = Instant(stamp.wall_ms);
    match *evidence {
        Evidence::Trusted(at) => at,
        Evidence::Between(from, to) if from <= to => claimed.clamp(from, to),
        Evidence::Between(..) | Evidence::None => claimed,
    }
}

/// Moves what is known of the moment when a person gave an instant to that instant: `claimed` lies as far before `stamp`
/// on the wall clock as the answer lies before the stamp's true time, or before the later of its bounds.
///
/// Holds only within a day and the same boot; what lies further back, or after the stamp, is a claim without
/// evidence.
#[must_use]
pub fn evidence_of_claim(claimed: Instant, stamp: &Stamp, of_stamp: &Evidence) -> Evidence {
    let ago = stamp.wall_ms.saturating_sub(claimed.0);
    if !(0..=DAY_MS).contains(&ago) || stamp.mono_ms < ago {
        return Evidence::None;
    }
    match *of_stamp {
        Evidence::Trusted(at) => Evidence::Trusted(Instant(at.0.saturating_sub(ago))),
        Evidence::Between(after, before) => Evidence::Between(after, Instant(before.0.saturating_sub(ago)).max(after)),
        Evidence::None => Evidence::None,
    }
}

fn age_ms(stamp: &Stamp, anchor: &Anchor) -> i64 {
    stamp.mono_ms.saturating_sub(anchor.mono_ms).saturating_abs()
}
