//! Rows of visits by month, and of what was promised.

use crate::{
    error::FieldError,
    store::{count, id_from_row},
};
use daohu_domain::id::Id;
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;

/// A visit as lists need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VisitRow {
    pub(crate) id: Id,
    pub(crate) household: Id,
    pub(crate) month: String,
    pub(crate) day: String,
    pub(crate) start_ms: i64,
    pub(crate) recorder: Id,
    pub(crate) mode: String,
    pub(crate) state: String,
    /// It counts as a visit in person.
    pub(crate) counts: bool,
    /// Who took part.
    pub(crate) persons: Vec<Id>,
    /// Why nobody was met.
    pub(crate) absent: Option<String>,
    /// The household has confirmed it.
    pub(crate) confirmed: bool,
    /// It was written down later, and says so.
    pub(crate) backfill: bool,
    /// It names another visit as the same one.
    pub(crate) duplicate: bool,
    /// When the server received it.
    pub(crate) received_ms: Option<i64>,
}

const VISIT: &str =
    "SELECT id, household, month, day, start_ms, recorder, mode, state, counts, persons, absent, confirmed, backfill, duplicate,
                     received_ms FROM visit";

fn visit_from_row(row: &Row<'_>) -> rusqlite::Result<VisitRow> {
    Ok(VisitRow {
        id: id_from_row(row, 0)?,
        household: id_from_row(row, 1)?,
        month: row.get(2)?,
        day: row.get(3)?,
        start_ms: row.get(4)?,
        recorder: id_from_row(row, 5)?,
        mode: row.get(6)?,
        state: row.get(7)?,
        counts: row.get(8)?,
        persons: row.get::<_, String>(9)?.split(',').filter_map(|id| id.parse().ok()).collect(),
        absent: row.get(10)?,
        confirmed: row.get(11)?,
        backfill: row.get(12)?,
        duplicate: row.get(13)?,
        received_ms: row.get(14)?,
    })
}

/// Writes a visit.
pub(crate) fn put(connection: &Connection, visit: &VisitRow) -> Result<(), FieldError> {
    let sql =
        "INSERT OR REPLACE INTO visit (id, household, month, day, start_ms, recorder, mode, state, counts, persons, absent, confirmed,
                 backfill, duplicate, received_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    connection.prepare_cached(sql)?.execute(params![
        visit.id.as_bytes(),
        visit.household.as_bytes(),
        visit.month,
        visit.day,
        visit.start_ms,
        visit.recorder.as_bytes(),
        visit.mode,
        visit.state,
        visit.counts,
        visit.persons.iter().map(Id::to_string).collect::<Vec<_>>().join(","),
        visit.absent,
        visit.confirmed,
        visit.backfill,
        visit.duplicate,
        visit.received_ms
    ])?;
    Ok(())
}

/// Returns the visits of the months from `first` to `last`, both included.
pub(crate) fn of_months(connection: &Connection, first: &str, last: &str) -> Result<Vec<VisitRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{VISIT} WHERE month BETWEEN ?1 AND ?2 ORDER BY household, start_ms, id"))?;
    let rows = found.query_map([first, last], visit_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns the visits of a household, oldest first.
pub(crate) fn of_household(connection: &Connection, household: Id) -> Result<Vec<VisitRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{VISIT} WHERE household = ?1 ORDER BY start_ms, id"))?;
    let rows = found.query_map([household.as_bytes()], visit_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Reckons the last visit of a household anew, after one of its visits changed.
pub(crate) fn refresh_last(connection: &Connection, household: Id) -> Result<(), FieldError> {
    connection.prepare_cached("DELETE FROM last_visit WHERE household = ?1")?.execute([household.as_bytes()])?;
    let sql = "INSERT INTO last_visit (household, day)
               SELECT household, max(day) FROM visit WHERE household = ?1 AND counts = 1 GROUP BY household";
    connection.prepare_cached(sql)?.execute([household.as_bytes()])?;
    Ok(())
}

/// Returns the day of the last visit in person of every household that had one.
pub(crate) fn last_days(connection: &Connection) -> Result<HashMap<Id, String>, FieldError> {
    let mut found = connection.prepare_cached("SELECT household, day FROM last_visit")?;
    let rows = found.query_map([], |row| Ok((id_from_row(row, 0)?, row.get(1)?)))?.collect::<Result<HashMap<_, _>, _>>()?;
    Ok(rows)
}

/// Something promised to a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PromiseRow {
    pub(crate) visit: Id,
    pub(crate) n: u32,
    pub(crate) household: Id,
    pub(crate) text: String,
    pub(crate) due_day: Option<String>,
    pub(crate) kept: bool,
}

/// Writes a promise; one that was marked as kept before it arrived stays kept.
pub(crate) fn put_promise(connection: &Connection, promise: &PromiseRow) -> Result<(), FieldError> {
    let sql = "INSERT INTO promise (visit, n, household, text, due_day, kept) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (visit, n) DO UPDATE SET household = ?3, text = ?4, due_day = ?5, kept = ?6";
    connection.prepare_cached(sql)?.execute(params![
        promise.visit.as_bytes(),
        promise.n,
        promise.household.as_bytes(),
        promise.text,
        promise.due_day,
        promise.kept
    ])?;
    Ok(())
}

/// Takes the promises of a visit away, before they are written anew.
pub(crate) fn remove_promises(connection: &Connection, visit: Id) -> Result<(), FieldError> {
    connection.prepare_cached("DELETE FROM promise WHERE visit = ?1")?.execute([visit.as_bytes()])?;
    Ok(())
}

/// Returns what was promised to a household.
pub(crate) fn promises_of(connection: &Connection, household: Id) -> Result<Vec<PromiseRow>, FieldError> {
    let sql = "SELECT visit, n, household, text, due_day, kept FROM promise WHERE household = ?1 ORDER BY due_day, visit, n";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([household.as_bytes()], |row| {
        Ok(PromiseRow {
            visit: id_from_row(row, 0)?,
            n: row.get(1)?,
            household: id_from_row(row, 2)?,
            text: row.get(3)?,
            due_day: row.get(4)?,
            kept: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Counts the promises not yet kept, by household.
pub(crate) fn open_promises(connection: &Connection) -> Result<HashMap<Id, u64>, FieldError> {
    let mut found = connection.prepare_cached("SELECT household, count(*) FROM promise WHERE kept = 0 GROUP BY household")?;
    let rows = found.query_map([], |row| Ok((id_from_row(row, 0)?, count(row.get(1)?))))?.collect::<Result<HashMap<_, _>, _>>()?;
    Ok(rows)
}
