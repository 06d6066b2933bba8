//! Rows of households and pairings: what the list of due households reads.

use crate::{
    error::FieldError,
    store::{id_from_row, place_from_row, place_number},
};
use daohu_domain::{id::Id, place::Place};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What a list shows and reckons of a household; the spans are JSON as the record holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HouseholdRow {
    pub(crate) id: Id,
    pub(crate) place: Place,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) tier: String,
    pub(crate) places: String,
}

const HOUSEHOLD: &str = "SELECT id, place, number, name, status, tier, places FROM household";

fn household_from_row(row: &Row<'_>) -> rusqlite::Result<HouseholdRow> {
    Ok(HouseholdRow {
        id: id_from_row(row, 0)?,
        place: place_from_row(row, 1)?,
        number: row.get(2)?,
        name: row.get(3)?,
        status: row.get(4)?,
        tier: row.get(5)?,
        places: row.get(6)?,
    })
}

/// Writes a household.
pub(crate) fn put(connection: &Connection, household: &HouseholdRow) -> Result<(), FieldError> {
    let sql = "INSERT OR REPLACE INTO household (id, place, number, name, status, tier, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        household.id.as_bytes(),
        place_number(household.place),
        household.number,
        household.name,
        household.status,
        household.tier,
        household.places
    ])?;
    Ok(())
}

/// Returns every household on this device, by number.
pub(crate) fn all(connection: &Connection) -> Result<Vec<HouseholdRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{HOUSEHOLD} ORDER BY number, id"))?;
    let rows = found.query_map([], household_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns a household by its id.
pub(crate) fn find(connection: &Connection, id: Id) -> Result<Option<HouseholdRow>, FieldError> {
    Ok(connection.prepare_cached(&format!("{HOUSEHOLD} WHERE id = ?1"))?.query_row([id.as_bytes()], household_from_row).optional()?)
}

/// Returns a household by its number.
pub(crate) fn numbered(connection: &Connection, number: &str) -> Result<Option<HouseholdRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{HOUSEHOLD} WHERE number = ?1 ORDER BY id LIMIT 1"))?;
    Ok(found.query_row([number], household_from_row).optional()?)
}

/// A cadre's duty towards a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairingRow {
    pub(crate) id: Id,
    pub(crate) household: Id,
    pub(crate) cadre: Id,
    pub(crate) role: String,
    pub(crate) from_day: String,
    pub(crate) to_day: Option<String>,
}

fn pairing_from_row(row: &Row<'_>) -> rusqlite::Result<PairingRow> {
    Ok(PairingRow {
        id: id_from_row(row, 0)?,
        household: id_from_row(row, 1)?,
        cadre: id_from_row(row, 2)?,
        role: row.get(3)?,
        from_day: row.get(4)?,
        to_day: row.get(5)?,
    })
}

/// Writes a pairing.
pub(crate) fn put_pairing(connection: &Connection, pairing: &PairingRow) -> Result<(), FieldError> {
    let sql = "INSERT OR REPLACE INTO pairing (id, household, cadre, role, from_day, to_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        pairing.id.as_bytes(),
        pairing.household.as_bytes(),
        pairing.cadre.as_bytes(),
        pairing.role,
        pairing.from_day,
        pairing.to_day
    ])?;
    Ok(())
}

/// Returns every pairing, by household.
pub(crate) fn pairings(connection: &Connection) -> Result<Vec<PairingRow>, FieldError> {
    let sql = "SELECT id, household, cadre, role, from_day, to_day FROM pairing ORDER BY household, from_day, id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([], pairing_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Returns the pairings of a household.
pub(crate) fn pairings_of(connection: &Connection, household: Id) -> Result<Vec<PairingRow>, FieldError> {
    let sql = "SELECT id, household, cadre, role, from_day, to_day FROM pairing WHERE household = ?1 ORDER BY from_day, id";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([household.as_bytes()], pairing_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}
