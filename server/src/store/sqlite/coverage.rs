//! The kept figures: called inside every writing transaction, before its effect and after it.
//!
//! The rules are `daohu_domain::coverage`; here their scenario is read from the tables, and what they say is kept: first figures, which
//! never move, and the figures of each village and month as they stand.

mod figure;
mod first;
mod kept;
mod period;
mod roster;
mod setting;
mod told;

use std::collections::BTreeSet;

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::config::{Rules, Setting, rules_at};
use daohu_domain::coverage::{HouseholdFigure, Scenario, ScenarioError};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, OptionalExtension};

use super::{SqliteStore, StoreError, convert};
use crate::store::plan::Moved;
use crate::store::ports::{CoverageStore, Question};
use crate::store::rows::{SettingRows, VillageMonthRow};

impl CoverageStore for SqliteStore {
    fn tick(&self, now: Instant) -> Result<(), StoreError> {
        // Looked at by reading: whoever looks every minute must not wait for a writer, nor a writer for it.
        while self.read("look for a freeze", |connection| first::is_due(connection, now))? {
            if !self.write("write first figures", |transaction| Ok(first::write_some(transaction, now)?))? {
                break;
            }
        }
        Ok(())
    }

    fn villages(&self, place: Place) -> Result<Vec<Place>, StoreError> {
        self.read("read villages", |connection| villages(connection, place))
    }

    fn question(&self, place: Place, month: Month, as_of: Instant) -> Result<Question, StoreError> {
        self.read("read what the figures need", |connection| {
            let villages = villages(connection, place)?;
            let households = households(connection, &villages)?;
            let january = Month::new(month.year(), 1).unwrap_or(month);
            let mut scenario = load(connection, (place, month, as_of), &households, (january, Scope::Everything))?;
            scenario.config = rules(connection, place, month)?.duty;
            let stored = first::stored(connection, &villages, month)?;
            Ok(Question { scenario, stored })
        })
    }

    fn village_months(&self, place: Place, months: (Month, Month), now: Instant) -> Result<Vec<VillageMonthRow>, StoreError> {
        self.write("read the figures of villages", |transaction| {
            tick(transaction, now)?;
            let mut rows = Vec::new();
            for village in villages(transaction, place)? {
                rows.extend(kept::rows(transaction, village, months, now)?);
            }
            Ok(rows)
        })
    }

    fn settings(&self) -> Result<SettingRows, StoreError> {
        self.read("read the rules", setting::all)
    }

    fn set(&self, settings: &[Setting], now: Instant) -> Result<u64, StoreError> {
        self.write("set rules", |transaction| {
            tick(transaction, now)?;
            let version = setting::add(transaction, settings, now)?;
            // Any rule may move any figure but the first ones.
            kept::drop_all(transaction)?;
            first::forget_next(transaction)?;
            super::revision::bump(transaction, now)?;
            Ok(version)
        })
    }
}

/// Runs before any effect of a transaction: first figures whose freeze lies at or before `now` are written from what stood before.
pub(super) fn tick(transaction: &Connection, now: Instant) -> Result<(), Error> {
    if first::is_due(transaction, now)? { first::write_due(transaction, now) } else { Ok(()) }
}

/// Runs after the records of a transaction are projected: what moved is marked, the rows of a changed roster are taken out, and a store
/// that got its first roster writes the first figures of the months that are frozen already.
pub(super) fn after(transaction: &Connection, moved: &Moved, now: Instant) -> Result<(), Error> {
    if moved.everywhere {
        kept::drop_all(transaction)?;
    }
    for place in &moved.rosters {
        kept::drop_place(transaction, *place)?;
    }
    if moved.everywhere || !moved.rosters.is_empty() {
        first::write_due(transaction, now)?;
    }
    kept::mark(transaction, &moved.months)
}

/// Makes the rows of all villages and months that had one anew; returns how many, and how many came out otherwise.
pub(super) fn rebuild(transaction: &Connection, now: Instant) -> Result<(u64, u64), Error> {
    kept::rebuild(transaction, now)
}

/// The villages of a place in order of their codes; a place without villages below it stands for itself.
fn villages(connection: &Connection, place: Place) -> Result<Vec<Place>, Error> {
    let mut ask = connection.prepare_cached(
        "WITH RECURSIVE below (place, level) AS (
            SELECT place, level FROM region_fact WHERE place = ?1
            UNION SELECT child.place, child.level FROM region_fact child JOIN below ON child.parent = below.place)
         SELECT place FROM below WHERE level = 'village' ORDER BY place",
    )?;
    let rows = ask.query_map([convert::of_place(place)], |row| convert::place(row, 0))?;
    rows.collect()
}

/// The households that ever lived in these places.
fn households(connection: &Connection, places: &[Place]) -> Result<BTreeSet<Id>, Error> {
    let mut ask = connection.prepare_cached("SELECT household FROM household_place WHERE place = ?1")?;
    let mut found = BTreeSet::new();
    for place in places {
        for household in ask.query_map([convert::of_place(*place)], |row| convert::id(row, 0))? {
            found.insert(household?);
        }
    }
    Ok(found)
}

/// What to read beside the households.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// What their own figures need.
    Figures,
    /// Units and posts too, with whoever is obliged.
    Everything,
}

/// Reads what these households need, with what arrived from the month `since` on.
fn load(
    connection: &Connection,
    (place, month, as_of): (Place, Month, Instant),
    households: &BTreeSet<Id>,
    (since, scope): (Month, Scope),
) -> Result<Scenario, Error> {
    let mut scenario = Scenario::asking(place.to_string(), month, as_of);
    roster::fill(connection, &mut scenario, households, scope)?;
    let mut visited = households.clone();
    // A visit to the household before a split counts for its children, if it names them.
    visited.extend(scenario.households.iter().flat_map(|household| &household.parents).filter_map(|parent| parent.parse::<Id>().ok()));
    scenario.visits = told::visits(connection, &visited, since.start())?;
    scenario.records = told::month_records(connection, households, since)?;
    Ok(scenario)
}

/// What households come to, with the cap of their village; no figures where the rules cannot count its roster.
#[derive(Debug)]
struct Reckoned {
    figures: Option<Vec<HouseholdFigure>>,
    cap_pct: u32,
}

/// Reckons households of a village, one by one.
fn reckon(
    connection: &Connection,
    (village, month, as_of): (Place, Month, Instant),
    households: &BTreeSet<Id>,
    count: fn(&Scenario) -> Result<Vec<HouseholdFigure>, ScenarioError>,
) -> Result<Reckoned, Error> {
    let rules = rules(connection, village, month)?;
    let since = period::first_of_period(&rules, month);
    let mut scenario = load(connection, (village, month, as_of), households, (since, Scope::Figures))?;
    scenario.config = rules.duty;
    Ok(Reckoned { figures: count(&scenario).ok(), cap_pct: scenario.config.equivalents.cap_pct })
}

/// The rules in force at a place in a month: those of its first day.
fn rules(connection: &Connection, place: Place, month: Month) -> Result<Rules, Error> {
    let settings = setting::all(connection)?.settings;
    if settings.is_empty() {
        return Ok(Rules::default());
    }
    Ok(rules_at(&settings, &chain(connection, place)?, month.first_day()))
}

/// A place with all above it, nearest first.
fn chain(connection: &Connection, place: Place) -> Result<Vec<Place>, Error> {
    let mut ask = connection.prepare_cached("SELECT parent FROM region_fact WHERE place = ?1")?;
    let (mut chain, mut next) = (vec![place], Some(place));
    while let Some(at) = next {
        next = ask.query_row([convert::of_place(at)], |row| convert::place_or_none(row, 0)).optional()?.flatten();
        // A tree that leads back to itself must not hold the transaction for ever.
        next = next.filter(|parent| !chain.contains(parent));
        chain.extend(next);
    }
    Ok(chain)
}
