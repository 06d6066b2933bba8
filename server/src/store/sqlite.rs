//! The SQLite backend: one file `daohu.db`, WAL, `synchronous=FULL`, a busy wait of ten seconds.
//!
//! Several processes work on one folder at once, so nothing read is kept: each call asks the file. A writing call takes the file's
//! write lock at its beginning (`BEGIN IMMEDIATE`), which on SQLite is what locking the places' head rows last is elsewhere.

mod account;
mod blob;
mod commit;
mod convert;
mod coverage;
mod grant;
mod key;
mod log;
mod migrate;
mod project;
mod rebuild;
mod record;
mod revision;
mod secret;
mod state;
mod tree;
mod whole;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::ports::{Store, StoreError};
use crate::limits::{BUSY_WAIT_MS, IDLE_CONNECTIONS_MAX};

/// Statements that one connection keeps prepared: more than this backend has.
const STATEMENTS_MAX: usize = 192;

/// Pages that one connection keeps in memory, KB; the same for a store of any size.
const CACHE_KB: i64 = 16_384;
/// Pages of 4 KB in the log of the file before they are carried back into it.
const WAL_PAGES: i64 = 4_096;

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    // Threads of one process queue here instead of waking up again and again at the file's lock.
    writing: Mutex<()>,
}

impl Store for SqliteStore {}

impl SqliteStore {
    /// Opens the store in a data folder, makes it where there is none, and brings it to this version.
    ///
    /// # Errors
    /// `TooNew` for a store of a newer daohu, `Damaged` for a file that is no store; then nothing was written.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let store = Self { file: folder.join("daohu.db"), idle: Mutex::new(Vec::new()), writing: Mutex::new(()) };
        make_file(&store.file)?;
        let mut connection = store.connect()?;
        migrate::run(&mut connection, &store.file)?;
        store.give_back(connection);
        Ok(store)
    }

    /// Runs `ask` inside one reading transaction: what it sees is of one moment.
    fn read<T>(&self, action: &'static str, ask: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, StoreError> {
        let mut connection = self.take()?;
        let answer = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            let answer = ask(&transaction)?;
            transaction.finish()?;
            Ok(answer)
        })();
        self.give_back(connection);
        answer.map_err(|error| failure(action, error))
    }

    /// Runs `work` inside one writing transaction and commits it when it returns `Ok`; on any error nothing is written.
    fn write<T>(&self, action: &'static str, work: impl FnOnce(&Transaction<'_>) -> Result<T, Failed>) -> Result<T, StoreError> {
        let mut connection = self.take()?;
        let queue = lock(&self.writing);
        let answer = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })();
        drop(queue);
        self.give_back(connection);
        answer.map_err(|failed: Failed| failed.into_store(action))
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| self.connect(), Ok)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        // A connection whose transaction could not be ended is not used again.
        if connection.is_autocommit() && idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push(connection);
        }
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let opened = || -> Result<Connection, rusqlite::Error> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.file, flags)?;
            // Before the pragmas: setting WAL mode already waits for and writes to the file.
            connection.busy_timeout(Duration::from_millis(BUSY_WAIT_MS))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", "ON")?;
            connection.pragma_update(None, "trusted_schema", "OFF")?;
            // The 2 MB of the default make the figures of one village read its pages from the file again and again.
            connection.pragma_update(None, "cache_size", -CACHE_KB)?;
            // At the default of 1,000 pages every big push carries the same pages back into the file several times.
            connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
            // An erased secret must not be readable in a free page.
            connection.pragma_update(None, "secure_delete", "ON")?;
            // Without it a statement over a table with a partial index is compiled anew for every value that is bound.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            Ok(connection)
        };
        opened().map_err(|error| failure("open the store", error))
    }
}

/// Makes the file, readable by its owner alone; SQLite gives the files beside it the same rights.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map(|_| ()).map_err(|source| StoreError::Backend { action: "make the store", source: Box::new(source) })
}

/// Why a writing transaction was given up.
#[derive(Debug)]
enum Failed {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failed {
    fn into_store(self, action: &'static str) -> StoreError {
        match self {
            Self::Sqlite(error) => failure(action, error),
            Self::Store(error) => error,
        }
    }
}

/// Tells a full disk, a busy file and a damaged one from every other failure, because people can act on these.
fn failure(action: &'static str, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        // No room even for the index of the WAL, without which no store opens.
        _ if error.sqlite_error().is_some_and(|said| said.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged,
        _ => StoreError::Backend { action, source: Box::new(error) },
    }
}

/// Takes a lock whose holder cannot have left anything half done: only whole connections and units are behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
