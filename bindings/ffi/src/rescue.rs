//! A ledger out of a damaged file or a backup.

use crate::{error::LedgerError, ledger::key_of};
use daohu_field::{BackupReport, Ledger, Salvaged};
use std::{fmt, path::Path};

/// A ledger that was restored from a backup. Its key is not for showing.
#[derive(uniffi::Record)]
pub struct Restored {
    /// The key of its store: keep it where the key before was kept.
    pub key: Vec<u8>,
    /// What was in the backup.
    pub report: BackupReport,
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").field("report", &self.report).finish_non_exhaustive()
    }
}

/// Sets a damaged store aside and brings what can be read of it into a new one. Release the ledger first, where one holds the store.
///
/// # Errors
/// `store_busy` while a ledger holds the store, `wrong_key`, `not_damaged`: nothing is touched then. `disk_full` or `store_failed`; the damaged file is kept in any case.
#[uniffi::export]
pub fn salvage(path: &str, key: &[u8], now_ms: i64) -> Result<Salvaged, LedgerError> {
    Ok(Ledger::salvage(Path::new(path), &key_of(key)?, now_ms)?)
}

/// Restores the backup in `file` into a store that is not there yet. An app that ended before it kept the key deletes that file and restores again.
///
/// # Errors
/// `wrong_key` for another passphrase, `already_there`, `disk_full`; nothing is left then.
#[uniffi::export]
pub fn restore(file: &str, to: &str, passphrase: &str) -> Result<Restored, LedgerError> {
    let (key, report) = Ledger::restore(Path::new(file), Path::new(to), passphrase, |_| Ok(()))?;
    Ok(Restored { key: key.to_vec(), report })
}
