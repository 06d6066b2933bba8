//! The configuration of the rules: set by text, checked, and true from a day on at a place.

use daohu_domain::{
    calendar::Day,
    config::{ConfigError, Rules, Setting, check_setting, rules_at, split},
    place::Place,
};
use serde_json::json;

fn set(pairs: &[&str]) -> Result<Rules, ConfigError> {
    let mut rules = Rules::default();
    for pair in pairs {
        let (key, value) = split(pair)?;
        rules.set(key, value)?;
    }
    Ok(rules)
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn place(number: u64) -> Place {
    Place::from_number(number).unwrap()
}

fn setting(at: Option<u64>, from: &str, key: &str, value: &str) -> Setting {
    Setting { place: at.map(place), from: day(from), key: key.to_owned(), value: value.to_owned() }
}

#[test]
fn the_defaults_are_those_of_the_contracts() {
    let rules = serde_json::to_value(Rules::default()).unwrap();
    for (key, value) in [
        ("k_min", json!(10)),
        ("freeze_day", json!(10)),
        ("record_day", json!(3)),
        ("review_day", json!(8)),
        ("town_sample_pct", json!(10)),
        ("photo_edge_px", json!(1600)),
    ] {
        assert_eq!(rules[key], value, "{key}");
    }
    assert_eq!(rules["tiers"], json!({"monthly": {"months": 1, "need": 1}, "quarterly": {"months": 3, "need": 1}}));
    assert_eq!(rules["equivalents"], json!({"allowed": false, "cap_pct": 20}));
    assert_eq!(rules["assistant"], json!(null));
    let again: Rules = serde_json::from_value(rules).unwrap();
    assert_eq!(again, Rules::default());
}

#[test]
fn every_value_is_set_by_its_name() {
    let rules = set(&[
        "k_min=7",
        "freeze_day=20",
        "review_day=18",
        "record_day=15",
        "tiers.monthly.need=2",
        "tiers.two_months.months=2",
        "tiers.quarterly=none",
        "equivalents.allowed=true",
        "equivalents.cap_pct=30",
        "assistant.need=2",
        "assistant.modes=phone,视频",
        "inbox_days=60",
        "similar_text_pct=90",
        "undeclared_late_hours=48",
        "lock_minutes=5",
        "photo_edge_px=2000",
        "device_silent_days=30",
        "households_of_helper_max=8",
        "town_sample_pct=25",
    ])
    .unwrap();
    assert_eq!((rules.duty.k_min, rules.duty.freeze_day, rules.duty.review_day, rules.duty.record_day), (7, 20, 18, 15));
    assert_eq!(
        serde_json::to_value(&rules.duty.tiers).unwrap(),
        json!({"monthly": {"months": 1, "need": 2}, "two_months": {"months": 2, "need": 1}})
    );
    assert_eq!(rules.duty.assistant.unwrap().modes, ["phone", "video"]);
    assert!(rules.duty.equivalents.allowed);
    assert_eq!(set(&["assistant.need=2", "assistant=none"]).unwrap().duty.assistant, None);
    let replaced = set(&[r#"tiers={"yearly":{"months":12,"need":1}}"#]).unwrap();
    assert_eq!(replaced.duty.tiers.keys().collect::<Vec<_>>(), ["yearly"]);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    for pair in [
        "k_min=6",
        "k_min=32",
        "k_min=zehn",
        "k_min=",
        "freeze_day=0",
        "freeze_day=28",
        "freeze_day=7",
        "record_day=9",
        "review_day=2",
        "tiers.monthly.months=5",
        "tiers.monthly.months=0",
        "tiers={}",
        "tiers=[]",
        "equivalents.allowed=maybe",
        "assistant.modes=drone",
        "assistant.modes=",
        "equivalents.cap_pct=101",
    ] {
        let error = set(&[pair]).expect_err(pair);
        assert_eq!(error.code(), "bad_config", "{pair}");
        let (zh, en) = error.sentence();
        assert!(zh.ends_with('。') && !en.is_empty(), "{pair}");
    }
    for pair in ["streak=1", "tiers.monthly.often=1", "tiers.Monthly.need=1", "tiers..need=1", "assistant=2", "no_equals", "=5"] {
        assert_eq!(set(&[pair]).expect_err(pair).code(), "usage", "{pair}");
    }
    let mut rules = Rules::default();
    assert!(rules.set("freeze_day", "5").is_err());
    assert_eq!(rules, Rules::default());
}

#[test]
fn a_nearer_place_wins_then_the_later_day() {
    let (town, village) = (610_802_209_000, 610_802_209_201);
    let settings = [
        setting(Some(village), "2019-05-01", "k_min", "12"),
        setting(None, "2019-01-01", "k_min", "8"),
        setting(Some(town), "2019-06-01", "k_min", "9"),
        setting(Some(town), "2019-03-01", "k_min", "11"),
        setting(Some(610_802_209_202), "2019-01-01", "k_min", "20"),
    ];
    let at = |chain: &[u64], on: &str| {
        let chain: Vec<Place> = chain.iter().map(|number| place(*number)).collect();
        rules_at(&settings, &chain, day(on)).duty.k_min
    };
    assert_eq!(at(&[village, town], "2018-12-31"), 10, "nothing holds yet");
    assert_eq!(at(&[village, town], "2019-02-01"), 8);
    assert_eq!(at(&[village, town], "2019-03-01"), 11);
    assert_eq!(at(&[village, town], "2019-05-01"), 12);
    assert_eq!(at(&[village, town], "2019-07-01"), 12, "the village's own value stays");
    assert_eq!(at(&[town], "2019-05-31"), 11);
    assert_eq!(at(&[town], "2019-06-01"), 9);
}

#[test]
fn a_setting_that_no_longer_fits_is_passed_over() {
    let settings =
        [setting(None, "2019-01-01", "k_min", "3"), setting(None, "2019-01-01", "gone", "1"), setting(None, "2019-01-02", "k_min", "9")];
    assert_eq!(rules_at(&settings, &[], day("2019-02-01")).duty.k_min, 9);
}

#[test]
fn days_that_depend_on_each_other_may_be_set_one_by_one() {
    let settings = [setting(None, "2019-01-01", "freeze_day", "20"), setting(None, "2019-01-01", "review_day", "15")];
    let rules = rules_at(&settings, &[], day("2019-02-01"));
    assert_eq!((rules.duty.freeze_day, rules.duty.review_day), (20, 15));
    assert!(check_setting(&settings[1], None).is_ok());
    assert!(check_setting(&setting(None, "2019-01-01", "review_day", "99"), None).is_err());
    assert!(check_setting(&setting(None, "2019-01-01", "k_min", "3"), None).is_err());
}

#[test]
fn a_frozen_month_keeps_its_rules() {
    let frozen = Some(day("2019-05-01"));
    assert!(check_setting(&setting(None, "2019-04-30", "k_min", "9"), frozen).is_err());
    assert!(check_setting(&setting(None, "2019-05-01", "k_min", "9"), frozen).is_ok());
}
