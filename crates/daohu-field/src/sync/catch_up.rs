//! Catching up: a store that is older than what the server knows of its device learns that before it writes anything new.
//!
//! There are three such stores: a copy (a backup that was put back, or a phone that was cloned), a store that enrolled
//! anew, and one that was salvaged. Each asks for its own items too and seals nothing until it has read to the end. A
//! copy that has nothing unsent then goes on under the same id, with the numbers that follow. One that has would fork:
//! it is told so, enrols anew, and what the server still lacks is written once more under the new id.

use super::apply::{Applied, Taken};
use crate::{
    error::FieldError,
    me::Me,
    reauthor,
    store::{
        Connection, change,
        change::state,
        draft,
        meta::{self, key},
        outbox, quarantine,
    },
};
use daohu_domain::{id::Id, time::Stamp};
use daohu_wire::{PulledItem, Receipt, Start, batch::verified_header};
use std::collections::BTreeSet;

/// Begins to catch up.
pub(crate) fn begin(connection: &Connection) -> Result<(), FieldError> {
    meta::set(connection, key::CATCHING_UP, "1")
}

/// Says whether this store is still catching up.
pub(crate) fn is_catching_up(connection: &Connection) -> Result<bool, FieldError> {
    Ok(meta::text(connection, key::CATCHING_UP)?.is_some())
}

/// Takes the receipt of a batch that this device signed and this store does not hold: another copy of the store sent it.
pub(crate) fn adopt(connection: &Connection, me: &Me, receipt: &Receipt, applied: &mut Applied) -> Result<(), FieldError> {
    let server_key = meta::bytes32(connection, key::SERVER_KEY)?.unwrap_or_default();
    let Ok(header) = verified_header(&receipt.cose, &me.key.public()) else { return Ok(()) };
    if header.device != me.device || receipt.verify(&server_key).is_err() {
        return Ok(());
    }
    let row = outbox::BatchRow {
        number: header.number,
        device: me.device,
        cose: receipt.cose.clone(),
        hash: receipt.leaf.body,
        items: u64::from(header.count),
        sealed_ms: header.device_clock_ms,
        done: true,
    };
    outbox::put_batch(connection, &row)?;
    super::apply::keep_receipt(connection, me, &row, receipt)?;
    begin(connection)?;
    meta::set(connection, key::BEHIND, "1")?;
    applied.caught_up += 1;
    applied.moved = true;
    Ok(())
}

/// Settles a change that is here and came from the server: unsent here, it was received all the same; refused once, it was let in. Says whether it was
/// one of these.
pub(crate) fn settle_known(
    connection: &Connection,
    item: &PulledItem,
    (key, known): (change::ChangeKey, i64),
    applied: &mut Applied,
) -> Result<bool, FieldError> {
    let is_news = match known {
        state::UNSENT | state::SEALED => true,
        // Where the refused visit became a draft again, its author has gone on with that.
        state::REFUSED => draft::find(connection, item.record)?.is_none(),
        _ => false,
    };
    if is_news {
        change::settle(connection, key, state::RECEIVED, item.received_ms)?;
        match item.start {
            Some(Start::Trusted(at)) => change::fix_start(connection, key, at, at)?,
            Some(Start::Between(from, to)) => change::fix_start(connection, key, from, to)?,
            Some(Start::None) | None => {}
        }
        quarantine::clear_change(connection, item.record, &key.hash)?;
        applied.touch(item.record);
        applied.moved = true;
    }
    Ok(is_news)
}

/// Says whether an item that this device is said to have written, and that cannot be beside what it holds, has the number of something that
/// waits here: another copy of this store gave it away. Nothing can be sent under this id any more; the way to enrol anew is open then.
pub(crate) fn forks(connection: &Connection, item: &PulledItem) -> Result<bool, FieldError> {
    let me = Me::read(connection)?;
    let waits = |row: &change::ChangeRow| row.device == me.device && row.state < state::RECEIVED;
    let forks = item.device == me.device && change::of_record(connection, item.record)?.iter().any(waits);
    if forks {
        begin(connection)?;
        meta::set(connection, key::CLOSED, "batch_fork")?;
    }
    Ok(forks)
}

/// Ends the catching up once everything was read; says to the conversation where it would fork.
pub(crate) fn finish(connection: &Connection, me: &Me, taken: &Taken<'_>, applied: &mut Applied) -> Result<(), FieldError> {
    let is_level = taken.wanted_own && !taken.answer.more && applied.given == 0 && applied.caught_up == 0;
    if applied.forked || !is_level || !is_catching_up(connection)? || super::repair::is_wanted(connection)? {
        return Ok(());
    }
    let waiting = change::unfinished(connection)?;
    let is_behind = meta::text(connection, key::BEHIND)?.is_some();
    if is_behind && waiting.iter().any(|row| row.device == me.device) {
        meta::set(connection, key::CLOSED, "batch_fork")?;
        applied.forked = true;
        return Ok(());
    }
    if waiting.iter().any(|row| row.device != me.device) {
        reauthor::all(connection, me, taken.now)?;
        applied.loaded.clear();
    }
    meta::forget(connection, key::CATCHING_UP)?;
    meta::forget(connection, key::BEHIND)?;
    meta::forget(connection, key::LAST_CHECK)?;
    applied.moved = true;
    Ok(())
}

/// Gives up asking first, for a store that enrolled anew and has no link: what is unsent is written again as this device at once.
pub(crate) fn without_asking(connection: &Connection, me: &Me, now: Stamp) -> Result<(), FieldError> {
    if is_catching_up(connection)? && meta::text(connection, key::BEHIND)?.is_none() {
        reauthor::all(connection, me, now)?;
    }
    Ok(())
}

/// Prepares everything to be sent again that a log of now `tree_size` entries, which is not the one it was, may lack: batches of this enrolment byte for byte, the content of
/// earlier ones anew. A batch of which something was purged since cannot be sent again: where the log
/// cannot hold it, it is named, and its receipt is kept.
pub(crate) fn send_again(connection: &Connection, me: &Me, tree_size: u64, applied: &mut Applied) -> Result<(), FieldError> {
    let gone: BTreeSet<(Id, u64)> = outbox::beyond(connection, tree_size)?.iter().map(|(batch, _)| (batch.device, batch.number)).collect();
    for (batch, here) in outbox::beyond(connection, 0)? {
        if batch.device != me.device {
            change::take_back(connection, batch.device, batch.number)?;
            begin(connection)?;
        } else if here == batch.items {
            outbox::reopen(connection, batch.device, batch.number)?;
        } else {
            // What is left of it goes in a new batch.
            change::take_back(connection, batch.device, batch.number)?;
            if gone.contains(&(batch.device, batch.number)) {
                applied.lost.push(batch.number);
            }
        }
    }
    if !applied.lost.is_empty() {
        let mut lost = lost(connection)?;
        lost.extend(&applied.lost);
        lost.sort_unstable();
        lost.dedup();
        let text: Vec<String> = lost.iter().map(u64::to_string).collect();
        meta::set(connection, key::LOST, &text.join(","))?;
    }
    Ok(())
}

/// Returns the batches that a restored server lost and that could not be sent again.
pub(crate) fn lost(connection: &Connection) -> Result<Vec<u64>, FieldError> {
    let text = meta::text(connection, key::LOST)?.unwrap_or_default();
    Ok(text.split(',').filter_map(|number| number.parse().ok()).collect())
}
