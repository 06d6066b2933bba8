//! Reads columns into our own types and writes them: ids and hashes are blobs, places and instants numbers, days text.

use daohu_domain::calendar::{Day, Instant};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use serde_json::{Map, Value};

/// Says that a column holds something else than this program ever writes.
fn bad(column: usize, what: &'static str) -> Error {
    Error::FromSqlConversionFailure(column, Type::Blob, what.into())
}

pub(super) fn id(row: &Row<'_>, column: usize) -> Result<Id, Error> {
    Id::from_slice(row.get_ref(column)?.as_blob()?).ok_or_else(|| bad(column, "no id"))
}

pub(super) fn id_or_none(row: &Row<'_>, column: usize) -> Result<Option<Id>, Error> {
    row.get_ref(column)?.as_blob_or_null()?.map(|bytes| Id::from_slice(bytes).ok_or_else(|| bad(column, "no id"))).transpose()
}

pub(super) fn fixed<const N: usize>(row: &Row<'_>, column: usize) -> Result<[u8; N], Error> {
    row.get_ref(column)?.as_blob()?.try_into().map_err(|_| bad(column, "another length"))
}

pub(super) fn place(row: &Row<'_>, column: usize) -> Result<Place, Error> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).ok().and_then(Place::from_number).ok_or_else(|| bad(column, "no place"))
}

pub(super) fn place_or_none(row: &Row<'_>, column: usize) -> Result<Option<Place>, Error> {
    if row.get_ref(column)?.as_i64_or_null()?.is_none() { Ok(None) } else { place(row, column).map(Some) }
}

pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64, Error> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| bad(column, "a number below zero"))
}

pub(super) fn small(row: &Row<'_>, column: usize) -> Result<u32, Error> {
    u32::try_from(row.get::<_, i64>(column)?).map_err(|_| bad(column, "a number out of range"))
}

pub(super) fn instant(row: &Row<'_>, column: usize) -> Result<Instant, Error> {
    row.get(column).map(Instant)
}

pub(super) fn instant_or_none(row: &Row<'_>, column: usize) -> Result<Option<Instant>, Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Instant))
}

pub(super) fn day(row: &Row<'_>, column: usize) -> Result<Day, Error> {
    row.get_ref(column)?.as_str()?.parse().map_err(|_| bad(column, "no day"))
}

pub(super) fn day_or_none(row: &Row<'_>, column: usize) -> Result<Option<Day>, Error> {
    row.get_ref(column)?.as_str_or_null()?.map(|text| text.parse().map_err(|_| bad(column, "no day"))).transpose()
}

pub(super) fn ids(row: &Row<'_>, column: usize) -> Result<Vec<Id>, Error> {
    Ok(row.get_ref(column)?.as_blob()?.chunks_exact(16).filter_map(Id::from_slice).collect())
}

pub(super) fn fields(row: &Row<'_>, column: usize) -> Result<Map<String, Value>, Error> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|_| bad(column, "no JSON object"))
}

pub(super) fn json_or_none(row: &Row<'_>, column: usize) -> Result<Option<Value>, Error> {
    row.get_ref(column)?.as_str_or_null()?.map(|text| serde_json::from_str(text).map_err(|_| bad(column, "no JSON"))).transpose()
}

/// Returns a place as its column.
pub(super) fn of_place(place: Place) -> i64 {
    i64::try_from(place.number()).unwrap_or(i64::MAX)
}

/// Returns an unsigned number as its column.
pub(super) fn of_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns ids one after the other.
pub(super) fn of_ids(ids: &[Id]) -> Vec<u8> {
    ids.iter().flat_map(|id| *id.as_bytes()).collect()
}

/// Returns a size or position in memory as its column.
pub(super) fn of_size(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Returns a JSON object as its column.
pub(super) fn of_fields(fields: &Map<String, Value>) -> Result<String, Error> {
    serde_json::to_string(fields).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}
