//! Friendly hints before a visit is submitted.

use daohu_domain::{
    Fields,
    calendar::Instant,
    config::Rules,
    hints::{HintFacts, hints, similarity_pct},
};
use serde_json::{Value, json};

const LONG: &str = "今日上午入户，见到户主，家中现有四口人，老人近期血压偏高，已按时服药，核对了低保和合作医疗缴费凭证，暂无其他诉求，对帮扶工作表示满意。";

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

/// Returns the rules that have something to say on a visit of 12 May written down at an instant.
fn rules_of(visit: Value, written: &str, last: Option<&str>, checks: Option<Value>) -> Vec<String> {
    let visit = fields(visit);
    let last_checks = checks.map(fields);
    let rules = Rules::default();
    let first_written: Instant = written.parse().unwrap();
    let facts = HintFacts { visit: &visit, first_written, last_narrative: last, last_checks: last_checks.as_ref(), rules: &rules };
    let found = hints(&facts);
    assert!(found.iter().all(|hint| hint.zh.chars().count() <= 30 && hint.en.is_ascii()), "{found:?}");
    found.into_iter().map(|hint| hint.rule).collect()
}

fn visit(more: Value) -> Value {
    let mut visit = json!({"start": "2019-05-12T09:00:00+08:00", "end": "2019-05-12T10:00:00+08:00", "narrative": LONG});
    for (key, value) in more.as_object().unwrap() {
        visit[key] = value.clone();
    }
    visit
}

const SOON: &str = "2019-05-12T10:00:00+08:00";

#[test]
fn a_good_visit_gets_no_hint() {
    assert!(rules_of(visit(json!({})), SOON, None, None).is_empty());
}

#[test]
fn what_is_written_days_later_is_offered_as_a_backfill() {
    assert!(rules_of(visit(json!({})), "2019-05-15T10:00:00+08:00", None, None).is_empty(), "72 hours");
    assert_eq!(rules_of(visit(json!({})), "2019-05-15T10:00:01+08:00", None, None), ["AR-05"]);
    let declared = visit(json!({"original_date": "2019-05-12", "backfill_reason": "手机没电"}));
    assert!(rules_of(declared, "2019-05-20T10:00:00+08:00", None, None).is_empty());
}

#[test]
fn a_text_like_the_last_one_asks_for_a_word_on_today() {
    assert_eq!(rules_of(visit(json!({})), SOON, Some(LONG), None), ["AR-07"]);
    let numbers = LONG.replace("四口人", "4口人");
    assert_eq!(rules_of(visit(json!({"narrative": numbers})), SOON, Some(LONG), None), ["AR-07"]);
    let other =
        "下午到地里，户主正在种玉米，今年种了十二亩，羊圈已经修好，新买三只种羊，准备秋天出栏，孩子在榆阳上高中，下周回来，缺少冬季饲草。";
    assert!(rules_of(visit(json!({})), SOON, Some(other), None).is_empty());
}

#[test]
fn a_text_that_says_little_gets_a_hint_unless_a_check_was_made() {
    assert_eq!(rules_of(visit(json!({"narrative": "去过了。"})), SOON, None, None), ["AR-09"]);
    assert!(rules_of(visit(json!({"narrative": "去过了。", "water": "yes"})), SOON, None, None).is_empty());
    assert!(rules_of(visit(json!({"narrative": null, "absent_reason": "migrant_work"})), SOON, None, None).is_empty());
}

#[test]
fn a_check_that_turned_no_offers_to_note_what_is_to_be_done() {
    let turned = visit(json!({"water": "no"}));
    assert_eq!(rules_of(turned.clone(), SOON, None, Some(json!({"water": "yes"}))), ["CHECK"]);
    assert!(rules_of(turned.clone(), SOON, None, Some(json!({"water": "no"}))).is_empty(), "it was no before");
    let promised = visit(json!({"water": "no", "promises": [{"text": "联系水站"}]}));
    assert!(rules_of(promised, SOON, None, Some(json!({"water": "yes"}))).is_empty());
}

#[test]
fn likeness_is_a_share_of_common_letters() {
    assert_eq!(similarity_pct(LONG, LONG), Some(100));
    assert_eq!(similarity_pct(LONG, "短"), None, "too short to compare");
    let spaced = LONG.replace('，', " , ");
    assert_eq!(similarity_pct(LONG, &spaced), Some(100), "signs and spaces do not count");
}
