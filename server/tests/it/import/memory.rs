//! A store for tests of the import: it keeps everything in memory, in the clear.

use daohu_domain::id::Id;
use daohu_server::import::{
    Fields, ImportError,
    memory::{ImportMemory, ImportTarget, Known, Write},
    settle::secret_text,
};
use std::collections::BTreeMap;

/// A store that forgets when it is dropped.
#[derive(Debug, Default, Clone)]
pub(super) struct MemoryTarget {
    last: BTreeMap<(String, String), (Id, Fields)>,
    records: BTreeMap<String, BTreeMap<Id, Known>>,
    secrets: BTreeMap<(Id, String), String>,
}

impl MemoryTarget {
    /// Returns a record to change, as a person would.
    pub(super) fn record_mut(&mut self, kind: &str, id: Id) -> Option<&mut Known> {
        self.records.get_mut(kind)?.get_mut(&id)
    }

    /// Adds a record that no import made.
    pub(super) fn add(&mut self, kind: &str, known: Known) {
        self.records.entry(kind.to_owned()).or_default().insert(known.id, known);
    }
}

impl ImportMemory for MemoryTarget {
    fn last(&self, kind: &str, key: &str) -> Result<Option<(Id, Fields)>, ImportError> {
        Ok(self.last.get(&(kind.to_owned(), key.to_owned())).cloned())
    }

    fn records(&self, kind: &str) -> Result<Vec<Known>, ImportError> {
        Ok(self.records.get(kind).into_iter().flat_map(BTreeMap::values).cloned().collect())
    }

    fn secret_digest(&self, record: Id, field: &str) -> Result<Option<String>, ImportError> {
        Ok(self.secrets.get(&(record, field.to_owned())).cloned())
    }

    fn secret_is_lost(&self, _: Id, _: &str) -> Result<bool, ImportError> {
        Ok(false)
    }

    fn digest(&self, secret: &str) -> String {
        // No key to keep here, and nothing leaves the process.
        format!("plain:{secret}")
    }
}

impl ImportTarget for MemoryTarget {
    fn write(&mut self, writes: &[Write]) -> Result<(), ImportError> {
        for write in writes {
            let known = Known { id: write.id, place: write.place, subject: write.subject, fields: Fields::new() };
            let known = self.records.entry(write.kind.to_owned()).or_default().entry(write.id).or_insert(known);
            for (key, value) in &write.fields {
                if value.is_null() {
                    known.fields.shift_remove(key);
                } else {
                    known.fields.insert(key.clone(), value.clone());
                }
            }
            for (key, value) in &write.secrets {
                let place = (write.id, key.clone());
                if value.is_null() {
                    self.secrets.remove(&place);
                } else {
                    let digest = format!("plain:{}", secret_text(value));
                    self.secrets.insert(place, digest);
                }
            }
            self.last.insert((write.kind.to_owned(), write.key.clone()), (write.id, write.values.clone()));
        }
        Ok(())
    }
}
