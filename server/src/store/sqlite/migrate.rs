//! Brings a store to this version: the migrations it has not seen, all in one transaction with its version number.
//!
//! Before that a copy of it is made beside it (`daohu.db.before-N`, N the version it is brought to), so that whoever is not content with a
//! newer program goes on with the older one. A migration that fails leaves the store as it was.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, failure, whole};

/// Every migration there ever was; one is added, never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_store.sql"),
    include_str!("../../../migrations/0002_coverage.sql"),
    include_str!("../../../migrations/0003_household_month.sql"),
    include_str!("../../../migrations/0004_account_closed.sql"),
    include_str!("../../../migrations/0005_indexes.sql"),
    include_str!("../../../migrations/0006_blobs.sql"),
];

/// Marks a file as a store of daohu (`application_id`): "DAOH".
const APPLICATION: i32 = 0x4441_4f48;

/// Copies of earlier versions that are kept; older ones are deleted when another is made.
const COPIES_MAX: usize = 2;

/// Runs the migrations that are missing, after a copy of the store was made.
///
/// # Errors
/// `TooNew` where the store knows more than this program, `Damaged` where the file belongs to another program, `Full` where there is no
/// room for the copy; then nothing was written to the store.
pub(super) fn run(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    run_all(connection, file, MIGRATIONS)
}

fn run_all(connection: &mut Connection, file: &Path, migrations: &[&str]) -> Result<(), StoreError> {
    // Nearly every start finds nothing to do, and must not wait for another process that is writing to see that.
    let version = version_of(connection, migrations.len())?;
    if version == migrations.len() {
        return Ok(());
    }
    if version > 0 {
        let kept = keep_copy(connection, file, migrations.len())?;
        tracing::warn!(version, copy = %kept.display(), "store_migrates");
    }
    let transaction = begin(connection)?;
    // Under the lock once more: of two processes that start together, the second finds it done.
    let seen = version_of(&transaction, migrations.len())?;
    let run = || -> Result<(), rusqlite::Error> {
        for sql in migrations.iter().skip(seen) {
            transaction.execute_batch(sql)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", u32::try_from(migrations.len()).unwrap_or(u32::MAX))
    };
    run().and_then(|()| transaction.commit()).map_err(|error| failure("bring the store to this version", error))
}

fn begin(connection: &mut Connection) -> Result<rusqlite::Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| failure("bring the store to this version", error))
}

/// Returns how many migrations a store has seen, at most `known`.
fn version_of(connection: &Connection, known: usize) -> Result<usize, StoreError> {
    let read = || -> Result<(u32, i32, bool), rusqlite::Error> {
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        Ok((version, application, has_tables(connection)?))
    };
    let (version, application, has_tables) = read().map_err(|error| failure("read the version of the store", error))?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > known {
        return Err(StoreError::TooNew);
    }
    if (version > 0 || has_tables) && application != APPLICATION {
        return Err(StoreError::Damaged);
    }
    Ok(version)
}

/// Copies the store as it is beside it, and keeps the last copies.
fn keep_copy(connection: &Connection, file: &Path, version: usize) -> Result<PathBuf, StoreError> {
    let kept = named(file, &format!("before-{version}"));
    let part = named(file, &format!("before-{version}.{}.part", std::process::id()));
    let failed = |source| StoreError::Backend { action: "keep a copy of the store", source: Box::new(source) };
    let _earlier = fs::remove_file(&part);
    let copied = whole::copy(connection, &part).and_then(|()| fs::rename(&part, &kept).map_err(failed));
    if copied.is_err() {
        let _half = fs::remove_file(&part);
    }
    copied?;
    let mut copies = copies(file);
    copies.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    for (_, older) in copies.into_iter().skip(COPIES_MAX) {
        // One copy too many does no harm.
        let _left = fs::remove_file(older);
    }
    Ok(kept)
}

/// Returns the kept copies with their versions.
fn copies(file: &Path) -> Vec<(u32, PathBuf)> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else { return Vec::new() };
    let version_in = |path: &Path| path.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix(".before-")?.parse().ok();
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    found.filter_map(Result::ok).filter_map(|entry| Some((version_in(&entry.path())?, entry.path()))).collect()
}

fn named(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn has_tables(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::{copies, run_all};
    use crate::store::StoreError;
    use rusqlite::{Connection, OpenFlags};
    use std::path::Path;

    const FIRST: &str = "CREATE TABLE visit (n INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    const MORE: [&str; 4] = [
        FIRST,
        "ALTER TABLE visit ADD COLUMN mode TEXT",
        "CREATE INDEX visit_mode ON visit (mode)",
        "CREATE INDEX visit_text ON visit (text)",
    ];

    fn open(file: &Path) -> Connection {
        let connection = Connection::open_with_flags(file, OpenFlags::default()).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
    }

    fn texts(connection: &Connection) -> Vec<String> {
        let mut ask = connection.prepare("SELECT text FROM visit ORDER BY n").unwrap();
        ask.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn version(connection: &Connection) -> usize {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap() as usize
    }

    #[test]
    fn a_running_store_is_copied_with_its_log_before_it_is_brought_to_the_next_version() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daohu.db");
        let mut connection = open(&file);
        run_all(&mut connection, &file, &MORE[..1]).unwrap();
        assert_eq!(copies(&file), [], "a new store has nothing to copy");
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        connection.execute("INSERT INTO visit (text) VALUES ('还在日志里')", []).unwrap();

        run_all(&mut open(&file), &file, &MORE[..3]).unwrap();

        assert_eq!((version(&connection), texts(&connection)), (3, vec!["还在日志里".to_owned()]));
        let kept = open(&folder.path().join("daohu.db.before-3"));
        assert_eq!((version(&kept), texts(&kept)), (1, vec!["还在日志里".to_owned()]));
    }

    #[test]
    fn the_last_two_copies_are_kept_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daohu.db");
        for known in 1..=4 {
            run_all(&mut open(&file), &file, &MORE[..known]).unwrap();
            run_all(&mut open(&file), &file, &MORE[..known]).unwrap();
        }

        let mut names: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["daohu.db", "daohu.db.before-3", "daohu.db.before-4"]);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_store_for_the_program_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daohu.db");
        run_all(&mut open(&file), &file, &MORE[..1]).unwrap();
        open(&file).execute("INSERT INTO visit (text) VALUES ('走访')", []).unwrap();

        let failed = run_all(&mut open(&file), &file, &[FIRST, MORE[1], "CREATE TABLE no table at all"]).unwrap_err();

        assert!(matches!(failed, StoreError::Backend { .. }), "{failed:?}");
        let mut old = open(&file);
        run_all(&mut old, &file, &MORE[..1]).unwrap();
        assert_eq!(texts(&old), ["走访"]);
        assert!(old.prepare("SELECT mode FROM visit").is_err(), "not even the migration before it stays");
    }

    #[test]
    fn without_room_for_the_copy_nothing_is_begun() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daohu.db");
        run_all(&mut open(&file), &file, &MORE[..1]).unwrap();
        // A folder stands where the copy would: it cannot be written.
        std::fs::create_dir(folder.path().join("daohu.db.before-2")).unwrap();
        std::fs::write(folder.path().join("daohu.db.before-2/x"), b"x").unwrap();

        run_all(&mut open(&file), &file, &MORE[..2]).unwrap_err();

        assert_eq!(version(&open(&file)), 1);
        assert!(!folder.path().read_dir().unwrap().any(|entry| entry.unwrap().path().extension().is_some_and(|ending| ending == "part")));
    }
}
