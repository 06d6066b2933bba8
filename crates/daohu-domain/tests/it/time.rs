//! What is known of the true time of a capture.

use daohu_domain::{
    calendar::{DAY_MS, Instant},
    time::{ANCHOR_AGE_MS_MAX, Anchor, Evidence, FAR, Stamp, best, drift_ms, evidence, evidence_of_claim, skew_ms},
};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn stamp(wall: &str, mono_ms: i64) -> Stamp {
    Stamp { wall_ms: at(wall).0, mono_ms, boot: 1 }
}

#[test]
fn a_wrong_wall_clock_does_not_matter_within_a_boot() {
    let anchor = Anchor { server_ms: at("2019-06-01T08:00:00+08:00").0, mono_ms: 0 };
    let capture = stamp("2019-05-31T08:00:00+08:00", 432_000_000);
    let known = evidence(&capture, &[anchor], None, None);
    assert_eq!(known, Evidence::Trusted(at("2019-06-06T08:00:00+08:00")));
    assert_eq!(skew_ms(&capture, &known), Some(-6 * DAY_MS));
    assert_eq!(best(&capture, &known), at("2019-06-06T08:00:00+08:00"));
    assert_eq!(drift_ms(&capture, &anchor), 10_000);
}

#[test]
fn the_nearest_anchor_counts_earlier_or_later() {
    let early = Anchor { server_ms: 1_000_000_000_000, mono_ms: 0 };
    let late = Anchor { server_ms: 1_000_000_100_500, mono_ms: 100_000 };
    let capture = |mono_ms| Stamp { wall_ms: 0, mono_ms, boot: 1 };
    assert_eq!(evidence(&capture(10_000), &[late, early], None, None), Evidence::Trusted(Instant(1_000_000_010_000)));
    assert_eq!(evidence(&capture(90_000), &[early, late], None, None), Evidence::Trusted(Instant(1_000_000_090_500)));
    assert_eq!(evidence(&capture(90_000), &[late], None, None), Evidence::Trusted(Instant(1_000_000_090_500)), "before the anchor");
}

#[test]
fn an_anchor_older_than_45_days_proves_nothing() {
    let anchor = Anchor { server_ms: 1_000_000_000_000, mono_ms: 0 };
    let capture = |mono_ms| Stamp { wall_ms: 0, mono_ms, boot: 1 };
    assert_eq!(
        evidence(&capture(ANCHOR_AGE_MS_MAX), &[anchor], None, None),
        Evidence::Trusted(Instant(1_000_000_000_000 + ANCHOR_AGE_MS_MAX))
    );
    assert_eq!(evidence(&capture(ANCHOR_AGE_MS_MAX + 1), &[anchor], None, None), Evidence::None);
}

#[test]
fn across_a_reboot_only_bounds_are_known() {
    let capture = stamp("2019-06-05T09:00:00+08:00", 5);
    let (before, after) = (at("2019-06-01T08:00:00+08:00"), at("2019-06-03T08:00:00+08:00"));
    let known = evidence(&capture, &[], Some(before), Some(after));
    assert_eq!(known, Evidence::Between(before, after));
    assert_eq!(best(&capture, &known), after, "the claim moves to the nearest bound");
    assert_eq!(skew_ms(&capture, &known), None);
    assert_eq!(evidence(&capture, &[], Some(before), None), Evidence::Between(before, FAR));
    assert_eq!(evidence(&capture, &[], None, Some(after)), Evidence::None);
    assert_eq!(evidence(&capture, &[], Some(after), Some(before)), Evidence::None, "bounds that contradict each other");
    assert_eq!(best(&capture, &Evidence::None), at("2019-06-05T09:00:00+08:00"));
    assert_eq!(FAR.to_string(), "9998-12-31T23:59:59+08:00");
}

#[test]
fn a_time_given_by_hand_is_trusted_within_a_day_of_the_same_boot() {
    let now = stamp("2019-06-05T09:00:00+08:00", 50 * 3_600_000);
    let trusted = Evidence::Trusted(at("2019-06-05T09:10:00+08:00"));
    let claim = |text: &str| evidence_of_claim(at(text), &now, &trusted);
    assert_eq!(
        claim("2019-06-05T08:00:00+08:00"),
        Evidence::Trusted(at("2019-06-05T08:10:00+08:00")),
        "moved by the skew of the wall clock"
    );
    assert_eq!(claim("2019-06-04T09:00:00+08:00"), Evidence::Trusted(at("2019-06-04T09:10:00+08:00")));
    assert_eq!(claim("2019-06-04T08:59:59+08:00"), Evidence::None, "more than a day ago");
    assert_eq!(claim("2019-06-05T09:00:01+08:00"), Evidence::None, "in the future");
    let booted = stamp("2019-06-05T09:00:00+08:00", 60_000);
    assert_eq!(evidence_of_claim(at("2019-06-05T08:00:00+08:00"), &booted, &trusted), Evidence::None, "the boot is a minute old");
    assert_eq!(evidence_of_claim(at("2019-06-05T08:00:00+08:00"), &now, &Evidence::None), Evidence::None);
}

#[test]
fn clocks_at_their_ends_do_not_overflow() {
    let anchor = Anchor { server_ms: i64::MAX, mono_ms: i64::MIN };
    let capture = Stamp { wall_ms: i64::MIN, mono_ms: i64::MAX, boot: 0 };
    let known = evidence(&capture, &[anchor], Some(Instant(i64::MIN)), Some(Instant(i64::MAX)));
    assert!(matches!(known, Evidence::Between(..)), "{known:?}");
    assert_eq!(best(&capture, &known), Instant(i64::MIN));
    assert_eq!(evidence_of_claim(Instant(i64::MAX), &capture, &Evidence::Trusted(Instant(i64::MIN))), Evidence::None);
}
