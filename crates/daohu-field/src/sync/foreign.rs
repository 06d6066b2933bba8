//! Changes that other devices wrote: guarded one by one, since one bad change bricks a document for ever.
//!
//! The server has guarded them before. What does not pass here all the same is skipped, kept and reported; the
//! others go on.

use super::apply::{Applied, RefusedItem};
use crate::{
    error::FieldError,
    me::Me,
    project, reauthor,
    store::{Connection, change, change::state, quarantine},
};
use daohu_domain::{kind::Kind, permission::Act};
use daohu_record::{Accepted, Document, GuardContext, Header, Limits, Refusal, guard_trusted_reader};
use daohu_wire::{PulledItem, Start, change::content_hash};
use std::borrow::Cow;

/// Takes the items of one pull, in their order.
pub(crate) fn take(connection: &Connection, items: &[PulledItem], applied: &mut Applied) -> Result<(), FieldError> {
    let device = Me::read(connection)?.device;
    let mut documents = std::mem::take(&mut applied.loaded);
    for item in items {
        let hash = content_hash(&item.bytes);
        if change::is_known(connection, change::ChangeKey { record: item.record, hash })? {
            if change::came_back(connection, &row(item, hash), device)? {
                quarantine::clear_change(connection, item.record, &hash)?;
                // The document at hand was made without what had been refused.
                documents.remove(&item.record);
                applied.touch(item.record);
            }
            continue;
        }
        let current = match documents.remove(&item.record) {
            Some(document) => Some(document),
            None => project::load(connection, item.record)?,
        };
        match judged(connection, current.as_ref(), item)? {
            Ok(accepted) => {
                documents.insert(item.record, accepted.document);
                change::add(connection, &row(item, hash))?;
                quarantine::clear_change(connection, item.record, &hash)?;
                applied.touch(item.record);
                applied.pulled += 1;
            }
            Err(refusal) if refusal.code == "duplicate" => documents.extend(current.map(|document| (item.record, document))),
            Err(refusal) => {
                documents.extend(current.map(|document| (item.record, document)));
                set_aside(connection, item, hash, refusal.code)?;
                applied.refused.push(RefusedItem { record: item.record, code: Cow::Borrowed(refusal.code) });
            }
        }
    }
    applied.loaded = documents;
    Ok(())
}

/// Guards an item. Where a copy of this phone has written the same number of the same record under the enrolment before, what waits here
/// gives way: it is written again under the present one.
fn judged(connection: &Connection, current: Option<&Document>, item: &PulledItem) -> Result<Result<Accepted, Refusal>, FieldError> {
    let judged = guard_trusted_reader(current, &item.bytes, &context(item));
    if judged.as_ref().err().is_none_or(|refusal| refusal.code != "actor_taken") || !reauthor::is_due(connection)? {
        return Ok(judged);
    }
    reauthor::one(connection, item.record, Me::read(connection)?.device, item.received_ms)?;
    let current = project::load(connection, item.record)?;
    Ok(guard_trusted_reader(current.as_ref(), &item.bytes, &context(item)))
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
