//! Opening the ledger: the key file, and what happens to a damaged store.

use crate::{
    args::Global,
    clock::{HostClock, HostRandom},
};
use daohu_field::{Clock, FieldError, Ledger, Random, StoreKey};
use serde_json::json;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Returns where the key of the store lies.
fn key_path(global: &Global) -> PathBuf {
    global.key_file.clone().unwrap_or_else(|| {
        let mut name = global.db.as_os_str().to_owned();
        name.push(".key");
        PathBuf::from(name)
    })
}

/// Reads the key of the store.
///
/// # Errors
/// `not_enrolled` where there is none; `wrong_key` where it is no key or a store lies there without one.
pub(crate) fn read_key(global: &Global) -> Result<StoreKey, FieldError> {
    let code = if has_store(global) { "wrong_key" } else { "not_enrolled" };
    let bytes = fs::read(key_path(global)).map_err(|error| FieldError::new(code).because(error))?;
    StoreKey::try_from(bytes).map_err(|_| FieldError::new("wrong_key"))
}

/// Reads the key, or makes one that only its owner can read.
///
/// # Errors
/// `wrong_key` where the file is no key or a store lies there without one; `store_failed` where none can be written.
pub(crate) fn read_or_make_key(global: &Global) -> Result<StoreKey, FieldError> {
    let path = key_path(global);
    if path.exists() {
        return read_key(global);
    }
    if has_store(global) {
        return Err(FieldError::new("wrong_key"));
    }
    let mut key = [0; 32];
    HostRandom.fill(&mut key);
    write_private(&path, &key).map_err(|error| FieldError::new("store_failed").because(error))?;
    Ok(key)
}

/// Writes the key of a store that is restored, readable by its owner alone. One that a killed restore left there is the same key.
///
/// # Errors
/// `already_there` where another store's key lies: it is not written over. `store_failed`, `disk_full`.
pub(crate) fn keep_key(global: &Global, key: &StoreKey) -> Result<(), FieldError> {
    let path = key_path(global);
    match write_private(&path, key) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => match fs::read(&path) {
            Ok(there) if there == key => Ok(()),
            _ => Err(FieldError::new("already_there")),
        },
        Err(error) => {
            // Half a key is none.
            let _gone = fs::remove_file(&path);
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            Err(FieldError::new(if full { "disk_full" } else { "store_failed" }).because(error))
        }
        Ok(()) => Ok(()),
    }
}

fn has_store(global: &Global) -> bool {
    fs::metadata(&global.db).is_ok_and(|found| found.len() > 0)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Opens the ledger; a damaged one is set aside and salvaged, and the error says where it lies now.
///
/// # Errors
/// `wrong_key`, `too_new`, `store_damaged`, `disk_full`.
pub(crate) fn open(global: &Global, key: &StoreKey) -> Result<Ledger, FieldError> {
    let clock = HostClock::of(global)?;
    Ledger::open(&global.db, key, Box::new(clock), Box::new(HostRandom))
}

/// Sets a damaged store aside and brings what can be read into a new one.
pub(crate) fn salvage(global: &Global, key: &StoreKey, error: FieldError) -> FieldError {
    let now_ms = HostClock::of(global).map_or(0, |clock| clock.wall_ms());
    match Ledger::salvage(&global.db, key, now_ms) {
        Ok(salvaged) => error.with(json!({ "set_aside": salvaged.set_aside, "rows": salvaged.rows })),
        // Its pages are whole: what was found to be wrong stays what there is to say.
        Err(second) if second.code() == "not_damaged" => error,
        Err(second) => second,
    }
}
