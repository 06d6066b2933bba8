//! Quarantine: what the server refused and what could not be taken here, kept until a person has dealt with it.

use crate::{
    error::FieldError,
    ledger::Ledger,
    store::{
        meta::{self, key},
        quarantine::{self, QuarantineRow},
    },
};
use daohu_domain::{calendar::Instant, codes, id::Id};
use serde::Serialize;

/// A refused item as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineView {
    /// Its number here.
    pub id: i64,
    /// The device that wrote it.
    pub device: Option<Id>,
    /// The batch that carried it.
    pub batch: Option<i64>,
    /// The record.
    pub record: Id,
    /// The record's kind, where it is known.
    pub kind: String,
    /// The item code.
    pub code: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
    /// When it was refused.
    pub received_at: Instant,
    /// It was written here and refused by the server, not the other way round.
    pub own: bool,
}

impl Ledger {
    /// Returns what waits for a person.
    ///
    /// # Errors
    /// `store_damaged` when the store cannot be read.
    pub fn quarantine(&self) -> Result<Vec<QuarantineView>, FieldError> {
        let device = meta::id(&self.connection, key::DEVICE)?;
        Ok(quarantine::open(&self.connection)?.iter().map(|row| view(row, device)).collect())
    }

    /// Returns everything that waits, with its bytes, as JSON lines that another program can read.
    ///
    /// # Errors
    /// `store_damaged` when the store cannot be read.
    pub fn quarantine_export(&self) -> Result<String, FieldError> {
        let device = meta::id(&self.connection, key::DEVICE)?;
        let mut lines = String::new();
        for row in quarantine::open(&self.connection)? {
            let mut line = serde_json::to_value(view(&row, device)).unwrap_or_default();
            if let Some(object) = line.as_object_mut() {
                object.insert("hash".to_owned(), hex::encode(row.hash).into());
                object.insert("bytes".to_owned(), hex::encode(&row.bytes).into());
            }
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Marks an item as dealt with; its bytes stay in the store.
    ///
    /// # Errors
    /// `not_found`; `moved` on a store that was moved away.
    pub fn quarantine_drop(&mut self, id: i64) -> Result<QuarantineView, FieldError> {
        self.not_moved()?;
        let device = meta::id(&self.connection, key::DEVICE)?;
        let row = quarantine::find(&self.connection, id)?.ok_or_else(|| FieldError::new("not_found"))?;
        quarantine::clear(&self.connection, id)?;
        Ok(view(&row, device))
    }
}

fn view(row: &QuarantineRow, device: Option<Id>) -> QuarantineView {
    let (zh, en) = codes::sentence_or_plain(&row.code);
    QuarantineView {
        id: row.id,
        device: device.filter(|_| row.own),
        batch: row.batch,
        record: row.record,
        kind: row.kind.clone(),
        code: row.code.clone(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        received_at: Instant(row.received_ms),
        own: row.own,
    }
}
