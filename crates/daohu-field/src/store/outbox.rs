//! Rows of batches and receipts. Each belongs to a device: a phone that enrols anew numbers from one again.

use super::{
    count, hash_from_row, id_from_row,
    meta::{self, key},
    number,
};
use crate::error::FieldError;
use daohu_domain::id::Id;
use rusqlite::{Connection, OptionalExtension, params};

/// A sealed batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchRow {
    pub(crate) number: u64,
    pub(crate) device: Id,
    pub(crate) cose: Vec<u8>,
    pub(crate) hash: [u8; 32],
    pub(crate) items: u64,
    pub(crate) sealed_ms: i64,
    /// A verified receipt is here.
    pub(crate) done: bool,
}

/// A receipt, verified.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptRow {
    pub(crate) batch: u64,
    pub(crate) device: Id,
    pub(crate) bytes: Vec<u8>,
    pub(crate) items: u64,
    pub(crate) received_ms: i64,
    pub(crate) log_index: u64,
    pub(crate) tree_size: u64,
}

const BATCH: &str = "SELECT number, device, cose, hash, items, sealed_ms, done FROM batch";

/// Stores a batch before it is first sent.
pub(crate) fn put_batch(connection: &Connection, batch: &BatchRow) -> Result<(), FieldError> {
    let sql = "INSERT INTO batch (number, device, cose, hash, items, sealed_ms, done) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        number(batch.number),
        batch.device.as_bytes(),
        batch.cose,
        batch.hash,
        number(batch.items),
        batch.sealed_ms,
        batch.done
    ])?;
    meta::set(connection, key::LAST_BATCH, &format!("{} {} {}", batch.device, batch.number, hex::encode(batch.hash)))
}

fn batch_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<BatchRow> {
    Ok(BatchRow {
        number: count(row.get(0)?),
        device: id_from_row(row, 1)?,
        cose: row.get(2)?,
        hash: hash_from_row(row, 3)?,
        items: count(row.get(4)?),
        sealed_ms: row.get(5)?,
        done: row.get(6)?,
    })
}

/// Returns the batches of a device without a receipt, in order.
pub(crate) fn open_batches(connection: &Connection, device: Id, max: u32) -> Result<Vec<BatchRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{BATCH} WHERE device = ?1 AND done = 0 ORDER BY number LIMIT ?2"))?;
    let rows = found.query_map(params![device.as_bytes(), max], batch_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns one batch.
pub(crate) fn find(connection: &Connection, device: Id, batch: u64) -> Result<Option<BatchRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{BATCH} WHERE device = ?1 AND number = ?2"))?;
    Ok(found.query_row(params![device.as_bytes(), number(batch)], batch_from_row).optional()?)
}

/// Counts the items of the batches without a receipt up to a number.
pub(crate) fn count_open_items(connection: &Connection, device: Id, up_to: u64) -> Result<u64, FieldError> {
    let sql = "SELECT coalesce(sum(items), 0) FROM batch WHERE device = ?1 AND done = 0 AND number <= ?2";
    Ok(count(connection.query_row(sql, params![device.as_bytes(), number(up_to)], |row| row.get(0))?))
}

/// Counts the batches without a receipt.
pub(crate) fn count_open(connection: &Connection) -> Result<u64, FieldError> {
    Ok(count(connection.query_row("SELECT count(*) FROM batch WHERE done = 0", [], |row| row.get(0))?))
}

/// Returns number and hash of the last batch of a device.
pub(crate) fn last(connection: &Connection, device: Id) -> Result<Option<(u64, [u8; 32])>, FieldError> {
    let sql = "SELECT number, hash FROM batch WHERE device = ?1 ORDER BY number DESC LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| Ok((count(row.get(0)?), hash_from_row(row, 1)?));
    let stored = connection.query_row(sql, [device.as_bytes()], row).optional()?;
    // After damage the last batch may be gone; its number must not be given to another one, which would be a fork.
    let noted = meta::text(connection, key::LAST_BATCH)?.and_then(|text| noted_of(&text, device));
    Ok(stored.into_iter().chain(noted).max_by_key(|(number, _)| *number))
}

fn noted_of(text: &str, device: Id) -> Option<(u64, [u8; 32])> {
    let mut words = text.split(' ');
    let of = words.next()?.parse::<Id>().ok()?;
    let (number, hash) = (words.next()?.parse().ok()?, hex::decode(words.next()?).ok()?.try_into().ok()?);
    (of == device).then_some((number, hash))
}

/// Takes changes out of batches that are not there any more: they go into new ones.
pub(crate) fn unseal_orphans(connection: &Connection) -> Result<(), FieldError> {
    let sql = "UPDATE change SET state = 0, batch = NULL, leaf = NULL WHERE state = 1
               AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.device = change.device AND batch.number = change.batch)";
    connection.execute(sql, [])?;
    Ok(())
}

/// Keeps a verified receipt and closes its batch.
pub(crate) fn put_receipt(connection: &Connection, receipt: &ReceiptRow) -> Result<(), FieldError> {
    let sql = "INSERT OR REPLACE INTO receipt (batch, device, bytes, items, received_ms, log_index, tree_size)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        number(receipt.batch),
        receipt.device.as_bytes(),
        receipt.bytes,
        number(receipt.items),
        receipt.received_ms,
        number(receipt.log_index),
        number(receipt.tree_size)
    ])?;
    let sql = "UPDATE batch SET done = 1 WHERE device = ?1 AND number = ?2";
    connection.execute(sql, params![receipt.device.as_bytes(), number(receipt.batch)])?;
    Ok(())
}

/// Returns the receipts, oldest first.
pub(crate) fn receipts(connection: &Connection) -> Result<Vec<ReceiptRow>, FieldError> {
    let sql = "SELECT batch, device, bytes, items, received_ms, log_index, tree_size FROM receipt ORDER BY received_ms, batch";
    let mut found = connection.prepare(sql)?;
    let rows = found.query_map([], |row| {
        Ok(ReceiptRow {
            batch: count(row.get(0)?),
            device: id_from_row(row, 1)?,
            bytes: row.get(2)?,
            items: count(row.get(3)?),
            received_ms: row.get(4)?,
            log_index: count(row.get(5)?),
            tree_size: count(row.get(6)?),
        })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Returns device and number of every receipted batch that a log of only `tree_size` entries cannot hold, of this enrolment and of
/// earlier ones, with the number of items that are still here. Of an inconsistent log nothing is sure: pass 0.
pub(crate) fn beyond(connection: &Connection, tree_size: u64) -> Result<Vec<(BatchRow, u64)>, FieldError> {
    let sql = "SELECT batch.number, batch.device, batch.cose, batch.hash, batch.items, batch.sealed_ms, batch.done,
                 (SELECT count(*) FROM change WHERE change.batch = batch.number AND change.device = batch.device)
               FROM batch JOIN receipt ON receipt.device = batch.device AND receipt.batch = batch.number
               WHERE batch.done = 1 AND receipt.log_index >= ?1 ORDER BY batch.device, batch.number";
    let mut found = connection.prepare(sql)?;
    let rows = found.query_map([number(tree_size)], |row| Ok((batch_from_row(row)?, count(row.get(7)?))))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Opens a batch again: it is sent once more, byte for byte. Under way again, nothing of it is purged before its new receipt, and none of
/// it is shown as received.
pub(crate) fn reopen(connection: &Connection, device: Id, batch: u64) -> Result<(), FieldError> {
    let of_batch = params![device.as_bytes(), number(batch)];
    connection.execute("UPDATE batch SET done = 0 WHERE device = ?1 AND number = ?2", of_batch)?;
    connection.execute("UPDATE change SET state = 1, received_ms = NULL WHERE device = ?1 AND batch = ?2 AND state = 2", of_batch)?;
    Ok(())
}

/// Forgets the batches of enrolments before `device` that were never receipted; what was receipted stays proved.
pub(crate) fn forget_open(connection: &Connection, device: Id) -> Result<(), FieldError> {
    connection.execute("DELETE FROM batch WHERE done = 0 AND device <> ?1", [device.as_bytes()])?;
    Ok(())
}
