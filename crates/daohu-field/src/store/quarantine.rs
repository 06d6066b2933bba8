//! Rows of refused items: kept byte for byte with their reason until a person has dealt with them.

use super::{hash_from_row, id_from_row};
use crate::error::FieldError;
use daohu_domain::id::Id;
use rusqlite::{Connection, OptionalExtension, params};

/// One refused item.
#[derive(Debug, Clone)]
pub(crate) struct QuarantineRow {
    pub(crate) id: i64,
    pub(crate) hash: [u8; 32],
    pub(crate) record: Id,
    pub(crate) kind: String,
    pub(crate) batch: Option<i64>,
    pub(crate) code: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) received_ms: i64,
    pub(crate) own: bool,
}

const COLUMNS: &str = "SELECT id, hash, record, kind, batch, code, bytes, received_ms, own FROM quarantine";

fn row_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<QuarantineRow> {
    Ok(QuarantineRow {
        id: row.get(0)?,
        hash: hash_from_row(row, 1)?,
        record: id_from_row(row, 2)?,
        kind: row.get(3)?,
        batch: row.get(4)?,
        code: row.get(5)?,
        bytes: row.get(6)?,
        received_ms: row.get(7)?,
        own: row.get(8)?,
    })
}

/// Keeps a refused item; the same one is kept once.
pub(crate) fn put(connection: &Connection, row: &QuarantineRow) -> Result<(), FieldError> {
    let sql = "INSERT INTO quarantine (hash, record, kind, batch, code, bytes, received_ms, own) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (record, hash) DO UPDATE SET code = ?5, cleared = 0";
    connection.prepare_cached(sql)?.execute(params![
        row.hash,
        row.record.as_bytes(),
        row.kind,
        row.batch,
        row.code,
        row.bytes,
        row.received_ms,
        row.own
    ])?;
    Ok(())
}

/// Returns what still waits for a person.
pub(crate) fn open(connection: &Connection) -> Result<Vec<QuarantineRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} WHERE cleared = 0 ORDER BY id"))?;
    let rows = found.query_map([], row_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns one item that still waits.
pub(crate) fn find(connection: &Connection, id: i64) -> Result<Option<QuarantineRow>, FieldError> {
    Ok(connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1 AND cleared = 0"))?.query_row([id], row_from_row).optional()?)
}

/// Returns the code with which the server refused something of a record, if that still waits.
pub(crate) fn code_of(connection: &Connection, record: Id) -> Result<Option<String>, FieldError> {
    let sql = "SELECT code FROM quarantine WHERE record = ?1 AND own = 1 AND cleared = 0 ORDER BY id DESC LIMIT 1";
    Ok(connection.prepare_cached(sql)?.query_row([record.as_bytes()], |row| row.get(0)).optional()?)
}

/// Marks an item as dealt with; its bytes stay.
pub(crate) fn clear(connection: &Connection, id: i64) -> Result<bool, FieldError> {
    Ok(connection.execute("UPDATE quarantine SET cleared = 1 WHERE id = ?1 AND cleared = 0", [id])? == 1)
}

/// Marks all refused items of a record as dealt with, since a corrected one was written.
pub(crate) fn clear_record(connection: &Connection, record: Id) -> Result<(), FieldError> {
    connection.execute("UPDATE quarantine SET cleared = 1 WHERE record = ?1 AND own = 1", [record.as_bytes()])?;
    Ok(())
}

/// Marks an item from the server as dealt with, since it could be taken after all.
pub(crate) fn clear_change(connection: &Connection, record: Id, hash: &[u8; 32]) -> Result<(), FieldError> {
    let sql = "UPDATE quarantine SET cleared = 1 WHERE record = ?1 AND hash = ?2";
    connection.prepare_cached(sql)?.execute(params![record.as_bytes(), hash])?;
    Ok(())
}
