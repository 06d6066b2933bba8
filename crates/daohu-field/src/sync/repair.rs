//! Repair: where this device and the server do not hold the same, only what differs is carried.
//!
//! Once a day the digest of everything under the grants is compared; after a server was restored from a backup the
//! comparison is due at once, since cursors of a log that is gone mean nothing. Unsent work takes no part in it.

use super::{
    apply::{Applied, Taken},
    catch_up, foreign,
};
use crate::{
    error::FieldError,
    me::Me,
    project,
    store::{
        Connection, access, change,
        change::state,
        meta::{self, key},
        outbox, projection,
    },
};
use daohu_domain::{id::Id, permission};
use daohu_record::Document;
use daohu_wire::{
    Cursor, Hash, Holdings,
    change::content_hash,
    limits::REPAIR_NEEDS_MAX,
    reconcile::{Asking, element},
    repair::{RepairAnswer, RepairRequest},
};
use std::collections::{BTreeSet, HashSet};

/// How often the digest is compared.
const CHECK_MS: i64 = 86_400_000;

/// Asks for a comparison.
pub(crate) fn want(connection: &Connection) -> Result<(), FieldError> {
    meta::set(connection, key::REPAIR, "1")
}

/// Says whether a comparison is due.
pub(crate) fn is_wanted(connection: &Connection) -> Result<bool, FieldError> {
    Ok(meta::text(connection, key::REPAIR)?.is_some())
}

/// Says whether the digest is to be asked for: a day after the last time, by whatever clock there is.
pub(crate) fn is_check_due(connection: &Connection, now_ms: i64) -> Result<bool, FieldError> {
    let last = meta::number(connection, key::LAST_CHECK)?;
    Ok(now_ms.saturating_sub(last).saturating_abs() >= CHECK_MS && !catch_up::is_catching_up(connection)? && !is_wanted(connection)?)
}

/// Compares the digest of an answer that left nothing to pull.
pub(crate) fn check(connection: &Connection, taken: &Taken<'_>, applied: &Applied) -> Result<(), FieldError> {
    let Some(theirs) = taken.answer.digest else { return Ok(()) };
    if taken.answer.more || applied.given > 0 || applied.restored || is_wanted(connection)? {
        return Ok(());
    }
    meta::set_number(connection, key::LAST_CHECK, taken.now.wall_ms)?;
    if holdings(connection)?.digest() != theirs {
        want(connection)?;
    }
    Ok(())
}

/// Returns what this device holds under its grants, as far as the server has received it.
fn holdings(connection: &Connection) -> Result<Holdings, FieldError> {
    let mut holdings = Holdings::default();
    let loose: BTreeSet<Id> = change::records_unsent(connection)?.into_iter().collect();
    for grant in access::grants(connection, access::IN_FORCE)? {
        let kinds = permission::kinds_read(grant.role.as_deref().and_then(|role| role.parse().ok()));
        for (record, kind, heads) in projection::heads_in_scope(connection, grant.place, grant.household)? {
            if kinds.contains(&kind.as_str()) && !loose.contains(&record) {
                holdings.add(record, &heads);
            }
        }
        for record in &loose {
            let Some(document) = received(connection, *record)? else { continue };
            let Ok(header) = document.header() else { continue };
            let household = if header.kind == "household" { Some(header.id) } else { header.subject };
            let is_covered = header.place == grant.place && grant.household.is_none_or(|one| household == Some(one));
            if is_covered && kinds.contains(&header.kind.as_str()) {
                holdings.add(*record, &document.heads());
            }
        }
    }
    Ok(holdings)
}

/// Returns a record as far as the server has received it. What was received and rests on something that is under way again, as after a
/// restored server, is left out with it.
fn received(connection: &Connection, record: Id) -> Result<Option<Document>, FieldError> {
    let mut document: Option<Document> = None;
    for row in change::of_record(connection, record)?.into_iter().filter(|row| row.state >= state::RECEIVED) {
        match &mut document {
            Some(document) => _ = document.apply_trusted(&row.bytes).is_ok(),
            None => document = Document::load(record, &row.bytes).ok(),
        }
    }
    Ok(document)
}

/// A comparison under way.
#[derive(Debug)]
pub(crate) struct Comparison {
    asking: Asking,
    holdings: Holdings,
    message: Option<Vec<u8>>,
    asked: bool,
    need: Vec<Hash>,
    got: HashSet<Hash>,
    /// Changes that the server has carried: those it does not lack.
    carried: HashSet<(Id, Hash)>,
    only_here: BTreeSet<Id>,
    cursors: Option<Vec<Cursor>>,
}

/// What a comparison brought.
#[derive(Debug, Default)]
pub(crate) struct Repaired {
    /// Changes that were new here.
    pub(crate) pulled: u64,
    /// Records that only this device holds and that it cannot hand in: others wrote them.
    pub(crate) only_here: u64,
    /// Nothing is left to compare.
    pub(crate) is_done: bool,
    /// Another copy of this store went on, and what is unsent here would fork: enrol anew, and compare again.
    pub(crate) forked: bool,
}

impl Comparison {
    /// Begins a comparison.
    pub(crate) fn begin(connection: &Connection) -> Result<Self, FieldError> {
        let holdings = holdings(connection)?;
        let (asking, first) = Asking::begin(&holdings)?;
        Ok(Self {
            asking,
            holdings,
            message: Some(first),
            asked: false,
            need: Vec::new(),
            got: HashSet::new(),
            carried: HashSet::new(),
            only_here: BTreeSet::new(),
            cursors: None,
        })
    }

    /// Returns the next question.
    pub(crate) fn request(&mut self, me: &Me, link_bytes: u32) -> RepairRequest {
        let message = self.message.take();
        self.asked = message.is_some();
        let need = self.need.iter().take(REPAIR_NEEDS_MAX).copied().collect();
        RepairRequest { max_bytes: link_bytes, message: message.unwrap_or_default(), need, ..RepairRequest::new(me.device) }
    }

    /// Takes an answer, in the caller's transaction.
    ///
    /// # Errors
    /// `not_our_server` for one that makes no sense.
    pub(crate) fn take(&mut self, connection: &Connection, me: &Me, answer: &RepairAnswer) -> Result<Repaired, FieldError> {
        if self.asked {
            let told = self.asking.take(&answer.message)?;
            self.only_here.extend(told.have.iter().filter_map(|element| self.holdings.record(element)));
            self.need.extend(told.need);
            self.message = told.next;
        }
        // Whoever goes on from the first of several answers misses nothing.
        self.cursors.get_or_insert_with(|| answer.cursors.clone());
        let done = usize::try_from(answer.done).unwrap_or(0).min(self.need.len());
        if !self.asked && done == 0 {
            return Err(FieldError::new("not_our_server"));
        }
        self.got.extend(self.need.drain(..done));
        let mut applied = Applied::default();
        for pulled in &answer.pulled {
            foreign::take(connection, &pulled.items, &mut applied)?;
            self.carried.extend(pulled.items.iter().map(|item| (item.record, content_hash(&item.bytes))));
        }
        project::loaded(connection, &applied.touched, std::mem::take(&mut applied.loaded))?;
        let mut repaired = Repaired { pulled: applied.pulled, forked: applied.forked, ..Repaired::default() };
        if !repaired.forked && self.message.is_none() && self.need.is_empty() {
            repaired.only_here = self.finish(connection, me)?;
            repaired.is_done = true;
        }
        Ok(repaired)
    }

    /// Sets the cursors to where the server's logs ended, and opens the batches again whose items the server lacks.
    fn finish(&self, connection: &Connection, me: &Me) -> Result<u64, FieldError> {
        let mut foreign_only = 0;
        for record in &self.only_here {
            let Some(document) = received(connection, *record)? else { continue };
            if self.got.contains(&element(record, &document.heads())) {
                continue;
            }
            // Heads differ too where only something of the server's could not be taken: what it has carried it does not lack.
            let mut lacks = change::of_record(connection, *record)?;
            lacks.retain(|row| row.state >= state::RECEIVED && !self.carried.contains(&(row.record, row.hash)));
            if lacks.is_empty() {
                continue;
            }
            let ours: Vec<_> = lacks.into_iter().filter(|row| row.device == me.device).collect();
            for row in &ours {
                let number = row.batch.and_then(|number| u64::try_from(number).ok());
                let batch = number.map(|number| outbox::find(connection, me.device, number)).transpose()?.flatten();
                match batch {
                    Some(batch) if batch.items == change::of_batch(connection, me.device, batch.number)?.len() as u64 => {
                        outbox::reopen(connection, me.device, batch.number)?;
                    }
                    // Sent by another copy of this phone, or what is left of a batch: it goes in a new one.
                    _ => change::open(connection, change::ChangeKey { record: *record, hash: row.hash })?,
                }
            }
            foreign_only += u64::from(ours.is_empty());
        }
        for cursor in self.cursors.iter().flatten() {
            access::set_cursor(connection, cursor.grant, cursor.seq)?;
        }
        meta::forget(connection, key::REPAIR)?;
        Ok(foreign_only)
    }
}

/// Gives up a comparison that the server does not offer: everything is read from the beginning, and what is known is skipped.
pub(crate) fn read_all_instead(connection: &Connection) -> Result<(), FieldError> {
    access::reset_cursors(connection)?;
    meta::forget(connection, key::REPAIR)
}
