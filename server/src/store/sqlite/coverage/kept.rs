//! The figures of a village and month as they stand. A higher place is the sum of its villages, so no two villages wait for one row.

use std::collections::BTreeSet;

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::coverage::coverage;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::super::convert;
use crate::store::rows::VillageMonthRow;

/// What a row holds: due, met declared, met verified, households in a gap.
type Figures = (u64, u64, u64, u64);

/// Takes out every row.
pub(super) fn drop_all(connection: &Connection) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM village_month")?.execute([]).map(|_| ())
}

/// Takes out the rows of a place.
pub(super) fn drop_place(connection: &Connection, place: Place) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM village_month WHERE place = ?1")?.execute([convert::of_place(place)]).map(|_| ())
}

/// Makes the rows of these villages and months anew, and those of the longer periods that end later.
pub(super) fn make_anew(connection: &Connection, months: &BTreeSet<(Place, Month)>, now: Instant) -> Result<(), Error> {
    let mut touched = BTreeSet::new();
    for (place, month) in months {
        touched.insert((*place, *month));
        for tier in super::rules(connection, *place, *month)?.duty.tiers.values().filter(|tier| tier.months > 1) {
            touched.insert((*place, end_of_period(*month, tier.months)));
        }
    }
    for (place, month) in touched {
        if month <= now.month() && is_village(connection, place)? {
            write(connection, place, month, figures(connection, place, month, now)?)?;
        }
    }
    Ok(())
}

/// The last month of the calendar period of `length` months in which a month lies.
fn end_of_period(month: Month, length: u32) -> Month {
    let length = i32::try_from(length).unwrap_or(1).max(1);
    let over = i32::from(month.number()).rem_euclid(length);
    if over == 0 { month } else { month.plus(length - over) }
}

fn is_village(connection: &Connection, place: Place) -> Result<bool, Error> {
    connection.prepare_cached("SELECT 1 FROM region_fact WHERE place = ?1 AND level = 'village'")?.exists([convert::of_place(place)])
}

/// A roster that the rules cannot count gives zeros; it is never in the way of a visit that wants to be saved.
fn figures(connection: &Connection, village: Place, month: Month, now: Instant) -> Result<Figures, Error> {
    let households = super::households(connection, &[village])?;
    // What arrives in this very transaction has the time `now`, and a cut takes what lies before it.
    let mut scenario = super::load(connection, (village, month, Instant(now.0 + 1)), &households, false)?;
    scenario.config = super::rules(connection, village, month)?.duty;
    let sums = coverage(&scenario).map(|coverage| coverage.sums);
    Ok(sums.map(|sums| (sums.due, sums.met_declared, sums.met_verified, sums.gap_households)).unwrap_or_default())
}

fn write(connection: &Connection, village: Place, month: Month, (due, declared, verified, gap): Figures) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO village_month (place, month, due, met_declared, met_verified, gap_households) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            convert::of_place(village),
            month.to_string(),
            convert::of_count(due),
            convert::of_count(declared),
            convert::of_count(verified),
            convert::of_count(gap)
        ])
        .map(|_| ())
}

fn read(connection: &Connection, village: Place, month: Month) -> Result<Option<Figures>, Error> {
    connection
        .prepare_cached("SELECT due, met_declared, met_verified, gap_households FROM village_month WHERE place = ?1 AND month = ?2")?
        .query_row(params![convert::of_place(village), month.to_string()], |row| {
            Ok((convert::count(row, 0)?, convert::count(row, 1)?, convert::count(row, 2)?, convert::count(row, 3)?))
        })
        .optional()
}

/// Returns the rows of a village from month to month, those that a roster's change took out made anew.
pub(super) fn rows(
    connection: &Connection,
    village: Place,
    (from, to): (Month, Month),
    now: Instant,
) -> Result<Vec<VillageMonthRow>, Error> {
    let mut rows = Vec::new();
    let mut month = from;
    while month <= to.min(now.month()) {
        let kept = match read(connection, village, month)? {
            Some(kept) => kept,
            None => {
                let made = figures(connection, village, month, now)?;
                write(connection, village, month, made)?;
                made
            }
        };
        let (due, declared, verified, gap_households) = kept;
        let first = first(connection, village, month)?;
        rows.push(VillageMonthRow {
            place: village,
            month,
            first_declared: first.map(|(due, declared, _)| (declared, due)),
            first_verified: first.map(|(due, _, verified)| (verified, due)),
            declared: (declared, due),
            verified: (verified, due),
            gap_households,
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

/// Makes every row anew; returns how many there are and how many came out otherwise.
pub(super) fn rebuild(connection: &Connection, now: Instant) -> Result<(u64, u64), Error> {
    let mut ask = connection.prepare("SELECT place, month FROM village_month ORDER BY place, month")?;
    let held = ask.query_map([], |row| Ok((convert::place(row, 0)?, row.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    let (mut count, mut differences) = (0, 0);
    for (village, month) in held {
        let Ok(month) = month.parse::<Month>() else { continue };
        let before = read(connection, village, month)?;
        let made = figures(connection, village, month, now)?;
        write(connection, village, month, made)?;
        count += 1;
        differences += u64::from(before != Some(made));
    }
    Ok((count, differences))
}

#[cfg(test)]
mod tests {
    use super::end_of_period;
    use daohu_domain::calendar::Month;

    #[test]
    fn a_quarter_ends_in_march_june_september_and_december() {
        let month = |number| Month::new(2019, number).unwrap();
        assert_eq!(end_of_period(month(1), 3), month(3));
        assert_eq!(end_of_period(month(3), 3), month(3));
        assert_eq!(end_of_period(month(11), 3), month(12));
        assert_eq!(end_of_period(month(12), 12), month(12));
    }
}
