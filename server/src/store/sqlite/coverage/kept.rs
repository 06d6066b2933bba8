//! The figures of a village and month as they stand: a row a household and their sum. A higher place is the sum of its villages, so no
//! two villages wait for one row.
//!
//! The transaction that moves a household only marks it; the next read reckons the marked ones and no others. A visit with its reviews
//! and corrections is so reckoned once, by whoever looks, and a push of a thousand visits is not slower for it.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use daohu_domain::calendar::{DAY_MS, Instant, Month, start_of};
use daohu_domain::coverage::{FigureSums, figures, sum_of};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::super::convert;
use super::figure::Figures;
use super::period::ends_of;
use crate::store::rows::VillageMonthRow;

/// A row as it is kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    sums: FigureSums,
    is_stale: bool,
    until: Instant,
}

/// Takes out every row.
pub(super) fn drop_all(connection: &Connection) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM household_month")?.execute([])?;
    connection.prepare_cached("DELETE FROM village_month")?.execute([]).map(|_| ())
}

/// Takes out the rows of a place.
pub(super) fn drop_place(connection: &Connection, place: Place) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM household_month WHERE place = ?1")?.execute([convert::of_place(place)])?;
    connection.prepare_cached("DELETE FROM village_month WHERE place = ?1")?.execute([convert::of_place(place)]).map(|_| ())
}

/// Marks the rows of these households and months, and those of the longer periods that end later. Where no row is kept, the read that
/// makes one reckons everybody anyway.
pub(super) fn mark(connection: &Connection, moved: &BTreeSet<(Id, Month)>) -> Result<(), Error> {
    let mut ask = connection.prepare_cached("SELECT place FROM household_place WHERE household = ?1")?;
    let mut mark = connection.prepare_cached("UPDATE household_month SET stale = 1 WHERE place = ?1 AND month = ?2 AND household = ?3")?;
    let mut villages = BTreeSet::new();
    let mut ends = BTreeMap::new();
    for (household, month) in moved {
        for place in ask.query_map([household.as_bytes()], |row| convert::place(row, 0))? {
            let place = place?;
            if let Entry::Vacant(new) = ends.entry((place, *month)) {
                new.insert(ends_of(&super::rules(connection, place, *month)?, *month));
            }
            for end in &ends[&(place, *month)] {
                if mark.execute(params![convert::of_place(place), end.to_string(), household.as_bytes()])? > 0 {
                    villages.insert((place, *end));
                }
            }
        }
    }
    let mut mark = connection.prepare_cached("UPDATE village_month SET stale = 1 WHERE place = ?1 AND month = ?2 AND stale = 0")?;
    for (village, month) in villages {
        mark.execute(params![convert::of_place(village), month.to_string()])?;
    }
    Ok(())
}

/// Returns the sums of a village and month, made or settled where they are not kept.
fn sums(connection: &Connection, village: Place, month: Month, now: Instant) -> Result<FigureSums, Error> {
    match read(connection, village, month)?.filter(|kept| now < kept.until) {
        None => make(connection, village, month, now),
        Some(kept) if kept.is_stale => settle(connection, village, month, now),
        Some(kept) => Ok(kept.sums),
    }
}

/// Makes the rows of a village and month from nothing.
fn make(connection: &Connection, village: Place, month: Month, now: Instant) -> Result<FigureSums, Error> {
    let (place, text) = (convert::of_place(village), month.to_string());
    connection.prepare_cached("DELETE FROM household_month WHERE place = ?1 AND month = ?2")?.execute(params![place, text])?;
    let households = super::households(connection, &[village])?;
    // What arrives in this very transaction has the time `now`, and a cut takes what lies before it.
    let reckoned = super::reckon(connection, (village, month, Instant(now.0 + 1)), &households, figures)?;
    // A roster that the rules cannot count gives zeros, so that the others of the township still have their figures.
    let figures = reckoned.figures.unwrap_or_default();
    Figures::Kept.add(connection, (village, month), &figures)?;
    write(connection, (village, month), sum_of(&figures, reckoned.cap_pct), now)
}

/// Reckons the marked households of a village and month.
fn settle(connection: &Connection, village: Place, month: Month, now: Instant) -> Result<FigureSums, Error> {
    let (place, text) = (convert::of_place(village), month.to_string());
    let marked: BTreeSet<Id> = connection
        .prepare_cached("DELETE FROM household_month WHERE place = ?1 AND month = ?2 AND stale = 1 RETURNING household")?
        .query_map(params![place, text], |row| convert::id(row, 0))?
        .collect::<Result<_, _>>()?;
    let reckoned = super::reckon(connection, (village, month, Instant(now.0 + 1)), &marked, figures)?;
    let Some(figures) = reckoned.figures else { return make(connection, village, month, now) };
    Figures::Kept.add(connection, (village, month), &figures)?;
    write(connection, (village, month), sum_of(&Figures::Kept.of(connection, village, month)?, reckoned.cap_pct), now)
}

/// Keeps the sums of a village and month: those of a running month for today, since tomorrow has one more day without a helper.
fn write(connection: &Connection, (village, month): (Place, Month), sums: FigureSums, now: Instant) -> Result<FigureSums, Error> {
    let until = if month < now.month() { i64::MAX } else { start_of(now.day()).0 + DAY_MS };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO village_month (place, month, due, met_declared, met_verified, gap_households, until_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            convert::of_place(village),
            month.to_string(),
            convert::of_count(sums.due),
            convert::of_count(sums.met_declared),
            convert::of_count(sums.met_verified),
            convert::of_count(sums.gap_households),
            until
        ])?;
    Ok(sums)
}

fn read(connection: &Connection, village: Place, month: Month) -> Result<Option<Kept>, Error> {
    connection
        .prepare_cached(
            "SELECT due, met_declared, met_verified, gap_households, stale, until_ms FROM village_month WHERE place = ?1 AND month = ?2",
        )?
        .query_row(params![convert::of_place(village), month.to_string()], |row| {
            let sums = FigureSums {
                due: convert::count(row, 0)?,
                met_declared: convert::count(row, 1)?,
                met_verified: convert::count(row, 2)?,
                gap_households: convert::count(row, 3)?,
            };
            Ok(Kept { sums, is_stale: row.get(4)?, until: convert::instant(row, 5)? })
        })
        .optional()
}

/// Returns the rows of a village from month to month.
pub(super) fn rows(
    connection: &Connection,
    village: Place,
    (from, to): (Month, Month),
    now: Instant,
) -> Result<Vec<VillageMonthRow>, Error> {
    let mut rows = Vec::new();
    let mut month = from;
    while month <= to.min(now.month()) {
        let sums = sums(connection, village, month, now)?;
        let first = first(connection, village, month)?;
        rows.push(VillageMonthRow {
            place: village,
            month,
            first_declared: first.map(|(due, declared, _)| (declared, due)),
            first_verified: first.map(|(due, _, verified)| (verified, due)),
            declared: (sums.met_declared, sums.due),
            verified: (sums.met_verified, sums.due),
            gap_households: sums.gap_households,
            frozen: first.is_some(),
        });
        month = month.plus(1);
    }
    Ok(rows)
}

fn first(connection: &Connection, village: Place, month: Month) -> Result<Option<(u64, u64, u64)>, Error> {
    connection
        .prepare_cached("SELECT due, met_declared, met_verified FROM first_month WHERE place = ?1 AND month = ?2")?
        .query_row(params![convert::of_place(village), month.to_string()], |row| {
            Ok((convert::count(row, 0)?, convert::count(row, 1)?, convert::count(row, 2)?))
        })
        .optional()
}

/// Settles every row, then makes it anew; returns how many there are and how many came out otherwise.
pub(super) fn rebuild(connection: &Connection, now: Instant) -> Result<(u64, u64), Error> {
    let mut ask = connection.prepare("SELECT place, month FROM village_month ORDER BY place, month")?;
    let held = ask.query_map([], |row| Ok((convert::place(row, 0)?, row.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    let (mut count, mut differences) = (0, 0);
    for (village, month) in held {
        let Ok(month) = month.parse::<Month>() else { continue };
        let settled = sums(connection, village, month, now)?;
        count += 1;
        differences += u64::from(make(connection, village, month, now)? != settled);
    }
    Ok((count, differences))
}
