//! The past of a record as the folds of the domain want it: events and reviews with the instant that counts.
//!
//! That instant is the server's receipt; before it, the best that the device's own clocks can say.

use super::{Known, id, ids, text};
use crate::{
    error::FieldError,
    store::{Connection, access, projection, time},
};
use daohu_domain::{
    calendar::Instant,
    id::Id,
    kind::Fields,
    kinds::review::REVIEWERS_AT,
    role::{self, Role},
    state::{PastEvent, PastReview},
    time::{Anchor, Evidence, Stamp, best, evidence},
};

/// Returns the events of a record, in the order of its document.
///
/// Whether the writer was allowed to was asked when they were written and when the server took them; nobody here is
/// asked again.
pub(crate) fn events(connection: &Connection, known: &Known) -> Result<Vec<PastEvent>, FieldError> {
    let mut past = Vec::new();
    let floor = floor_ms(connection, known)?;
    for event in &known.view.events {
        let row = known.changes.iter().find(|row| row.hash == event.change);
        let at = match row.and_then(|row| row.received_ms) {
            Some(received) => Instant(received),
            None => best(&event.stamp, &evidence_of(connection, &event.stamp)?).max(Instant(floor.saturating_add(1))),
        };
        past.push(PastEvent {
            name: event.name.clone(),
            by_author: is_author(connection, known, event.actor)?,
            roles: role::ALL.to_vec(),
            at,
            key: event.key.clone(),
            fields: event.fields.clone(),
        });
    }
    Ok(past)
}

/// Says whether a device belongs to the person who made the record.
fn is_author(connection: &Connection, known: &Known, device: Id) -> Result<bool, FieldError> {
    if known.changes.first().is_some_and(|row| row.device == device) {
        return Ok(true);
    }
    Ok(access::owner(connection, device)?.is_some_and(|(person, _)| person == known.view.header.by))
}

/// Returns the last instant at which the server is known to have received something about a record: what is written
/// here and not sent yet comes after it, whatever the clock of this device says.
fn floor_ms(connection: &Connection, known: &Known) -> Result<i64, FieldError> {
    let own = known.changes.iter().filter_map(|row| row.received_ms);
    let reviews = projection::reviews_of(connection, known.view.header.id)?;
    Ok(own.chain(reviews.iter().filter(|row| row.sent).map(|row| row.at_ms)).max().unwrap_or(i64::MIN))
}

/// Returns the reviews that name a record; `took_part` are the persons who may not review it.
pub(crate) fn reviews(connection: &Connection, target: &Known, took_part: &[Id]) -> Result<Vec<PastReview>, FieldError> {
    let mut past = Vec::new();
    let floor = floor_ms(connection, target)?;
    for row in projection::reviews_of(connection, target.view.header.id)? {
        let Some(record) = projection::find(connection, row.id)? else { continue };
        past.push(PastReview {
            result: row.result,
            rule: Some(text(&record.fields, "rule")).filter(|rule| !rule.is_empty()),
            roles: roles_of(&text(&record.fields, "level")),
            at: Instant(if row.sent { row.at_ms } else { row.at_ms.max(floor) }),
            key: row.id.to_string(),
            own: took_part.contains(&record.author),
            of_month: false,
        });
    }
    Ok(past)
}

/// Returns the roles of whoever reviewed at a level, since a phone does not know the roles of others; none where it is
/// not said.
fn roles_of(level: &str) -> Vec<Role> {
    let found = REVIEWERS_AT.iter().find(|(known, _)| *known == level);
    found.map_or_else(Vec::new, |(_, roles)| roles.to_vec())
}

/// Returns the persons who took part in a visit: the participants, else the recorder, else the author.
pub(crate) fn took_part(fields: &Fields, author: Id) -> Vec<Id> {
    let mut persons = ids(fields, "participants");
    if persons.is_empty() {
        persons.push(id(fields, "recorder").unwrap_or(author));
    }
    if !persons.contains(&author) {
        persons.push(author);
    }
    persons
}

/// Returns when a record came to be: received by the server, else claimed by its own change.
pub(crate) fn first_at(known: &Known) -> i64 {
    let received = known.changes.first().and_then(|row| row.received_ms);
    received.unwrap_or_else(|| known.document.history(known.kind, None).first().map_or(0, |past| past.claimed_at_ms))
}

/// Returns what is known of the true time of a stamp of this device.
pub(crate) fn evidence_of(connection: &Connection, stamp: &Stamp) -> Result<Evidence, FieldError> {
    let anchors: Vec<Anchor> =
        time::anchors(connection, stamp.boot)?.into_iter().map(|(server_ms, mono_ms)| Anchor { server_ms, mono_ms }).collect();
    let before = time::last_before(connection, stamp.boot)?.map(Instant);
    let after = time::first_after(connection, stamp.boot)?.map(Instant);
    Ok(evidence(stamp, &anchors, before, after))
}
