//! JSON Schema of a kind, for the description of the office API and for programs that fill forms.

use crate::kind::{Choice, EventType, Field, Json, Kind, Shape, SpanOf, Subject};
use serde_json::json;

/// Is the pattern of an id.
const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// Is the pattern of a day.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// Returns the JSON Schema (2020-12) of the fields of a kind.
///
/// Lists of values are open, since a newer program may know more of them: the known ones stand in `x-choices` and in
/// `examples`. Keys that begin with `x-` carry what forms, masks and imports need.
#[must_use]
pub fn json_schema(kind: &Kind) -> Json {
    let properties: serde_json::Map<String, Json> = kind.fields.iter().map(|field| (field.key.to_owned(), of_field(field))).collect();
    let required: Vec<&str> = kind.fields.iter().filter(|field| field.required).map(|field| field.key).collect();
    let events: Vec<Json> = kind.events.iter().map(of_event).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("daohu:kind:{}", kind.name),
        "title": kind.zh,
        "description": kind.en,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": true,
        "x-kind": kind.name,
        "x-subject": of_subject(kind.subject),
        "x-reference": kind.reference,
        "x-unique": kind.unique,
        "x-states": kind.states.iter().map(of_choice).collect::<Vec<_>>(),
        "x-events": events,
    })
}

/// Whether a record names a household: yes, no, or one may be named.
fn of_subject(subject: Subject) -> Json {
    match subject {
        Subject::None => json!(false),
        Subject::Household => json!(true),
        Subject::Either => json!("optional"),
    }
}

/// Returns the schema of one field.
#[must_use]
pub fn of_field(field: &Field) -> Json {
    let mut schema = of_shape(field);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), Json::from(field.zh));
        object.insert("description".to_owned(), Json::from(described(field)));
        object.insert("x-shape".to_owned(), Json::from(field.shape.name()));
        object.insert("x-level".to_owned(), Json::from(format!("{:?}", field.level)));
        object.insert("x-mask".to_owned(), Json::from(format!("{:?}", field.mask).to_lowercase()));
        object.insert("x-merge".to_owned(), Json::from(format!("{:?}", field.merge).to_lowercase()));
        object.insert("x-required".to_owned(), Json::from(field.required));
        if let Some(code) = field.code {
            object.insert("x-national-code".to_owned(), Json::from(code));
        }
        if !field.headings.is_empty() {
            object.insert("x-headings".to_owned(), Json::from(field.headings));
        }
        if field.scale > 0 || !field.unit.is_empty() {
            object.insert("x-scale".to_owned(), Json::from(field.scale));
            object.insert("x-unit".to_owned(), Json::from(field.unit));
        }
    }
    schema
}

fn described(field: &Field) -> String {
    match field.scale {
        0 => field.en.to_owned(),
        places => format!("{} (an integer, in 1/{} {})", field.en, 10_u32.pow(u32::from(places)), field.unit),
    }
}

fn of_shape(field: &Field) -> Json {
    match field.shape {
        Shape::Text { max } | Shape::LongText { max } => json!({"type": "string", "maxLength": max}),
        Shape::Texts { max } => json!({"type": "array", "maxItems": max, "items": {"type": "string"}}),
        Shape::Int { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Fen => json!({"type": "integer"}),
        Shape::Day => json!({"type": "string", "format": "date", "pattern": DAY}),
        Shape::Month => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}),
        Shape::Instant => json!({"type": "string", "format": "date-time"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Choice(of) => one_of(of),
        Shape::Choices(of) => json!({"type": "array", "items": one_of(of)}),
        Shape::Ref(kind) => json!({"type": "string", "format": "uuid", "pattern": ID, "x-kind": kind}),
        Shape::Refs(kind) => json!({"type": "array", "items": {"type": "string", "format": "uuid", "pattern": ID, "x-kind": kind}}),
        Shape::Point => json!({"type": "object", "required": ["lat", "lon"], "properties": {
            "lat": {"type": "number", "minimum": -90, "maximum": 90}, "lon": {"type": "number", "minimum": -180, "maximum": 180},
            "accuracy_m": {"type": "number", "minimum": 0}}}),
        Shape::Evidence => json!({"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}),
        Shape::Rows(of) => {
            let properties: serde_json::Map<String, Json> = of.iter().map(|cell| (cell.key.to_owned(), of_field(cell))).collect();
            let required: Vec<&str> = of.iter().filter(|cell| cell.required).map(|cell| cell.key).collect();
            json!({"type": "array", "items": {"type": "object", "properties": properties, "required": required}})
        }
        Shape::Spans(of) => json!({"type": "array", "items": {"type": "object", "required": ["value", "from"], "properties": {
            "value": of_span(of), "from": {"type": "string", "format": "date", "pattern": DAY},
            "to": {"type": ["string", "null"], "format": "date", "pattern": DAY}}}}),
    }
}

fn of_span(of: SpanOf) -> Json {
    match of {
        SpanOf::Choice(of) => one_of(of),
        SpanOf::Place => json!({"type": "string", "pattern": "^[0-9]{12}$"}),
        SpanOf::Ref(kind) => json!({"type": "string", "format": "uuid", "pattern": ID, "x-kind": kind}),
        SpanOf::Text => json!({"type": "string", "maxLength": 64}),
        SpanOf::Nothing => json!({"type": "string", "maxLength": 0}),
    }
}

fn one_of(of: &[Choice]) -> Json {
    let slugs: Vec<&str> = of.iter().map(|choice| choice.slug).collect();
    json!({"type": "string", "examples": slugs, "x-choices": of.iter().map(of_choice).collect::<Vec<_>>()})
}

fn of_event(event: &EventType) -> Json {
    let fields: serde_json::Map<String, Json> = event.fields.iter().map(|field| (field.key.to_owned(), of_field(field))).collect();
    json!({"name": event.name, "zh": event.zh, "en": event.en, "from": event.from, "to": event.to, "fields": fields})
}

fn of_choice(choice: &Choice) -> Json {
    json!({"slug": choice.slug, "zh": choice.zh, "en": choice.en})
}
