//! Checks of a record against its declaration: shapes, limits, required fields, secrets in text, and the kind's
//! own check of fields against each other. Messages say what to do, in Chinese and English, without the value.

mod read;
mod shape;

pub use crate::secret::secret_in_text;
pub use read::{day_of_serial, read_day, read_text};

use crate::{
    calendar::{Day, Instant, Month},
    kind::{Field, Fields, Json, Kind, Shape},
};
use serde::{Deserialize, Serialize};

/// Says what is wrong with one field and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Names the field.
    pub field: String,
    /// Is the stable code.
    pub code: String,
    /// Says it in Chinese.
    pub zh: String,
    /// Says it in English.
    pub en: String,
}

/// Checks fields against the declaration of a kind; `whole` also asks for the required ones.
///
/// Unknown keys pass, and so do unknown values of a list: a newer program wrote them (see [`is_newer`]). With
/// `whole` unset, checks of fields against each other are left out too, since the others are not at hand.
#[must_use]
pub fn check(kind: &Kind, fields: &Fields, whole: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    for field in kind.fields {
        match fields.get(field.key) {
            None | Some(Json::Null) if whole && field.required => found.push(missing(field)),
            None | Some(Json::Null) => {}
            Some(Json::Array(list)) if whole && field.required && list.is_empty() => found.push(missing(field)),
            Some(value) => found.extend(shape::check_value(field, value)),
        }
    }
    if whole {
        found.extend((kind.check)(fields));
    }
    found
}

/// Checks what an event carries; an event that is not declared is refused.
#[must_use]
pub fn check_event(kind: &Kind, name: &str, fields: &Fields) -> Vec<Violation> {
    let Some(event) = kind.event(name) else {
        return vec![problem(name, "这种记录没有这个动作。", "this kind of record has no such event")];
    };
    let mut found = Vec::new();
    for field in event.fields {
        match fields.get(field.key) {
            None | Some(Json::Null) if field.required => found.push(missing(field)),
            None | Some(Json::Null) => {}
            Some(value) => found.extend(shape::check_value(field, value)),
        }
    }
    found
}

/// Checks one value against the declaration of its field.
#[must_use]
pub fn check_value(field: &Field, value: &Json) -> Vec<Violation> {
    if value.is_null() { Vec::new() } else { shape::check_value(field, value) }
}

/// Says whether a newer program wrote the record: a key or a value of a list is not declared here.
#[must_use]
pub fn is_newer(kind: &Kind, fields: &Fields) -> bool {
    fields.iter().any(|(key, value)| match kind.field(key) {
        None => true,
        Some(field) => match (&field.shape, value) {
            (Shape::Choice(of), Json::String(slug)) => !of.iter().any(|choice| choice.slug == slug),
            (Shape::Choices(of), Json::Array(slugs)) => {
                slugs.iter().filter_map(Json::as_str).any(|slug| !of.iter().any(|choice| choice.slug == slug))
            }
            _ => false,
        },
    })
}

/// Splits fields into those of the document and the secrets that are kept out of it.
#[must_use]
pub fn split_secrets(kind: &Kind, fields: &Fields) -> (Fields, Fields) {
    fields.clone().into_iter().partition(|(key, _)| !kind.field(key).is_some_and(Field::is_secret))
}

/// Makes a violation with the code `invalid_record`.
#[must_use]
pub fn problem(field: &str, zh: &str, en: &str) -> Violation {
    Violation { field: field.to_owned(), code: "invalid_record".to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}

/// Says whether a field has a value that is not empty.
#[must_use]
pub fn has(fields: &Fields, key: &str) -> bool {
    match fields.get(key) {
        None | Some(Json::Null) => false,
        Some(Json::String(text)) => !text.trim().is_empty(),
        Some(Json::Array(list)) => !list.is_empty(),
        Some(_) => true,
    }
}

/// Returns a text field.
#[must_use]
pub fn text_of<'a>(fields: &'a Fields, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Json::as_str)
}

/// Returns a day field.
#[must_use]
pub fn day_of(fields: &Fields, key: &str) -> Option<Day> {
    text_of(fields, key)?.parse().ok()
}

/// Returns a month field.
#[must_use]
pub fn month_of(fields: &Fields, key: &str) -> Option<Month> {
    text_of(fields, key)?.parse().ok()
}

/// Returns an instant field.
#[must_use]
pub fn instant_of(fields: &Fields, key: &str) -> Option<Instant> {
    text_of(fields, key)?.parse().ok()
}

fn missing(field: &Field) -> Violation {
    problem(field.key, &format!("“{}”没有填，请填上。", field.zh), &format!("fill in: {}", field.en))
}
