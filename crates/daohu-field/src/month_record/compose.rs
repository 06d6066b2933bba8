//! Composing a month record from its visits: short sentences in the order of the booklet, for a person to change.

use crate::store::projection::household::HouseholdRow;
use daohu_domain::{
    calendar::Month,
    choices::{ABSENT_REASON, MODE, PURPOSE},
    id::Id,
    kind::{Choice, Fields, Json},
    kinds::visit,
    month_text,
    validate::text_of,
};

/// A visit of the month.
#[derive(Debug)]
pub(crate) struct MonthVisit {
    pub(crate) id: Id,
    pub(crate) day: String,
    pub(crate) fields: Fields,
}

/// Which purposes speak of which part of the record; what is not listed speaks of the month's work.
const PARTS: [(&str, &[&str]); 3] =
    [("policy", &["explain_policy", "policy_payment"]), ("income_change", &["income"]), ("measures", &["deliver_project", "plan"])];

/// Returns the texts that follow from the visits.
pub(crate) fn fields(visits: &[MonthVisit]) -> Fields {
    let mut fields = Fields::new();
    let mut put = |key: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            fields.insert(key.to_owned(), Json::from(lines.join("\n")));
        }
    };
    put("work", visits.iter().map(work).collect());
    for (key, purposes) in PARTS {
        let about = |one: &&MonthVisit| texts(&one.fields, "purpose").iter().any(|purpose| purposes.contains(purpose));
        put(key, visits.iter().filter(about).filter_map(dated_narrative).collect());
    }
    put("needs", visits.iter().flat_map(needs).collect());
    put("next_plan", visits.iter().flat_map(promises).collect());
    fields
}

/// Returns the whole record as one text.
pub(crate) fn text(card: &HouseholdRow, month: Month, fields: &Fields) -> String {
    month_text::copy_text(month, &format!("{} {}", card.number, card.name), fields)
}

fn work(one: &MonthVisit) -> String {
    let mode = text_of(&one.fields, "mode").map_or("", |slug| label(MODE, slug));
    let purposes: Vec<&str> = texts(&one.fields, "purpose").into_iter().map(|slug| label(PURPOSE, slug)).collect();
    let mut line = format!("{}{mode}（{}）", day(&one.day), purposes.join("、"));
    match text_of(&one.fields, "absent_reason") {
        Some(reason) => line.push_str(&format!("，没见到人：{}", label(ABSENT_REASON, reason))),
        None => {
            let met = one.fields.get("met").and_then(Json::as_array);
            let names: Vec<&str> = met.into_iter().flatten().filter_map(|row| row.get("name").and_then(Json::as_str)).collect();
            if !names.is_empty() {
                line.push_str(&format!("，见到{}", names.join("、")));
            }
        }
    }
    match text_of(&one.fields, "narrative") {
        Some(narrative) => line.push_str(&format!("。{narrative}")),
        None => line.push('。'),
    }
    line
}

fn dated_narrative(one: &MonthVisit) -> Option<String> {
    text_of(&one.fields, "narrative").map(|text| format!("{}：{text}", day(&one.day)))
}

fn needs(one: &MonthVisit) -> Vec<String> {
    let wanting = visit::CHECK_KEYS.iter().filter(|key| text_of(&one.fields, key) == Some("no"));
    wanting.filter_map(|key| visit::KIND.field(key)).map(|field| format!("{}：{}有问题。", day(&one.day), field.zh)).collect()
}

fn promises(one: &MonthVisit) -> Vec<String> {
    let rows = one.fields.get("promises").and_then(Json::as_array);
    let line = |row: &Json| {
        let text = row.get("text").and_then(Json::as_str)?;
        let by = row.get("day").and_then(Json::as_str).map_or_else(String::new, |day| format!("（{day}前）"));
        Some(format!("{text}{by}"))
    };
    rows.into_iter().flatten().filter_map(line).collect()
}

/// Prints `2019-05-12` as `5月12日`.
fn day(text: &str) -> String {
    let mut parts = text.split('-').skip(1).map(|part| part.trim_start_matches('0'));
    match (parts.next(), parts.next()) {
        (Some(month), Some(day)) => format!("{month}月{day}日"),
        _ => text.to_owned(),
    }
}

fn texts<'a>(fields: &'a Fields, key: &str) -> Vec<&'a str> {
    fields.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

fn label<'a>(of: &[Choice], slug: &'a str) -> &'a str {
    of.iter().find(|choice| choice.slug == slug).map_or(slug, |choice| choice.zh)
}
