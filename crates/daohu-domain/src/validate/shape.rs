//! Checks of one value against the shape of its field.

use super::{Violation, problem, secret_in_text};
use crate::{
    calendar::{Day, Instant, Month},
    id::Id,
    kind::{Field, Fields, Json, Mask, Shape, SpanOf},
    place::Place,
    secret::is_id_number,
};

/// Limits the entries of any list.
const ENTRIES_MAX: usize = 500;

/// Limits the characters of a slug that a newer program may have written.
const SLUG_CHARS_MAX: usize = 64;

/// Limits the magnitude of money: a hundred billion yuan.
const FEN_MAX: i64 = 10_000_000_000_000;

/// Checks a value that is not null.
pub(super) fn check_value(field: &Field, value: &Json) -> Vec<Violation> {
    // A point is an object itself.
    let is_commitment = |object: &Fields| object.len() == 1 && object.contains_key("hash");
    if field.is_secret() && value.as_object().is_some_and(|object| !matches!(field.shape, Shape::Point) || is_commitment(object)) {
        // The salted hash that stands in a document for a secret kept elsewhere.
        return Vec::new();
    }
    match (&field.shape, value) {
        (Shape::Text { max } | Shape::LongText { max }, Json::String(text)) => check_text(field, text, *max),
        (Shape::Texts { max }, Json::Array(list)) => check_texts(field, list, *max),
        (Shape::Int { min, max }, Json::Number(number)) => check_number(field, number.as_i64(), *min, *max),
        (Shape::Fen, Json::Number(number)) => check_number(field, number.as_i64(), -FEN_MAX, FEN_MAX),
        (Shape::Day, Json::String(text)) if text.len() == 10 && text.parse::<Day>().is_ok() => Vec::new(),
        (Shape::Month, Json::String(text)) if text.parse::<Month>().is_ok() => Vec::new(),
        (Shape::Instant, Json::String(text)) if text.parse::<Instant>().is_ok() => Vec::new(),
        (Shape::Bool, Json::Bool(_)) => Vec::new(),
        (Shape::Choice(_), Json::String(slug)) if is_slug(slug) => Vec::new(),
        (Shape::Choices(_), Json::Array(slugs)) if is_list_of(slugs, |slug| slug.as_str().is_some_and(is_slug)) => Vec::new(),
        (Shape::Ref(_), Json::String(id)) if id.parse::<Id>().is_ok() => Vec::new(),
        (Shape::Refs(_), Json::Array(ids)) if is_list_of(ids, |id| id.as_str().is_some_and(|id| id.parse::<Id>().is_ok())) => Vec::new(),
        (Shape::Point, Json::Object(point)) if is_point(point) => Vec::new(),
        (Shape::Evidence, Json::Array(hashes)) if is_list_of(hashes, |hash| hash.as_str().is_some_and(is_hash)) => Vec::new(),
        (Shape::Rows(of), Json::Array(rows)) => check_rows(field, of, rows),
        (Shape::Spans(of), Json::Array(spans)) => check_spans(field, of, spans),
        _ => vec![wrong_shape(field)],
    }
}

fn check_text(field: &Field, text: &str, max: usize) -> Vec<Violation> {
    let count = text.chars().count();
    if count > max {
        return vec![too_long(field, max)];
    }
    if matches!(field.shape, Shape::Text { .. }) && text.contains(['\n', '\r']) {
        return vec![problem(field.key, &format!("“{}”只能写一行。", field.zh), &format!("write one line only: {}", field.en))];
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return vec![problem(
            field.key,
            &format!("“{}”里有看不见的符号，请重新输入。", field.zh),
            &format!("type it again, it holds invisible signs: {}", field.en),
        )];
    }
    if field.required && text.trim().is_empty() {
        return vec![problem(field.key, &format!("“{}”没有填，请填上。", field.zh), &format!("fill in: {}", field.en))];
    }
    if field.is_secret() {
        return check_secret(field, text);
    }
    if secret_in_text(text) { vec![secret(field)] } else { Vec::new() }
}

fn check_secret(field: &Field, text: &str) -> Vec<Violation> {
    let disability_card = matches!(text.chars().count(), 20 | 22);
    if field.mask == Mask::IdNumber && text.chars().count() == 18 && !is_id_number(text) {
        return vec![coded(
            field,
            "bad_id_number",
            "证件号码的校验位不对，请对照原件改。",
            "the check digit of the identity number is wrong: compare it with the paper",
        )];
    }
    if field.mask == Mask::IdNumber && text.chars().count() > 18 && !disability_card {
        return vec![coded(
            field,
            "bad_id_number",
            "证件号码的位数不对，请对照原件改。",
            "the identity number has the wrong length: compare it with the paper",
        )];
    }
    Vec::new()
}

fn check_texts(field: &Field, list: &[Json], max: usize) -> Vec<Violation> {
    if list.len() > max {
        return vec![too_many(field, max)];
    }
    let Some(texts) = list.iter().map(Json::as_str).collect::<Option<Vec<_>>>() else { return vec![wrong_shape(field)] };
    if texts.iter().any(|text| text.chars().count() > 200) {
        return vec![too_long(field, 200)];
    }
    if texts.iter().any(|text| secret_in_text(text)) { vec![secret(field)] } else { Vec::new() }
}

fn check_number(field: &Field, number: Option<i64>, min: i64, max: i64) -> Vec<Violation> {
    match number {
        None => vec![wrong_shape(field)],
        Some(number) if number < min || number > max => {
            let (low, high) = (scaled(min, field.scale), scaled(max, field.scale));
            let unit = field.unit;
            vec![problem(
                field.key,
                &format!("“{}”要在 {low} 到 {high}{unit} 之间，请核对。", field.zh),
                &format!("{} must lie between {low} and {high}", field.en),
            )]
        }
        Some(_) => Vec::new(),
    }
}

fn check_rows(field: &Field, of: &'static [Field], rows: &[Json]) -> Vec<Violation> {
    if rows.len() > ENTRIES_MAX {
        return vec![too_many(field, ENTRIES_MAX)];
    }
    let mut found = Vec::new();
    for row in rows {
        let Some(row) = row.as_object() else { return vec![wrong_shape(field)] };
        for cell in of {
            match row.get(cell.key) {
                None | Some(Json::Null) if cell.required => found.push(problem(
                    field.key,
                    &format!("“{}”里每一行都要写“{}”。", field.zh, cell.zh),
                    &format!("every row of {} needs: {}", field.en, cell.en),
                )),
                None | Some(Json::Null) => {}
                Some(value) => {
                    found.extend(check_value(cell, value).into_iter().map(|inner| Violation { field: field.key.to_owned(), ..inner }));
                }
            }
        }
    }
    found
}

fn check_spans(field: &Field, of: &SpanOf, spans: &[Json]) -> Vec<Violation> {
    if spans.len() > ENTRIES_MAX {
        return vec![too_many(field, ENTRIES_MAX)];
    }
    let Some(mut read) = spans.iter().map(|span| read_span(of, span)).collect::<Option<Vec<_>>>() else { return vec![wrong_shape(field)] };
    if read.iter().any(|(from, to, _)| to.is_some_and(|to| to <= *from)) {
        return vec![problem(
            field.key,
            &format!("“{}”里每一段的结束要晚于开始。", field.zh),
            &format!("in {} every end must lie after its start", field.en),
        )];
    }
    // A unit helps several villages and obliges several people at a time; a household has one status, tier and place.
    let alone = !matches!(of, SpanOf::Ref(_)) && field.key != "villages";
    read.sort();
    let overlap = read.windows(2).any(|pair| match pair {
        [(_, to, left), (from, _, right)] => to.is_none_or(|to| to > *from) && (alone || left == right),
        _ => false,
    });
    if overlap {
        return vec![problem(
            field.key,
            &format!("“{}”里有两段时间重叠，请改其中一段。", field.zh),
            &format!("two spans of {} overlap: change one of them", field.en),
        )];
    }
    Vec::new()
}

fn read_span(of: &SpanOf, span: &Json) -> Option<(Day, Option<Day>, String)> {
    let span = span.as_object()?;
    let from = span.get("from")?.as_str()?.parse::<Day>().ok()?;
    let to = match span.get("to") {
        None | Some(Json::Null) => None,
        Some(day) => Some(day.as_str()?.parse::<Day>().ok()?),
    };
    let value = span.get("value").and_then(Json::as_str).unwrap_or("");
    let fits = match of {
        SpanOf::Choice(_) => is_slug(value),
        SpanOf::Place => value.parse::<Place>().is_ok(),
        SpanOf::Ref(_) => value.parse::<Id>().is_ok(),
        SpanOf::Text => is_slug(value) && !value.contains([',', ';']),
        SpanOf::Nothing => value.is_empty(),
    };
    fits.then(|| (from, to, value.to_owned()))
}

fn is_list_of(list: &[Json], fits: impl Fn(&Json) -> bool) -> bool {
    list.len() <= ENTRIES_MAX && list.iter().all(fits)
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= SLUG_CHARS_MAX && !text.contains([',', '\n', '\r'])
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_point(point: &Fields) -> bool {
    let within = |key: &str, limit: f64| point.get(key).and_then(Json::as_f64).is_some_and(|number| number.abs() <= limit);
    within("lat", 90.0)
        && within("lon", 180.0)
        && point.get("accuracy_m").is_none_or(|accuracy| accuracy.as_f64().is_some_and(|metres| metres >= 0.0))
}

fn scaled(number: i64, scale: u8) -> i64 {
    number / 10_i64.pow(u32::from(scale))
}

fn coded(field: &Field, code: &str, zh: &str, en: &str) -> Violation {
    Violation { code: code.to_owned(), ..problem(field.key, zh, en) }
}

fn secret(field: &Field) -> Violation {
    coded(
        field,
        "secret_in_text",
        &format!("“{}”里有手机号或身份证号，去掉就能传。", field.zh),
        &format!("{} holds a telephone or identity number: take it out", field.en),
    )
}

fn too_long(field: &Field, max: usize) -> Violation {
    problem(
        field.key,
        &format!("“{}”最多写 {max} 个字，请写短些。", field.zh),
        &format!("{} may have {max} characters: shorten it", field.en),
    )
}

fn too_many(field: &Field, max: usize) -> Violation {
    problem(field.key, &format!("“{}”最多 {max} 项，请减少。", field.zh), &format!("{} may have {max} entries: leave some out", field.en))
}

fn wrong_shape(field: &Field) -> Violation {
    let (zh, en) = match field.shape {
        Shape::Text { .. } | Shape::LongText { .. } => ("写文字", "write a text"),
        Shape::Texts { .. } => ("写一串文字", "write a list of texts"),
        Shape::Int { .. } | Shape::Fen => ("写数字", "write a number"),
        Shape::Day => ("写日期，例如 2019-06-04", "write a date such as 2019-06-04"),
        Shape::Month => ("写月份，例如 2019-06", "write a month such as 2019-06"),
        Shape::Instant => ("写时间，例如 2019-06-04T09:00:00+08:00", "write an instant such as 2019-06-04T09:00:00+08:00"),
        Shape::Bool => ("写“是”或“否”", "write yes or no"),
        Shape::Choice(_) | Shape::Choices(_) => ("从列出的项里选", "choose from the list"),
        Shape::Ref(_) | Shape::Refs(_) => ("写记录的编号", "write the id of a record"),
        Shape::Point => ("写纬度、经度、精度", "write latitude, longitude, accuracy"),
        Shape::Evidence => ("写文件的校验值", "write the hashes of the files"),
        Shape::Rows(_) => ("按行写", "write rows"),
        Shape::Spans(_) => ("写值、起、止", "write value, start and end"),
    };
    problem(field.key, &format!("“{}”的写法不对：{zh}。", field.zh), &format!("{}: {en}", field.en))
}
