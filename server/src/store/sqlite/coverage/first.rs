//! First figures (首报): written once a village and month, with the roster as it stood, by the first transaction or read at or after the
//! freeze, before its own effect. They never move.

use daohu_domain::calendar::{Day, Instant, Month};
use daohu_domain::coverage::{HouseholdFigure, deadline, first_figures, sum_of};
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::super::convert;
use super::figure::Figures;

/// Months before the present one for which a new roster still gets first figures by itself; older ones were never reported here.
const MONTHS_BACK_MAX: i32 = 24;

/// Villages and months that one transaction writes where nothing waits for all of them.
const AT_ONCE: usize = 16;

/// Name of the note that says when the next freeze is.
const NEXT: &str = "next_freeze_ms";

/// Tells whether a freeze has passed that has no first figure yet. Cheap: asked by every transaction.
pub(super) fn is_due(connection: &Connection, now: Instant) -> Result<bool, Error> {
    let next = connection
        .prepare_cached("SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta WHERE key = ?1")?
        .query_row([NEXT], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(next.is_none_or(|at| now.0 >= at))
}

/// Makes the next transaction look at every village again.
pub(super) fn forget_next(connection: &Connection) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([NEXT]).map(|_| ())
}

/// Writes the first figures that are due at `now` and notes when the next ones will be.
pub(super) fn write_due(connection: &Connection, now: Instant) -> Result<(), Error> {
    write_at_most(connection, now, usize::MAX).map(|_| ())
}

/// Writes some of the first figures that are due at `now`: a server that missed many months lets others write in between. Returns
/// whether more are due.
pub(super) fn write_some(connection: &Connection, now: Instant) -> Result<bool, Error> {
    write_at_most(connection, now, AT_ONCE)
}

fn write_at_most(connection: &Connection, now: Instant, most: usize) -> Result<bool, Error> {
    let (mut next, mut left) = (None, most);
    for village in villages_with_roster(connection)? {
        let Some(mut month) = next_month(connection, village, now)? else { continue };
        let mut freeze = freeze_of(connection, village, month)?;
        while now >= freeze && left > 0 {
            write(connection, village, (month, freeze), now)?;
            left -= 1;
            month = month.plus(1);
            freeze = freeze_of(connection, village, month)?;
        }
        next = Some(next.map_or(freeze, |earliest: Instant| earliest.min(freeze)));
    }
    match next {
        Some(at) => {
            let mut note = connection.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, CAST(?2 AS BLOB))")?;
            note.execute(params![NEXT, at.0.to_string()])?;
        }
        None => forget_next(connection)?,
    }
    Ok(next.is_some_and(|at| now >= at))
}

fn villages_with_roster(connection: &Connection) -> Result<Vec<Place>, Error> {
    connection
        .prepare_cached(
            "SELECT place FROM region_fact WHERE level = 'village' AND EXISTS (SELECT 1 FROM household_place WHERE household_place.place = \
             region_fact.place) ORDER BY place",
        )?
        .query_map([], |row| convert::place(row, 0))?
        .collect()
}

/// The month after the last one written, or the first of the roster.
fn next_month(connection: &Connection, village: Place, now: Instant) -> Result<Option<Month>, Error> {
    let last: Option<String> = connection
        .prepare_cached("SELECT max(month) FROM first_month WHERE place = ?1")?
        .query_row([convert::of_place(village)], |row| row.get(0))?;
    if let Some(month) = last.and_then(|month| month.parse::<Month>().ok()) {
        return Ok(Some(month.plus(1)));
    }
    let begins: Option<String> = connection
        .prepare_cached(
            "SELECT min(json_extract(span.value, '$.from')) FROM household_place JOIN doc ON doc.record = household_place.household, \
             json_each(doc.fields, '$.status') AS span WHERE household_place.place = ?1",
        )?
        .query_row([convert::of_place(village)], |row| row.get(0))?;
    let begins = begins.and_then(|day| day.parse::<Day>().ok()).map(Month::of);
    Ok(begins.map(|month| month.max(now.month().plus(-MONTHS_BACK_MAX))))
}

/// 00:00 of the day after the freeze day of the next month.
fn freeze_of(connection: &Connection, village: Place, month: Month) -> Result<Instant, Error> {
    let rules = super::rules(connection, village, month)?;
    Ok(deadline(month, rules.duty.freeze_day))
}

/// Writes the first figure of one village and month. A roster that the rules cannot count leaves an empty one: it is never in the way
/// of a visit that wants to be saved.
fn write(connection: &Connection, village: Place, (month, freeze): (Month, Instant), now: Instant) -> Result<(), Error> {
    let households = super::households(connection, &[village])?;
    let reckoned = super::reckon(connection, (village, month, freeze), &households, first_figures)?;
    let figures = reckoned.figures.unwrap_or_default();
    let sums = sum_of(&figures, reckoned.cap_pct);
    connection
        .prepare_cached(
            "INSERT INTO first_month (place, month, written_at_ms, due, met_declared, met_verified) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            convert::of_place(village),
            month.to_string(),
            now.0,
            convert::of_count(sums.due),
            convert::of_count(sums.met_declared),
            convert::of_count(sums.met_verified)
        ])?;
    Figures::First.add(connection, (village, month), &figures)
}

/// Returns the first figures of these villages, as they were written.
pub(super) fn stored(connection: &Connection, villages: &[Place], month: Month) -> Result<Vec<HouseholdFigure>, Error> {
    let mut found = Vec::new();
    for village in villages {
        found.extend(Figures::First.of(connection, *village, month)?);
    }
    Ok(found)
}
