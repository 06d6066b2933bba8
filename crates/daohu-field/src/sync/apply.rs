//! Taking an answer: tree head, receipts, items, policy, cursors, all in one transaction.
//!
//! Nothing counts as received before its receipt is verified and its status is known; nothing is forgotten because a
//! server says less than it once did.

use super::{catch_up, foreign, pack, policy, repair};
use crate::{
    error::FieldError,
    me::Me,
    project, refused,
    store::{
        Connection, access, change,
        change::state,
        meta::{self, key},
        outbox, quarantine, time,
    },
};
use daohu_domain::{id::Id, time::Stamp};
use daohu_wire::{BatchStatus, Cursor, Policy, Receipt, SyncAnswer, merkle};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Codes with which the server keeps an item.
const KEPT: [&str; 3] = ["ok", "ok_newer", "duplicate"];

/// An answer and what it answers.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    pub(crate) answer: &'a SyncAnswer,
    pub(crate) now: Stamp,
    /// The monotonic clock half way between request and answer.
    pub(crate) midway_mono_ms: i64,
    pub(crate) cursors: &'a [Cursor],
    pub(crate) head: Option<(u64, [u8; 32])>,
    /// The request asked for this device's own items too.
    pub(crate) wanted_own: bool,
}

/// An item that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedItem {
    /// The record.
    pub record: Id,
    /// The item code.
    pub code: String,
}

/// What an answer brought.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) pushed: u64,
    pub(crate) pulled: u64,
    pub(crate) receipts: u64,
    pub(crate) given: usize,
    pub(crate) refused: Vec<RefusedItem>,
    pub(crate) purged: Vec<u64>,
    pub(crate) restored: bool,
    /// Batches of this device that another copy of its store handed in.
    pub(crate) caught_up: u64,
    /// Received batches that a restored server lost and that cannot be sent again.
    pub(crate) lost: Vec<u64>,
    /// Another copy of this store went on, and what is unsent here would fork: enrol anew.
    pub(crate) forked: bool,
    /// The next question proves that the log goes on from what a carried receipt told.
    pub(crate) proves: bool,
    /// Something is different from before, so that it makes sense to ask again.
    pub(crate) moved: bool,
    pub(crate) touched: BTreeSet<Id>,
    /// Records as they are after what this answer brought.
    pub(crate) loaded: HashMap<Id, project::Held>,
}

/// Takes an answer.
pub(crate) fn apply(connection: &Connection, taken: &Taken<'_>) -> Result<Applied, FieldError> {
    let me = Me::read(connection)?;
    let answer = taken.answer;
    let mut applied = Applied::default();
    keep_head(connection, &me, taken, &mut applied)?;
    for receipt in &answer.receipts {
        take_receipt(connection, &me, receipt, answer, &mut applied)?;
    }
    // Of another log than the one they were read from, cursors mean nothing.
    if !repair::is_wanted(connection)? {
        for pulled in &answer.pulled {
            // An answer to an older question must not move a cursor.
            let asked = taken.cursors.iter().any(|cursor| cursor.grant == pulled.grant && cursor.seq == pulled.from);
            if !asked {
                continue;
            }
            foreign::take(connection, &pulled.items, &mut applied)?;
            if applied.forked {
                break;
            }
            access::set_cursor(connection, pulled.grant, pulled.to)?;
            applied.moved |= pulled.to != pulled.from;
        }
    }
    // An answer that was long under way must not bring an older policy back; a server that was restored may count lower than it did, and
    // says so later than what it said before.
    let known_rev = crate::store::count(meta::number(connection, key::POLICY_REV)?);
    let is_later = answer.server_time_ms > meta::number(connection, key::POLICY_AT)?;
    let is_news = |policy: &Policy| policy.rev > known_rev || applied.restored || (is_later && policy.rev != known_rev);
    if let Some(policy) = answer.policy.as_ref().filter(|policy| is_news(policy)) {
        applied.given = policy::keep(connection, policy)?;
        meta::set_number(connection, key::POLICY_AT, answer.server_time_ms)?;
        applied.moved = true;
    }
    // The first word of the server's time in this boot: what waits can be sealed with it now.
    applied.moved |= !time::is_anchored(connection, taken.now.boot, taken.now.mono_ms)?;
    time::add_anchor(connection, taken.now.boot, taken.midway_mono_ms, answer.server_time_ms)?;
    catch_up::finish(connection, &me, taken, &mut applied)?;
    for waiting in change::unfinished(connection)? {
        applied.touch(waiting.record);
    }
    meta::set_number(connection, key::LAST_SYNC, taken.now.wall_ms)?;
    meta::set(connection, key::EPOCH, &answer.epoch.to_string())?;
    applied.project(connection)?;
    applied.purged = policy::purge_taken(connection)?;
    pack::keep_offers(connection, answer, taken.cursors, &mut applied)?;
    repair::check(connection, taken, &applied)?;
    Ok(applied)
}

impl Applied {
    /// Projects what was touched.
    pub(crate) fn project(&mut self, connection: &Connection) -> Result<(), FieldError> {
        project::loaded(connection, &self.touched, std::mem::take(&mut self.loaded))
    }

    /// Notes that a record must be projected anew.
    pub(crate) fn touch(&mut self, record: Id) {
        self.touched.insert(record);
    }
}

/// Keeps the tree head, and notices a log that is another one than this device has seen before, by network or with a receipt that was carried.
fn keep_head(connection: &Connection, me: &Me, taken: &Taken<'_>, applied: &mut Applied) -> Result<(), FieldError> {
    let head = taken.answer.head.head();
    let known_epoch = crate::store::count(meta::number(connection, key::EPOCH)?);
    let epoch_moved = known_epoch != 0 && known_epoch != taken.answer.epoch;
    let follows = match taken.head {
        None => true,
        Some((size, root)) => merkle::verify_consistency((size, &root), (head.size, &head.root), &taken.answer.consistency),
    };
    let carried_size = crate::store::count(meta::number(connection, key::CARRIED_SIZE)?);
    let carried = meta::bytes32(connection, key::CARRIED_ROOT)?.map(|root| (carried_size, root));
    for name in [key::CARRIED_SIZE, key::CARRIED_ROOT] {
        meta::forget(connection, name)?;
    }
    let mut known = (head.size, head.root);
    match carried {
        _ if !follows || epoch_moved => restored(connection, me, taken, applied)?,
        Some((size, root)) if head.size < size || (head.size == size && head.root != root) => restored(connection, me, taken, applied)?,
        Some((size, root)) if head.size > size => {
            // The next question names this head, and the answer proves that the log goes on from it, or does not.
            known = (size, root);
            applied.proves = true;
            applied.moved = true;
        }
        _ => {}
    }
    meta::set(connection, key::TREE_SIZE, &known.0.to_string())?;
    meta::set_bytes(connection, key::TREE_ROOT, &known.1)
}

/// A server restored from a backup lacks what came after it, and writes on from there: of what both logs have in number nothing is sure.
fn restored(connection: &Connection, me: &Me, taken: &Taken<'_>, applied: &mut Applied) -> Result<(), FieldError> {
    let head = taken.answer.head.head();
    let shorter = taken.head.is_some_and(|(size, _)| head.size < size);
    catch_up::send_again(connection, me, if shorter { head.size } else { 0 }, applied)?;
    repair::want(connection)?;
    // It counts its policies anew too: the number that is known here may be that of another one by now.
    meta::forget(connection, key::POLICY_REV)?;
    applied.restored = true;
    applied.moved = true;
    Ok(())
}

/// Verifies a receipt of an answer and settles the items of its batch.
fn take_receipt(connection: &Connection, me: &Me, receipt: &Receipt, answer: &SyncAnswer, applied: &mut Applied) -> Result<(), FieldError> {
    let number = receipt.batch();
    let Some(batch) = outbox::find(connection, me.device, number)? else { return catch_up::adopt(connection, me, receipt, applied) };
    let Some(status) = answer.statuses.iter().find(|status| status.batch == number) else { return Ok(()) };
    let whole = Receipt { cose: batch.cose.clone(), ..receipt.clone() };
    if keep_receipt(connection, me, &batch, &whole)? {
        applied.receipts += 1;
        applied.moved = true;
        settle_items(connection, me, (status, receipt.leaf.received_at_ms), applied)?;
    }
    Ok(())
}

/// Says whether a receipt verifies with the pinned key and is about this very batch.
pub(crate) fn proves(connection: &Connection, me: &Me, batch: &outbox::BatchRow, receipt: &Receipt) -> Result<bool, FieldError> {
    let server_key = meta::bytes32(connection, key::SERVER_KEY)?.unwrap_or_default();
    let is_ours = receipt.device() == me.device && receipt.batch() == batch.number && receipt.leaf.body == batch.hash;
    Ok(is_ours && receipt.verify(&server_key).is_ok())
}

/// Keeps a receipt that proves its batch and closes that; says whether it did.
pub(crate) fn keep_receipt(connection: &Connection, me: &Me, batch: &outbox::BatchRow, receipt: &Receipt) -> Result<bool, FieldError> {
    if !proves(connection, me, batch, receipt)? {
        return Ok(false);
    }
    outbox::put_receipt(
        connection,
        &outbox::ReceiptRow {
            batch: batch.number,
            device: me.device,
            bytes: Receipt { codes: Vec::new(), ..receipt.clone() }.to_bytes(),
            items: batch.items,
            received_ms: receipt.leaf.received_at_ms,
            log_index: receipt.index,
            tree_size: receipt.head.head().size,
        },
    )?;
    Ok(true)
}

/// Settles the items of a batch as the office says.
pub(crate) fn settle_items(connection: &Connection, me: &Me, said: (&BatchStatus, i64), applied: &mut Applied) -> Result<(), FieldError> {
    let (status, received_ms) = said;
    for (index, item) in change::of_batch(connection, me.device, status.batch)?.into_iter().enumerate() {
        let code = status.items.iter().find(|said| usize::try_from(said.index) == Ok(index)).map_or("ok", |said| said.code.as_str());
        applied.touch(item.record);
        if KEPT.contains(&code) {
            project::visit::fix_start(connection, &item)?;
            change::settle(connection, item.key(), state::RECEIVED, received_ms)?;
            applied.pushed += 1;
            continue;
        }
        change::settle(connection, item.key(), state::REFUSED, received_ms)?;
        let kind = project::kind_of(connection, item.record)?;
        quarantine::put(
            connection,
            &quarantine::QuarantineRow {
                id: 0,
                hash: item.hash,
                record: item.record,
                kind: kind.clone(),
                batch: item.batch,
                code: code.to_owned(),
                bytes: item.bytes.clone(),
                received_ms,
                own: true,
            },
        )?;
        refused::restore_draft(connection, &item)?;
        applied.refused.push(RefusedItem { record: item.record, code: code.to_owned() });
    }
    Ok(())
}
