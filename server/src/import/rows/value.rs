//! A cell's text becomes a value of a field. The domain reads values; what only spreadsheets do to them is mended here.

use crate::import::{cell, id_number::read_id_number};
use daohu_domain::{
    kind::{Field, Mask, Shape},
    secret::secret_in_text,
    validate::read_text,
};
use serde_json::{Value, json};

/// The fewest digits of a telephone number: a landline without its area code.
const PHONE_DIGITS_MIN: usize = 7;
/// The slug of 其他 in every list that has it.
const OTHER: &str = "other";
/// Words that stand in a column of years where there is none: 未脱贫.
const NO_YEAR: char = '未';
/// Codes of the domain for which a row is refused; for any other only the cell is left out.
const REFUSED: [&str; 5] = ["bad_date", "bad_number", "bad_id_number", "too_long", "secret_in_text"];

/// Says why a cell gave no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The row is refused with this code.
    Refused(&'static str),
    /// Only the cell is left out, with a warning of this code.
    LeftOut(&'static str),
}

/// Reads the text of a cell that is not empty; `document` is the cell 证件类型, where the row has one.
///
/// # Errors
/// A code where the text is no value of the field.
pub fn read(field: &Field, text: &str, document: Option<&str>) -> Result<Value, Unread> {
    if cell::is_failed_formula(text) {
        return Err(Unread::LeftOut("failed_formula"));
    }
    let text = without_controls(&cell::half_width(text));
    match field.shape {
        Shape::Text { max } => read_line(field, &text, max, document),
        Shape::Int { .. } if is_year(field) => match cell::read_year(&text) {
            Some(year) => domain_value(field, &year.to_string()),
            None if text.contains(NO_YEAR) => Ok(Value::Null),
            None => Err(Unread::Refused("bad_number")),
        },
        Shape::Int { .. } | Shape::Fen => domain_value(field, cell::without_exponent(&text).replace("个月", "月").trim()),
        Shape::Day => cell::read_day(&text).map(|day| json!(day.to_string())).ok_or(Unread::Refused("bad_date")),
        _ => domain_value(field, &text),
    }
}

/// Returns the value 其他 of a required field that has one: a word that is not in the list must not cost the row.
#[must_use]
pub fn other(field: &Field) -> Option<Value> {
    match field.shape {
        Shape::Choice(of) if field.required => of.iter().find(|choice| choice.slug == OTHER).map(|choice| json!(choice.slug)),
        _ => None,
    }
}

/// Says whether a number is a year: registers write it with its month behind it, 201812.
fn is_year(field: &Field) -> bool {
    field.key == "year" || field.key.ends_with("_year")
}

fn read_line(field: &Field, text: &str, max: usize, document: Option<&str>) -> Result<Value, Unread> {
    let is_number = matches!(field.mask, Mask::IdNumber | Mask::Phone | Mask::Bank);
    if is_number && cell::has_lost_digits(text) {
        return Err(Unread::Refused(if field.mask == Mask::IdNumber { "bad_id_number" } else { "bad_number" }));
    }
    let plain = cell::plain(text);
    let text = match field.mask {
        Mask::IdNumber => read_id_number(text, document).ok_or(Unread::Refused("bad_id_number"))?,
        Mask::Phone if plain.chars().filter(char::is_ascii_digit).count() < PHONE_DIGITS_MIN => return Err(Unread::Refused("bad_number")),
        // Two-letter names are padded with a space to the width of three.
        Mask::Phone | Mask::Bank | Mask::Name => plain,
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    if text.chars().count() > max {
        return Err(Unread::Refused("too_long"));
    }
    if !field.is_secret() && secret_in_text(&text) {
        return Err(Unread::Refused("secret_in_text"));
    }
    Ok(json!(text))
}

fn domain_value(field: &Field, text: &str) -> Result<Value, Unread> {
    read_text(field, text).map_err(|wrong| match REFUSED.iter().find(|code| **code == wrong.code) {
        Some(code) => Unread::Refused(code),
        None => Unread::LeftOut("unknown_choice"),
    })
}

fn without_controls(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() || matches!(character, '\n' | '\t')).collect()
}
