//! The plain things that come out of a document: its header, its view, its conflicts, its past.

use crate::RecordError;
use crate::{Fields, Json};
use daohu_domain::{id::Id, place::Place, time::Stamp};
use std::collections::BTreeMap;

/// What a record is and whose: sealed in its first change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Names the record.
    pub id: Id,
    /// Names the kind.
    pub kind: String,
    /// Names the place it belongs to.
    pub place: Place,
    /// Names the household it belongs to, if its kind has one.
    pub subject: Option<Id>,
    /// Names the person who made it.
    pub by: Id,
}

/// Something that happened to a record: appended once, never edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Names the event as its kind declares it.
    pub name: String,
    /// Holds the clocks of the device when it happened.
    pub stamp: Stamp,
    /// Holds what it carries.
    pub fields: Fields,
}

/// One change as it travels: an uncompressed chunk, the record it belongs to and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Names the record.
    pub record: Id,
    /// Holds the SHA-256 that names the change.
    pub hash: [u8; 32],
    /// Holds the raw chunk.
    pub bytes: Vec<u8>,
    /// Holds the changes it rests on.
    pub deps: Vec<[u8; 32]>,
    /// Names the device that made it.
    pub actor: Id,
}

/// A record in plain values.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Holds what it is and whose.
    pub header: Header,
    /// Holds the fields; where two people disagree, the value that every device picks. Unknown fields are kept.
    pub fields: Fields,
    /// Holds the disagreements.
    pub conflicts: Vec<Conflict>,
    /// Holds the events, in the order in which they are folded.
    pub events: Vec<EventView>,
    /// Says for each field who wrote the value shown.
    pub origins: BTreeMap<String, Origin>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Names the device.
    pub actor: Id,
    /// Holds what its clock claimed, to the second.
    pub claimed_at_ms: i64,
    /// Names the change.
    pub change: [u8; 32],
}

/// One field with several values that nobody has chosen between.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Names the field.
    pub field: String,
    /// Holds the values; the order is the same on every device. The first is number 1.
    pub values: Vec<Said>,
}

/// One of the values of a conflict and who said it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Holds the value.
    pub value: Json,
    /// Names the device.
    pub actor: Id,
    /// Holds what its clock claimed, to the second.
    pub claimed_at_ms: i64,
    /// Names the change.
    pub change: [u8; 32],
}

/// An event as it stands in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct EventView {
    /// Names it within the record: prefix of the device, dot, number.
    pub key: String,
    /// Names the event as its kind declares it.
    pub name: String,
    /// Holds the clocks of the device when it happened.
    pub stamp: Stamp,
    /// Holds what it carries.
    pub fields: Fields,
    /// Names the device that wrote it.
    pub actor: Id,
    /// Names the change that brought it.
    pub change: [u8; 32],
    /// Says that it was written over. The guard lets no such change in, so this is a sign of a broken store.
    pub edited: bool,
}

/// One value a field has had.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Names the field.
    pub field: String,
    /// Holds the value as the writer saw it; null where it was deleted.
    pub value: Json,
    /// Names the device.
    pub actor: Id,
    /// Holds what its clock claimed, to the second.
    pub claimed_at_ms: i64,
    /// Names the change.
    pub change: [u8; 32],
}

impl View {
    /// Returns the value and origin of a field as one of the values of a conflict.
    #[must_use]
    pub fn said(&self, field: &str) -> Option<Said> {
        let value = self.fields.get(field)?.clone();
        let origin = self.origins.get(field)?;
        Some(Said { value, actor: origin.actor, claimed_at_ms: origin.claimed_at_ms, change: origin.change })
    }

    /// Returns value number `take` of a field's conflict, counted from 1.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoConflict`] if the field has no such conflict or value.
    pub fn chosen(&self, field: &str, take: usize) -> Result<&Said, RecordError> {
        let conflict = self.conflicts.iter().find(|conflict| conflict.field == field);
        let chosen = conflict.and_then(|conflict| conflict.values.get(take.checked_sub(1)?));
        chosen.ok_or_else(|| RecordError::NoConflict(field.to_owned()))
    }
}
