//! Answers as people read them: Chinese first, English on request.

use crate::print::Answer;
use daohu_domain::{
    choices::{HOUSEHOLD_MONTH_STATES, MODE, MONTH_RECORD_STATES, PURPOSE, VISIT_STATES},
    kind::Choice,
};
use serde_json::Value as Json;
use std::fmt::Write;

/// A language.
#[derive(Debug, Clone, Copy)]
struct Tongue(bool);

impl Tongue {
    const fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        if self.0 { en } else { zh }
    }

    fn label(self, of: &[Choice], slug: &str) -> String {
        let found = of.iter().find(|choice| choice.slug == slug);
        found.map_or_else(|| slug.to_owned(), |choice| self.say(choice.zh, choice.en).to_owned())
    }
}

/// Returns an answer as text.
pub(crate) fn of(answer: &Answer, english: bool) -> String {
    let tongue = Tongue(english);
    let json = &answer.json;
    match answer.what {
        "due" => due(json, tongue),
        "visit" => visit(json, tongue),
        "sync" => sync(json, tongue),
        "status" => status(json, tongue),
        "enrol" => enrol(json, tongue),
        "month" => month(json, tongue),
        "exported" => exported(json, tongue),
        "receipt_file" => receipt_file(json, tongue),
        "conflicts" if json.as_array().is_some_and(Vec::is_empty) => tongue.say("没有冲突。", "No conflicts.").to_owned(),
        "quarantine" if json.as_array().is_some_and(Vec::is_empty) => tongue.say("没有没被接收的。", "Nothing was refused.").to_owned(),
        _ => {
            let mut text = String::new();
            indented(json, 0, &mut text);
            text
        }
    }
}

fn exported(json: &Json, tongue: Tongue) -> String {
    let (batches, items) = (number_at(json, "batches"), number_at(json, "items"));
    if batches == 0 {
        return tongue.say("没有要带走的：该交的都已收到。", "Nothing to carry: all was received.").to_owned();
    }
    let mut text = match tongue {
        Tongue(false) => format!("已写进文件：{batches} 批，{items} 条。"),
        Tongue(true) => format!("Written into the file: {batches} batches, {items} items."),
    };
    text.push_str(tongue.say(
        "这还不算收到。请把文件交到办公室，拿回回执文件，再用 import-receipt 导入。",
        " This is not received yet. Take the file to the office, bring back the receipt file and import it with import-receipt.",
    ));
    if json.get("more").and_then(Json::as_bool) == Some(true) {
        text.push_str(
            tongue.say("一个文件装不下，导入回执后请再写一个。", " One file does not hold all: write another after importing the receipt."),
        );
    }
    text
}

fn receipt_file(json: &Json, tongue: Tongue) -> String {
    let (batches, items, refused) = (number_at(json, "batches"), number_at(json, "items"), rows(json, "refused").count());
    let mut text = match tongue {
        Tongue(false) => format!("回执核对无误：{batches} 批，新收到 {items} 条。"),
        Tongue(true) => format!("The receipts verify: {batches} batches, {items} items received now."),
    };
    if refused > 0 {
        text.push_str(&match tongue {
            Tongue(false) => format!("有 {refused} 条没被接收，用 quarantine list 看原因。"),
            Tongue(true) => format!(" {refused} were refused; see quarantine list."),
        });
    }
    text
}

fn text_at<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn number_at(json: &Json, key: &str) -> i64 {
    json.get(key).and_then(Json::as_i64).unwrap_or_default()
}

fn rows<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    json.get(key).and_then(Json::as_array).into_iter().flatten()
}

fn due(json: &Json, tongue: Tongue) -> String {
    let counts = json.get("counts").unwrap_or(&Json::Null);
    let mut text = format!(
        "{}  {} {}  {} {}  {} {}  {} {}\n",
        text_at(json, "month"),
        tongue.say("应访", "due"),
        number_at(counts, "due"),
        tongue.say("已走访", "visited"),
        number_at(counts, "met"),
        tongue.say("逾期", "overdue"),
        number_at(counts, "overdue"),
        tongue.say("没有帮扶人", "no helper"),
        number_at(counts, "gap"),
    );
    if rows(json, "households").next().is_none() {
        text.push_str(tongue.say("这个月没有应访的户。\n", "No household is due this month.\n"));
    }
    for row in rows(json, "households") {
        let state = tongue.label(HOUSEHOLD_MONTH_STATES, text_at(row, "state"));
        let last = row.get("last_visit").and_then(Json::as_str).unwrap_or("—");
        let promises = number_at(row, "promises");
        _ = write!(text, "{}  {}  {state}  {} {last}", text_at(row, "number"), text_at(row, "name"), tongue.say("上次", "last"));
        if promises > 0 {
            _ = write!(text, "  {} {promises}", tongue.say("承诺", "promises"));
        }
        text.push('\n');
    }
    text
}

fn visit(json: &Json, tongue: Tongue) -> String {
    let visit = json.get("visit").unwrap_or(&Json::Null);
    let fields = visit.get("fields").unwrap_or(&Json::Null);
    let state = tongue.label(VISIT_STATES, text_at(visit, "state"));
    let purposes: Vec<String> = rows(fields, "purpose").filter_map(Json::as_str).map(|slug| tongue.label(PURPOSE, slug)).collect();
    let mut text = format!(
        "{}  {}  {}  {}  {state}\n",
        text_at(visit, "id"),
        text_at(visit, "occurred_day"),
        tongue.label(MODE, text_at(fields, "mode")),
        purposes.join("、"),
    );
    if text_at(visit, "time") == "doubtful" {
        text.push_str(tongue.say("时间没有依据，按本机的钟算。\n", "The time has no evidence; the clock of this device counts.\n"));
    }
    if !text_at(fields, "narrative").is_empty() {
        _ = writeln!(text, "{}", text_at(fields, "narrative"));
    }
    if matches!(text_at(visit, "state"), "submitted") {
        text.push_str(tongue.say("记下了，在本机。有网自己传。\n", "Saved on this phone; it goes when there is signal.\n"));
    }
    for hint in rows(json, "hints") {
        _ = writeln!(text, "· {}", text_at(hint, if tongue.0 { "en" } else { "zh" }));
    }
    text
}

fn sync(json: &Json, tongue: Tongue) -> String {
    let mut text = format!(
        "{} {}  {} {}  {} {}  {} {} B / {} B\n",
        tongue.say("送出", "sent"),
        number_at(json, "pushed"),
        tongue.say("收到", "received"),
        number_at(json, "pulled"),
        tongue.say("回执", "receipts"),
        number_at(json, "receipts"),
        tongue.say("流量", "bytes"),
        number_at(json, "bytes_up"),
        number_at(json, "bytes_down"),
    );
    for refused in rows(json, "refused") {
        let code = text_at(refused, "code");
        let (zh, en) = daohu_domain::codes::sentence_or_plain(code);
        _ = writeln!(text, "{} {}: {}", tongue.say("没被接收", "refused"), text_at(refused, "record"), tongue.say(zh, en));
    }
    if json.get("more").and_then(Json::as_bool) == Some(true) {
        text.push_str(tongue.say("还有没取完的，再同步一次。\n", "There is more; sync again.\n"));
    }
    text
}

fn status(json: &Json, tongue: Tongue) -> String {
    let unsent = number_at(json, "unsent_records");
    let last = json.get("last_sync_at").and_then(Json::as_str);
    let closed = json.get("closed").and_then(Json::as_str).map(daohu_domain::codes::sentence_or_plain);
    let mut text = match closed {
        Some((zh, en)) => {
            format!("{}\n{unsent} {}\n", tongue.say(zh, en), tongue.say("条没上传，还在本机", "not sent, still on this phone"))
        }
        None if unsent == 0 => format!("{} {}\n", tongue.say("都收到了，上次同步", "All received, last sync"), last.unwrap_or("—")),
        None => format!("{unsent} {}\n", tongue.say("条在本机，等网络", "on this phone, waiting for signal")),
    };
    _ = writeln!(
        text,
        "{} {}  {} {}  {} {}",
        tongue.say("草稿", "drafts"),
        number_at(json, "drafts"),
        tongue.say("没被接收", "refused"),
        number_at(json, "quarantined"),
        tongue.say("占用", "on disk"),
        number_at(json, "disk_bytes"),
    );
    if json.pointer("/clock/source").and_then(Json::as_str) == Some("set") {
        text.push_str(tongue.say("这本账用过人为设定的钟。\n", "This store was used with a clock that a person set.\n"));
    }
    text
}

fn enrol(json: &Json, tongue: Tongue) -> String {
    format!("{} {}  {}\n", tongue.say("已登记", "Enrolled"), text_at(json, "device"), text_at(json, "role"))
}

fn month(json: &Json, tongue: Tongue) -> String {
    let record = json.get("month_record").unwrap_or(&Json::Null);
    format!("{}\n{}\n", tongue.label(MONTH_RECORD_STATES, text_at(record, "state")), text_at(record, "text"))
}

/// Prints any value as indented lines.
fn indented(json: &Json, depth: usize, text: &mut String) {
    let pad = "  ".repeat(depth);
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                match value {
                    Json::Object(inner) if !inner.is_empty() => {
                        _ = writeln!(text, "{pad}{key}:");
                        indented(value, depth + 1, text);
                    }
                    Json::Array(inner) if !inner.is_empty() => {
                        _ = writeln!(text, "{pad}{key}:");
                        indented(value, depth + 1, text);
                    }
                    _ => _ = writeln!(text, "{pad}{key}: {}", scalar(value)),
                }
            }
        }
        Json::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                if value.is_object() {
                    if n > 0 {
                        text.push('\n');
                    }
                    indented(value, depth, text);
                } else {
                    _ = writeln!(text, "{pad}{}", scalar(value));
                }
            }
        }
        other => _ = writeln!(text, "{pad}{}", scalar(other)),
    }
}

fn scalar(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => "—".to_owned(),
        Json::Array(_) | Json::Object(_) => "—".to_owned(),
        other => other.to_string(),
    }
}
