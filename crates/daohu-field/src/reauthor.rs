//! Writing again under a new device what the old one could not hand in any more.
//!
//! A device whose batches forked, or that was closed, enrols anew under another id. Changes of the old id would be
//! refused, so the same content is written once more: a new record whole, of a known record the values and events
//! that the server lacks. The clocks of each event stay what they were.

use crate::{
    error::FieldError,
    me::Me,
    project,
    store::{
        Connection,
        change::{self, ChangeRow},
        outbox, quarantine,
    },
};
use daohu_domain::{
    id::Id,
    kind::{Fields, Json, Kind},
    kinds,
    time::Stamp,
};
use daohu_record::{Change, Document, Event, RecordError, View};
use std::collections::BTreeSet;

/// Writes everything that earlier enrolments could not hand in again as this device and person.
pub(crate) fn all(connection: &Connection, me: &Me, now: Stamp) -> Result<(), FieldError> {
    let device = &me.device;
    let mut waiting = change::unfinished(connection)?;
    waiting.retain(|row| row.device != *device);
    let mut records = BTreeSet::new();
    for row in waiting.iter().filter(|row| row.typ == change::TYP_CHANGE) {
        records.insert(row.record);
    }
    for record in &records {
        one(connection, *record, me, now.wall_ms)?;
    }
    // Sealed values name no device: they only need a new batch.
    for row in waiting.iter().filter(|row| row.typ == change::TYP_SEALED) {
        change::unseal(connection, row.key(), *device)?;
    }
    outbox::forget_open(connection, *device)?;
    project::records(connection, &records)?;
    Ok(())
}

/// Writes what waits of one record again as this device; it rests on what it rested on, so that what others wrote meanwhile is beside it.
pub(crate) fn one(connection: &Connection, record: Id, me: &Me, now_ms: i64) -> Result<(), FieldError> {
    let device = me.device;
    let mut rows = change::of_record(connection, record)?;
    let waits = |row: &ChangeRow| row.state < change::state::RECEIVED && (row.device != device || row.batch.is_none());
    let Some(last) = rows.iter().rposition(&waits) else { return Ok(()) };
    // A change rests on what was here when it was written, which is what came before it.
    if rows.iter().skip(last).all(|row| row.device != device) {
        rows.truncate(last + 1);
    }
    let (mine, held): (Vec<ChangeRow>, Vec<ChangeRow>) = rows.iter().cloned().partition(&waits);
    // What this device has sent already may rest on what the server lost: it is refused there and waits with its reason.
    let Ok(whole) = load(record, &rows) else { return Ok(()) };
    let mut header = whole.header()?;
    let Some(kind) = kinds::find(&header.kind) else { return Ok(()) };
    let mut said = said_here(&whole, kind, &mine);
    if held.is_empty() && header.by != me.person {
        // All of the record is this phone's own, and the person of this phone goes by another id since the office lost the first one.
        for fields in said.events.iter_mut().map(|event| &mut event.fields).chain([&mut said.fields]) {
            fields.values_mut().for_each(|value| rename(value, (header.by, me.person)));
        }
        header.by = me.person;
    }
    let boots = mine.iter().flat_map(|row| row.boots.split(',')).filter(|boot| !boot.is_empty()).collect::<BTreeSet<_>>();
    let boots = boots.into_iter().collect::<Vec<_>>().join(",");
    let at_ms = whole.history(kind, None).last().map_or(now_ms, |past| past.claimed_at_ms);
    let mut made: Vec<Change> = Vec::new();
    let (mut document, known_events, known_fields) = if held.is_empty() {
        let first = said.events.first().map(event_of);
        let (document, change) = Document::create(&header, kind, &said.fields, first.as_ref(), device, at_ms)?;
        made.push(change);
        let known: BTreeSet<String> = said.events.first().map(|event| event.key.clone()).into_iter().collect();
        (document, known, said.fields.clone())
    } else {
        let Ok(document) = load(record, &held) else { return Ok(()) };
        let before = document.view(kind);
        (document, before.events.into_iter().map(|event| event.key).collect(), before.fields)
    };
    let written = said.fields.iter().filter(|(key, value)| known_fields.get(*key) != Some(value));
    let emptied = known_fields.keys().filter(|key| !said.fields.contains_key(*key));
    let differing: Fields =
        written.map(|(key, value)| (key.clone(), value.clone())).chain(emptied.map(|key| (key.clone(), Json::Null))).collect();
    if !differing.is_empty() {
        made.push(document.edit(kind, &differing, device, at_ms)?);
    }
    for event in said.events.iter().filter(|event| !known_events.contains(&event.key)) {
        made.push(document.append(kind, &event_of(event), device, at_ms)?);
    }
    set_aside_what_rests_on(connection, (record, kind), &mine, now_ms)?;
    for row in &mine {
        change::forget(connection, row.key())?;
    }
    for change in made {
        change::add(connection, &row_of(change, header.place, device, &boots))?;
    }
    Ok(())
}

/// Sets aside what others wrote on top of what is written again: the server lost it together with that, and it is its authors' to hand in. Left
/// where it is it would make the record unreadable; should the server hold it after all, the next comparison brings it back.
fn set_aside_what_rests_on(
    connection: &Connection,
    (record, kind): (Id, &Kind),
    mine: &[ChangeRow],
    now_ms: i64,
) -> Result<(), FieldError> {
    let rows = change::of_record(connection, record)?;
    let Ok(whole) = load(record, &rows) else { return Ok(()) };
    let mut gone: BTreeSet<[u8; 32]> = mine.iter().map(|row| row.hash).collect();
    for resting in whole.changes().iter().filter(|change| mine.iter().all(|row| row.hash != change.hash)) {
        if resting.deps.iter().any(|dep| gone.contains(dep)) {
            gone.insert(resting.hash);
        }
    }
    for row in rows.iter().filter(|row| gone.contains(&row.hash) && mine.iter().all(|one| one.hash != row.hash)) {
        let (code, kind) = ("missing_dep".to_owned(), kind.name.to_owned());
        let (hash, bytes) = (row.hash, row.bytes.clone());
        let row = quarantine::QuarantineRow { id: 0, hash, record, kind, batch: None, code, bytes, received_ms: now_ms, own: false };
        quarantine::put(connection, &row)?;
        change::set_aside(connection, change::ChangeKey { record, hash })?;
    }
    Ok(())
}

fn load(record: Id, rows: &[ChangeRow]) -> Result<Document, RecordError> {
    let bytes: Vec<u8> = rows.iter().flat_map(|row| row.bytes.iter().copied()).collect();
    Document::load(record, &bytes)
}

/// Returns what a record says, with this phone's own word wherever people disagree.
fn said_here(document: &Document, kind: &Kind, mine: &[ChangeRow]) -> View {
    let mut said = document.view(kind);
    for conflict in &said.conflicts {
        let own = conflict.values.iter().find(|value| mine.iter().any(|row| row.hash == value.change));
        if let Some(value) = own {
            said.fields.insert(conflict.field.clone(), value.value.clone());
        }
    }
    said
}

/// Puts one id in the place of another wherever a value names it.
fn rename(value: &mut Json, (from, to): (Id, Id)) {
    match value {
        Json::String(text) if text.parse() == Ok(from) => *text = to.to_string(),
        Json::Array(values) => values.iter_mut().for_each(|value| rename(value, (from, to))),
        Json::Object(fields) => fields.values_mut().for_each(|value| rename(value, (from, to))),
        _ => {}
    }
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
