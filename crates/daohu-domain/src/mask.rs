//! Masks (domain: sensitivity classes): how a value is shown to those who may not see it whole.

use crate::{
    kind::{Field, Json, Kind, Level, Mask, Shape},
    role::{Reach, Role},
};

/// Returns the form in which a value of the field is shown where the field is masked.
///
/// A field without a mask of its own is shown as it is up to L2 and hidden from L3 on. Nothing stays nothing.
#[must_use]
pub fn masked(field: &Field, value: &Json) -> Json {
    if value.is_null() {
        return Json::Null;
    }
    let text = value.as_str();
    match (field.mask, text) {
        (Mask::None | Mask::Name, _) if field.level < Level::L3 => value.clone(),
        (Mask::IdNumber, Some(text)) => Json::String(id_number(text)),
        (Mask::Phone, Some(text)) => Json::String(phone(text)),
        (Mask::Bank, Some(text)) => Json::String(bank(text)),
        _ => hidden(field),
    }
}

/// Returns the form in which a role sees a value of a document: the liaison of a unit sees masked names and no
/// telephone, number or text of the family.
#[must_use]
pub fn shown_to(role: Role, field: &Field, value: &Json) -> Json {
    match (role.level(), field.mask, value.as_str()) {
        (Reach::Unit, Mask::Name, Some(name)) => Json::String(hide_name(name)),
        _ if field.is_secret() => masked(field, value),
        _ => value.clone(),
    }
}

/// Lists the keys of a kind that are never shown whole on a device.
#[must_use]
pub fn masked_keys(kind: &Kind) -> Vec<&'static str> {
    kind.fields.iter().filter(|field| field.is_secret()).map(|field| field.key).collect()
}

/// Returns a name as a role sees it: whole for those who work with the family, `王*军` for a unit's liaison.
#[must_use]
pub fn name_for(role: Role, name: &str) -> String {
    if role.level() == Reach::Unit { hide_name(name) } else { name.to_owned() }
}

/// Masks an identity number: `6108**********34`.
#[must_use]
pub fn id_number(text: &str) -> String {
    keep(text, 4, 2)
}

/// Masks a telephone number: `138****5678`; a landline keeps its last two digits.
#[must_use]
pub fn phone(text: &str) -> String {
    if text.chars().count() >= 11 { keep(text, 3, 4) } else { keep(text, 0, 2) }
}

/// Masks a bank card number: `**** 1234`.
#[must_use]
pub fn bank(text: &str) -> String {
    let count = text.chars().count();
    let last: String = text.chars().skip(count.saturating_sub(4)).collect();
    if count > 4 { format!("**** {last}") } else { "****".to_owned() }
}

fn hide_name(name: &str) -> String {
    match name.chars().count() {
        0 => String::new(),
        1 => "*".to_owned(),
        2 => keep(name, 1, 0),
        _ => keep(name, 1, 1),
    }
}

/// Replaces the middle by stars; a text too short to hide anything in becomes all stars.
fn keep(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    if count <= first + last {
        return "*".repeat(count);
    }
    let shown = |at: usize| at < first || at >= count - last;
    text.chars().enumerate().map(|(at, letter)| if shown(at) { letter } else { '*' }).collect()
}

fn hidden(field: &Field) -> Json {
    match field.shape {
        Shape::Text { .. } | Shape::LongText { .. } | Shape::Choice(_) => Json::String("****".to_owned()),
        _ => Json::Null,
    }
}
