//! Opens the file of a store: key, WAL, waits, schema.
//!
//! A wrong key and a damaged first page look the same to SQLCipher. Beside the store lies a copy of the pages of its
//! schema (`FILE.head`, as encrypted as the store): whoever can read the copy has the right key, so the store is damaged.

use super::{StoreKey, migrate::migrate, salvage};
use crate::error::FieldError;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a command waits for another one on the same file.
const BUSY_WAIT_S: u64 = 10;

/// The size of a page of SQLCipher 4.
pub(crate) const PAGE_BYTES: usize = 4096;

/// Says that a store is in use, with a lock of the system on the file `FILE.open` beside it; it goes with whoever holds it, also when he is killed.
///
/// The lock is not on the store itself: whoever closes that file by another way takes SQLite's own locks with him.
#[derive(Debug)]
pub(crate) struct Open(#[expect(dead_code, reason = "it is held, and let go when it is dropped")] Option<fs::File>);

impl Open {
    /// Says it beside others.
    ///
    /// # Errors
    /// `usage` for a path that names no file to SQLite; `store_busy` while the store is salvaged.
    pub(crate) fn shared(path: &Path) -> Result<Self, FieldError> {
        Self::held(path, fs::File::try_lock_shared)
    }

    /// Says it where nobody else does.
    ///
    /// # Errors
    /// `usage` as above; `store_busy` while a ledger holds the store.
    pub(crate) fn alone(path: &Path) -> Result<Self, FieldError> {
        Self::held(path, fs::File::try_lock)
    }

    fn held(path: &Path, lock: fn(&fs::File) -> Result<(), fs::TryLockError>) -> Result<Self, FieldError> {
        let name = path.to_str().unwrap_or_default();
        // To SQLite these are databases in memory, temporary ones and addresses: what is written there is gone with the program.
        if path.file_name().is_none() || name.is_empty() || name.contains('\0') || name.starts_with(':') || name.starts_with("file:") {
            return Err(FieldError::new("usage"));
        }
        // Where the file cannot be made the store cannot either, and opening it says why.
        let Ok(file) = fs::File::options().create(true).append(true).open(beside(path, ".open")) else { return Ok(Self(None)) };
        match lock(&file) {
            Err(fs::TryLockError::WouldBlock) => Err(FieldError::new("store_busy")),
            // A file system without locks: as before there were any.
            Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(Self(Some(file))),
        }
    }
}

/// Opens a store and brings it to the present schema.
///
/// # Errors
/// `wrong_key`; `too_new`; `disk_full`; `store_damaged` when what lies there cannot be read: nothing is changed then,
/// [`crate::Ledger::salvage`] sets it aside.
pub(crate) fn open(path: &Path, key: &StoreKey) -> Result<Connection, FieldError> {
    salvage::finish_interrupted(path, &beside(path, ".damaged")).map_err(|error| FieldError::new("store_failed").because(error))?;
    let mut connection = match unlock(path, key) {
        Err(error) if error.code() == "store_damaged" => return Err(tell_apart(path, key, error)),
        other => other?,
    };
    if migrate(&mut connection, path)? {
        // The schema must lie in the file itself before its pages can be copied.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    _ = keep_head(&connection, path);
    Ok(connection)
}

/// Opens a store without looking at its schema version.
pub(crate) fn unlock(path: &Path, key: &StoreKey) -> Result<Connection, FieldError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(BUSY_WAIT_S))?;
    // SQLCipher would tell the terminal of every page it cannot read; the error says so already.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.pragma_update(None, "key", format!("x'{}'", hex::encode(key)))?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;")?;
    // With the 2 MB and 1,000 pages of the defaults the same pages are read, and decrypted, and copied from the WAL again and again while
    // ten thousand records come in.
    connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 2000;")?;
    // Without it a statement over a table with a partial index is compiled anew for every value that is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Bounds the file of a store for as long as it is open; none lifts the bound. A store that is larger already keeps what it has.
pub(crate) fn limit_bytes(connection: &Connection, bytes_max: Option<u64>) -> Result<(), FieldError> {
    let pages = bytes_max.map_or(u64::from(u32::MAX - 1), |bytes| (bytes / PAGE_BYTES as u64).clamp(1, u64::from(u32::MAX - 1)));
    Ok(connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
}

/// Names the file beside `path` whose name ends in `ending`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Keeps a copy of the pages that hold the schema, the first page before all: without them no row can be found.
///
/// The file is a list of page number (four bytes, big-endian) and page, the first page first. A failure is no harm:
/// the older copy serves too.
fn keep_head(connection: &Connection, path: &Path) -> Option<()> {
    let first = read_page(path, 1)?;
    let head = beside(path, ".head");
    let kept = fs::read(&head).unwrap_or_default();
    if kept.get(4..4 + PAGE_BYTES).is_some_and(|page| page == first) {
        return Some(());
    }
    let mut found = connection.prepare("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' AND pageno <> 1 ORDER BY pageno").ok()?;
    let numbers: Vec<u32> = found.query_map([], |row| row.get(0)).ok()?.filter_map(Result::ok).collect();
    let mut bytes = Vec::new();
    for number in std::iter::once(1).chain(numbers) {
        bytes.extend(number.to_be_bytes());
        bytes.extend(read_page(path, number)?);
    }
    let fresh = beside(path, ".head-new");
    fs::write(&fresh, &bytes).ok()?;
    fs::rename(&fresh, &head).ok()
}

fn read_page(path: &Path, number: u32) -> Option<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let mut page = vec![0; PAGE_BYTES];
    let mut file = fs::File::open(path).ok()?;
    file.seek(SeekFrom::Start(u64::from(number - 1) * 4096)).ok()?;
    file.read_exact(&mut page).ok()?;
    Some(page)
}

/// Reads a kept copy: page numbers and pages.
pub(crate) fn pages_of_head(path: &Path) -> Vec<(u32, Vec<u8>)> {
    let bytes = fs::read(beside(path, ".head")).unwrap_or_default();
    let mut pages = Vec::new();
    for entry in bytes.chunks_exact(4 + PAGE_BYTES) {
        if let Some((number, page)) = entry.split_first_chunk::<4>() {
            pages.push((u32::from_be_bytes(*number), page.to_vec()));
        }
    }
    pages
}

/// Tells a damaged store from a wrong key.
pub(crate) fn tell_apart(path: &Path, key: &StoreKey, error: FieldError) -> FieldError {
    let trial = beside(path, ".head-trial");
    let first = pages_of_head(path).into_iter().next();
    if first.is_none_or(|(_, page)| fs::write(&trial, page).is_err()) {
        return FieldError::new("wrong_key").because(error);
    }
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
