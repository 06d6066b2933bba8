//! Rows of grants, places and devices: what the server lets this device hold, and whose device wrote what.

use super::meta;
use super::{count, id_from_row, id_or_null, number, place_from_row, place_number};
use crate::error::FieldError;
use daohu_domain::{id::Id, place::Place};
use rusqlite::{Connection, OptionalExtension, params};

/// A grant of this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantRow {
    pub(crate) id: u64,
    pub(crate) role: Option<String>,
    pub(crate) place: Place,
    pub(crate) household: Option<Id>,
    pub(crate) reference: bool,
    pub(crate) seq: u64,
    /// 1 in force, 0 taken away and still to be purged, 2 purged.
    pub(crate) state: i64,
    pub(crate) reason: Option<String>,
}

/// In force.
pub(crate) const IN_FORCE: i64 = 1;
/// Taken away; what is unsent goes first, then it is purged.
pub(crate) const TAKEN: i64 = 0;
/// Purged.
pub(crate) const PURGED: i64 = 2;

fn grant_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<GrantRow> {
    Ok(GrantRow {
        id: count(row.get(0)?),
        role: row.get(1)?,
        place: place_from_row(row, 2)?,
        household: id_or_null(row, 3)?,
        reference: row.get(4)?,
        seq: count(row.get(5)?),
        state: row.get(6)?,
        reason: row.get(7)?,
    })
}

/// Returns the grants of a state.
pub(crate) fn grants(connection: &Connection, state: i64) -> Result<Vec<GrantRow>, FieldError> {
    let sql = "SELECT id, role, place, household, reference, seq, state, reason FROM access_grant WHERE state = ?1 ORDER BY id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([state], grant_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Writes a grant in force; the cursor of a known one stays. Says whether it is new: a server that was restored gives numbers a second
/// time, and under one of them something else than before.
pub(crate) fn put_grant(connection: &Connection, grant: &GrantRow) -> Result<bool, FieldError> {
    let household = grant.household.map(|id| id.as_bytes().to_vec());
    // A grant that was purged here and is in force again fetches everything anew.
    let same = "SELECT 1 FROM access_grant WHERE id = ?1 AND state <> ?2 AND place = ?3 AND household IS ?4 AND reference = ?5";
    let keeps_cursor = connection.prepare_cached(same)?.exists(params![
        number(grant.id),
        PURGED,
        place_number(grant.place),
        household,
        grant.reference
    ])?;
    let sql = "INSERT INTO access_grant (id, role, place, household, reference, seq, state) VALUES (?1, ?2, ?3, ?4, ?5, 0, 1)
               ON CONFLICT (id) DO UPDATE SET role = ?2, place = ?3, household = ?4, reference = ?5, state = 1, reason = NULL,
                 seq = CASE WHEN ?6 THEN seq ELSE 0 END";
    connection.prepare_cached(sql)?.execute(params![
        number(grant.id),
        grant.role,
        place_number(grant.place),
        household,
        grant.reference,
        keeps_cursor,
    ])?;
    Ok(!keeps_cursor)
}

/// Marks a grant in force as taken away; does nothing to one that is taken or purged already.
pub(crate) fn take_grant(connection: &Connection, id: u64, reason: Option<&str>, until_ms: Option<i64>) -> Result<bool, FieldError> {
    let sql = "UPDATE access_grant SET state = 0, reason = ?2, until_ms = ?3 WHERE id = ?1 AND state = 1";
    Ok(connection.execute(sql, params![number(id), reason, until_ms])? == 1)
}

/// Marks a taken grant as purged.
pub(crate) fn mark_purged(connection: &Connection, id: u64) -> Result<(), FieldError> {
    connection.execute("UPDATE access_grant SET state = 2, seq = 0 WHERE id = ?1", [number(id)])?;
    Ok(())
}

/// Moves the cursor of a grant.
pub(crate) fn set_cursor(connection: &Connection, id: u64, seq: u64) -> Result<(), FieldError> {
    connection.prepare_cached("UPDATE access_grant SET seq = ?2 WHERE id = ?1")?.execute(params![number(id), number(seq)])?;
    Ok(())
}

/// Puts every cursor back to the beginning, and what was begun of packs too: what came from the server is not sure any more.
pub(crate) fn reset_cursors(connection: &Connection) -> Result<(), FieldError> {
    connection.execute("UPDATE access_grant SET seq = 0 WHERE state = 1", [])?;
    for prefix in [meta::key::PACK_PREFIX, meta::key::PACK_TAKEN_PREFIX] {
        for name in meta::starting_with(connection, prefix)? {
            meta::forget(connection, &name)?;
        }
    }
    Ok(())
}

/// A place as the server names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlaceRow {
    pub(crate) code: Place,
    pub(crate) name: String,
    pub(crate) level: String,
    pub(crate) parent: Option<Place>,
}

/// Writes a place.
pub(crate) fn put_place(connection: &Connection, place: &PlaceRow) -> Result<(), FieldError> {
    connection.prepare_cached("INSERT OR REPLACE INTO place (code, name, level, parent) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        place_number(place.code),
        place.name,
        place.level,
        place.parent.map(place_number)
    ])?;
    Ok(())
}

/// Returns the places.
pub(crate) fn places(connection: &Connection) -> Result<Vec<PlaceRow>, FieldError> {
    let mut found = connection.prepare_cached("SELECT code, name, level, parent FROM place ORDER BY code")?;
    let rows = found.query_map([], |row| {
        let parent: Option<i64> = row.get(3)?;
        let parent = parent.map(|_| place_from_row(row, 3)).transpose()?;
        Ok(PlaceRow { code: place_from_row(row, 0)?, name: row.get(1)?, level: row.get(2)?, parent })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Writes whose device it is.
pub(crate) fn put_device(connection: &Connection, id: Id, person: Id, name: &str) -> Result<(), FieldError> {
    connection.prepare_cached("INSERT OR REPLACE INTO device (id, person, name) VALUES (?1, ?2, ?3)")?.execute(params![
        id.as_bytes(),
        person.as_bytes(),
        name
    ])?;
    Ok(())
}

/// Returns the person whose device it is, and the name.
pub(crate) fn owner(connection: &Connection, device: Id) -> Result<Option<(Id, String)>, FieldError> {
    let mut found = connection.prepare_cached("SELECT person, name FROM device WHERE id = ?1")?;
    Ok(found.query_row([device.as_bytes()], |row| Ok((id_from_row(row, 0)?, row.get(1)?))).optional()?)
}

/// Returns the name of a person who has a device.
pub(crate) fn name_of_person(connection: &Connection, person: Id) -> Result<Option<String>, FieldError> {
    let mut found = connection.prepare_cached("SELECT name FROM device WHERE person = ?1 LIMIT 1")?;
    Ok(found.query_row([person.as_bytes()], |row| row.get(0)).optional()?)
}
