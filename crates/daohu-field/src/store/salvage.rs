//! Sets a damaged file aside, never deletes it, and brings into a new file what can still be read.
//!
//! Each precious table is read from both ends: one damaged page costs only the rows on it. What came from the
//! server comes again, since the new file starts with its cursors at the beginning.

use super::{
    StoreKey, access,
    meta::{self, key},
    migrate::migrate,
    open::{PAGE_BYTES, beside, pages_of_head, tell_apart, unlock},
    outbox,
};
use crate::error::FieldError;
use rusqlite::{Connection, types::Value};
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// What was saved of a damaged store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Where the damaged file lies now.
    pub set_aside: PathBuf,
    /// How many precious rows could be read.
    pub rows: u64,
}

/// A precious table: its columns, and the order in which it is read.
struct Table {
    name: &'static str,
    /// The table of the new store that takes its rows.
    into: &'static str,
    columns: &'static str,
    order: &'static [&'static str],
}

const PRECIOUS: &[Table] = &[
    Table { name: "meta", into: "meta", columns: "key, value", order: &["key"] },
    Table { name: "meta_copy", into: "meta_copy", columns: "key, value", order: &["key"] },
    Table {
        name: "change",
        into: "change",
        columns: "position, typ, hash, record, place, bytes, device, state, batch, leaf, boots, received_ms, start_from, start_to",
        order: &["position"],
    },
    Table { name: "batch", into: "batch", columns: "number, device, cose, hash, items, sealed_ms, done", order: &["device", "number"] },
    Table {
        name: "receipt",
        into: "receipt",
        columns: "batch, device, bytes, items, received_ms, log_index, tree_size",
        order: &["device", "batch"],
    },
    Table {
        name: "quarantine",
        into: "quarantine",
        columns: "id, hash, record, kind, batch, code, bytes, received_ms, own, cleared",
        order: &["id"],
    },
    Table { name: "draft", into: "draft", columns: "id, household, place, state, changed_ms", order: &["id"] },
    Table { name: "draft_field", into: "draft_field", columns: "draft, field, value", order: &["draft", "field"] },
    Table { name: "boot", into: "boot", columns: "number, id", order: &["number"] },
    Table { name: "anchor", into: "anchor", columns: "boot, mono_ms, server_ms", order: &["boot", "mono_ms"] },
    Table {
        name: "access_grant",
        into: "access_grant",
        columns: "id, role, place, household, reference, seq, state, until_ms, reason",
        order: &["id"],
    },
    Table { name: "place", into: "place", columns: "code, name, level, parent", order: &["code"] },
    Table { name: "device", into: "device", columns: "id, person, name", order: &["id"] },
];

/// Sets the store at `path` aside and salvages it into a new one of the same name.
///
/// The new store is whole before anything is moved: killed at any moment, either the damaged file still lies there
/// and is salvaged again, or [`finish_interrupted`] puts the new one in its place.
///
/// # Errors
/// `wrong_key`, and `not_damaged` for a store that is whole: nothing is touched then. `disk_full` or `store_failed` if the new file cannot be
/// written; the damaged one is kept in any case.
pub(crate) fn salvage(path: &Path, key: &StoreKey, now_ms: i64) -> Result<Salvaged, FieldError> {
    let copy = Copy::of(path);
    must_be_damaged(&copy.0, path, key)?;
    let (set_aside, new) = (free_name(path, now_ms), beside(path, NEW));
    for ending in ENDINGS {
        let _ = fs::remove_file(beside(&new, ending));
    }
    let mut fresh = unlock(&new, key)?;
    migrate(&mut fresh, &new)?;
    let rows = read_all(&|| unlock(&copy.0, key).ok(), &mut fresh)?;
    ask_for_all(&fresh)?;
    meta::set(&fresh, key::SALVAGED, &set_aside.to_string_lossy())?;
    // Closing writes the log back into the one file that is moved.
    fresh.close().map_err(|(_, error)| FieldError::from(error))?;
    let moved = fs::rename(path, &set_aside).and_then(|()| finish_interrupted(path, &set_aside));
    moved.map_err(|error| FieldError::new("store_failed").because(error))?;
    Ok(Salvaged { set_aside, rows })
}

/// Makes the next syncs bring everything: all grants from their beginnings, this device's own work too.
pub(crate) fn ask_for_all(connection: &Connection) -> Result<(), FieldError> {
    access::reset_cursors(connection)?;
    meta::set(connection, key::CATCHING_UP, "1")?;
    meta::forget(connection, key::POLICY_REV)
}

/// Puts a salvaged store in the place of the damaged one, where that was moved away and nothing after it was done.
///
/// A log that belongs to the damaged file goes with it: the new store must not read it.
pub(crate) fn finish_interrupted(path: &Path, set_aside: &Path) -> std::io::Result<()> {
    let new = beside(path, NEW);
    if path.exists() || !new.exists() {
        return Ok(());
    }
    let log = beside(path, "-wal");
    if log.exists() {
        fs::rename(log, beside(set_aside, "-wal"))?;
    }
    let _ = fs::remove_file(beside(path, "-shm"));
    fs::rename(new, path)
}

/// What the name of the new store ends in until it is whole.
const NEW: &str = ".new";
/// The files of a store.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// A copy of a damaged store, from which it is read, so that it stays as it was found.
struct Copy(PathBuf);

impl Copy {
    fn of(path: &Path) -> Self {
        let copy = beside(path, ".salvage");
        for ending in ["", "-wal"] {
            let _ = fs::remove_file(beside(&copy, ending));
            let _ = fs::copy(beside(path, ending), beside(&copy, ending));
        }
        Self(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for ending in ENDINGS {
            let _ = fs::remove_file(beside(&self.0, ending));
        }
    }
}

/// Refuses what need not be salvaged, or cannot with this key; a damaged head of the copy is mended.
fn must_be_damaged(copy: &Path, path: &Path, key: &StoreKey) -> Result<(), FieldError> {
    match unlock(copy, key) {
        Ok(mut opened) => {
            let is_sound = is_whole(&opened) && crate::rebuild::rebuild(&mut opened).is_ok();
            if is_sound { Err(FieldError::new("not_damaged")) } else { Ok(()) }
        }
        Err(error) => {
            let told = if error.code() == "store_damaged" { tell_apart(path, key, error) } else { error };
            if told.code() != "store_damaged" {
                return Err(told);
            }
            mend_head(copy, path);
            Ok(())
        }
    }
}

/// Says whether every page is as it was written, and the pages fit together.
fn is_whole(connection: &Connection) -> bool {
    let pages = connection.prepare("PRAGMA cipher_integrity_check").and_then(|mut ask| ask.exists([])).is_ok_and(|found| !found);
    let told = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    pages && told.is_ok_and(|told| told == "ok") && super::sound(connection).is_ok()
}

/// Puts the kept pages of the schema over damaged ones.
fn mend_head(copy: &Path, path: &Path) {
    let Ok(mut file) = fs::OpenOptions::new().write(true).open(copy) else { return };
    for (number, page) in pages_of_head(path) {
        let at = u64::from(number.saturating_sub(1)) * PAGE_BYTES as u64;
        if file.seek(SeekFrom::Start(at)).is_ok() {
            let _ = file.write_all(&page);
        }
    }
}

/// Reads every precious table. The damaged store is opened anew for each pass: after one bad page SQLCipher refuses
/// everything on that connection. Where it cannot be opened at all, the new store begins empty.
fn read_all(old: &dyn Fn() -> Option<Connection>, fresh: &mut Connection) -> Result<u64, FieldError> {
    let transaction = fresh.transaction()?;
    let mut rows = 0;
    for table in PRECIOUS {
        let forward = copy_rows(old, &transaction, table, "ASC")?;
        // Stopped by damage: the other end is read until it meets what is there.
        let backward = if forward.stopped { copy_rows(old, &transaction, table, "DESC")?.rows } else { 0 };
        rows += forward.rows + backward;
    }
    rows += unsent_copies(old, &transaction)?;
    outbox::unseal_orphans(&transaction)?;
    for (from, to) in [("meta", "meta_copy"), ("meta_copy", "meta")] {
        transaction.execute_batch(&format!("INSERT OR IGNORE INTO {to} (key, value) SELECT key, value FROM {from}"))?;
    }
    free_broken_batches(&transaction)?;
    transaction.commit()?;
    Ok(rows)
}

/// A batch that lost an item cannot be sent as it was signed, and an item that lost its batch would never be sent: both go anew.
fn free_broken_batches(fresh: &Connection) -> Result<(), FieldError> {
    fresh.execute_batch(
        "DELETE FROM batch WHERE done = 0
           AND items <> (SELECT count(*) FROM change WHERE change.batch = batch.number AND change.device = batch.device);
         UPDATE change SET state = 0, batch = NULL, leaf = NULL WHERE state = 1
           AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.number = change.batch AND batch.device = change.device);",
    )?;
    Ok(())
}

/// Brings back unsent changes whose own pages are damaged from their copies on other pages.
fn unsent_copies(old: &dyn Fn() -> Option<Connection>, fresh: &Connection) -> Result<u64, FieldError> {
    const COLUMNS: &str = "position, typ, hash, record, place, bytes, device, state, batch, leaf, boots";
    let table = Table { name: "unsent_copy", into: "change", columns: COLUMNS, order: &["position"] };
    let forward = copy_rows(old, fresh, &table, "ASC")?;
    let backward = if forward.stopped { copy_rows(old, fresh, &table, "DESC")?.rows } else { 0 };
    Ok(forward.rows + backward)
}

struct Copied {
    rows: u64,
    stopped: bool,
}

fn copy_rows(old: &dyn Fn() -> Option<Connection>, fresh: &Connection, table: &Table, direction: &str) -> Result<Copied, FieldError> {
    let order: Vec<String> = table.order.iter().map(|column| format!("{column} {direction}")).collect();
    let width = table.columns.split(',').count();
    let marks: Vec<String> = (1..=width).map(|n| format!("?{n}")).collect();
    let select = format!("SELECT {} FROM {} ORDER BY {}", table.columns, table.name, order.join(", "));
    let insert = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table.into, table.columns, marks.join(", "));
    let mut copied = Copied { rows: 0, stopped: false };
    let Some(old) = old() else { return Ok(Copied { rows: 0, stopped: true }) };
    let Ok(mut found) = old.prepare(&select) else { return Ok(Copied { rows: 0, stopped: true }) };
    let mut insert = fresh.prepare(&insert)?;
    let Ok(mut rows) = found.query([]) else { return Ok(Copied { rows: 0, stopped: true }) };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let read: Result<Vec<Value>, _> = (0..width).map(|index| row.get(index)).collect();
                let Ok(values) = read else { continue };
                if super::sound(&old).is_err() {
                    copied.stopped = true;
                    return Ok(copied);
                }
                copied.rows += super::count(i64::try_from(insert.execute(rusqlite::params_from_iter(values))?).unwrap_or(0));
            }
            Ok(None) => return Ok(copied),
            Err(_) => {
                copied.stopped = true;
                return Ok(copied);
            }
        }
    }
}

/// Names a place for the damaged file that no earlier one has.
fn free_name(path: &Path, now_ms: i64) -> PathBuf {
    let first = beside(path, &format!(".damaged-{now_ms}"));
    if !first.exists() {
        return first;
    }
    (2..1000).map(|n| beside(path, &format!(".damaged-{now_ms}-{n}"))).find(|name| !name.exists()).unwrap_or(first)
}
