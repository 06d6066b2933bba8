//! Brings a store to the present schema: a list of steps, each one transaction with its number.
//!
//! A step is added, never edited: phones in the field carry every earlier one.

use crate::error::FieldError;
use rusqlite::Connection;

/// The steps, in order; the version of a store is how many of them it has seen.
const STEPS: &[&str] = &[include_str!("../../migrations/0001_ledger.sql")];

/// Runs the steps that this store has not seen; says whether there were any.
///
/// # Errors
/// `too_new` for a store that a newer version wrote; it is left as it is.
pub(crate) fn migrate(connection: &mut Connection) -> Result<bool, FieldError> {
    let seen: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
    if seen > STEPS.len() {
        return Err(FieldError::new("too_new"));
    }
    for (index, step) in STEPS.iter().enumerate().skip(seen) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(seen < STEPS.len())
}

#[cfg(test)]
mod tests {
    use super::{STEPS, migrate};
    use rusqlite::Connection;

    #[test]
    fn a_store_of_a_later_version_is_refused_and_left_as_it_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().code(), "too_new");
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_migrated_store_has_seen_every_step_and_a_second_run_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let schema = |connection: &Connection| -> String {
            connection.query_row("SELECT group_concat(sql, ';') FROM sqlite_master", [], |row| row.get(0)).unwrap()
        };
        let before = schema(&connection);
        migrate(&mut connection).unwrap();
        assert_eq!(before, schema(&connection));
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(version).unwrap(), STEPS.len());
    }
}
