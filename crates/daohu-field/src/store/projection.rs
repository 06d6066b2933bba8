//! Rows that can be made anew from the changes at any time: what records say now, and what lists read.

pub(crate) mod household;
pub(crate) mod visit;

use super::{id_from_row, id_or_null, place_from_row, place_number};
use crate::error::FieldError;
use daohu_domain::{id::Id, kind::Fields, place::Place};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

/// What a record says now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordRow {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) place: Place,
    pub(crate) household: Option<Id>,
    pub(crate) author: Id,
    pub(crate) heads: Vec<[u8; 32]>,
    pub(crate) fields: Fields,
    pub(crate) state: String,
    pub(crate) conflicts: Vec<String>,
    pub(crate) label: String,
    pub(crate) newer: bool,
}

const RECORD: &str = "SELECT id, kind, place, household, author, heads, fields, state, conflicts, label, newer FROM record";

/// The tables that [`clear`] empties.
const DISPOSABLE: &[&str] = &["record", "household", "pairing", "visit", "last_visit", "review", "promise"];

fn record_from_row(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
    let heads: Vec<u8> = row.get(5)?;
    let fields: String = row.get(6)?;
    let conflicts: String = row.get(8)?;
    let odd = |index: usize| move |error: serde_json::Error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into());
    Ok(RecordRow {
        id: id_from_row(row, 0)?,
        kind: row.get(1)?,
        place: place_from_row(row, 2)?,
        household: id_or_null(row, 3)?,
        author: id_from_row(row, 4)?,
        heads: heads.as_chunks::<32>().0.to_vec(),
        fields: serde_json::from_str(&fields).map_err(odd(6))?,
        state: row.get(7)?,
        conflicts: serde_json::from_str(&conflicts).map_err(odd(8))?,
        label: row.get(9)?,
        newer: row.get(10)?,
    })
}

/// Writes what a record says now.
pub(crate) fn put(connection: &Connection, record: &RecordRow) -> Result<(), FieldError> {
    let sql = "INSERT OR REPLACE INTO record (id, kind, place, household, author, heads, fields, state, conflicts, label, newer)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        record.id.as_bytes(),
        record.kind,
        place_number(record.place),
        record.household.map(|id| id.as_bytes().to_vec()),
        record.author.as_bytes(),
        record.heads.concat(),
        serde_json::Value::Object(record.fields.clone()).to_string(),
        record.state,
        serde_json::json!(record.conflicts).to_string(),
        record.label,
        record.newer,
    ])?;
    Ok(())
}

/// Takes a record out of every projection.
pub(crate) fn remove(connection: &Connection, id: Id) -> Result<(), FieldError> {
    let mut found = connection.prepare_cached("SELECT household FROM visit WHERE id = ?1")?;
    let visited = found.query_row([id.as_bytes()], |row| id_from_row(row, 0)).optional()?;
    for table in ["record", "household", "pairing", "visit", "review"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([id.as_bytes()])?;
    }
    connection.prepare_cached("DELETE FROM promise WHERE visit = ?1")?.execute([id.as_bytes()])?;
    match visited {
        Some(household) => visit::refresh_last(connection, household),
        None => Ok(()),
    }
}

/// Empties every projection.
pub(crate) fn clear(connection: &Connection) -> Result<(), FieldError> {
    for table in DISPOSABLE {
        connection.execute_batch(&format!("DELETE FROM {table}"))?;
    }
    Ok(())
}

/// Returns a hash over every projected row, so that a rebuild can be compared with what was there.
pub(crate) fn fingerprint(connection: &Connection) -> Result<Vec<String>, FieldError> {
    let mut all = Vec::new();
    for table in DISPOSABLE {
        let mut found = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let width = found.column_count();
        let mut rows = found.query([])?;
        while let Some(row) = rows.next()? {
            let cells: Result<Vec<String>, _> =
                (0..width).map(|index| row.get::<_, rusqlite::types::Value>(index).map(|value| format!("{value:?}"))).collect();
            all.push(format!("{table}: {}", cells?.join(" ")));
        }
    }
    all.sort();
    Ok(all)
}

/// Returns what a record says now.
pub(crate) fn find(connection: &Connection, id: Id) -> Result<Option<RecordRow>, FieldError> {
    Ok(connection.prepare_cached(&format!("{RECORD} WHERE id = ?1"))?.query_row([id.as_bytes()], record_from_row).optional()?)
}

/// Returns the records of a household, of one kind, oldest first.
pub(crate) fn of_household(connection: &Connection, household: Id, kind: &str) -> Result<Vec<RecordRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{RECORD} WHERE household = ?1 AND kind = ?2 ORDER BY id"))?;
    let rows = found.query_map(params![household.as_bytes(), kind], record_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Id, kind and heads of a record.
pub(crate) type HeldRow = (Id, String, Vec<[u8; 32]>);

/// Returns id, kind and heads of everything that belongs to a household, in order of the ids.
pub(crate) fn heads_of_household(connection: &Connection, household: Id) -> Result<Vec<HeldRow>, FieldError> {
    let sql = "SELECT id, kind, heads FROM record WHERE household = ?1 ORDER BY id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([household.as_bytes()], |row| {
        let heads: Vec<u8> = row.get(2)?;
        Ok((id_from_row(row, 0)?, row.get(1)?, heads.as_chunks::<32>().0.to_vec()))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Returns the records in which two people wrote a field differently.
pub(crate) fn in_conflict(connection: &Connection) -> Result<Vec<RecordRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{RECORD} WHERE conflicts <> '[]' ORDER BY id"))?;
    let rows = found.query_map([], record_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns the households and months of which there are several records, or one in which two people wrote a field
/// differently.
pub(crate) fn months_in_conflict(connection: &Connection) -> Result<Vec<(Id, String)>, FieldError> {
    let sql = "SELECT household, json_extract(fields, '$.month') AS month FROM record
               WHERE kind = 'month_record' AND household IS NOT NULL AND json_type(fields, '$.month') = 'text'
               GROUP BY household, month HAVING count(*) > 1 OR max(conflicts <> '[]')";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([], |row| Ok((id_from_row(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    pub(crate) kind: String,
    pub(crate) place: Option<Place>,
    /// A part of the label.
    pub(crate) text: Option<String>,
    pub(crate) after: Option<Id>,
    pub(crate) rows_max: u32,
}

/// Returns a page of the records of a kind, in order of their ids.
pub(crate) fn list(connection: &Connection, wanted: &Listing) -> Result<Vec<RecordRow>, FieldError> {
    let sql = format!(
        "{RECORD} WHERE kind = ?1 AND (?2 IS NULL OR place = ?2) AND (?3 IS NULL OR instr(label, ?3) > 0) AND id > ?4 ORDER BY id LIMIT ?5"
    );
    let mut found = connection.prepare_cached(&sql)?;
    let after = wanted.after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
    let rows =
        found.query_map(params![wanted.kind, wanted.place.map(place_number), wanted.text, after, wanted.rows_max], record_from_row)?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// A review of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReviewRow {
    pub(crate) id: Id,
    pub(crate) target: Id,
    pub(crate) result: String,
    pub(crate) at_ms: i64,
    /// The server has received it, so that `at_ms` is its word.
    pub(crate) sent: bool,
}

/// Writes a review.
pub(crate) fn put_review(connection: &Connection, review: &ReviewRow) -> Result<(), FieldError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO review (id, target, result, at_ms, sent) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![review.id.as_bytes(), review.target.as_bytes(), review.result, review.at_ms, review.sent])?;
    Ok(())
}

/// Returns the reviews of a record, in the order they were given.
pub(crate) fn reviews_of(connection: &Connection, target: Id) -> Result<Vec<ReviewRow>, FieldError> {
    let sql = "SELECT id, target, result, at_ms, sent FROM review WHERE target = ?1 ORDER BY at_ms, id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([target.as_bytes()], |row| {
        Ok(ReviewRow { id: id_from_row(row, 0)?, target: id_from_row(row, 1)?, result: row.get(2)?, at_ms: row.get(3)?, sent: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Returns id, kind and heads of the records of a place, of a household or all.
pub(crate) fn heads_in_scope(connection: &Connection, place: Place, household: Option<Id>) -> Result<Vec<HeldRow>, FieldError> {
    let sql = "SELECT id, kind, heads FROM record WHERE place = ?1 AND (?2 IS NULL OR household = ?2)";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map(params![place_number(place), household.map(|id| id.as_bytes().to_vec())], |row| {
        let heads: Vec<u8> = row.get(2)?;
        Ok((id_from_row(row, 0)?, row.get(1)?, heads.as_chunks::<32>().0.to_vec()))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Returns the ids of the records of a place, of a household or all, that lie in a scope which was taken away.
pub(crate) fn in_scope(connection: &Connection, place: Place, household: Option<Id>) -> Result<Vec<(Id, String, Option<Id>)>, FieldError> {
    let sql = "SELECT id, kind, household FROM record WHERE place = ?1 AND (?2 IS NULL OR household = ?2) ORDER BY id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map(params![place_number(place), household.map(|id| id.as_bytes().to_vec())], |row| {
        Ok((id_from_row(row, 0)?, row.get(1)?, id_or_null(row, 2)?))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}
