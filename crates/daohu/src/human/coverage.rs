//! Coverage for people: the pair first, then the percent, both measures and both versions, and who is not reached.

use super::table;
use daohu_domain::coverage::percent;
use serde_json::Value as Json;

/// Reasons why the revised figure differs from the first, with their words.
const REASONS: &[(&str, &str, &str)] = &[
    ("late_sync", "迟到同步", "late sync"),
    ("backfill_approved", "补录批准", "backfill approved"),
    ("correction", "更正", "correction"),
    ("void", "作废", "void"),
    ("roster", "名单更正", "roster corrected"),
];

/// States of a household month, with their words.
const STATES: &[(&str, &str, &str)] = &[
    ("met", "已走访", "visited"),
    ("late", "迟报", "late"),
    ("unmet", "未走访", "not visited"),
    ("gap", "空档", "gap"),
    ("not_due", "不需", "not due"),
];

/// Returns the text of a coverage answer.
pub(super) fn text(value: &Json, en: bool) -> String {
    let pick = |zh: &str, en_text: &str| if en { en_text.to_owned() } else { zh.to_owned() };
    let plain = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut text = format!("{} {}\n", plain("place"), plain("month"));
    let mut rows = vec![vec![
        pick("走访覆盖率", "coverage"),
        pick("首报", "first figure"),
        pick("修订", "revised figure"),
        pick("修订原因", "reasons"),
    ]];
    for (key, zh, en_text) in [("declared", "申报", "declared"), ("verified", "核实", "verified")] {
        let side = &value["report"][key];
        rows.push(vec![pick(zh, en_text), pair(&side["first"]), pair(&side["revised"]), reasons(&side["reasons"], en)]);
    }
    text.push_str(&table(rows));
    text.push('\n');
    let count = |state: &str| value["households"].as_array().map_or(0, |all| all.iter().filter(|one| one["state"] == state).count());
    let head = STATES.iter().map(|(_, zh, en_text)| pick(zh, en_text)).collect();
    let counts = STATES.iter().map(|(state, _, _)| count(state).to_string()).collect();
    text.push_str(&table(vec![head, counts]));
    text.push('\n');
    let sums = &value["sums"];
    let line = |zh: &str, en_text: &str, key: &str| format!("{}{}{}\n", pick(zh, en_text), if en { ": " } else { "：" }, sums[key]);
    text.push_str(&line("户", "households", "households"));
    text.push_str(&line("应访", "due", "due"));
    text.push_str(&line("空档户", "gap households", "gap_households"));
    text.push_str(&line("空档天数", "gap days", "gap_days"));
    text.push_str(&line("隐性空档天数", "hidden gap days", "hidden_days"));
    text
}

fn pair(value: &Json) -> String {
    match (value[0].as_u64(), value[1].as_u64()) {
        (Some(met), Some(due)) => format!("{met}/{due}({})", percent(met, due)),
        _ => "—".to_owned(),
    }
}

fn reasons(value: &Json, en: bool) -> String {
    let known = REASONS.iter().filter_map(|(key, zh, en_text)| {
        let gained = value[*key][0].as_u64()?;
        let lost = value[*key][1].as_u64()?;
        Some(format!("{} +{gained} -{lost}", if en { en_text } else { zh }))
    });
    known.collect::<Vec<_>>().join(if en { ", " } else { "，" })
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn coverage_shows_the_pair_before_the_percent_and_says_why_it_changed() {
        let side = |first: serde_json::Value, met: u64| json!({"first": first, "revised": [met, 9], "reasons": {"late_sync": [2, 0]}});
        let value = json!({
            "place": "610802209000", "month": "2019-05", "report": {"declared": side(json!([6, 9]), 8), "verified": side(json!(null), 0)},
            "sums": {"households": 9, "due": 9, "gap_households": 0, "gap_days": 0, "hidden_days": 0}, "households": [{"state": "met"}, {"state": "late"}],
        });

        let shown = text(&value, false);

        assert!(shown.contains("6/9(66.7%)") && shown.contains("8/9(88.9%)") && shown.contains("迟到同步 +2 -0"), "{shown}");
        assert!(text(&value, true).contains("late sync +2 -0"));
    }
}
