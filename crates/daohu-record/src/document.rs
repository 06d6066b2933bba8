//! A record as its document: made, written, read, kept.
//!
//! Root keys are flat: `@kind`, `@place`, `@subject` and `@by` say what the record is and never change (the sign
//! keeps them apart from fields, of which some are called `kind` or `place` too); every field is a key of its own;
//! every event is a key `events/<prefix of the device>.<number>`. Flat keys merge without a common ancestor and
//! cost no object. Writing is in `write`, reading in `read`.

mod read;
mod write;

use crate::{Change, ENCODING, Header, RecordError, contain::contained, device_of};
use automerge::{Automerge, ChangeHash, LoadOptions, OnPartialLoad, ROOT, ReadDoc, ScalarValue, Value, VerificationMode};
use daohu_domain::{id::Id, place::Place};
use std::collections::BTreeMap;

pub(crate) use read::{root_key_of, stored_at};

/// The root key of the kind.
pub(crate) const KIND: &str = "@kind";
/// The root key of the place, as a number.
pub(crate) const PLACE: &str = "@place";
/// The root key of the household.
pub(crate) const SUBJECT: &str = "@subject";
/// The root key of the person who made the record.
pub(crate) const BY: &str = "@by";

/// The root keys that say what a record is.
pub(crate) const HEADER: [&str; 4] = [KIND, PLACE, SUBJECT, BY];

/// A record's document.
#[derive(Debug, Clone)]
pub struct Document {
    header: Header,
    inner: Automerge,
}

impl Document {
    /// Loads a document that this program saved, or the raw changes of one in causal order.
    ///
    /// # Errors
    ///
    /// [`RecordError::Damaged`] if the bytes are no such document.
    pub fn load(id: Id, snapshot: &[u8]) -> Result<Self, RecordError> {
        if snapshot.is_empty() {
            return Err(RecordError::Damaged("no bytes".to_owned()));
        }
        let loaded = contained(|| Automerge::load_with_options(snapshot, load_options()));
        let inner = loaded.map_err(|_| RecordError::Damaged("the library panicked".to_owned()))??;
        Self::of(id, inner)
    }

    /// Takes a document of the library, if it has a header in the form of this version.
    pub(crate) fn of(id: Id, inner: Automerge) -> Result<Self, RecordError> {
        Ok(Self { header: read_header(id, &inner)?, inner })
    }

    /// Returns the document of the library.
    pub(crate) fn inner(&self) -> &Automerge {
        &self.inner
    }

    /// Returns the document as bytes without compression of their own: a single change as that raw change, which
    /// is smaller and shares more with its neighbours in a batch.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        if self.change_count() == 1
            && let Some(change) = self.inner.get_changes(&[]).first()
        {
            return change.raw_bytes().to_vec();
        }
        self.inner.save_nocompress()
    }

    /// Returns the id of the record.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.header.id
    }

    /// Returns what the record is and whose: read when the document was loaded, since it never changes.
    ///
    /// # Errors
    ///
    /// None today; a form of document that is read piece by piece would have them.
    pub fn header(&self) -> Result<Header, RecordError> {
        Ok(self.header.clone())
    }

    /// Returns the changes that no other change rests on, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<[u8; 32]> {
        self.inner.get_heads().into_iter().map(|hash| hash.0).collect()
    }

    /// Returns how many changes the document holds.
    #[must_use]
    pub fn change_count(&self) -> usize {
        usize::try_from(self.inner.stats().num_changes).unwrap_or(usize::MAX)
    }

    /// Says whether the document holds a change.
    #[must_use]
    pub fn has(&self, change: &[u8; 32]) -> bool {
        self.inner.get_change_meta_by_hash(&ChangeHash(*change)).is_some()
    }

    /// Returns the raw changes, each after those it rests on.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.inner.get_changes(&[]).iter().map(|change| self.outward(change)).collect()
    }

    /// Adds a change that was made or guarded by this program before. Adding one that is there does nothing.
    ///
    /// # Errors
    ///
    /// [`RecordError::Damaged`] if the bytes are no change or rest on one that is not there; the document is then
    /// as it was.
    pub fn apply_trusted(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        let change = automerge::Change::from_bytes(bytes.to_vec()).map_err(|error| RecordError::Damaged(error.to_string()))?;
        let hash = change.hash();
        let mut scratch = self.inner.clone();
        let applied = contained(|| scratch.apply_changes([change]));
        applied.map_err(|_| RecordError::Damaged("the library panicked".to_owned()))??;
        if scratch.get_change_meta_by_hash(&hash).is_none() {
            return Err(RecordError::Damaged("a change it rests on is missing".to_owned()));
        }
        self.inner = scratch;
        Ok(())
    }

    fn outward(&self, change: &automerge::Change) -> Change {
        Change {
            record: self.header.id,
            hash: change.hash().0,
            bytes: change.raw_bytes().to_vec(),
            deps: change.deps().iter().map(|hash| hash.0).collect(),
            actor: device_of(change.actor_id()),
        }
    }
}

fn read_header(id: Id, inner: &Automerge) -> Result<Header, RecordError> {
    let missing = |key: &str| RecordError::Damaged(format!("no {key}"));
    let mut written = BTreeMap::new();
    // All keys of the header begin with "@": one walk over them, where a search for each would cost four.
    for item in inner.map_range(ROOT, "@".to_owned().."A".to_owned()) {
        if let Value::Scalar(scalar) = item.value.into_value() {
            written.insert(item.key.into_owned(), scalar.into_owned());
        }
    }
    let id_at = |key: &str| match written.get(key) {
        Some(ScalarValue::Bytes(bytes)) => Id::from_slice(bytes).map(Some).ok_or_else(|| missing(key)),
        Some(_) => Err(missing(key)),
        None => Ok(None),
    };
    let Some(ScalarValue::Str(kind)) = written.get(KIND) else { return Err(missing(KIND)) };
    let place = match written.get(PLACE) {
        Some(ScalarValue::Uint(number)) => Place::from_number(*number),
        _ => None,
    };
    Ok(Header {
        id,
        kind: kind.to_string(),
        place: place.ok_or_else(|| missing(PLACE))?,
        subject: id_at(SUBJECT)?,
        by: id_at(BY)?.ok_or_else(|| missing(BY))?,
    })
}

/// Returns how documents are loaded: whole or not at all, their hashes checked.
pub(crate) fn load_options() -> LoadOptions<'static> {
    LoadOptions::new().text_encoding(ENCODING).on_partial_load(OnPartialLoad::Error).verification_mode(VerificationMode::Check)
}
