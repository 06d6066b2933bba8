//! Copies of the whole file, a look at every page of it, and rows behind which nothing stands.

use std::path::Path;

use daohu_domain::id::Id;
use rusqlite::{Connection, OptionalExtension, Row, types::Value};

use super::{SqliteStore, StoreError, convert, failure, make_file, rebuild};
use crate::store::ports::WholeStore;
use crate::store::rows::{IndexedRow, Unproved};

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

    fn unproved(&self) -> Result<Option<Unproved>, StoreError> {
        self.read("look for what nothing proves", |connection| first_of(connection, &UNPROVED))
    }

    fn indexed(&self, after: Option<Id>) -> Result<Option<IndexedRow>, StoreError> {
        self.read("read a record's row", |connection| {
            let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            let row = connection
                .prepare_cached(
                    "SELECT record, kind, place, household, author, changes, heads, snapshot, received_at_ms, changed_at_ms FROM doc \
                     WHERE record > ?1 ORDER BY record LIMIT 1",
                )?
                .query_row([after], indexed_from_row)
                .optional()?;
            let Some(mut row) = row else { return Ok(None) };
            row.changes = rebuild::changes_of(connection, row.record)?;
            Ok(Some(row))
        })
    }

    fn misplaced(&self, reference: &[&str]) -> Result<Option<Unproved>, StoreError> {
        // The kinds are names out of our own declarations.
        let kinds: Vec<String> = reference.iter().map(|kind| format!("'{kind}'")).collect();
        let index = format!(
            "SELECT log.place, log.seq FROM log JOIN change ON change.n = log.change JOIN doc ON doc.record = change.record \
             WHERE log.kind IS NOT doc.kind OR log.household IS NOT doc.household OR log.place IS NOT doc.place \
             OR log.reference IS NOT (doc.kind IN ({})) LIMIT 1",
            kinds.join(", ")
        );
        let record = "SELECT record FROM change WHERE record NOT IN (SELECT record FROM doc) LIMIT 1";
        self.read("look for rows out of place", |connection| {
            first_of(connection, &[("doc_missing", "record ", record), ("log_index", "place ", &index)])
        })
    }
}

/// Each question with its reason and what its answer is called.
const UNPROVED: [(&str, &str, &str); 9] = [
    (
        "batch_without_leaf",
        "",
        "SELECT device.id, batch.number FROM batch JOIN device ON device.n = batch.device \
         WHERE batch.leaf NOT IN (SELECT n FROM leaf) ORDER BY batch.n LIMIT 1",
    ),
    (
        "device_batches",
        "device ",
        "SELECT id FROM device WHERE last_batch IS NOT (SELECT coalesce(max(number), 0) FROM batch WHERE batch.device = device.n) \
         OR (last_batch > 0 AND last_hash IS NOT \
             (SELECT body_hash FROM batch WHERE batch.device = device.n AND number = device.last_batch)) LIMIT 1",
    ),
    ("change_without_batch", "record ", "SELECT record FROM change WHERE batch NOT IN (SELECT n FROM batch) LIMIT 1"),
    ("log_row", "record ", "SELECT record FROM change WHERE n NOT IN (SELECT change FROM log) LIMIT 1"),
    ("log_row", "place ", "SELECT place, seq FROM log WHERE change NOT IN (SELECT n FROM change) LIMIT 1"),
    ("log_row", "place ", "SELECT max(place), max(seq) FROM log GROUP BY change HAVING count(*) > 1 LIMIT 1"),
    (
        "log_device",
        "place ",
        "SELECT log.place, log.seq FROM log JOIN change ON change.n = log.change JOIN batch ON batch.n = change.batch \
         WHERE log.device IS NOT batch.device LIMIT 1",
    ),
    (
        "place_head",
        "place ",
        "SELECT place FROM place_head WHERE head IS NOT (SELECT max(seq) FROM log WHERE log.place = place_head.place) \
         UNION ALL SELECT place FROM log WHERE place NOT IN (SELECT place FROM place_head) LIMIT 1",
    ),
    ("quarantine_item", "record ", "SELECT record FROM quarantine WHERE batch NOT IN (SELECT n FROM batch) LIMIT 1"),
];

fn first_of(connection: &Connection, questions: &[(&'static str, &str, &str)]) -> Result<Option<Unproved>, rusqlite::Error> {
    for (reason, called, sql) in questions {
        let mut ask = connection.prepare(sql)?;
        let width = ask.column_count();
        let mut rows = ask.query([])?;
        if let Some(row) = rows.next()? {
            let parts = (0..width).map(|column| Ok(shown(&row.get(column)?))).collect::<Result<Vec<_>, rusqlite::Error>>()?;
            return Ok(Some(Unproved { place: format!("{called}{}", parts.join("/")), reason }));
        }
    }
    Ok(None)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Blob(bytes) => Id::from_slice(bytes).map_or_else(|| "?".to_owned(), |id| id.to_string()),
        _ => "?".to_owned(),
    }
}

fn indexed_from_row(row: &Row<'_>) -> Result<IndexedRow, rusqlite::Error> {
    Ok(IndexedRow {
        record: convert::id(row, 0)?,
        kind: row.get(1)?,
        place: convert::place(row, 2)?,
        household: convert::id_or_none(row, 3)?,
        author: convert::id(row, 4)?,
        count: convert::small(row, 5)?,
        heads: row.get(6)?,
        snapshot: row.get(7)?,
        span: (convert::instant(row, 8)?, convert::instant(row, 9)?),
        changes: Vec::new(),
    })
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
