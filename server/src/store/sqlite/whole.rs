//! Copies of the whole file, and a look at every page of it.

use std::path::Path;

use rusqlite::Connection;

use super::{SqliteStore, StoreError, failure, make_file};
use crate::store::ports::WholeStore;

impl WholeStore for SqliteStore {
    fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let connection = self.take()?;
        let copied = copy(&connection, file);
        self.give_back(connection);
        copied
    }

    fn unsound(&self) -> Result<Option<String>, StoreError> {
        self.read("look at every page", |connection| {
            let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            Ok((said != "ok").then_some(said))
        })
    }
}

/// Writes what a connection sees now into a new file. `VACUUM INTO` reads one snapshot, the log beside the file included, and leaves out
/// free pages, so nothing that was erased comes along.
pub(super) fn copy(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    make_file(file)?;
    let path = file.to_str().ok_or(StoreError::Backend { action: "name the copy", source: "the path is no text".into() })?;
    connection.execute("VACUUM INTO ?1", [path]).map_err(|error| failure("copy the store", error))?;
    let synced = std::fs::File::open(file).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::Backend { action: "copy the store", source: Box::new(source) })
}
