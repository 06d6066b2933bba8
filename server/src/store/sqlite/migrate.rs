//! Brings a store to this version: migrations in order, each one transaction with its version number.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, failure};

/// Every migration there ever was; one is added, never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_store.sql"),
    include_str!("../../../migrations/0002_coverage.sql"),
    include_str!("../../../migrations/0003_household_month.sql"),
    include_str!("../../../migrations/0004_account_closed.sql"),
    include_str!("../../../migrations/0005_indexes.sql"),
];

/// Marks a file as a store of daohu (`application_id`): "DAOH".
const APPLICATION: i32 = 0x4441_4f48;

/// What a step found.
#[derive(Debug)]
enum Step {
    /// One migration was run.
    Run,
    /// There is none left.
    Done,
    /// The file is not ours to touch.
    Refused(StoreError),
}

/// Runs the migrations that are missing.
///
/// # Errors
/// `TooNew` where the store knows more than this program, `Damaged` where the file belongs to another program.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    // Nearly every start finds nothing to do, and must not wait for another process that is writing to see that.
    if is_current(connection).map_err(|error| failure("read the version of the store", error))? {
        return Ok(());
    }
    loop {
        match step(connection).map_err(|error| failure("bring the store to this version", error))? {
            Step::Run => {}
            Step::Done => return Ok(()),
            Step::Refused(refused) => return Err(refused),
        }
    }
}

fn is_current(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(usize::try_from(version) == Ok(MIGRATIONS.len()) && application == APPLICATION)
}

/// Runs the next migration. The version is read under the lock, so that two processes that start together do not both run it.
fn step(connection: &mut Connection) -> Result<Step, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Ok(Step::Refused(StoreError::TooNew));
    }
    if (version > 0 || has_tables(&transaction)?) && application != APPLICATION {
        return Ok(Step::Refused(StoreError::Damaged));
    }
    let next = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version));
    let Some(sql) = next else { return Ok(Step::Done) };
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", version + 1)?;
    transaction.commit()?;
    Ok(Step::Run)
}

fn has_tables(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}
