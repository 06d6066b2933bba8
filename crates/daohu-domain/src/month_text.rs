//! The draft of a month record, composed from the month's visits, and its text to copy: one entry feeds every form.
//!
//! A draft only sorts what was written already; nothing is invented, and the cadre edits what is missing.

use crate::{
    calendar::{Day, Month},
    kind::{Choice, Fields, Json, Kind, Shape},
    kinds::{
        month_record::{self, TEXT_KEYS},
        visit::{self, CHECK_KEYS},
    },
    validate::text_of,
};

/// One visit of the month, of which the draft speaks.
#[derive(Debug, Clone, Copy)]
pub struct VisitOfMonth<'a> {
    /// Is the day it counts for.
    pub day: Day,
    /// Holds its fields.
    pub fields: &'a Fields,
}

/// Words by which a sentence of a narrative is put under a heading; the first heading that has one wins.
const WORDS: [(&str, &[&str]); 5] = [
    ("next_plan", &["下月", "下个月", "约定", "拟于", "计划于", "下一步"]),
    ("needs", &["反映", "希望", "诉求", "困难", "需协调", "需要", "裂缝", "不足", "担心", "要求解决"]),
    ("policy", &["补贴", "补助", "报销", "政策", "低保", "兑现", "发放", "到账", "缴费", "贷款", "养老保险", "合作医疗"]),
    ("measures", &["产业", "项目", "培训", "入股", "托管", "合作社", "公益岗", "签约", "改造"]),
    ("income_change", &["收入", "工资", "月薪", "分红", "卖了", "出售", "存栏", "增加", "减少"]),
];

/// Composes the six texts of a month record from visits; a heading of which nothing was said is left out.
#[must_use]
pub fn compose(visits: &[VisitOfMonth<'_>]) -> Fields {
    let mut sorted: Vec<&VisitOfMonth<'_>> = visits.iter().collect();
    sorted.sort_by_key(|visit| visit.day);
    let mut texts: Vec<(&str, Vec<String>)> = TEXT_KEYS.iter().map(|key| (*key, Vec::new())).collect();
    let mut put = |key: &str, line: String| {
        if let Some((_, lines)) = texts.iter_mut().find(|(known, _)| *known == key) {
            lines.push(line);
        }
    };
    for visit in sorted {
        put("work", what_was_done(visit));
        for sentence in sentences(text_of(visit.fields, "narrative").unwrap_or("")) {
            put(heading_of(&sentence), format!("{}：{sentence}", day_zh(visit.day)));
        }
        for line in checks_with_no(visit) {
            put("needs", line);
        }
        for line in promises(visit) {
            put("next_plan", line);
        }
    }
    texts.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(key, lines)| (key.to_owned(), Json::String(lines.join("\n")))).collect()
}

/// Returns a month record as text to copy into any other form.
#[must_use]
pub fn copy_text(month: Month, household: &str, fields: &Fields) -> String {
    let mut lines = vec![format!("{}年{}月纪实　{household}", month.year(), month.number())];
    for key in TEXT_KEYS {
        let label = month_record::KIND.field(key).map_or("", |field| field.zh);
        let text = text_of(fields, key).map(str::trim).filter(|text| !text.is_empty()).unwrap_or("无");
        lines.push(format!("{label}：{text}"));
    }
    lines.join("\n")
}

fn what_was_done(visit: &VisitOfMonth<'_>) -> String {
    let mode = label(&visit::KIND, "mode", visit.fields).unwrap_or_else(|| "走访".to_owned());
    let purposes = labels(&visit::KIND, "purpose", visit.fields).join("、");
    let whom = match (people_met(visit.fields), label(&visit::KIND, "absent_reason", visit.fields)) {
        (people, _) if !people.is_empty() => format!("见到{}", people.join("、")),
        (_, Some(reason)) => format!("没见到人（{reason}）"),
        _ => String::new(),
    };
    let parts = [format!("{}{mode}", day_zh(visit.day)), whom, purposes];
    let joined = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("，");
    format!("{joined}。")
}

fn people_met(fields: &Fields) -> Vec<String> {
    let rows = fields.get("met").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let person = |row: &Json| {
        let name = row.get("name").and_then(Json::as_str)?;
        let relation = row.get("relation").and_then(Json::as_str).unwrap_or("");
        Some(if relation.is_empty() || relation == name { name.to_owned() } else { format!("{relation}{name}") })
    };
    rows.iter().filter_map(person).collect()
}

fn checks_with_no(visit: &VisitOfMonth<'_>) -> Vec<String> {
    let no = CHECK_KEYS.iter().filter(|key| text_of(visit.fields, key) == Some("no"));
    no.filter_map(|key| visit::KIND.field(key)).map(|field| format!("{}：“{}”为否。", day_zh(visit.day), field.zh)).collect()
}

fn promises(visit: &VisitOfMonth<'_>) -> Vec<String> {
    let rows = visit.fields.get("promises").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let line = |row: &Json| {
        let text = row.get("text").and_then(Json::as_str)?;
        let due = row.get("day").and_then(Json::as_str).and_then(|day| day.parse::<Day>().ok());
        Some(due.map_or_else(|| text.to_owned(), |day| format!("{}前：{text}", day_zh(day))))
    };
    rows.iter().filter_map(line).collect()
}

fn heading_of(sentence: &str) -> &'static str {
    WORDS.iter().find(|(_, words)| words.iter().any(|word| sentence.contains(word))).map_or("work", |(key, _)| *key)
}

fn sentences(text: &str) -> Vec<String> {
    let parts = text.split_inclusive(['。', '！', '？', '；', '\n']).map(str::trim);
    parts.filter(|part| part.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
}

fn day_zh(day: Day) -> String {
    format!("{}月{}日", day.month(), day.day())
}

fn choices_of(kind: &Kind, key: &str) -> &'static [Choice] {
    match kind.field(key).map(|field| field.shape) {
        Some(Shape::Choice(of) | Shape::Choices(of)) => of,
        _ => &[],
    }
}

fn zh_of(kind: &Kind, key: &str, slug: &str) -> String {
    choices_of(kind, key).iter().find(|choice| choice.slug == slug).map_or_else(|| slug.to_owned(), |choice| choice.zh.to_owned())
}

fn label(kind: &Kind, key: &str, fields: &Fields) -> Option<String> {
    text_of(fields, key).map(|slug| zh_of(kind, key, slug))
}

fn labels(kind: &Kind, key: &str, fields: &Fields) -> Vec<String> {
    let slugs = fields.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    slugs.iter().filter_map(Json::as_str).map(|slug| zh_of(kind, key, slug)).collect()
}
