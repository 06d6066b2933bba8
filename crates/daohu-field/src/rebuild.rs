//! Rebuilding: every disposable row made anew from the precious ones.

use crate::{
    error::FieldError,
    ledger::Ledger,
    project,
    store::{Connection, change, in_transaction, projection},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a rebuild found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RebuildReport {
    /// How many records were projected.
    pub records: u64,
    /// How many rows differ from what was there.
    pub differences: u64,
}

impl Ledger {
    /// Makes every disposable row anew and compares it with what was there.
    ///
    /// # Errors
    /// `store_damaged` when a document cannot be loaded; the rows are as they were then.
    pub fn rebuild(&mut self) -> Result<RebuildReport, FieldError> {
        let before: BTreeSet<String> = projection::fingerprint(&self.connection)?.into_iter().collect();
        let records = rebuild(&mut self.connection)?;
        let after: BTreeSet<String> = projection::fingerprint(&self.connection)?.into_iter().collect();
        Ok(RebuildReport { records: records as u64, differences: before.symmetric_difference(&after).count() as u64 })
    }
}

pub(crate) fn rebuild(connection: &mut Connection) -> Result<usize, FieldError> {
    in_transaction(connection, |connection| {
        let records: BTreeSet<_> = change::records(connection)?.into_iter().collect();
        projection::clear(connection)?;
        project::records(connection, &records)?;
        Ok(records.len())
    })
}
