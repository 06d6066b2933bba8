//! The one way in which this device writes: asked for rights and checked first, then a change, a row and its
//! projection in one transaction.

use crate::{
    error::FieldError,
    ledger::Ledger,
    me::Me,
    project,
    store::{Connection, change, meta, meta::key, quarantine},
    twins,
};
use daohu_domain::{
    id::Id,
    kind::{Fields, Json, Kind},
    permission::{Act, Grant, may},
    place::Place,
    time::Stamp,
    validate::{self, Violation},
};
use daohu_record::{Change, Document, Event, Header};
use daohu_wire::{Item, SealedValue};
use serde_json::json;
use std::collections::BTreeSet;

/// What is needed to write: who, when, and the randomness for what must be sealed.
#[derive(Debug)]
pub(crate) struct Pen {
    pub(crate) me: Me,
    pub(crate) stamp: Stamp,
    /// Salt and ephemeral key for each value that is sealed.
    drawn: Vec<[u8; 48]>,
}

/// A record that is to be made.
#[derive(Debug)]
pub(crate) struct NewRecord<'a> {
    pub(crate) id: Id,
    pub(crate) kind: &'static Kind,
    pub(crate) place: Place,
    pub(crate) household: Option<Id>,
    pub(crate) fields: Fields,
    pub(crate) event: Option<(&'a str, Fields)>,
    pub(crate) grants: &'a [Grant],
}

/// How many sealed values one record may have.
const SEALED_MAX: usize = 8;

impl Ledger {
    /// Takes up the pen: reads who writes, and the clocks.
    pub(crate) fn pen(&self) -> Result<Pen, FieldError> {
        self.not_moved()?;
        let mut drawn = vec![[0; 48]; SEALED_MAX];
        for bytes in &mut drawn {
            self.random.fill(bytes);
        }
        Ok(Pen { me: self.me()?, stamp: self.stamp()?, drawn })
    }
}

impl Pen {
    /// Makes a record in one change, with the event that hands it in.
    ///
    /// # Errors
    /// `forbidden_writer`, `invalid_record`, `secret_in_text`: nothing is written then.
    pub(crate) fn create(&self, connection: &Connection, new: NewRecord<'_>) -> Result<(), FieldError> {
        if !may(new.kind, Act::Create, new.grants, new.place, new.household) {
            return Err(forbidden(new.kind));
        }
        refuse(validate::check(new.kind, &new.fields, true))?;
        let (mut fields, secrets) = validate::split_secrets(new.kind, &new.fields);
        let sealed = self.seal(connection, new.id, &secrets)?;
        for value in &sealed {
            let hash = json!({ "hash": hex::encode(value.commitment) });
            // Not every shape takes the hash in the place of its value; the sealed value names record and field itself.
            if new.kind.field(&value.field).is_some_and(|field| validate::check_value(field, &hash).is_empty()) {
                fields.insert(value.field.clone(), hash);
            }
        }
        let header = Header { id: new.id, kind: new.kind.name.to_owned(), place: new.place, subject: new.household, by: self.me.person };
        let began = new.event.as_ref().and_then(|(_, carried)| carried.get("began_boot")).and_then(Json::as_u64);
        let change = self.first_change(connection, new.kind, (&header, &fields), new.event)?;
        self.keep(connection, new.place, change, began)?;
        for value in &sealed {
            self.keep_sealed(connection, new.id, new.place, value)?;
        }
        quarantine::clear_record(connection, new.id)?;
        project::records(connection, &BTreeSet::from([new.id]))
    }

    /// Writes fields of a record; null takes one away. Returns the fields that changed.
    ///
    /// # Errors
    /// `not_found`, `sealed`, `forbidden_writer`, `invalid_record`, `secret_in_text`: nothing is written then.
    pub(crate) fn edit(&self, connection: &Connection, record: Id, writes: &Fields) -> Result<Vec<String>, FieldError> {
        let mut known = found(connection, record)?;
        let header = known.view.header.clone();
        for field in writes.keys() {
            if !may(known.kind, Act::Edit(field), &self.me.grants, header.place, header.subject_or_self()) {
                return Err(forbidden(known.kind));
            }
        }
        refuse(validate::check(known.kind, &without_nulls(writes), false))?;
        let change = known.document.edit(known.kind, writes, self.me.device, self.stamp.wall_ms)?;
        self.keep(connection, header.place, change, None)?;
        quarantine::clear_record(connection, record)?;
        project::records(connection, &BTreeSet::from([record]))?;
        Ok(writes.keys().cloned().collect())
    }

    /// Appends an event to a record.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`, `invalid_record`, `secret_in_text`: nothing is written then.
    pub(crate) fn append(&self, connection: &Connection, record: Id, name: &str, fields: Fields) -> Result<(), FieldError> {
        let mut known = found(connection, record)?;
        let header = known.view.header.clone();
        let is_author = header.by == self.me.person;
        if !may(known.kind, Act::Append(name, is_author), &self.me.grants, header.place, header.subject_or_self()) {
            return Err(forbidden(known.kind));
        }
        refuse(validate::check_event(known.kind, name, &fields))?;
        let change = known.document.append(known.kind, &self.event(name, fields), self.me.device, self.stamp.wall_ms)?;
        self.keep(connection, header.place, change, None)?;
        project::records(connection, &BTreeSet::from([record]))
    }

    /// Ends a conflict by writing one of its values.
    ///
    /// # Errors
    /// `not_found`, also for another field or number, `forbidden_writer`: nothing is written then.
    pub(crate) fn resolve(&self, connection: &Connection, record: Id, field: &str, take: usize) -> Result<(), FieldError> {
        let mut documents = twins::of_record(connection, found(connection, record)?)?;
        let mut written = BTreeSet::new();
        for (known, change) in twins::settle(&mut documents, (field, take), (self.me.device, self.stamp.wall_ms))? {
            let header = &known.view.header;
            if !may(known.kind, Act::Edit(field), &self.me.grants, header.place, header.subject_or_self()) {
                return Err(forbidden(known.kind));
            }
            self.keep(connection, header.place, change, None)?;
            written.insert(header.id);
        }
        project::records(connection, &written)
    }

    /// Makes the one change of a new record.
    ///
    /// The id of a record is not part of its bytes: the same words written twice at one moment would be one change.
    /// No device does two things in one moment, so the second happened a moment later.
    fn first_change(
        &self,
        connection: &Connection,
        kind: &Kind,
        (header, fields): (&Header, &Fields),
        event: Option<(&str, Fields)>,
    ) -> Result<Change, FieldError> {
        let mut at = self.stamp;
        loop {
            let event = event.clone().map(|(name, fields)| Event { name: name.to_owned(), stamp: at, fields });
            let (_, change) = Document::create(header, kind, fields, event.as_ref(), self.me.device, at.wall_ms)?;
            if !change::is_written(connection, &change.hash)? {
                return Ok(change);
            }
            // A change without an event claims no more than the second.
            let step_ms = if event.is_some() { 1 } else { 1000 };
            at = Stamp { wall_ms: at.wall_ms + step_ms, mono_ms: at.mono_ms + step_ms, ..at };
        }
    }

    fn event(&self, name: &str, fields: Fields) -> Event {
        Event { name: name.to_owned(), stamp: self.stamp, fields }
    }

    /// Keeps a change that speaks of the clocks of this boot, and of those of the one in which a visit began.
    fn keep(&self, connection: &Connection, place: Place, change: Change, began: Option<u64>) -> Result<(), FieldError> {
        let boots: BTreeSet<u64> = began.into_iter().chain([u64::from(self.stamp.boot)]).collect();
        let row = change::ChangeRow {
            typ: change::TYP_CHANGE,
            hash: change.hash,
            record: change.record,
            place,
            bytes: change.bytes,
            device: self.me.device,
            state: change::state::UNSENT,
            batch: None,
            boots: boots.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
            received_ms: None,
            start_from: None,
            start_to: None,
        };
        change::add(connection, &row)?;
        Ok(())
    }

    /// Seals secrets to the server: the document holds only their salted hashes.
    fn seal(&self, connection: &Connection, record: Id, secrets: &Fields) -> Result<Vec<SealedValue>, FieldError> {
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        let to = meta::bytes32(connection, key::SEAL_KEY)?.ok_or_else(|| FieldError::new("not_enrolled"))?;
        let mut sealed = Vec::new();
        for ((field, value), drawn) in secrets.iter().zip(&self.drawn) {
            sealed.push(SealedValue::seal(&to, (&record, field), value.to_string().as_bytes(), drawn)?);
        }
        Ok(sealed)
    }

    fn keep_sealed(&self, connection: &Connection, record: Id, place: Place, value: &SealedValue) -> Result<(), FieldError> {
        let item = Item::sealed(record, place, value);
        let row = change::ChangeRow {
            typ: change::TYP_SEALED,
            hash: item.hash,
            record,
            place,
            bytes: item.bytes,
            device: self.me.device,
            state: change::state::UNSENT,
            batch: None,
            boots: String::new(),
            received_ms: None,
            start_from: None,
            start_to: None,
        };
        change::add(connection, &row)?;
        Ok(())
    }
}

/// Whose household a record concerns: a household concerns itself.
pub(crate) trait Concerns {
    /// Returns the household.
    fn subject_or_self(&self) -> Option<Id>;
}

impl Concerns for Header {
    fn subject_or_self(&self) -> Option<Id> {
        if self.kind == "household" { Some(self.id) } else { self.subject }
    }
}

fn found(connection: &Connection, record: Id) -> Result<project::Known, FieldError> {
    project::known(connection, record)?.ok_or_else(|| FieldError::new("not_found"))
}

fn without_nulls(writes: &Fields) -> Fields {
    writes.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Returns the error of what breaks a declaration: the first code, every field.
pub(crate) fn refuse(found: Vec<Violation>) -> Result<(), FieldError> {
    let Some(first) = found.first() else { return Ok(()) };
    let error = if first.code == "secret_in_text" { FieldError::new("secret_in_text") } else { FieldError::new("invalid_record") };
    let (zh, en) = (first.zh.clone(), first.en.clone());
    let fields: Vec<Json> = found.iter().map(|one| json!({ "field": one.field, "code": one.code, "zh": one.zh, "en": one.en })).collect();
    Err(error.saying(&zh, &en).with(json!({ "fields": fields })))
}

fn forbidden(kind: &Kind) -> FieldError {
    FieldError::new("forbidden_writer").with(json!({ "kind": kind.name }))
}
