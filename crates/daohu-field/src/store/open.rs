//! Opens the file of a store: key, WAL, waits, schema.
//!
//! A wrong key and a damaged first page look the same to SQLCipher. Beside the store lies a copy of its first page
//! (`FILE.head`, as encrypted as the store): whoever can read the copy has the right key, so the store is damaged.

use super::{StoreKey, migrate::migrate, salvage};
use crate::error::FieldError;
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a command waits for another one on the same file.
const BUSY_WAIT_S: u64 = 10;

/// The size of a page of SQLCipher 4.
pub(crate) const PAGE_BYTES: usize = 4096;

/// Opens a store and brings it to the present schema.
///
/// # Errors
/// `wrong_key`; `too_new`; `disk_full`; `store_damaged` when what lies there cannot be read: nothing is changed then,
/// [`crate::Ledger::salvage`] sets it aside.
pub(crate) fn open(path: &Path, key: &StoreKey) -> Result<Connection, FieldError> {
    let is_new = fs::metadata(path).map_or(true, |found| found.len() == 0);
    let mut connection = match unlock(path, key) {
        Err(error) if error.code() == "store_damaged" => return Err(tell_apart(path, key, error)),
        other => other?,
    };
    migrate(&mut connection)?;
    if !is_new && salvage::is_marked_unfinished(&connection)? {
        return Err(FieldError::new("store_damaged"));
    }
    keep_head(path);
    Ok(connection)
}

/// Opens a store without looking at its schema version.
pub(crate) fn unlock(path: &Path, key: &StoreKey) -> Result<Connection, FieldError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(BUSY_WAIT_S))?;
    connection.pragma_update(None, "key", format!("x'{}'", hex::encode(key)))?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Names the file beside `path` whose name ends in `ending`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Keeps a copy of the first page. A failure is no harm: the older copy serves too.
fn keep_head(path: &Path) {
    let Some(page) = first_page(path) else { return };
    let head = beside(path, ".head");
    if fs::read(&head).is_ok_and(|kept| kept == page) {
        return;
    }
    let fresh = beside(path, ".head-new");
    if fs::write(&fresh, &page).is_ok() {
        let _ = fs::rename(&fresh, &head);
    }
}

fn first_page(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut page = vec![0; PAGE_BYTES];
    fs::File::open(path).ok()?.read_exact(&mut page).ok()?;
    Some(page)
}

fn tell_apart(path: &Path, key: &StoreKey, error: FieldError) -> FieldError {
    let trial = beside(path, ".head-trial");
    let Ok(_) = fs::copy(beside(path, ".head"), &trial) else { return FieldError::new("wrong_key").because(error) };
    let opened = unlock(&trial, key);
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(&trial, ending));
    }
    match opened {
        // A page alone is a database cut short: the key read it, so the key is right.
        Ok(_) => error,
        Err(refused) if is_cut_short(&refused) => error,
        Err(_) => FieldError::new("wrong_key").because(error),
    }
}

fn is_cut_short(error: &FieldError) -> bool {
    use std::error::Error;
    let cause = error.source().and_then(|source| source.downcast_ref::<rusqlite::Error>());
    cause.and_then(rusqlite::Error::sqlite_error_code) == Some(rusqlite::ErrorCode::DatabaseCorrupt)
}
