//! Projection: what a record says now, written into rows that lists can read.
//!
//! Rows follow from the changes alone, never from the clock, so that a rebuild gives the same ones.

pub(crate) mod past;
pub(crate) mod visit;

use crate::{
    error::FieldError,
    store::{
        Connection,
        change::{self, ChangeRow},
        projection::{self, RecordRow, ReviewRow, household},
    },
};
use daohu_domain::{
    calendar::Instant,
    id::Id,
    kind::{Fields, Json, Kind},
    kinds, state,
    time::FAR,
    validate,
};
use daohu_record::{Document, View};
use std::collections::{BTreeSet, HashMap};

/// Fields by which a person finds a record.
const LABELS: [&str; 8] = ["number", "code", "no", "head_name", "name", "title", "month", "level"];

/// Everything known of one record.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) kind: &'static Kind,
    pub(crate) document: Document,
    pub(crate) view: View,
    pub(crate) changes: Vec<ChangeRow>,
}

/// A document at hand, with the changes it is made of as they lie in the store.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) document: Document,
    pub(crate) changes: Vec<ChangeRow>,
}

/// Loads a document with its changes; none of a record that is not on this device.
pub(crate) fn held(connection: &Connection, record: Id) -> Result<Option<Held>, FieldError> {
    let changes = change::of_record(connection, record)?;
    Ok(document_of(record, &changes)?.map(|document| Held { document, changes }))
}

/// Loads the document of a record.
pub(crate) fn load(connection: &Connection, record: Id) -> Result<Option<Document>, FieldError> {
    document_of(record, &change::of_record(connection, record)?)
}

fn document_of(record: Id, changes: &[ChangeRow]) -> Result<Option<Document>, FieldError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let bytes: Vec<u8> = changes.iter().flat_map(|change| change.bytes.iter().copied()).collect();
    Ok(Some(Document::load(record, &bytes)?))
}

/// Loads everything known of a record; `None` if it is not on this device or of a kind that this version lacks.
pub(crate) fn known(connection: &Connection, record: Id) -> Result<Option<Known>, FieldError> {
    let changes = change::of_record(connection, record)?;
    let Some(document) = document_of(record, &changes)? else { return Ok(None) };
    of_document(document, changes)
}

fn of_document(document: Document, changes: Vec<ChangeRow>) -> Result<Option<Known>, FieldError> {
    let header = document.header()?;
    let Some(kind) = kinds::find(&header.kind) else { return Ok(None) };
    let view = document.view(kind);
    Ok(Some(Known { kind, document, view, changes }))
}

/// Returns the kind of a record; empty if nothing is known of it.
pub(crate) fn kind_of(connection: &Connection, record: Id) -> Result<String, FieldError> {
    if let Some(row) = projection::find(connection, record)? {
        return Ok(row.kind);
    }
    let header = load(connection, record)?.and_then(|document| document.header().ok());
    Ok(header.map_or_else(String::new, |header| header.kind))
}

/// Projects records and whatever their state decides about others.
pub(crate) fn records(connection: &Connection, records: &BTreeSet<Id>) -> Result<(), FieldError> {
    loaded(connection, records, HashMap::new())
}

/// Projects records of which some are at hand, as they are in the store.
pub(crate) fn loaded(connection: &Connection, records: &BTreeSet<Id>, mut at_hand: HashMap<Id, Held>) -> Result<(), FieldError> {
    let mut judged = BTreeSet::new();
    for record in records {
        let known = match at_hand.remove(record) {
            Some(held) => of_document(held.document, held.changes)?,
            None => known(connection, *record)?,
        };
        judged.extend(one(connection, *record, known)?);
    }
    // A review that arrived in the same answer as what it judges may have been projected after it.
    for target in judged {
        one(connection, target, known(connection, target)?)?;
    }
    Ok(())
}

/// Projects one record; returns the records whose state it decides.
fn one(connection: &Connection, record: Id, known: Option<Known>) -> Result<Vec<Id>, FieldError> {
    let Some(known) = known else {
        projection::remove(connection, record)?;
        return Ok(Vec::new());
    };
    let state = match known.kind.name {
        "visit" => visit::put(connection, &known)?,
        "month_record" => month_state(connection, &known)?,
        _ if known.kind.events.is_empty() => String::new(),
        _ => state::fold(known.kind, &past::events(connection, &known)?).state,
    };
    put_record(connection, &known, state)?;
    match known.kind.name {
        "household" => put_household(connection, &known)?,
        "pairing" => put_pairing(connection, &known)?,
        "visit" => visit::put_promises(connection, &known)?,
        "review" => return put_review(connection, &known),
        _ => {}
    }
    Ok(Vec::new())
}

fn put_record(connection: &Connection, known: &Known, state: String) -> Result<(), FieldError> {
    let header = &known.view.header;
    let labels: Vec<&str> = LABELS.iter().filter_map(|key| known.view.fields.get(*key)).filter_map(Json::as_str).collect();
    projection::put(
        connection,
        &RecordRow {
            id: header.id,
            kind: header.kind.clone(),
            place: header.place,
            household: if known.kind.name == "household" { Some(header.id) } else { header.subject },
            author: header.by,
            heads: known.document.heads(),
            fields: known.view.fields.clone(),
            state,
            conflicts: known.view.conflicts.iter().map(|conflict| conflict.field.clone()).collect(),
            label: labels.join(" "),
            newer: validate::is_newer(known.kind, &known.view.fields),
        },
    )
}

fn put_household(connection: &Connection, known: &Known) -> Result<(), FieldError> {
    let fields = &known.view.fields;
    let spans = |key: &str| fields.get(key).map_or_else(|| "[]".to_owned(), Json::to_string);
    household::put(
        connection,
        &household::HouseholdRow {
            id: known.view.header.id,
            place: known.view.header.place,
            number: text(fields, "number"),
            name: text(fields, "head_name"),
            status: spans("status"),
            tier: spans("tier"),
            places: spans("places"),
        },
    )
}

fn put_pairing(connection: &Connection, known: &Known) -> Result<(), FieldError> {
    let fields = &known.view.fields;
    let (Some(household), Some(cadre)) = (known.view.header.subject, id(fields, "cadre")) else { return Ok(()) };
    household::put_pairing(
        connection,
        &household::PairingRow {
            id: known.view.header.id,
            household,
            cadre,
            role: text(fields, "role"),
            from_day: text(fields, "from"),
            to_day: validate::text_of(fields, "to").map(str::to_owned),
        },
    )
}

/// Writes a review; what it judges is to be projected again: its target, and of a month record the month's visits.
fn put_review(connection: &Connection, known: &Known) -> Result<Vec<Id>, FieldError> {
    let fields = &known.view.fields;
    let Some(target) = id(fields, "target") else { return Ok(Vec::new()) };
    let sent = known.changes.first().is_some_and(|row| row.received_ms.is_some());
    let row = ReviewRow { id: known.view.header.id, target, result: text(fields, "result"), at_ms: past::first_at(known), sent };
    projection::put_review(connection, &row)?;
    let mut judged = vec![target];
    if let Some(record) = projection::find(connection, target)?.filter(|record| record.kind == "month_record") {
        judged.extend(visit::of_household_month(connection, record.household, &text(&record.fields, "month"))?);
    }
    Ok(judged)
}

/// Returns the state of a month record as if no month were ever frozen; who shows it knows the time.
fn month_state(connection: &Connection, known: &Known) -> Result<String, FieldError> {
    let events = past::events(connection, known)?;
    let reviews = past::reviews(connection, known, &[])?;
    let before = Instant(FAR.0 - 1);
    let facts = state::MonthRecordFacts { events: &events, reviews: &reviews, freeze: FAR, now: before, due: true };
    Ok(state::fold_month_record(&facts).state)
}

/// Returns a text of a record, empty where there is none.
pub(crate) fn text(fields: &Fields, key: &str) -> String {
    validate::text_of(fields, key).unwrap_or_default().to_owned()
}

/// Returns a reference of a record.
pub(crate) fn id(fields: &Fields, key: &str) -> Option<Id> {
    validate::text_of(fields, key)?.parse().ok()
}

/// Returns references of a record.
pub(crate) fn ids(fields: &Fields, key: &str) -> Vec<Id> {
    let all = fields.get(key).and_then(Json::as_array);
    all.into_iter().flatten().filter_map(Json::as_str).filter_map(|text| text.parse().ok()).collect()
}
