//! Checks of records against their declarations.

use daohu_domain::{
    Fields, kinds,
    validate::{Violation, check, check_event, is_newer, split_secrets},
};
use serde_json::{Value, json};

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn found(kind: &str, value: Value) -> Vec<Violation> {
    check(kinds::find(kind).unwrap(), &fields(value), true)
}

fn wrong_keys(kind: &str, value: Value) -> Vec<String> {
    found(kind, value).into_iter().map(|violation| violation.field).collect()
}

/// A visit with which nothing is wrong.
fn visit() -> Value {
    json!({
        "mode": "home", "purpose": ["learn_situation"], "start": "2019-05-12T09:41:00+08:00", "end": "2019-05-12T10:05:00+08:00",
        "met": [{"name": "王建国", "relation": "户主"}], "narrative": "核对了收入台账，羊增加两只。", "food": "yes",
        "promises": [{"text": "联系自来水管维修", "day": "2019-05-25"}]
    })
}

fn visit_with(more: Value) -> Value {
    let mut visit = visit();
    for (key, value) in more.as_object().unwrap() {
        visit[key] = value.clone();
    }
    visit
}

#[test]
fn a_good_visit_passes() {
    assert_eq!(found("visit", visit()), []);
    assert_eq!(found("visit", visit_with(json!({"narrative": null}))), [], "a check is enough");
    assert_eq!(found("visit", visit_with(json!({"food": null}))), [], "a sentence is enough");
    assert_eq!(found("visit", visit_with(json!({"met": null, "absent_reason": "migrant_work", "narrative": null, "food": null}))), []);
    assert_eq!(found("visit", visit_with(json!({"end": "2019-05-12T09:41:00+08:00"}))), [], "an end at the start");
    assert_eq!(found("visit", visit_with(json!({"original_date": "2019-04-20", "backfill_reason": "手机没电"}))), []);
}

#[test]
fn a_visit_needs_a_purpose_somebody_and_something() {
    assert_eq!(wrong_keys("visit", visit_with(json!({"purpose": null}))), ["purpose"]);
    assert_eq!(wrong_keys("visit", visit_with(json!({"purpose": []}))), ["purpose"], "an empty list is no purpose");
    assert_eq!(wrong_keys("visit", visit_with(json!({"mode": null}))), ["mode"]);
    assert_eq!(wrong_keys("visit", visit_with(json!({"met": []}))), ["met"]);
    assert_eq!(wrong_keys("visit", visit_with(json!({"absent_reason": "refused"}))), ["absent_reason"], "met and absent at once");
    assert_eq!(wrong_keys("visit", visit_with(json!({"narrative": "  ", "food": null}))), ["narrative"]);
}

#[test]
fn a_visit_ends_after_it_begins_and_a_backfill_is_declared_whole() {
    assert_eq!(wrong_keys("visit", visit_with(json!({"end": "2019-05-12T09:40:59+08:00"}))), ["end"]);
    assert_eq!(wrong_keys("visit", visit_with(json!({"original_date": "2019-04-20"}))), ["backfill_reason"]);
    assert_eq!(wrong_keys("visit", visit_with(json!({"backfill_reason": "手机没电"}))), ["original_date"]);
}

#[test]
fn a_pairing_ends_after_it_begins() {
    let cadre = "018f3a4e-5b6c-7d8e-9f00-112233445566";
    let pairing = |to: Value| json!({"cadre": cadre, "role": "primary", "from": "2019-05-01", "to": to});
    assert_eq!(found("pairing", pairing(json!(null))), []);
    assert_eq!(found("pairing", pairing(json!("2019-05-02"))), []);
    assert_eq!(wrong_keys("pairing", pairing(json!("2019-05-01"))), ["to"]);
    assert_eq!(wrong_keys("pairing", pairing(json!("2019-04-30"))), ["to"]);
}

#[test]
fn every_violation_says_what_to_do_in_both_languages_without_the_value() {
    let wrong = [
        found("visit", visit_with(json!({"mode": 7, "start": "gestern", "met": "王", "narrative": "电话13800000000"}))),
        found("household", json!({"number": "1", "head_name": "王建国\n甲", "people": 99, "status": [{"value": "poor"}], "year": "2019"})),
        found("region", json!({"code": "12", "name": "甲", "level": "village"})),
        found("review", json!({"target": "x", "target_kind": "visit", "result": "return"})),
        found("task", json!({"title": "改", "kind": "proposal"})),
        found("leave", json!({"cadre": "018f3a4e-5b6c-7d8e-9f00-112233445566", "from": "2019-05-02", "to": "2019-05-01"})),
    ]
    .concat();
    assert!(wrong.len() > 14, "{wrong:?}");
    for violation in wrong {
        assert!(violation.code == "invalid_record" || violation.code == "secret_in_text", "{violation:?}");
        assert!(violation.zh.ends_with('。') && !violation.en.is_empty() && violation.en.is_ascii(), "{violation:?}");
        assert!(!violation.zh.contains("13800000000") && !violation.zh.contains("王建国") && !violation.en.contains("gestern"));
    }
}

#[test]
fn a_secret_in_any_free_text_is_refused_and_its_own_field_takes_it() {
    let narrative = found("visit", visit_with(json!({"narrative": "户主电话19977292899"})));
    assert_eq!(narrative.iter().map(|violation| violation.code.as_str()).collect::<Vec<_>>(), ["secret_in_text"]);
    let promise = found("visit", visit_with(json!({"promises": [{"text": "打19977292899"}]})));
    assert_eq!(
        promise.iter().map(|violation| (violation.field.as_str(), violation.code.as_str())).collect::<Vec<_>>(),
        [("promises", "secret_in_text")]
    );
    let kept = found("visit", visit_with(json!({"kept": ["610800197907248979"]})));
    assert_eq!(kept.len(), 1);
    let household = json!({"number": "6108022090000001", "head_name": "杨杰兰", "phone": "19977292899", "id_number": "610800197907248979"});
    assert_eq!(found("household", household), []);
    let note = json!({"number": "6108022090000001", "head_name": "杨杰兰", "contact_note": "打19977292899"});
    assert_eq!(wrong_keys("household", note), ["contact_note"]);
}

#[test]
fn secrets_are_split_off_and_their_hashes_may_stand_in() {
    let household = kinds::find("household").unwrap();
    let whole = fields(json!({"number": "1", "head_name": "杨杰兰", "phone": "19977292899", "bank": "6250442458741245", "unheard_of": 1}));
    let (open, secret) = split_secrets(household, &whole);
    assert_eq!(open.keys().collect::<Vec<_>>(), ["number", "head_name", "unheard_of"]);
    assert_eq!(secret.keys().collect::<Vec<_>>(), ["phone", "bank"]);
    let stood_in = fields(json!({"number": "1", "head_name": "杨杰兰", "phone": {"hash": "00"}}));
    assert_eq!(check(household, &stood_in, true), []);
}

#[test]
fn a_position_may_be_stood_in_for_by_its_hash_and_by_no_half_position() {
    let visit = kinds::find("visit").unwrap();
    let keys = |point: serde_json::Value| check(visit, &fields(json!({ "point": point })), false).len();
    assert_eq!(keys(json!({ "hash": "00" })), 0);
    assert_eq!(keys(json!({ "lat": 38.1, "lon": 109.4, "accuracy_m": 5 })), 0);
    assert_eq!(keys(json!({ "lat": 38.1 })), 1);
    assert_eq!(keys(json!({ "hash": "00", "lat": 38.1 })), 1);
}

#[test]
fn an_edit_is_checked_without_the_rest() {
    let household = kinds::find("household").unwrap();
    assert_eq!(check(household, &fields(json!({"contact_note": "上午打电话"})), false), []);
    assert_eq!(check(household, &fields(json!({"contact_note": 5})), false).len(), 1);
    assert_eq!(check(household, &fields(json!({"contact_note": null})), false), [], "taking a value away");
    assert_eq!(check(household, &fields(json!({"contact_note": "上午打电话"})), true).len(), 2, "number and head are missing");
}

#[test]
fn what_a_newer_program_wrote_passes_and_is_marked() {
    let kind = kinds::find("visit").unwrap();
    let newer = [json!({"mode": "drone"}), json!({"purpose": ["learn_situation", "harvest"]}), json!({"weather": "rain"})];
    for more in newer {
        let visit = fields(visit_with(more.clone()));
        assert_eq!(check(kind, &visit, true), [], "{more}");
        assert!(is_newer(kind, &visit), "{more}");
    }
    assert!(!is_newer(kind, &fields(visit())));
}

#[test]
fn spans_have_an_order_and_do_not_overlap() {
    let with = |status: Value| json!({"number": "1", "head_name": "杨杰兰", "status": status});
    let span = |value: &str, from: &str, to: Value| json!({"value": value, "from": from, "to": to});
    let good = json!([span("exited_with_policy", "2019-01-01", json!(null)), span("poor", "2016-01-01", json!("2019-01-01"))]);
    assert_eq!(found("household", with(good)), [], "touching, in any order");
    let overlap = json!([span("poor", "2016-01-01", json!("2019-01-02")), span("monitored", "2019-01-01", json!(null))]);
    assert_eq!(wrong_keys("household", with(overlap)), ["status"]);
    let open_twice = json!([span("poor", "2016-01-01", json!(null)), span("monitored", "2019-01-01", json!(null))]);
    assert_eq!(wrong_keys("household", with(open_twice)), ["status"]);
    let backwards = json!([span("poor", "2019-01-01", json!("2019-01-01"))]);
    assert_eq!(wrong_keys("household", with(backwards)), ["status"]);
    let cadre = "018f3a4e-5b6c-7d8e-9f00-112233445566";
    let other = "018f3a4e-5b6c-7d8e-9f00-112233445567";
    let two_people =
        json!({"name": "区水利局", "obliged": [span(cadre, "2019-01-01", json!(null)), span(other, "2019-01-01", json!(null))]});
    assert_eq!(found("org", two_people), []);
    let one_person_twice =
        json!({"name": "区水利局", "obliged": [span(cadre, "2019-01-01", json!(null)), span(cadre, "2019-02-01", json!(null))]});
    assert_eq!(wrong_keys("org", one_person_twice), ["obliged"]);
}

#[test]
fn numbers_days_and_lists_have_limits() {
    let base = |more: Value| {
        let mut household = json!({"number": "1", "head_name": "杨杰兰"});
        for (key, value) in more.as_object().unwrap() {
            household[key] = value.clone();
        }
        household
    };
    for good in
        [json!({"people": 0}), json!({"people": 60}), json!({"arable_area": 758}), json!({"net_income": -100}), json!({"exit_year": 2018})]
    {
        assert_eq!(found("household", base(good.clone())), [], "{good}");
    }
    for bad in [
        json!({"people": 61}),
        json!({"people": -1}),
        json!({"people": 1.5}),
        json!({"arable_area": -1}),
        json!({"exit_year": 218}),
        json!({"safe_water": "是"}),
        json!({"group": "字".repeat(21)}),
    ] {
        assert_eq!(found("household", base(bad.clone())).len(), 1, "{bad}");
    }
    assert_eq!(found("month_record", json!({"month": "2019-13"})).len(), 1);
    assert_eq!(found("month_record", json!({"month": "2019-05", "work": "字".repeat(3000)})).len(), 0);
    assert_eq!(found("month_record", json!({"month": "2019-05", "work": "字".repeat(3001)})).len(), 1);
    assert_eq!(found("leave", json!({"cadre": "x", "from": "20190501", "to": "2019-05-02"})).len(), 2);
}

#[test]
fn what_an_event_carries_is_checked_too() {
    let visit = kinds::find("visit").unwrap();
    assert_eq!(check_event(visit, "void", &fields(json!({"reason": "duplicate"}))), []);
    assert_eq!(check_event(visit, "submit", &fields(json!({}))), []);
    assert_eq!(check_event(visit, "void", &fields(json!({"reason": 3}))).len(), 1);
    assert_eq!(check_event(visit, "correct", &fields(json!({"reason": "打19977292899"})))[0].code, "secret_in_text");
    assert_eq!(check_event(visit, "explode", &fields(json!({}))).len(), 1);
}
