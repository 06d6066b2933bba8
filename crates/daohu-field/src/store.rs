//! The one file in which a phone keeps its work; all SQL of the core is below here.
//!
//! Precious tables (change, batch, receipt, quarantine, draft, meta, cursors) cannot be rebuilt. The others are
//! projections of them: [`crate::Ledger::rebuild`] makes them anew.

pub(crate) mod access;
pub(crate) mod change;
pub(crate) mod draft;
pub(crate) mod interrupt;
pub(crate) mod meta;
pub(crate) mod migrate;
pub(crate) mod open;
pub(crate) mod outbox;
pub(crate) mod projection;
pub(crate) mod quarantine;
pub(crate) mod salvage;
pub(crate) mod time;

use crate::error::FieldError;
use daohu_domain::{id::Id, place::Place};
use rusqlite::{Row, types::Type};

pub(crate) use rusqlite::Connection;

/// The key of a store: handed to SQLCipher raw, since a passphrase would cost 77 ms at every open.
pub type StoreKey = [u8; 32];

/// Reads a column of sixteen bytes.
pub(crate) fn id_from_row(row: &Row<'_>, index: usize) -> rusqlite::Result<Id> {
    let bytes: Vec<u8> = row.get(index)?;
    Id::from_slice(&bytes).ok_or_else(|| broken(index, Type::Blob))
}

/// Reads a column of sixteen bytes or null.
pub(crate) fn id_or_null(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Id>> {
    let bytes: Option<Vec<u8>> = row.get(index)?;
    bytes.map(|bytes| Id::from_slice(&bytes).ok_or_else(|| broken(index, Type::Blob))).transpose()
}

/// Reads a column that holds the number of a place.
pub(crate) fn place_from_row(row: &Row<'_>, index: usize) -> rusqlite::Result<Place> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).ok().and_then(Place::from_number).ok_or_else(|| broken(index, Type::Integer))
}

/// Reads a column of thirty-two bytes.
pub(crate) fn hash_from_row(row: &Row<'_>, index: usize) -> rusqlite::Result<[u8; 32]> {
    let bytes: Vec<u8> = row.get(index)?;
    bytes.try_into().map_err(|_| broken(index, Type::Blob))
}

/// Returns a place as a column holds it.
pub(crate) fn place_number(place: Place) -> i64 {
    i64::try_from(place.number()).unwrap_or(0)
}

/// Returns a count or number of the wire as a column holds it.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Returns a column as the wire counts.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Tries `work` inside a transaction: what it wrote is undone when it is refused, what was written before stays.
pub(crate) fn attempt<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, FieldError>,
) -> Result<Result<T, FieldError>, FieldError> {
    connection.execute_batch("SAVEPOINT attempt")?;
    let outcome = work();
    if outcome.is_err() {
        if connection.is_autocommit() {
            // A full disk ends the whole transaction; there is nothing left to go back to.
            return outcome.map(Ok);
        }
        connection.execute_batch("ROLLBACK TO attempt")?;
    }
    connection.execute_batch("RELEASE attempt")?;
    Ok(outcome)
}

/// Says whether every page that this connection read was whole. SQLCipher gives zeros for a page that does not verify, and says so only at
/// the next page: whoever has read something asks here before he believes it.
///
/// # Errors
/// `store_damaged`.
pub(crate) fn sound(connection: &Connection) -> Result<(), FieldError> {
    let asked = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
    asked.map_err(|error| FieldError::new("store_damaged").because(error))
}

fn broken(index: usize, kind: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, kind, "not the size it must have".into())
}

/// Runs `work` in one transaction that takes the write lock at once, and keeps nothing of it when it fails.
pub(crate) fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, FieldError>,
) -> Result<T, FieldError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let answer = work(&transaction)?;
    transaction.commit()?;
    Ok(answer)
}

impl From<rusqlite::Error> for FieldError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        if matches!(error, rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)) {
            // A row that is not as it was written.
            return Self::new("store_damaged").because(error);
        }
        let code = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "disk_full",
            // No room even for the index of the WAL, without which no store opens.
            _ if error.sqlite_error().is_some_and(|said| said.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => "disk_full",
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "store_damaged",
            Some(ErrorCode::OperationInterrupted) => "interrupted",
            _ => "store_failed",
        };
        Self::new(code).because(error)
    }
}
