//! Who may do what (domain: role matrix): a pure function of the kind, the act and the grants a person holds.
//!
//! Asked on the phone before saving and on the server at intake; the answer is the same. What lies outside the
//! grants is refused whatever the role.

use crate::{
    id::Id,
    kind::{By, Kind, Merge},
    place::Place,
    role::{Reach, Role, TOWN_REVIEWERS},
};
use serde::{Deserialize, Serialize};

/// A role at a place. A township's role appears once for each place it covers: the township and every village.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Names the role.
    pub role: Role,
    /// Names the place.
    pub place: Place,
    /// Names the household, for those who reach only households.
    pub household: Option<Id>,
}

/// What somebody wants to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// Make a record.
    Create,
    /// Write a field of it.
    Edit(&'a str),
    /// Append an event; the second part says whether by the creator of the record.
    Append(&'a str, bool),
    /// See it.
    Read,
}

/// Says whether somebody with these grants may do this to a record of this kind at this place and household.
#[must_use]
pub fn may(kind: &Kind, act: Act<'_>, grants: &[Grant], place: Place, household: Option<Id>) -> bool {
    if act == Act::Read && kind.reference {
        return grants.iter().any(|grant| grant.role.level() != Reach::None && kind.audience.contains(&grant.role));
    }
    grants.iter().filter(|grant| covers(grant, place, household)).any(|grant| role_may(kind, act, grant.role))
}

/// Says whether somebody may ask for a change of a field that others write.
#[must_use]
pub fn may_propose(kind: &Kind, field: &str, grants: &[Grant], place: Place, household: Option<Id>) -> bool {
    let open = kind.field(field).is_some_and(|field| field.merge != Merge::Sealed && field.writers.is_none() && !field.is_secret());
    open && grants.iter().any(|grant| covers(grant, place, household) && kind.proposers.contains(&grant.role))
}

/// Returns the kinds that a grant with this role lets a device hold: those that the role reads, and without a role those that are for
/// everybody.
#[must_use]
pub fn kinds_read(role: Option<Role>) -> Vec<&'static str> {
    let reads = |kind: &&&Kind| match role {
        Some(role) => role_may(kind, Act::Read, role),
        None => kind.reference,
    };
    crate::kinds::all().iter().filter(reads).map(|kind| kind.name).collect()
}

/// Says whether a role that reaches a record may do this to it.
#[must_use]
pub fn role_may(kind: &Kind, act: Act<'_>, role: Role) -> bool {
    match act {
        Act::Create => kind.writers.contains(&role),
        Act::Read => kind.audience.contains(&role),
        Act::Edit(key) => match kind.field(key) {
            Some(field) => field.merge != Merge::Sealed && field.writers.unwrap_or(kind.writers).contains(&role),
            None => kind.writers.contains(&role),
        },
        Act::Append(name, is_author) => kind.events.iter().filter(|event| event.name == name).any(|event| match event.by {
            By::Author => is_author && kind.writers.contains(&role),
            By::Roles(roles) => roles.contains(&role),
            By::AuthorOr(roles) => (is_author && kind.writers.contains(&role)) || roles.contains(&role),
        }),
    }
}

/// Says whether a role may give this result of a review: opening a backfill after the freeze and restoring a
/// voided visit are the township's.
#[must_use]
pub fn may_decide(result: &str, role: Role) -> bool {
    match result {
        "approve_backfill" | "restore" => TOWN_REVIEWERS.contains(&role),
        _ => crate::role::REVIEWERS.contains(&role),
    }
}

/// Says whether a review would be of the reviewer's own visit (自审禁止): he took part in it or wrote it.
#[must_use]
pub fn own_visit(took_part: &[Id], reviewer: Id) -> bool {
    took_part.contains(&reviewer)
}

/// Says whether a grant reaches a place and household.
#[must_use]
pub fn covers(grant: &Grant, place: Place, household: Option<Id>) -> bool {
    grant.place == place
        && match grant.role.level() {
            Reach::None => false,
            Reach::Own | Reach::Unit => grant.household.is_some() && grant.household == household,
            Reach::Village | Reach::Township | Reach::County => grant.household.is_none() || grant.household == household,
        }
}
