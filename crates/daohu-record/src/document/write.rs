//! Writing a document: each act is one change, and the same act gives the same bytes.

use super::{BY, Document, KIND, PLACE, SUBJECT};
use crate::{
    Change, ENCODING, Event, Fields, Header, Json, RecordError, actor_of, event,
    values::{Stored, store},
};
use automerge::{
    Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::{CommitOptions, Transactable, Transaction},
};
use daohu_domain::{
    id::Id,
    kind::{Field, Kind, Merge, Shape},
};

/// What a change does to one root key.
enum Write {
    Put(Stored),
    Renew(Stored),
    Delete,
}

impl Document {
    /// Makes a record in one change: header, fields and, if given, the event that hands it in.
    ///
    /// # Errors
    ///
    /// Names the field or event that the kind does not declare so.
    #[expect(clippy::too_many_arguments, reason = "all six are what a record is made of; a struct for one call would only rename them")]
    pub fn create(
        header: &Header,
        kind: &Kind,
        fields: &Fields,
        event: Option<&Event>,
        actor: Id,
        at_ms: i64,
    ) -> Result<(Self, Change), RecordError> {
        let mut writes = header_writes(header);
        writes.extend(field_writes(kind, fields)?);
        if let Some(event) = event {
            declared_event(kind, event)?;
            let bytes = event::encode(event, seconds(at_ms));
            writes.push((event::root_key(actor, 1), Write::Put(Stored::Plain(ScalarValue::Bytes(bytes)))));
        }
        let mut document = Self { header: header.clone(), inner: Automerge::new_with_encoding(ENCODING) };
        let change = document.commit(&writes, actor, at_ms)?;
        Ok((document, change))
    }

    /// Writes fields; null deletes one. What says the same as before is left out of the change.
    ///
    /// # Errors
    ///
    /// Names the field that is unknown, sealed, secret or of another shape, or says that nothing changed.
    pub fn edit(&mut self, kind: &Kind, writes: &Fields, actor: Id, at_ms: i64) -> Result<Change, RecordError> {
        let mut prepared = Vec::new();
        for key in writes.keys() {
            declared(kind, key)?;
        }
        for field in kind.fields {
            let Some(value) = writes.get(field.key) else { continue };
            if field.merge == Merge::Sealed {
                return Err(RecordError::Sealed(field.key.to_owned()));
            }
            prepared.push((field.key.to_owned(), edit_of(field, value)?));
        }
        self.commit(&prepared, actor, at_ms)
    }

    /// Appends an event under the next number of this device.
    ///
    /// # Errors
    ///
    /// [`RecordError::UnknownEvent`] if the kind declares no such event.
    pub fn append(&mut self, kind: &Kind, event: &Event, actor: Id, at_ms: i64) -> Result<Change, RecordError> {
        declared_event(kind, event)?;
        let last = self.inner.keys(ROOT).filter_map(|key| event::number_of(&key, actor)).max().unwrap_or(0);
        let bytes = event::encode(event, seconds(at_ms));
        let write = Write::Put(Stored::Plain(ScalarValue::Bytes(bytes)));
        self.commit(&[(event::root_key(actor, last + 1), write)], actor, at_ms)
    }

    /// Writes a value anew over whatever a field holds, though it be the same: whoever chooses another one at the same
    /// time disagrees.
    ///
    /// # Errors
    ///
    /// Names the field that is unknown, sealed or of another shape.
    pub fn choose(&mut self, kind: &Kind, (field, value): (&str, &Json), actor: Id, at_ms: i64) -> Result<Change, RecordError> {
        let declared = declared(kind, field)?;
        if declared.merge == Merge::Sealed {
            return Err(RecordError::Sealed(field.to_owned()));
        }
        let stored = store(declared, value).ok_or_else(|| shape_error(declared))?;
        self.commit(&[(field.to_owned(), Write::Renew(stored))], actor, at_ms)
    }

    /// Makes one change of the writes; nothing is kept of a change that fails.
    fn commit(&mut self, writes: &[(String, Write)], actor: Id, at_ms: i64) -> Result<Change, RecordError> {
        self.inner.set_actor(actor_of(actor));
        let options = |_: &()| CommitOptions::default().with_time(seconds(at_ms));
        let written = self.inner.transact_with(options, |tx| writes.iter().try_for_each(|(key, write)| apply(tx, key, write)));
        let hash = written.map_err(|failure| RecordError::from(failure.error))?.hash.ok_or(RecordError::NothingChanged)?;
        let change = self.inner.get_change_by_hash(&hash).ok_or(RecordError::NothingChanged)?;
        Ok(self.outward(&change))
    }
}

/// Prepares an edit. A merged text is emptied instead of deleted: it stays the same object for those who write it.
fn edit_of(field: &Field, value: &Json) -> Result<Write, RecordError> {
    match (value, field.merge) {
        (Json::Null, _) if field.required => Err(shape_error(field)),
        (Json::Null, Merge::Text) => Ok(Write::Put(Stored::Text(String::new()))),
        (Json::Null, Merge::Last) => Ok(Write::Delete),
        _ => store(field, value).map(Write::Put).ok_or_else(|| shape_error(field)),
    }
}

fn apply(tx: &mut Transaction<'_>, key: &str, write: &Write) -> Result<(), AutomergeError> {
    match write {
        Write::Delete => match tx.get(ROOT, key)? {
            Some(_) => tx.delete(ROOT, key),
            None => Ok(()),
        },
        Write::Put(Stored::Plain(scalar)) | Write::Renew(Stored::Plain(scalar)) => {
            // The library ends a conflict by deleting the values that were not chosen. Two people who choose apart
            // would delete each other's, so the chosen value is always written anew.
            if tx.get_all(ROOT, key)?.len() > 1 {
                tx.delete(ROOT, key)?;
            }
            tx.put(ROOT, key, scalar.clone())
        }
        Write::Put(Stored::Text(text)) => match object(tx, key, ObjType::Text)? {
            Some(object) => tx.update_text(&object, text),
            None => new_text(tx, key, text),
        },
        Write::Renew(Stored::Text(text)) => new_text(tx, key, text),
        Write::Put(Stored::Set(elements)) | Write::Renew(Stored::Set(elements)) => {
            let object = match object(tx, key, ObjType::Map)? {
                Some(object) => object,
                None => tx.put_object(ROOT, key, ObjType::Map)?,
            };
            elements.iter().try_for_each(|element| tx.put(&object, element.as_str(), true))
        }
    }
}

fn new_text(tx: &mut Transaction<'_>, key: &str, text: &str) -> Result<(), AutomergeError> {
    let object = tx.put_object(ROOT, key, ObjType::Text)?;
    if text.is_empty() { Ok(()) } else { tx.splice_text(&object, 0, 0, text) }
}

fn object(tx: &Transaction<'_>, key: &str, wanted: ObjType) -> Result<Option<ObjId>, AutomergeError> {
    Ok(match tx.get(ROOT, key)? {
        Some((Value::Object(kind), object)) if kind == wanted => Some(object),
        _ => None,
    })
}

fn header_writes(header: &Header) -> Vec<(String, Write)> {
    let scalar = |key: &str, scalar: ScalarValue| (key.to_owned(), Write::Put(Stored::Plain(scalar)));
    let id = |id: Id| ScalarValue::Bytes(id.as_bytes().to_vec());
    let mut writes = vec![scalar(KIND, header.kind.as_str().into()), scalar(PLACE, ScalarValue::Uint(header.place.number()))];
    writes.extend(header.subject.map(|subject| scalar(SUBJECT, id(subject))));
    writes.push(scalar(BY, id(header.by)));
    writes
}

/// Prepares the fields of a new record. A merged text or growing set is made even when it is empty: made later by
/// two people at once it would be two objects, and one of them would hide the other's words.
fn field_writes(kind: &Kind, fields: &Fields) -> Result<Vec<(String, Write)>, RecordError> {
    for key in fields.keys() {
        declared(kind, key)?;
    }
    let mut ordered: Vec<&Field> = kind.fields.iter().collect();
    ordered.sort_by_key(|field| rank(field));
    let mut writes = Vec::new();
    for field in ordered {
        let stored = match (fields.get(field.key).filter(|value| !value.is_null()), field.merge) {
            (Some(value), _) => store(field, value).ok_or_else(|| shape_error(field))?,
            (None, Merge::Text) if !field.is_secret() => Stored::Text(String::new()),
            (None, Merge::Grow) if !field.is_secret() => Stored::Set(Vec::new()),
            (None, _) => continue,
        };
        writes.push((field.key.to_owned(), Write::Put(stored)));
    }
    Ok(writes)
}

/// Puts what repeats from record to record first and the free text last: in a batch the first part is then one long
/// repetition for the compressor.
fn rank(field: &Field) -> u8 {
    match field.shape {
        Shape::Bool | Shape::Choice(_) | Shape::Choices(_) => 0,
        Shape::Ref(_) | Shape::Refs(_) | Shape::Rows(_) | Shape::Spans(_) | Shape::Point | Shape::Texts { .. } => 1,
        Shape::Int { .. } | Shape::Fen | Shape::Day | Shape::Month | Shape::Instant => 2,
        Shape::Text { .. } | Shape::LongText { .. } => 3,
        Shape::Evidence => 4,
    }
}

fn declared<'a>(kind: &'a Kind, key: &str) -> Result<&'a Field, RecordError> {
    let known = kind.fields.iter().find(|field| field.key == key);
    known.ok_or_else(|| RecordError::UnknownField(key.to_owned()))
}

fn declared_event(kind: &Kind, event: &Event) -> Result<(), RecordError> {
    let known = kind.events.iter().any(|declared| declared.name == event.name);
    if known { Ok(()) } else { Err(RecordError::UnknownEvent(event.name.clone())) }
}

fn shape_error(field: &Field) -> RecordError {
    let key = field.key.to_owned();
    if field.is_secret() { RecordError::Secret(key) } else { RecordError::WrongShape(key) }
}

/// Returns the second a change claims.
fn seconds(at_ms: i64) -> i64 {
    at_ms.div_euclid(1000)
}
