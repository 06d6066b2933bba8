//! Reading text that people wrote: cells of workbooks and `key=value` of the command line.
//!
//! Full-width digits, spaces around, `无`, `/` and `-` for nothing, Chinese labels for slugs and the usual ways to
//! write a date are all understood; what is not understood is refused with the way to write it.

use super::{Violation, problem, shape};
use crate::{
    calendar::{Day, Instant, Month},
    kind::{Choice, Field, Fields, Json, Shape, SpanOf},
    secret::narrow,
};

/// Words for nothing, after spaces are taken away.
const EMPTY: [&str; 10] = ["", "无", "/", "-", "—", "——", "－", "／", "空", "null"];

/// Separates the entries of a list.
const COMMAS: [char; 6] = [',', '，', '、', ';', '；', '\n'];

/// Is the Excel serial of 1970-01-01 in the 1900 system.
const SERIAL_OF_1970: i64 = 25_569;

/// Reads a text as a value of the field; `Json::Null` if it says nothing.
///
/// # Errors
///
/// A violation with the code `bad_date`, `bad_number`, `bad_id_number`, `too_long`, `unknown_choice`,
/// `secret_in_text` or `invalid_record` that says how to write it.
pub fn read_text(field: &Field, text: &str) -> Result<Json, Violation> {
    let trimmed = text.trim();
    if EMPTY.contains(&trimmed) {
        return Ok(Json::Null);
    }
    let value = read_shape(field, trimmed)?;
    match shape::check_value(field, &value).into_iter().next() {
        None => Ok(value),
        Some(wrong) => Err(match (field.shape, &value) {
            (Shape::Text { max } | Shape::LongText { max }, Json::String(text)) if text.chars().count() > max => {
                Violation { code: "too_long".to_owned(), ..wrong }
            }
            (Shape::Int { .. } | Shape::Fen, _) => Violation { code: "bad_number".to_owned(), ..wrong },
            _ => wrong,
        }),
    }
}

/// Reads a day in any of the usual ways: 2019-6-4, 2019.6.4, 2019/6/4, 2019年6月4日, 20190604; of a month without a
/// day, 2019年6月, the first day is meant.
#[must_use]
pub fn read_day(text: &str) -> Option<Day> {
    let (year, month, day) = date_parts(text)?;
    Day::new(year, month, day.unwrap_or(1)).ok().filter(|day| (1900..=2200).contains(&day.year()))
}

/// Returns the day of an Excel serial number (1900 system, with its 29 February 1900 that never was).
#[must_use]
pub fn day_of_serial(serial: f64) -> Option<Day> {
    if !(1.0..=2_958_465.0).contains(&serial) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range above fits")]
    let whole = serial.floor() as i64;
    let days = if whole < 60 { whole + 1 } else { whole } - SERIAL_OF_1970;
    Some(Instant(days * crate::calendar::DAY_MS).day())
}

fn read_shape(field: &Field, text: &str) -> Result<Json, Violation> {
    match field.shape {
        Shape::Text { .. } => Ok(Json::String(one_line(text))),
        Shape::LongText { .. } => Ok(Json::String(text.to_owned())),
        Shape::Texts { .. } => Ok(list(text, |entry| Json::String(entry.to_owned()))),
        Shape::Int { .. } | Shape::Fen => read_number(text, field.scale, field.unit).map(Json::from).ok_or_else(|| bad_number(field)),
        Shape::Day => read_day(text).map(|day| Json::String(day.to_string())).ok_or_else(|| bad_date(field, "2019-06-04")),
        Shape::Month => read_month(text).map(|month| Json::String(month.to_string())).ok_or_else(|| bad_date(field, "2019-06")),
        Shape::Instant => {
            read_instant(text).map(|at| Json::String(at.to_string())).ok_or_else(|| bad_date(field, "2019-06-04T09:00:00+08:00"))
        }
        Shape::Bool => read_bool(text)
            .map(Json::Bool)
            .ok_or_else(|| problem(field.key, &format!("“{}”写“是”或“否”。", field.zh), &format!("{}: write yes or no", field.en))),
        Shape::Choice(of) => {
            find_choice(of, text).map(|choice| Json::String(choice.slug.to_owned())).ok_or_else(|| unknown_choice(field, of))
        }
        Shape::Choices(of) => read_choices(field, of, text),
        Shape::Ref(_) => Ok(Json::String(text.to_ascii_lowercase())),
        Shape::Refs(_) => Ok(list(text, |id| Json::String(id.to_ascii_lowercase()))),
        Shape::Evidence => Ok(list(text, |hash| Json::String(hash.to_ascii_lowercase()))),
        Shape::Point => {
            read_point(text).ok_or_else(|| problem(field.key, "位置写成“纬度,经度,精度（米）”。", "write a position as LAT,LON,ACCURACY"))
        }
        Shape::Rows(of) => read_rows(field, of, text),
        Shape::Spans(of) => read_spans(field, of, text),
    }
}

/// Joins lines, since a cell may hold a line break where one line is meant, and writes digits in ASCII, since numbers of
/// groups and households are compared.
fn one_line(text: &str) -> String {
    let digits = |letter| if matches!(letter, '０'..='９') { narrow(letter) } else { letter };
    let text: String = text.chars().map(digits).collect();
    text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn list(text: &str, of: impl Fn(&str) -> Json) -> Json {
    Json::Array(text.split(COMMAS).map(str::trim).filter(|entry| !entry.is_empty()).map(of).collect())
}

/// Reads a number into an integer scaled by ten to the power of `scale`, further places rounded half up.
fn read_number(text: &str, scale: u8, unit: &str) -> Option<i64> {
    let narrowed: String = text.chars().map(narrow).filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
    let bare = narrowed.trim_start_matches(['¥', '￥', '\u{a5}']);
    let (bare, power) = match bare.strip_suffix("万元").or_else(|| bare.strip_suffix('万')) {
        Some(bare) => (bare, 4_u32),
        None => (strip_unit(bare, unit), 0),
    };
    let (negative, bare) = match bare.strip_prefix('-') {
        Some(bare) => (true, bare),
        None => (false, bare.strip_prefix('+').unwrap_or(bare)),
    };
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 15
        || fraction.len() > 20
        || !digits(whole)
        || !digits(fraction)
        || (bare.contains('.') && fraction.is_empty())
    {
        return None;
    }
    let places = u32::from(scale) + power;
    let mut sum: i64 = whole.parse().ok()?;
    let mut rest = fraction.bytes().map(|byte| i64::from(byte - b'0'));
    for _ in 0..places {
        sum = sum.checked_mul(10)?.checked_add(rest.next().unwrap_or(0))?;
    }
    let next = rest.next().unwrap_or(0);
    // An integer with a fraction is a slip of the pen, not a number to be rounded.
    if scale == 0 && (next != 0 || rest.any(|digit| digit != 0)) {
        return None;
    }
    let rounded = if next >= 5 { sum.checked_add(1)? } else { sum };
    Some(if negative { -rounded } else { rounded })
}

fn strip_unit<'a>(text: &'a str, unit: &str) -> &'a str {
    let units = [unit, "元", "人", "年", "月", "亩", "米", "㎡", "公里", "千米", "km"];
    units.iter().filter(|unit| !unit.is_empty()).find_map(|unit| text.strip_suffix(*unit)).unwrap_or(text)
}

/// Returns year, month and, if there, day of a written date.
fn date_parts(text: &str) -> Option<(i16, i8, Option<i8>)> {
    let narrowed: String = text.chars().map(narrow).filter(|letter| !letter.is_whitespace()).collect();
    let date = narrowed.split_once('T').map_or(narrowed.as_str(), |(date, _)| date);
    if date.bytes().all(|byte| byte.is_ascii_digit()) {
        return match date.len() {
            8 => Some((date.get(0..4)?.parse().ok()?, date.get(4..6)?.parse().ok()?, Some(date.get(6..8)?.parse().ok()?))),
            6 => Some((date.get(0..4)?.parse().ok()?, date.get(4..6)?.parse().ok()?, None)),
            _ => None,
        };
    }
    let date = date.trim_end_matches(['日', '号', '月', '.']);
    let mut parts = date.split(['-', '.', '/', '年', '月', '－']);
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next().map(str::parse).transpose().ok()?;
    if parts.next().is_some() { None } else { Some((year, month, day)) }
}

fn read_month(text: &str) -> Option<Month> {
    let (year, month, _) = date_parts(text)?;
    Month::new(year, month)
}

/// Reads an instant; `2019-06-04 09:00` without an offset is meant at +08:00.
fn read_instant(text: &str) -> Option<Instant> {
    let narrowed: String = text.chars().map(narrow).collect();
    if let Ok(at) = narrowed.parse() {
        return Some(at);
    }
    let (date, time) = narrowed.trim().split_once([' ', 'T'])?;
    let day = read_day(date)?;
    let time = time.trim();
    let time = if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_owned() };
    let padded = if time.find(':') == Some(1) { format!("0{time}") } else { time };
    format!("{day}T{padded}+08:00").parse().ok()
}

fn read_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "是" | "有" | "对" | "√" | "✓" | "true" | "yes" | "y" | "1" | "１" => Some(true),
        "否" | "没有" | "不是" | "×" | "✗" | "false" | "no" | "n" | "0" | "０" => Some(false),
        _ => None,
    }
}

fn find_choice(of: &'static [Choice], text: &str) -> Option<&'static Choice> {
    let bare: String = text.chars().map(narrow).filter(|letter| !letter.is_whitespace()).collect();
    let lower = bare.to_lowercase();
    let fits = |word: &str| word.chars().map(narrow).filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase() == lower;
    of.iter().find(|choice| choice.slug == lower || fits(choice.zh) || fits(choice.en) || choice.also.iter().any(|word| fits(word)))
}

fn read_choices(field: &Field, of: &'static [Choice], text: &str) -> Result<Json, Violation> {
    let mut slugs: Vec<Json> = Vec::new();
    for entry in text.split(COMMAS).map(str::trim).filter(|entry| !EMPTY.contains(entry)) {
        let choice = find_choice(of, entry).ok_or_else(|| unknown_choice(field, of))?;
        let slug = Json::String(choice.slug.to_owned());
        if !slugs.contains(&slug) {
            slugs.push(slug);
        }
    }
    Ok(if slugs.is_empty() { Json::Null } else { Json::Array(slugs) })
}

fn read_point(text: &str) -> Option<Json> {
    let numbers = text.split([',', '，']).map(|part| part.trim().parse::<f64>().ok()).collect::<Option<Vec<_>>>()?;
    let [lat, lon, rest @ ..] = numbers.as_slice() else { return None };
    let mut point = Fields::new();
    point.insert("lat".to_owned(), Json::from(*lat));
    point.insert("lon".to_owned(), Json::from(*lon));
    match rest {
        [] => {}
        [accuracy] => {
            point.insert("accuracy_m".to_owned(), Json::from(*accuracy));
        }
        _ => return None,
    }
    Some(Json::Object(point))
}

/// Reads rows: a JSON array, or rows parted by `|` whose cells are parted by `:` in the order of the columns.
fn read_rows(field: &Field, of: &'static [Field], text: &str) -> Result<Json, Violation> {
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(|_| {
            problem(field.key, &format!("“{}”的 JSON 写得不完整。", field.zh), &format!("{}: the JSON is not complete", field.en))
        });
    }
    let mut rows = Vec::new();
    for line in text.split(['|', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        let mut row = Fields::new();
        for (cell, part) in of.iter().zip(line.splitn(of.len().max(1), [':', '：'])) {
            let value = read_text(cell, part).map_err(|inner| Violation { field: field.key.to_owned(), ..inner })?;
            if !value.is_null() {
                row.insert(cell.key.to_owned(), value);
            }
        }
        rows.push(Json::Object(row));
    }
    Ok(Json::Array(rows))
}

/// Reads spans: a JSON array, or `value,from,to;…` with an open end left out.
fn read_spans(field: &Field, of: SpanOf, text: &str) -> Result<Json, Violation> {
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(|_| {
            problem(field.key, &format!("“{}”的 JSON 写得不完整。", field.zh), &format!("{}: the JSON is not complete", field.en))
        });
    }
    let mut spans = Vec::new();
    for part in text.split([';', '；', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let mut cells = part.split([',', '，']).map(str::trim);
        let written = cells.next().unwrap_or("");
        let value = match of {
            SpanOf::Choice(of) => find_choice(of, written).ok_or_else(|| unknown_choice(field, of))?.slug.to_owned(),
            _ => written.to_owned(),
        };
        let from = cells.next().and_then(read_day).ok_or_else(|| bad_date(field, "2019-06-04"))?;
        let to = match cells.next() {
            None | Some("") => Json::Null,
            Some(day) => Json::String(read_day(day).ok_or_else(|| bad_date(field, "2019-06-04"))?.to_string()),
        };
        let mut span = Fields::new();
        span.insert("value".to_owned(), Json::String(value));
        span.insert("from".to_owned(), Json::String(from.to_string()));
        span.insert("to".to_owned(), to);
        spans.push(Json::Object(span));
    }
    Ok(Json::Array(spans))
}

fn bad_number(field: &Field) -> Violation {
    let wrong = problem(
        field.key,
        &format!("“{}”不是数字，写成 1200 或 7.58 这样。", field.zh),
        &format!("{} is not a number: write it like 1200 or 7.58", field.en),
    );
    Violation { code: "bad_number".to_owned(), ..wrong }
}

fn bad_date(field: &Field, like: &str) -> Violation {
    let wrong = problem(
        field.key,
        &format!("“{}”不是日历上的日子，写成 {like} 这样。", field.zh),
        &format!("{} is no date of the calendar: write it like {like}", field.en),
    );
    Violation { code: "bad_date".to_owned(), ..wrong }
}

fn unknown_choice(field: &Field, of: &[Choice]) -> Violation {
    let zh = of.iter().map(|choice| choice.zh).collect::<Vec<_>>().join("、");
    let en = of.iter().map(|choice| choice.slug).collect::<Vec<_>>().join(", ");
    let wrong = problem(field.key, &format!("“{}”要写其中一个：{zh}。", field.zh), &format!("{}: write one of {en}", field.en));
    Violation { code: "unknown_choice".to_owned(), ..wrong }
}
