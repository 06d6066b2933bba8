//! Rules set by the office, in the order they were set.

use daohu_domain::calendar::Instant;
use daohu_domain::config::Setting;
use rusqlite::{Connection, Error, params};

use super::super::convert;
use crate::store::rows::SettingRows;

/// Returns every setting with the version of the newest.
pub(super) fn all(connection: &Connection) -> Result<SettingRows, Error> {
    let mut ask = connection.prepare_cached("SELECT version, place, from_day, key, value FROM setting ORDER BY version")?;
    let rows = ask.query_map([], |row| {
        let setting = Setting { place: convert::place_or_none(row, 1)?, from: convert::day(row, 2)?, key: row.get(3)?, value: row.get(4)? };
        Ok((convert::count(row, 0)?, setting))
    })?;
    let mut found = SettingRows { version: 0, settings: Vec::new() };
    for row in rows {
        let (version, setting) = row?;
        found.version = version;
        found.settings.push(setting);
    }
    Ok(found)
}

/// Adds settings and returns the version of the last.
pub(super) fn add(connection: &Connection, settings: &[Setting], now: Instant) -> Result<u64, Error> {
    let mut insert = connection.prepare_cached("INSERT INTO setting (place, from_day, key, value, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for setting in settings {
        insert.execute(params![setting.place.map(convert::of_place), setting.from.to_string(), setting.key, setting.value, now.0])?;
    }
    all(connection).map(|found| found.version)
}
