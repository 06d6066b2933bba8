//! Brings a store to the present schema: the steps it has not seen, all in one transaction with its number.
//!
//! A step is added, never edited: phones in the field carry every earlier one. Before a store is changed a copy of it is kept beside it
//! (`FILE.before-N`, as encrypted as the store); a step that fails leaves the store as it was.

use super::open::beside;
use crate::error::FieldError;
use rusqlite::{Connection, TransactionBehavior};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The steps, in order; the version of a store is how many of them it has seen.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001_ledger.sql"),
    include_str!("../../migrations/0002_unsent_copy.sql"),
    include_str!("../../migrations/0003_rows_in_order.sql"),
];

/// Runs the steps that the store at `path` has not seen; says whether there were any.
///
/// # Errors
/// `too_new` for a store that a newer version wrote; `disk_full` where there is no room for the copy. It is left as it is.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<bool, FieldError> {
    run(connection, path, STEPS)
}

fn run(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<bool, FieldError> {
    let before = seen(connection, steps)?;
    if before == steps.len() {
        return Ok(false);
    }
    if before > 0 {
        keep_copy(connection, path, steps.len())?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Under the lock once more: of two programs that start together, the second finds it done.
    for step in steps.iter().skip(seen(&transaction, steps)?) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
    transaction.commit()?;
    Ok(true)
}

fn seen(connection: &Connection, steps: &[&str]) -> Result<usize, FieldError> {
    let seen: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
    if seen > steps.len() { Err(FieldError::new("too_new")) } else { Ok(seen) }
}

/// Copies what a store holds now into a new file under the same key; the log beside the file is in it.
///
/// # Errors
/// `disk_full`, `store_damaged` where a page cannot be read, `store_failed`. No half copy is left.
pub(crate) fn copy(connection: &Connection, to: &Path) -> Result<(), FieldError> {
    let failed = || FieldError::new("store_failed");
    let _half = fs::remove_file(to);
    let copied = to.to_str().ok_or_else(failed).and_then(|name| Ok(connection.execute("VACUUM INTO ?1", [name])?));
    if copied.is_err() {
        let _half = fs::remove_file(to);
    }
    copied?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(|error| failed().because(error))
}

/// Keeps the last copy: a phone has little room.
fn keep_copy(connection: &Connection, path: &Path, version: usize) -> Result<(), FieldError> {
    let (kept, part) = (beside(path, &format!(".before-{version}")), beside(path, ".before-part"));
    copy(connection, &part)?;
    fs::rename(&part, &kept).map_err(|error| FieldError::new("store_failed").because(error))?;
    for older in (1..version).map(|version| beside(path, &format!(".before-{version}"))).filter(|older: &PathBuf| older.exists()) {
        // One copy too many does no harm.
        let _left = fs::remove_file(older);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{STEPS, migrate, run};
    use crate::store::open::{beside, unlock};
    use rusqlite::{Connection, Row, types::Value};
    use std::path::Path;

    #[test]
    fn a_store_of_a_later_version_is_refused_and_left_as_it_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();
        assert_eq!(migrate(&mut connection, Path::new("")).unwrap_err().code(), "too_new");
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_migrated_store_has_seen_every_step_and_a_second_run_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("")).unwrap();
        let schema = |connection: &Connection| -> String {
            connection.query_row("SELECT group_concat(sql, ';') FROM sqlite_master", [], |row| row.get(0)).unwrap()
        };
        let before = schema(&connection);
        migrate(&mut connection, Path::new("")).unwrap();
        assert_eq!(before, schema(&connection));
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(version).unwrap(), STEPS.len());
    }

    #[test]
    fn what_lists_read_is_the_same_after_its_tables_were_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut connection = unlock(&path, &[7; 32]).unwrap();
        run(&mut connection, &path, &STEPS[..2]).unwrap();
        let rows = "INSERT INTO record VALUES (x'02', 'visit', 3, x'04', x'05', x'06', '{}', 'received', '[\"mode\"]', '07', 1);
             INSERT INTO visit VALUES (x'02', x'04', '2019-05', '2019-05-06', 8, x'05', 'home', 'sent', 1, '', 'away', 1, 0, 2, 9);";
        connection.execute_batch(rows).unwrap();
        let every = |table: &str, columns: usize| -> Vec<Value> {
            let row = |row: &Row<'_>| (0..columns).map(|column| row.get(column)).collect();
            connection.query_row(&format!("SELECT * FROM {table}"), [], row).unwrap()
        };
        let before = [every("record", 11), every("visit", 15)];

        let mut other = unlock(&path, &[7; 32]).unwrap();
        assert!(migrate(&mut other, &path).unwrap());

        assert_eq!([every("record", 11), every("visit", 15)], before);
    }

    #[test]
    fn a_store_is_copied_under_its_key_before_it_is_changed_and_stays_when_a_step_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let later = ["CREATE TABLE draft (text TEXT)", "ALTER TABLE draft ADD COLUMN mode TEXT", "CREATE INDEX draft_mode ON draft (mode)"];
        let mut connection = unlock(&path, &[7; 32]).unwrap();
        run(&mut connection, &path, &later[..1]).unwrap();
        connection.execute("INSERT INTO draft VALUES ('没写完')", []).unwrap();
        let text =
            |path: &Path| -> String { unlock(path, &[7; 32]).unwrap().query_row("SELECT text FROM draft", [], |row| row.get(0)).unwrap() };

        run(&mut connection, &path, &[later[0], later[1], "CREATE nothing"]).unwrap_err();
        assert!(connection.prepare("SELECT mode FROM draft").is_err(), "the step before it is undone too");
        assert!(!run(&mut connection, &path, &later[..1]).unwrap(), "the program of before goes on");

        assert!(run(&mut connection, &path, &later[..2]).unwrap());
        assert_eq!(text(&beside(&path, ".before-2")), "没写完");
        assert!(unlock(&beside(&path, ".before-2"), &[8; 32]).is_err(), "another key does not open it");
        assert!(run(&mut connection, &path, &later).unwrap());
        assert_eq!(text(&beside(&path, ".before-3")), "没写完");
        assert!(!beside(&path, ".before-2").exists(), "the last one is kept");
    }
}
