//! Brings a store to this version: migrations in order, each one transaction with its version number.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, failure};

/// Every migration there ever was; one is added, never edited.
const MIGRATIONS: &[&str] = &[include_str!("../../../migrations/0001_store.sql"), include_str!("../../../migrations/0002_coverage.sql")];

/// Marks a file as a store of daohu (`application_id`): "DAOH".
const APPLICATION: i32 = 0x4441_4f48;

/// Runs the migrations that are missing.
///
/// # Errors
/// `TooNew` where the store knows more than this program, `Damaged` where the file belongs to another program.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let mut step = || -> Result<Option<StoreError>, rusqlite::Error> {
        // The version is read under the lock, so that two processes that start together do not both migrate.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: usize = transaction.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).map(|n| n as usize)?;
        let application: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if version > MIGRATIONS.len() {
            return Ok(Some(StoreError::TooNew));
        }
        if (version > 0 || has_tables(&transaction)?) && application != APPLICATION {
            return Ok(Some(StoreError::Damaged));
        }
        for sql in MIGRATIONS.iter().skip(version) {
            transaction.execute_batch(sql)?;
        }
        if version < MIGRATIONS.len() {
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX))?;
        }
        transaction.commit()?;
        Ok(None)
    };
    match step() {
        Ok(None) => Ok(()),
        Ok(Some(refused)) => Err(refused),
        Err(error) => Err(failure("bring the store to this version", error)),
    }
}

fn has_tables(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}
