//! Sealing: unsent changes become signed batches, stored before they are first sent.
//!
//! A retry sends the stored bytes again; the server then answers with the receipt it gave before.

use crate::{
    error::FieldError,
    me::Me,
    store::{Connection, change, outbox, time},
};
use daohu_domain::time::Stamp;
use daohu_wire::{Anchor, Batch, BatchHeader, Boot, Item, limits};
use std::collections::BTreeSet;

/// How well changes compress, roughly: a batch is cut by its raw size, the link counts compressed bytes.
const COMPRESSION: usize = 2;

/// Seals everything unsent into batches of at most about `link_bytes` as sent.
pub(crate) fn seal_all(connection: &Connection, me: &Me, now: Stamp, link_bytes: u32) -> Result<(), FieldError> {
    let raw_max = raw_bytes_max(link_bytes);
    loop {
        let waiting = change::unsent(connection, me.device, limits::BATCH_ITEMS_MAX)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut raw = 0;
        let fitting = waiting.iter().take_while(|row| {
            raw += row.bytes.len();
            raw <= raw_max
        });
        let fits = fitting.count().max(1);
        let chosen: Vec<change::ChangeRow> = waiting.into_iter().take(fits).collect();
        seal_one(connection, me, now, &chosen)?;
    }
}

/// Returns how many raw bytes go into a request over a link of this size.
pub(crate) fn raw_bytes_max(link_bytes: u32) -> usize {
    let raw = usize::try_from(link_bytes).unwrap_or(usize::MAX).saturating_mul(COMPRESSION);
    raw.min(limits::BATCH_RAW_BYTES_MAX / 2)
}

fn seal_one(connection: &Connection, me: &Me, now: Stamp, rows: &[change::ChangeRow]) -> Result<(), FieldError> {
    let (last, previous) = outbox::last(connection, me.device)?.unwrap_or((0, [0; 32]));
    let number = last + 1;
    let header = BatchHeader::new(me.device, number, previous, now.wall_ms, boots(connection, rows)?);
    let items = rows.iter().map(|row| Item::new(row.typ, row.record, row.place, row.bytes.clone())).collect();
    let batch = Batch::seal(&me.key, header, items)?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let row = outbox::BatchRow {
        number,
        device: me.device,
        hash: batch.body_hash(),
        cose: batch.cose,
        items: count,
        sealed_ms: now.wall_ms,
        done: false,
    };
    outbox::put_batch(connection, &row)?;
    for (leaf, change) in rows.iter().enumerate() {
        change::put_into_batch(connection, change.key(), number, leaf)?;
    }
    Ok(())
}

/// Returns the boots that the items name, with what is known of the server's time in them.
fn boots(connection: &Connection, rows: &[change::ChangeRow]) -> Result<Vec<Boot>, FieldError> {
    let mut numbers: BTreeSet<u32> = rows.iter().flat_map(|row| row.boots.split(',')).filter_map(|number| number.parse().ok()).collect();
    for number in numbers.clone() {
        // A boot that never heard the server is bounded by the one before it that did.
        if time::anchors(connection, number)?.is_empty()
            && let Some(before) = time::anchored_before(connection, number)?
        {
            numbers.insert(before);
        }
    }
    let mut boots = Vec::new();
    for number in numbers.into_iter().rev().take(limits::BOOTS_PER_BATCH_MAX) {
        let Some(id) = time::boot_id(connection, number)? else { continue };
        let anchors = time::anchors(connection, number)?;
        let anchors = anchors.into_iter().map(|(server_ms, mono_ms)| Anchor { server_ms, mono_ms }).collect();
        boots.push(Boot { number, id, anchors });
    }
    boots.reverse();
    Ok(boots)
}

/// Reads a stored batch again, byte for byte as it was sealed.
pub(crate) fn stored(connection: &Connection, row: &outbox::BatchRow) -> Result<Batch, FieldError> {
    let items = change::of_batch(connection, row.device, row.number)?;
    let items =
        items.into_iter().map(|item| Item { typ: item.typ, record: item.record, place: item.place, bytes: item.bytes, hash: item.hash });
    Ok(Batch { cose: row.cose.clone(), items: items.collect() })
}
