//! History: for any field every value it had, who wrote it, on which device, when claimed, when received.

use crate::{conflict, error::FieldError, ledger::Ledger, project};
use daohu_domain::{calendar::Instant, id::Id, kind::Json};
use serde::Serialize;

/// One value a field had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastView {
    /// The field.
    pub field: String,
    /// The value; null where it was taken away.
    pub value: Json,
    /// Who wrote it, where that is known.
    pub by: Option<String>,
    /// The device.
    pub device: Id,
    /// When that device's clock said it was written.
    pub claimed_at: Instant,
    /// When the server received it; null while it has not.
    pub received_at: Option<Instant>,
    /// The change, hex.
    pub change: String,
}

impl Ledger {
    /// Returns the past of a record, of one field or all.
    ///
    /// # Errors
    /// `not_found`.
    pub fn history(&self, record: Id, field: Option<&str>) -> Result<Vec<PastView>, FieldError> {
        let known = project::known(&self.connection, record)?.ok_or_else(|| FieldError::new("not_found"))?;
        let mut views = Vec::new();
        for past in known.document.history(known.kind, field) {
            let row = known.changes.iter().find(|row| row.hash == past.change);
            views.push(PastView {
                by: conflict::by(&self.connection, past.actor)?,
                field: past.field,
                value: past.value,
                device: past.actor,
                claimed_at: Instant(past.claimed_at_ms),
                received_at: row.and_then(|row| row.received_ms).map(Instant),
                change: hex::encode(past.change),
            });
        }
        Ok(views)
    }
}
