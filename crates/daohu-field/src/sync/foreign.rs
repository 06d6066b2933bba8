//! Changes that other devices wrote: guarded one by one, since one bad change bricks a document for ever.
//!
//! The server has guarded them before. What does not pass here all the same is skipped, kept and reported; the
//! others go on.

use super::{
    apply::{Applied, RefusedItem},
    catch_up,
};
use crate::{
    error::FieldError,
    me::Me,
    project::{self, Held},
    reauthor,
    store::{Connection, change, change::state, quarantine},
};
use daohu_domain::{kind::Kind, permission::Act};
use daohu_record::{Accepted, GuardContext, Header, Limits, Refusal, guard_trusted_reader};
use daohu_wire::{PulledItem, Start, change::content_hash};

/// Takes the items of one pull, in their order; ends before one that shows that this device forked, which is then read after it has
/// enrolled anew: `applied.forked` says so, and no cursor may pass it.
pub(crate) fn take(connection: &Connection, items: &[PulledItem], applied: &mut Applied) -> Result<(), FieldError> {
    let mut at_hand = std::mem::take(&mut applied.loaded);
    for item in items {
        let hash = content_hash(&item.bytes);
        let key = change::ChangeKey { record: item.record, hash };
        if let Some(state) = change::state_of(connection, key)? {
            if catch_up::settle_known(connection, item, (key, state), applied)? {
                // The document at hand was made without what had been refused.
                at_hand.remove(&item.record);
            }
            continue;
        }
        let held = match at_hand.remove(&item.record) {
            Some(held) => Some(held),
            None => project::held(connection, item.record)?,
        };
        let (held, judged) = judged(connection, held, item)?;
        match judged {
            Ok(accepted) => {
                let row = row(item, hash);
                change::add(connection, &row)?;
                quarantine::clear_change(connection, item.record, &hash)?;
                let mut changes = held.map_or_else(Vec::new, |held| held.changes);
                changes.push(row);
                at_hand.insert(item.record, Held { document: accepted.document, changes });
                applied.touch(item.record);
                applied.pulled += 1;
            }
            Err(refusal) if refusal.code == "duplicate" => at_hand.extend(held.map(|held| (item.record, held))),
            Err(refusal) if refusal.code == "actor_taken" && catch_up::forks(connection, item)? => {
                at_hand.extend(held.map(|held| (item.record, held)));
                applied.forked = true;
                break;
            }
            Err(refusal) => {
                at_hand.extend(held.map(|held| (item.record, held)));
                set_aside(connection, item, hash, refusal.code)?;
                applied.refused.push(RefusedItem { record: item.record, code: refusal.code.to_owned() });
            }
        }
    }
    applied.loaded = at_hand;
    Ok(())
}

/// Guards an item, beside what is held of its record.
///
/// Where a copy of this phone has written the same number of the same record under the enrolment before, what waits here gives way: it is
/// written again under the present one. Where the server has another beginning of a record than the one that only came from it, it was
/// restored and the author wrote the record again: the earlier one gives way.
fn judged(connection: &Connection, held: Option<Held>, item: &PulledItem) -> Result<(Option<Held>, Result<Accepted, Refusal>), FieldError> {
    let judge = |held: &Option<Held>| guard_trusted_reader(held.as_ref().map(|held| &held.document), &item.bytes, &context(item));
    let judged = judge(&held);
    match judged.as_ref().map_err(|refusal| refusal.code) {
        Err("actor_taken") if catch_up::is_catching_up(connection)? && item.device != Me::read(connection)?.device => {
            reauthor::one(connection, item.record, &Me::read(connection)?, item.received_ms)?;
            let held = project::held(connection, item.record)?;
            let judged = judge(&held);
            Ok((held, judged))
        }
        Err("sealed_touched") if held.as_ref().is_some_and(|held| held.changes.iter().all(|row| row.state == state::FOREIGN)) => {
            let anew = judge(&None);
            if anew.is_err() {
                return Ok((held, judged));
            }
            change::purge_record(connection, item.record)?;
            Ok((None, anew))
        }
        _ => Ok((held, judged)),
    }
}

fn context<'a>(item: &PulledItem) -> GuardContext<'a> {
    GuardContext {
        kind_of: &daohu_domain::kinds::find,
        device: item.device,
        record: item.record,
        place: item.place,
        may: &anything,
        limits: Limits::default(),
    }
}

/// The server has asked the rights before.
fn anything(_: &Kind, _: Act<'_>, _: &Header) -> bool {
    true
}

fn row(item: &PulledItem, hash: [u8; 32]) -> change::ChangeRow {
    let (start_from, start_to) = match item.start {
        Some(Start::Trusted(at)) => (Some(at), Some(at)),
        Some(Start::Between(from, to)) => (Some(from), Some(to)),
        Some(Start::None) | None => (None, None),
    };
    change::ChangeRow {
        typ: change::TYP_CHANGE,
        hash,
        record: item.record,
        place: item.place,
        bytes: item.bytes.clone(),
        device: item.device,
        state: state::FOREIGN,
        batch: None,
        boots: String::new(),
        received_ms: Some(item.received_ms),
        start_from,
        start_to,
    }
}

fn set_aside(connection: &Connection, item: &PulledItem, hash: [u8; 32], code: &str) -> Result<(), FieldError> {
    let kind = project::kind_of(connection, item.record)?;
    quarantine::put(
        connection,
        &quarantine::QuarantineRow {
            id: 0,
            hash,
            record: item.record,
            kind,
            batch: None,
            code: code.to_owned(),
            bytes: item.bytes.clone(),
            received_ms: item.received_ms,
            own: false,
        },
    )
}
