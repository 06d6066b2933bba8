//! Keeping the policy: grants that are given fetch by themselves, grants that are taken away are handed in and purged.

use crate::{
    error::FieldError,
    store::{
        Connection,
        access::{self, GrantRow, IN_FORCE, PURGED, PlaceRow, TAKEN},
        change,
        meta::{self, key},
        projection,
    },
};
use daohu_wire::Policy;
use std::collections::BTreeSet;

/// Keeps a policy; returns how many grants are new.
pub(crate) fn keep(connection: &Connection, policy: &Policy) -> Result<usize, FieldError> {
    let mut given = 0;
    for view in &policy.grants {
        let row = GrantRow {
            id: view.id,
            role: view.role.clone(),
            place: view.place,
            household: view.household,
            reference: view.reference,
            seq: 0,
            state: IN_FORCE,
            reason: None,
        };
        given += usize::from(access::put_grant(connection, &row)?);
    }
    for end in &policy.revoked {
        access::take_grant(connection, end.grant, Some(&end.reason), Some(end.until_ms))?;
    }
    // A grant that is not named any more ended too, even where the server has forgotten why.
    let named: BTreeSet<u64> = policy.grants.iter().map(|view| view.id).collect();
    for row in access::grants(connection, IN_FORCE)? {
        if !named.contains(&row.id) {
            access::take_grant(connection, row.id, None, None)?;
        }
    }
    for known in &policy.places {
        let row = PlaceRow { code: known.place, name: known.name.clone(), level: known.level.clone(), parent: known.parent };
        access::put_place(connection, &row)?;
    }
    for known in &policy.devices {
        access::put_device(connection, known.device, known.person, &known.name)?;
    }
    meta::set(connection, key::POLICY_REV, &policy.rev.to_string())?;
    meta::set(connection, key::CONFIG, &policy.config)?;
    Ok(given)
}

/// Purges the grants that were taken away and whose unsent work is handed in; returns their numbers. What was handed in
/// after the purge, from drafts that had stayed, goes the same way.
///
/// What another grant in force covers too stays, and so does everything that the server does not hold. Doing it
/// again changes nothing.
pub(crate) fn purge_taken(connection: &Connection) -> Result<Vec<u64>, FieldError> {
    let in_force = access::grants(connection, IN_FORCE)?;
    let mut purged = Vec::new();
    let (taken, before) = (access::grants(connection, TAKEN)?, access::grants(connection, PURGED)?);
    for taken in taken.into_iter().chain(before) {
        let mut waits = false;
        for (record, kind, household) in projection::in_scope(connection, taken.place, taken.household)? {
            let is_reference = daohu_domain::kinds::find(&kind).is_some_and(|kind| kind.reference);
            let covered = |grant: &GrantRow| {
                grant.place == taken.place
                    && if grant.reference { is_reference } else { grant.household.is_none() || grant.household == household }
            };
            if in_force.iter().any(covered) || (taken.reference && !is_reference) {
                continue;
            }
            if change::has_unsent(connection, record)? {
                waits = true;
            } else {
                change::purge_record(connection, record)?;
                projection::remove(connection, record)?;
            }
        }
        if !waits && taken.state == TAKEN {
            access::mark_purged(connection, taken.id)?;
            purged.push(taken.id);
        }
    }
    Ok(purged)
}
