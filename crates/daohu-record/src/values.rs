//! Plain values to what a document stores, and back, by the shape a field declares.
//!
//! Ids and hashes are bytes; an instant is a timestamp in milliseconds; choices, texts and spans are one text;
//! rows and positions are CBOR. Only a text that several people edit and a set that only grows are objects of
//! their own: an object costs bytes and time in every record that has it.

use crate::{Fields, Json, cbor};
use automerge::ScalarValue;
use daohu_domain::{
    calendar::Instant,
    id::Id,
    kind::{Field, Merge, Shape},
};

/// What the document holds of a secret: the salted hash of its value.
const COMMITMENT_BYTES: usize = 32;

/// A value in the form a document stores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored {
    /// One scalar.
    Plain(ScalarValue),
    /// A text that is merged letter by letter.
    Text(String),
    /// The elements of a set that only grows.
    Set(Vec<String>),
}

/// Returns what a document stores for a value of a field; `None` if the value does not have the declared shape.
pub(crate) fn store(field: &Field, value: &Json) -> Option<Stored> {
    if field.is_secret() {
        return secret_hash(value).map(Stored::Plain);
    }
    match field.merge {
        Merge::Sealed | Merge::Last => plain(&field.shape, value).map(Stored::Plain),
        Merge::Text => value.as_str().map(|text| Stored::Text(text.to_owned())),
        Merge::Grow => {
            plain(&field.shape, value)?;
            value.as_array()?.iter().map(element).collect::<Option<Vec<_>>>().map(Stored::Set)
        }
    }
}

/// Returns the value of what a document stores for a field; `None` if that does not have the declared shape.
pub(crate) fn restore(field: &Field, stored: &Stored) -> Option<Json> {
    match (field.merge, stored) {
        (_, Stored::Plain(scalar)) if field.is_secret() => hash_of_secret(scalar),
        (Merge::Sealed | Merge::Last, Stored::Plain(scalar)) => value_of(&field.shape, scalar),
        (Merge::Text, Stored::Text(text)) => Some(Json::from(text.as_str())),
        (Merge::Grow, Stored::Set(elements)) => Some(Json::Array(elements.iter().map(|text| of_element(&field.shape, text)).collect())),
        _ => None,
    }
}

/// Returns the value of what a document stores under a key that no declaration names.
pub(crate) fn undeclared(stored: &Stored) -> Json {
    match stored {
        Stored::Plain(scalar) => bare(scalar),
        Stored::Text(text) => Json::from(text.as_str()),
        Stored::Set(elements) => Json::from(elements.clone()),
    }
}

fn plain(shape: &Shape, value: &Json) -> Option<ScalarValue> {
    let text = || value.as_str().map(ScalarValue::from);
    match shape {
        Shape::Text { .. } | Shape::LongText { .. } | Shape::Choice(_) | Shape::Day | Shape::Month => text(),
        Shape::Texts { .. } => joined(value, '\n').map(ScalarValue::from),
        Shape::Choices(_) => joined(value, ',').map(ScalarValue::from),
        Shape::Int { .. } | Shape::Fen => value.as_i64().map(ScalarValue::Int),
        Shape::Instant => value.as_str()?.parse::<Instant>().ok().map(|at| ScalarValue::Timestamp(at.0)),
        Shape::Bool => value.as_bool().map(ScalarValue::Boolean),
        Shape::Ref(_) => ids(std::slice::from_ref(value)),
        Shape::Refs(_) => ids(value.as_array()?),
        Shape::Evidence => hashes(value.as_array()?),
        Shape::Point => value.is_object().then(|| ScalarValue::Bytes(cbor::encode(value))),
        Shape::Rows(_) => value.as_array()?.iter().all(Json::is_object).then(|| ScalarValue::Bytes(cbor::encode(value))),
        Shape::Spans(_) => spans_to_text(value).map(ScalarValue::from),
    }
}

fn value_of(shape: &Shape, scalar: &ScalarValue) -> Option<Json> {
    match (shape, scalar) {
        (Shape::Text { .. } | Shape::LongText { .. } | Shape::Choice(_) | Shape::Day | Shape::Month, ScalarValue::Str(text)) => {
            Some(Json::from(text.as_str()))
        }
        (Shape::Texts { .. }, ScalarValue::Str(text)) => Some(split(text, '\n')),
        (Shape::Choices(_), ScalarValue::Str(text)) => Some(split(text, ',')),
        (Shape::Int { .. } | Shape::Fen, ScalarValue::Int(number)) => Some(Json::from(*number)),
        (Shape::Instant, ScalarValue::Timestamp(ms)) => Some(Json::from(Instant(*ms).to_string())),
        (Shape::Bool, ScalarValue::Boolean(yes)) => Some(Json::Bool(*yes)),
        (Shape::Ref(_), ScalarValue::Bytes(bytes)) => Id::from_slice(bytes).map(|id| Json::from(id.to_string())),
        (Shape::Refs(_), ScalarValue::Bytes(bytes)) => whole_chunks(bytes, 16, |part| Id::from_slice(part).map(|id| id.to_string())),
        (Shape::Evidence, ScalarValue::Bytes(bytes)) => whole_chunks(bytes, COMMITMENT_BYTES, |part| Some(hex::encode(part))),
        (Shape::Point, ScalarValue::Bytes(bytes)) => cbor::decode(bytes).filter(Json::is_object),
        (Shape::Rows(_), ScalarValue::Bytes(bytes)) => {
            cbor::decode(bytes).filter(|rows| rows.as_array().is_some_and(|rows| rows.iter().all(Json::is_object)))
        }
        (Shape::Spans(_), ScalarValue::Str(text)) => text_to_spans(text),
        _ => None,
    }
}

fn bare(scalar: &ScalarValue) -> Json {
    match scalar {
        ScalarValue::Bytes(bytes) => Id::from_slice(bytes).map_or_else(|| Json::from(hex::encode(bytes)), |id| Json::from(id.to_string())),
        ScalarValue::Str(text) => Json::from(text.as_str()),
        ScalarValue::Int(number) => Json::from(*number),
        ScalarValue::Uint(number) => Json::from(*number),
        ScalarValue::F64(number) => Json::from(*number),
        ScalarValue::Counter(counter) => Json::from(i64::from(counter)),
        ScalarValue::Timestamp(ms) => Json::from(Instant(*ms).to_string()),
        ScalarValue::Boolean(yes) => Json::Bool(*yes),
        ScalarValue::Unknown { bytes, .. } => Json::from(hex::encode(bytes)),
        ScalarValue::Null => Json::Null,
    }
}

fn ids(values: &[Json]) -> Option<ScalarValue> {
    let mut bytes = Vec::with_capacity(values.len() * 16);
    for value in values {
        bytes.extend(value.as_str()?.parse::<Id>().ok()?.as_bytes());
    }
    Some(ScalarValue::Bytes(bytes))
}

fn hashes(values: &[Json]) -> Option<ScalarValue> {
    let mut bytes = Vec::new();
    for value in values {
        bytes.extend(hex::decode(value.as_str()?).ok().filter(|bytes| bytes.len() == COMMITMENT_BYTES)?);
    }
    Some(ScalarValue::Bytes(bytes))
}

/// Returns the bytes of `{"hash": hex}`, the only form in which a secret is part of a document.
fn secret_hash(value: &Json) -> Option<ScalarValue> {
    hashes(std::slice::from_ref(value.as_object()?.get("hash")?))
}

fn hash_of_secret(scalar: &ScalarValue) -> Option<Json> {
    match scalar {
        ScalarValue::Bytes(bytes) if bytes.len() == COMMITMENT_BYTES => {
            Some(Json::Object(Fields::from_iter([("hash".to_owned(), Json::from(hex::encode(bytes)))])))
        }
        _ => None,
    }
}

fn whole_chunks(bytes: &[u8], size: usize, each: impl Fn(&[u8]) -> Option<String>) -> Option<Json> {
    if !bytes.len().is_multiple_of(size) {
        return None;
    }
    bytes.chunks(size).map(|part| each(part).map(Json::from)).collect::<Option<Vec<_>>>().map(Json::Array)
}

/// Joins a list of texts; `None` if one is empty or contains what joins them, since it would not come back.
fn joined(value: &Json, by: char) -> Option<String> {
    let mut text = String::new();
    for (index, part) in value.as_array()?.iter().enumerate() {
        let part = part.as_str().filter(|part| !part.is_empty() && !part.contains(by))?;
        if index > 0 {
            text.push(by);
        }
        text.push_str(part);
    }
    Some(text)
}

fn split(text: &str, by: char) -> Json {
    if text.is_empty() { Json::Array(Vec::new()) } else { text.split(by).map(Json::from).collect() }
}

/// Returns `value,from,to;…`; the end of a span that still runs is empty.
fn spans_to_text(value: &Json) -> Option<String> {
    let mut spans = Vec::new();
    for span in value.as_array()? {
        let part = |key: &str| match span.get(key) {
            None | Some(Json::Null) => Some(""),
            Some(Json::String(text)) if !text.contains([',', ';']) => Some(text.as_str()),
            Some(_) => None,
        };
        let from = part("from").filter(|from| !from.is_empty())?;
        spans.push(format!("{},{from},{}", part("value")?, part("to")?));
    }
    Some(spans.join(";"))
}

fn text_to_spans(text: &str) -> Option<Json> {
    let mut spans = Vec::new();
    for span in text.split(';').filter(|span| !span.is_empty()) {
        let parts: Vec<&str> = span.split(',').collect();
        let [value, from, to] = parts.as_slice() else { return None };
        let mut fields = Fields::new();
        fields.insert("value".to_owned(), Json::from(*value));
        fields.insert("from".to_owned(), Json::from(*from));
        fields.insert("to".to_owned(), if to.is_empty() { Json::Null } else { Json::from(*to) });
        spans.push(Json::Object(fields));
    }
    Some(Json::Array(spans))
}

/// Returns the key under which an element of a growing set is kept: a text is its own key.
fn element(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::String(_) | Json::Null => None,
        other => serde_json::to_string(other).ok(),
    }
}

fn of_element(shape: &Shape, text: &str) -> Json {
    match shape {
        Shape::Rows(_) => serde_json::from_str(text).unwrap_or_else(|_| Json::from(text)),
        _ => Json::from(text),
    }
}
