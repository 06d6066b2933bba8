//! Rows of changes: the log of what this device wrote and received.

use super::{hash_from_row, id_from_row, place_from_row, place_number};
use crate::error::FieldError;
use daohu_domain::{id::Id, place::Place};
use rusqlite::{Connection, OptionalExtension, params};

/// A change of a record.
pub(crate) const TYP_CHANGE: u8 = 1;
/// A value sealed to the server.
pub(crate) const TYP_SEALED: u8 = 2;

/// Where a change stands.
pub(crate) mod state {
    pub(crate) const UNSENT: i64 = 0;
    pub(crate) const SEALED: i64 = 1;
    pub(crate) const RECEIVED: i64 = 2;
    pub(crate) const REFUSED: i64 = 3;
    pub(crate) const FOREIGN: i64 = 4;
}

/// Names a change. Two records may be made of the same bytes: their ids are not part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangeKey {
    pub(crate) record: Id,
    pub(crate) hash: [u8; 32],
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct ChangeRow {
    pub(crate) typ: u8,
    pub(crate) hash: [u8; 32],
    pub(crate) record: Id,
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
    pub(crate) device: Id,
    pub(crate) state: i64,
    pub(crate) batch: Option<i64>,
    pub(crate) boots: String,
    pub(crate) received_ms: Option<i64>,
    pub(crate) start_from: Option<i64>,
    pub(crate) start_to: Option<i64>,
}

impl ChangeRow {
    /// Names the change.
    pub(crate) const fn key(&self) -> ChangeKey {
        ChangeKey { record: self.record, hash: self.hash }
    }
}

const COLUMNS: &str = "SELECT typ, hash, record, place, bytes, device, state, batch, boots, received_ms, start_from, start_to FROM change";

fn change_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChangeRow> {
    Ok(ChangeRow {
        typ: row.get(0)?,
        hash: hash_from_row(row, 1)?,
        record: id_from_row(row, 2)?,
        place: place_from_row(row, 3)?,
        bytes: row.get(4)?,
        device: id_from_row(row, 5)?,
        state: row.get(6)?,
        batch: row.get(7)?,
        boots: row.get(8)?,
        received_ms: row.get(9)?,
        start_from: row.get(10)?,
        start_to: row.get(11)?,
    })
}

/// Adds a change to the end; says `false` if it was there already.
pub(crate) fn add(connection: &Connection, change: &ChangeRow) -> Result<bool, FieldError> {
    let sql =
        "INSERT OR IGNORE INTO change (typ, hash, record, place, bytes, device, state, batch, boots, received_ms, start_from, start_to)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let added = connection.prepare_cached(sql)?.execute(params![
        change.typ,
        change.hash,
        change.record.as_bytes(),
        place_number(change.place),
        change.bytes,
        change.device.as_bytes(),
        change.state,
        change.batch,
        change.boots,
        change.received_ms,
        change.start_from,
        change.start_to,
    ])?;
    Ok(added == 1)
}

/// Returns what a record is made of, in the order of arrival; refused changes are no part of it.
pub(crate) fn of_record(connection: &Connection, record: Id) -> Result<Vec<ChangeRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} WHERE record = ?1 AND typ = 1 AND state <> 3 ORDER BY position"))?;
    let rows = found.query_map([record.as_bytes()], change_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns where a change stands, if it is known.
pub(crate) fn state_of(connection: &Connection, key: ChangeKey) -> Result<Option<i64>, FieldError> {
    let sql = "SELECT state FROM change WHERE record = ?1 AND hash = ?2";
    Ok(connection.prepare_cached(sql)?.query_row(params![key.record.as_bytes(), key.hash], |row| row.get(0)).optional()?)
}

/// Returns the records of which something is not received yet.
pub(crate) fn records_unsent(connection: &Connection) -> Result<Vec<Id>, FieldError> {
    let mut found = connection.prepare_cached("SELECT DISTINCT record FROM change WHERE state < 2 AND typ = 1")?;
    let rows = found.query_map([], |row| id_from_row(row, 0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Takes back that the items of a batch were received: the server that said so has lost them.
pub(crate) fn take_back(connection: &Connection, device: Id, batch: u64) -> Result<(), FieldError> {
    let sql = "UPDATE change SET state = 0, batch = NULL, leaf = NULL, received_ms = NULL WHERE device = ?1 AND batch = ?2 AND state = 2";
    connection.execute(sql, params![device.as_bytes(), super::number(batch)])?;
    Ok(())
}

/// Makes one change that is known to the server unsent again.
pub(crate) fn open(connection: &Connection, key: ChangeKey) -> Result<(), FieldError> {
    let sql =
        "UPDATE change SET state = 0, batch = NULL, leaf = NULL, received_ms = NULL WHERE record = ?1 AND hash = ?2 AND state IN (2, 4)";
    connection.prepare_cached(sql)?.execute(params![key.record.as_bytes(), key.hash])?;
    Ok(())
}

/// Says whether any record has a change of exactly these bytes.
pub(crate) fn is_written(connection: &Connection, hash: &[u8; 32]) -> Result<bool, FieldError> {
    Ok(connection.prepare_cached("SELECT 1 FROM change WHERE hash = ?1")?.exists([hash])?)
}

/// Returns the oldest changes of a device that are in no batch yet.
pub(crate) fn unsent(connection: &Connection, device: Id, items_max: usize) -> Result<Vec<ChangeRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} WHERE state = 0 AND device = ?2 ORDER BY position LIMIT ?1"))?;
    let rows =
        found.query_map(params![super::number(items_max as u64), device.as_bytes()], change_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns the items of a batch, in their order.
pub(crate) fn of_batch(connection: &Connection, device: Id, batch: u64) -> Result<Vec<ChangeRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} WHERE batch = ?1 AND device = ?2 ORDER BY leaf"))?;
    let rows = found.query_map(params![super::number(batch), device.as_bytes()], change_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Counts the changes and sealed values that no receipt covers yet.
pub(crate) fn count_unsent(connection: &Connection) -> Result<u64, FieldError> {
    let number: i64 = connection.query_row("SELECT count(*) FROM change WHERE state < 2", [], |row| row.get(0))?;
    Ok(super::count(number))
}

/// Counts the records that have something no receipt covers yet.
pub(crate) fn count_unsent_records(connection: &Connection) -> Result<u64, FieldError> {
    let number: i64 = connection.query_row("SELECT count(DISTINCT record) FROM change WHERE state < 2", [], |row| row.get(0))?;
    Ok(super::count(number))
}

/// Puts an unsent change into a batch.
pub(crate) fn put_into_batch(connection: &Connection, key: ChangeKey, batch: u64, leaf: usize) -> Result<(), FieldError> {
    connection.prepare_cached("UPDATE change SET state = ?3, batch = ?4, leaf = ?5 WHERE record = ?1 AND hash = ?2")?.execute(params![
        key.record.as_bytes(),
        key.hash,
        state::SEALED,
        super::number(batch),
        super::number(leaf as u64)
    ])?;
    Ok(())
}

/// Marks a change as received or refused.
pub(crate) fn settle(connection: &Connection, key: ChangeKey, state: i64, received_ms: i64) -> Result<(), FieldError> {
    connection.prepare_cached("UPDATE change SET state = ?3, received_ms = ?4 WHERE record = ?1 AND hash = ?2")?.execute(params![
        key.record.as_bytes(),
        key.hash,
        state,
        received_ms
    ])?;
    Ok(())
}

/// Returns every record of which there is a change, oldest first.
pub(crate) fn records(connection: &Connection) -> Result<Vec<Id>, FieldError> {
    let mut found = connection.prepare("SELECT record FROM change WHERE typ = 1 AND state <> 3 GROUP BY record ORDER BY min(position)")?;
    let rows = found.query_map([], |row| id_from_row(row, 0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Forgets all of a record: its scope was taken away and everything unsent was handed in.
pub(crate) fn purge_record(connection: &Connection, record: Id) -> Result<(), FieldError> {
    connection.prepare_cached("DELETE FROM change WHERE record = ?1 AND state IN (2, 4)")?.execute([record.as_bytes()])?;
    Ok(())
}

/// Says whether a record has something that no receipt covers yet.
pub(crate) fn has_unsent(connection: &Connection, record: Id) -> Result<bool, FieldError> {
    let sql = "SELECT 1 FROM change WHERE record = ?1 AND state < 2";
    Ok(connection.prepare_cached(sql)?.exists([record.as_bytes()])?)
}

/// Returns every change and sealed value of this device that no receipt covers, in the order they were written.
pub(crate) fn unfinished(connection: &Connection) -> Result<Vec<ChangeRow>, FieldError> {
    let mut found = connection.prepare(&format!("{COLUMNS} WHERE state < 2 ORDER BY position"))?;
    let rows = found.query_map([], change_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Takes an item out of a batch that will never be sent again.
pub(crate) fn unseal(connection: &Connection, key: ChangeKey, device: Id) -> Result<(), FieldError> {
    let sql = "UPDATE change SET state = 0, batch = NULL, leaf = NULL, device = ?3 WHERE record = ?1 AND hash = ?2 AND state < 2";
    connection.execute(sql, params![key.record.as_bytes(), key.hash, device.as_bytes()])?;
    Ok(())
}

/// Forgets a change whose content was written again as another one.
pub(crate) fn forget(connection: &Connection, key: ChangeKey) -> Result<(), FieldError> {
    let sql = "DELETE FROM change WHERE record = ?1 AND hash = ?2 AND state < 2";
    connection.execute(sql, params![key.record.as_bytes(), key.hash])?;
    Ok(())
}

/// Takes a change out of its record; who calls has put its bytes into quarantine.
pub(crate) fn set_aside(connection: &Connection, key: ChangeKey) -> Result<(), FieldError> {
    connection.execute("DELETE FROM change WHERE record = ?1 AND hash = ?2", params![key.record.as_bytes(), key.hash])?;
    Ok(())
}

/// Fixes what is known of the start of a visit, once its batch is received: later anchors must not move it.
pub(crate) fn fix_start(connection: &Connection, key: ChangeKey, from_ms: i64, to_ms: i64) -> Result<(), FieldError> {
    connection.prepare_cached("UPDATE change SET start_from = ?3, start_to = ?4 WHERE record = ?1 AND hash = ?2")?.execute(params![
        key.record.as_bytes(),
        key.hash,
        from_ms,
        to_ms
    ])?;
    Ok(())
}
