//! Writing again under a new device what the old one could not hand in any more.
//!
//! A device whose batches forked, or that was closed, enrols anew under another id. Changes of the old id would be
//! refused, so the same content is written once more: a new record whole, of a known record the values and events
//! that the server lacks. The clocks of each event stay what they were.

use crate::{
    error::FieldError,
    project,
    store::{
        Connection,
        change::{self, ChangeRow},
        outbox,
    },
};
use daohu_domain::{id::Id, kind::Fields, kinds, time::Stamp};
use daohu_record::{Change, Document, Event};
use std::collections::BTreeSet;

/// Writes everything that earlier enrolments could not hand in again as this device.
pub(crate) fn all(connection: &Connection, device: &Id, now: Stamp) -> Result<(), FieldError> {
    let mut waiting = change::unfinished(connection)?;
    waiting.retain(|row| row.device != *device);
    let mut records = BTreeSet::new();
    for row in waiting.iter().filter(|row| row.typ == change::TYP_CHANGE) {
        records.insert(row.record);
    }
    for record in &records {
        one(connection, *record, *device, now)?;
    }
    // Sealed values name no device: they only need a new batch.
    for row in waiting.iter().filter(|row| row.typ == change::TYP_SEALED) {
        change::unseal(connection, row.key(), *device)?;
    }
    outbox::forget_open(connection, *device)?;
    project::records(connection, &records)?;
    Ok(())
}

fn one(connection: &Connection, record: Id, device: Id, now: Stamp) -> Result<(), FieldError> {
    let rows = change::of_record(connection, record)?;
    let (held, mine): (Vec<ChangeRow>, Vec<ChangeRow>) = rows.into_iter().partition(|row| row.state >= change::state::RECEIVED);
    let load = |rows: &[ChangeRow]| {
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.bytes.iter().copied()).collect();
        Document::load(record, &bytes)
    };
    let all: Vec<ChangeRow> = held.iter().chain(&mine).cloned().collect();
    let whole = load(&all)?;
    let header = whole.header()?;
    let Some(kind) = kinds::find(&header.kind) else { return Ok(()) };
    let said = whole.view(kind);
    let boots = mine.iter().flat_map(|row| row.boots.split(',')).filter(|boot| !boot.is_empty()).collect::<BTreeSet<_>>();
    let boots = boots.into_iter().collect::<Vec<_>>().join(",");
    let at_ms = whole.history(kind, None).last().map_or(now.wall_ms, |past| past.claimed_at_ms);
    let mut made: Vec<Change> = Vec::new();
    let (mut document, known_events, known_fields) = if held.is_empty() {
        let first = said.events.first().map(event_of);
        let (document, change) = Document::create(&header, kind, &said.fields, first.as_ref(), device, at_ms)?;
        made.push(change);
        let known: BTreeSet<String> = said.events.first().map(|event| event.key.clone()).into_iter().collect();
        (document, known, said.fields.clone())
    } else {
        let document = load(&held)?;
        let before = document.view(kind);
        (document, before.events.into_iter().map(|event| event.key).collect(), before.fields)
    };
    let differing: Fields = said
        .fields
        .iter()
        .filter(|(key, value)| known_fields.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !differing.is_empty() {
        made.push(document.edit(kind, &differing, device, at_ms)?);
    }
    for event in said.events.iter().filter(|event| !known_events.contains(&event.key)) {
        made.push(document.append(kind, &event_of(event), device, at_ms)?);
    }
    for row in &mine {
        change::forget(connection, row.key())?;
    }
    for change in made {
        change::add(connection, &row_of(change, header.place, device, &boots))?;
    }
    Ok(())
}

fn event_of(event: &daohu_record::EventView) -> Event {
    Event { name: event.name.clone(), stamp: event.stamp, fields: event.fields.clone() }
}

fn row_of(change: Change, place: daohu_domain::place::Place, device: Id, boots: &str) -> ChangeRow {
    ChangeRow {
        typ: change::TYP_CHANGE,
        hash: change.hash,
        record: change.record,
        place,
        bytes: change.bytes,
        device,
        state: change::state::UNSENT,
        batch: None,
        boots: boots.to_owned(),
        received_ms: None,
        start_from: None,
        start_to: None,
    }
}
