//! The grants of an account in SQL: numbers that are given once and never again.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use rusqlite::{Connection, Error, Row, Transaction, params};

use super::{convert, revision};
use crate::store::account::{GrantRow, WantedGrant};

/// Returns all grants of an account in the order of their numbers.
pub(super) fn of_account(connection: &Connection, account: Id) -> Result<Vec<GrantRow>, Error> {
    connection
        .prepare_cached(
            "SELECT id, place, household, reference, role, ended_at_ms, end_seq FROM sync_grant WHERE account = ?1 ORDER BY id",
        )?
        .query_map([account.as_bytes()], grant_from_row)?
        .collect()
}

fn grant_from_row(row: &Row<'_>) -> Result<GrantRow, Error> {
    let end_seq = if row.get_ref(6)?.as_i64_or_null()?.is_some() { Some(convert::count(row, 6)?) } else { None };
    Ok(GrantRow {
        id: convert::count(row, 0)?,
        grant: WantedGrant {
            place: convert::place(row, 1)?,
            household: convert::id_or_none(row, 2)?,
            reference: row.get(3)?,
            role: row.get(4)?,
            ended_at: convert::instant_or_none(row, 5)?,
        },
        end_seq,
    })
}

/// Whether two grants are one: another role reads other kinds, so it needs a cursor of its own.
fn opens_same(a: &WantedGrant, b: &WantedGrant) -> bool {
    a.place == b.place && a.household == b.household && a.reference == b.reference && a.role == b.role
}

/// Tells whether the stored grants are those wanted.
pub(super) fn is_settled(stored: &[GrantRow], wanted: &[WantedGrant]) -> bool {
    let open: Vec<&GrantRow> = stored.iter().filter(|row| row.grant.ended_at.is_none()).collect();
    let running: Vec<&WantedGrant> = wanted.iter().filter(|grant| grant.ended_at.is_none()).collect();
    open.len() == running.len() && running.iter().all(|grant| open.iter().any(|row| opens_same(&row.grant, grant)))
}

/// Ends grants that are no longer wanted and adds those that are new.
///
/// A grant that ended before any device saw it needs no row. The end is the instant of the cause where one is known (the pairing's
/// end), since a device that was silent meanwhile must not gain days.
pub(super) fn settle(transaction: &Transaction<'_>, account: Id, wanted: &[WantedGrant], now: Instant) -> Result<Vec<GrantRow>, Error> {
    let mut changed = false;
    for row in of_account(transaction, account)?.iter().filter(|row| row.grant.ended_at.is_none()) {
        let same = |grant: &&WantedGrant| opens_same(&row.grant, grant);
        if wanted.iter().filter(|grant| grant.ended_at.is_none()).any(|grant| same(&grant)) {
            continue;
        }
        let ended_at = wanted.iter().filter(same).filter_map(|grant| grant.ended_at).max().unwrap_or(now);
        transaction.execute(
            "UPDATE sync_grant SET ended_at_ms = ?2, end_seq = coalesce((SELECT head FROM place_head WHERE place = sync_grant.place), 0) \
             WHERE id = ?1",
            params![convert::of_count(row.id), ended_at.0],
        )?;
        changed = true;
    }
    let stored = of_account(transaction, account)?;
    for grant in wanted.iter().filter(|grant| grant.ended_at.is_none()) {
        if stored.iter().any(|row| row.grant.ended_at.is_none() && opens_same(&row.grant, grant)) {
            continue;
        }
        transaction.execute(
            "INSERT INTO sync_grant (account, place, household, reference, role) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                account.as_bytes(),
                convert::of_place(grant.place),
                grant.household.as_ref().map(Id::as_bytes),
                grant.reference,
                grant.role
            ],
        )?;
        changed = true;
    }
    if changed {
        revision::bump_of(transaction, account, now)?;
    }
    of_account(transaction, account)
}
