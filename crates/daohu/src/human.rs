//! An answer for people: the same JSON as a Chinese (or English) table.
//!
//! One renderer serves every command: scalars become lines, lists of objects become tables, and a label is looked up by key.
//! Coverage has a page of its own, since a list of 450 households is no summary; so has a check of the log, which answers one question.

mod coverage;
mod labels;
mod proof;

use crate::width::{columns, padded};
use labels::label;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Columns a cell may take before it is cut with an ellipsis.
const CELL_COLUMNS_MAX: usize = 48;

/// Returns the text of an answer.
pub(crate) fn text(value: &Json, en: bool) -> String {
    match value {
        Json::Object(object) if object.contains_key("sums") && object.contains_key("report") => coverage::text(value, en),
        Json::Object(object) if object.contains_key("first_bad") => proof::text(value, en),
        Json::Object(object) => of_object(object, en, 0),
        Json::Array(items) => of_list(items, en),
        other => scalar(other),
    }
}

fn of_object(object: &Map<String, Json>, en: bool, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = String::new();
    for (key, value) in object {
        let label = label(key, en);
        match value {
            Json::Object(inner) if inner.is_empty() => {}
            Json::Object(inner) => text.push_str(&format!("{indent}{label}\n{}", of_object(inner, en, depth + 1))),
            Json::Array(items) if items.is_empty() => {}
            Json::Array(items) if items.iter().any(Json::is_object) => text.push_str(&format!("{indent}{label}\n{}", of_list(items, en))),
            other => text.push_str(&format!("{indent}{label}{}{}\n", if en { ": " } else { "：" }, scalar(other))),
        }
    }
    text
}

fn of_list(items: &[Json], en: bool) -> String {
    if items.is_empty() {
        return if en { "nothing\n".to_owned() } else { "没有。\n".to_owned() };
    }
    let rows: Vec<Map<String, Json>> = items
        .iter()
        .map(|item| item.as_object().cloned().unwrap_or_else(|| Map::from_iter([("value".to_owned(), item.clone())])))
        .collect();
    let mut keys: Vec<&String> = Vec::new();
    for key in rows.iter().flat_map(Map::keys) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let head: Vec<String> = keys.iter().map(|key| label(key, en).to_owned()).collect();
    let body = rows.iter().map(|row| keys.iter().map(|key| row.get(*key).map_or(String::new(), scalar)).collect());
    table(std::iter::once(head).chain(body).collect())
}

/// Lays rows out in columns; the first row is the head.
fn table(rows: Vec<Vec<String>>) -> String {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for row in &rows {
        for (n, cell) in row.iter().enumerate() {
            let width = widths.entry(n).or_default();
            *width = (*width).max(columns(cell));
        }
    }
    let mut text = String::new();
    for (line, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().enumerate().map(|(n, cell)| padded(cell, widths.get(&n).copied().unwrap_or(0))).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
        if line == 0 {
            let rule: usize = widths.values().map(|width| width + 2).sum();
            text.push_str(&"-".repeat(rule.saturating_sub(2)));
            text.push('\n');
        }
    }
    text
}

fn scalar(value: &Json) -> String {
    let whole = match value {
        Json::Null => "—".to_owned(),
        Json::String(text) => text.replace('\n', " "),
        Json::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(", "),
        Json::Object(object) => object.iter().map(|(key, value)| format!("{key}={}", scalar(value))).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    if columns(&whole) <= CELL_COLUMNS_MAX {
        return whole;
    }
    let mut cut = String::new();
    for letter in whole.chars() {
        if columns(&cut) + 2 > CELL_COLUMNS_MAX - 2 {
            break;
        }
        cut.push(letter);
    }
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn a_list_becomes_a_table_whose_columns_line_up() {
        let shown = text(&json!([{"login": "office", "disabled": false}, {"login": "书记", "disabled": true}]), false);

        assert_eq!(shown, "登录名  停用\n------------\noffice  false\n书记    true\n".replace("------------", "-------------"));
    }

    #[test]
    fn an_object_becomes_lines_in_either_language() {
        let value = json!({"code": "K7QF-3M9D-XW2H", "uses": 1});

        assert_eq!(text(&value, false), "码：K7QF-3M9D-XW2H\n可用次数：1\n");
        assert_eq!(text(&value, true), "code: K7QF-3M9D-XW2H\nuses: 1\n");
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(text(&json!([]), false), "没有。\n");
    }
}
