//! The draft of a month record, composed from visits.

use daohu_domain::{
    Fields,
    calendar::{Day, Month},
    kinds,
    month_text::{VisitOfMonth, compose, copy_text},
    validate::check,
};
use serde_json::{Value, json};

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn first() -> Fields {
    fields(json!({
        "mode": "home", "purpose": ["explain_policy", "verify"], "met": [{"name": "王建国", "relation": "户主"}],
        "narrative": "羊增加两只。产业补助资金已打卡发放。老人精神很好！反映村道照明不足。约定下月再来核实台账。",
        "water": "no", "food": "yes", "promises": [{"text": "联系自来水管维修", "day": "2019-05-25"}]
    }))
}

fn second() -> Fields {
    fields(json!({"mode": "worksite", "purpose": ["income"], "absent_reason": "migrant_work"}))
}

#[test]
fn each_sentence_stands_once_under_its_heading() {
    let (first, second) = (first(), second());
    let visits = [VisitOfMonth { day: day("2019-05-20"), fields: &second }, VisitOfMonth { day: day("2019-05-12"), fields: &first }];
    let texts = compose(&visits);
    let text = |key: &str| texts.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    assert_eq!(
        text("work"),
        "5月12日入户，见到户主王建国，宣传政策、核实信息。\n5月12日：老人精神很好！\n5月20日务工地走访，没见到人（外出务工），收入核算。"
    );
    assert_eq!(text("policy"), "5月12日：产业补助资金已打卡发放。");
    assert_eq!(text("income_change"), "5月12日：羊增加两只。");
    assert_eq!(text("needs"), "5月12日：反映村道照明不足。\n5月12日：“饮水安全”为否。");
    assert_eq!(text("next_plan"), "5月12日：约定下月再来核实台账。\n5月25日前：联系自来水管维修");
    assert!(!texts.contains_key("measures"), "nothing was said, nothing is invented");
}

#[test]
fn a_draft_is_a_valid_record() {
    let visit = first();
    let mut record = compose(&[VisitOfMonth { day: day("2019-05-12"), fields: &visit }]);
    record.insert("month".to_owned(), json!("2019-05"));
    assert_eq!(check(kinds::find("month_record").unwrap(), &record, true), []);
}

#[test]
fn a_month_without_visits_has_no_draft() {
    assert!(compose(&[]).is_empty());
}

#[test]
fn a_record_is_copied_as_plain_text() {
    let record = fields(json!({"work": "5月12日入户。", "needs": " "}));
    let text = copy_text(Month::new(2019, 5).unwrap(), "王建国户", &record);
    assert_eq!(text.lines().count(), 7);
    assert!(text.starts_with("2019年5月纪实　王建国户\n本月工作：5月12日入户。\n政策落实：无\n"), "{text}");
}
