//! Reads the roster of a place into a scenario: households and who is paired with them, units, posts, leaves, the tree.

use std::collections::BTreeSet;

use daohu_domain::calendar::Day;
use daohu_domain::coverage::scenario::{
    Cadre, Household, Leave, Obliged, Pairing, PairingRole, PlaceSpan, Post, PostTerm, Region, Scenario, Span, StatusSpan, Term, TierSpan,
    Unit,
};
use daohu_domain::id::Id;
use rusqlite::{Connection, Error};
use serde_json::{Map, Value};

use super::super::convert;
use super::Scope;

/// Fills in the roster of `households` and of whoever is paired with them.
pub(super) fn fill(connection: &Connection, scenario: &mut Scenario, households: &BTreeSet<Id>, scope: Scope) -> Result<(), Error> {
    scenario.regions = regions(connection)?;
    scenario.leaves = leaves(connection)?;
    if scope == Scope::Everything {
        scenario.units = units(connection)?;
        scenario.posts = posts(connection)?;
    }
    let obliged: BTreeSet<Id> = scenario.units.iter().flat_map(|unit| &unit.obliged).filter_map(|one| one.cadre.parse().ok()).collect();
    let mut all = households.clone();
    all.extend(elsewhere(connection, &obliged)?);
    for household in &all {
        scenario.households.extend(household_row(connection, *household)?);
        scenario.pairings.extend(pairings(connection, *household)?);
    }
    let mut people: BTreeSet<Id> = scenario.pairings.iter().filter_map(|pairing| pairing.cadre.parse().ok()).collect();
    people.extend(obliged);
    people.extend(scenario.leaves.iter().filter_map(|leave| leave.deputy.as_ref()?.parse::<Id>().ok()));
    for person in people {
        scenario.cadres.extend(cadre(connection, person)?);
    }
    // A slip of the roster (an end before its beginning) must not stop the figures of the township.
    scenario.drop_backward_spans();
    Ok(())
}

/// Households that obliged people hold in other places: an obligation is met wherever the household is.
fn elsewhere(connection: &Connection, obliged: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
    let mut ask = connection.prepare_cached("SELECT household FROM pairing_fact WHERE cadre = ?1")?;
    let mut found = BTreeSet::new();
    for cadre in obliged {
        for household in ask.query_map([cadre.as_bytes()], |row| convert::id(row, 0))? {
            found.insert(household?);
        }
    }
    Ok(found)
}

/// The fields of one record, if it is there and of this kind.
fn fields(connection: &Connection, kind: &str, record: Id) -> Result<Option<Map<String, Value>>, Error> {
    let mut ask = connection.prepare_cached("SELECT fields FROM doc WHERE record = ?1 AND kind = ?2")?;
    let mut rows = ask.query_map(rusqlite::params![record.as_bytes(), kind], |row| convert::fields(row, 0))?;
    rows.next().transpose()
}

/// A record's id with its fields.
type Named = (String, Map<String, Value>);

/// The fields of every record of a kind: of kinds with few records only.
fn all_of(connection: &Connection, kind: &str) -> Result<Vec<Named>, Error> {
    let mut ask = connection.prepare_cached("SELECT record, fields FROM doc WHERE kind = ?1")?;
    let rows = ask.query_map([kind], |row| Ok((convert::id(row, 0)?.to_string(), convert::fields(row, 1)?)))?;
    rows.collect()
}

fn text(fields: &Map<String, Value>, key: &str) -> Option<String> {
    fields.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn day(fields: &Map<String, Value>, key: &str) -> Option<Day> {
    fields.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok())
}

/// The spans of a field: value, from, to. A span without a beginning is no fact.
fn spans<'a>(fields: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (String, Day, Option<Day>)> + 'a {
    fields.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(|span| {
        let span = span.as_object()?;
        Some((text(span, "value").unwrap_or_default(), day(span, "from")?, day(span, "to")))
    })
}

fn household_row(connection: &Connection, record: Id) -> Result<Option<Household>, Error> {
    let Some(fields) = fields(connection, "household", record)? else { return Ok(None) };
    let parents = fields.get("parents").and_then(Value::as_array).into_iter().flatten();
    Ok(Some(Household {
        id: record.to_string(),
        status: spans(&fields, "status").map(|(status, from, to)| StatusSpan { status, from, to }).collect(),
        tier: spans(&fields, "tier").map(|(tier, from, to)| TierSpan { tier, from, to }).collect(),
        places: spans(&fields, "places").map(|(place, from, to)| PlaceSpan { place, from, to }).collect(),
        parents: parents.filter_map(Value::as_str).map(str::to_owned).collect(),
        away: spans(&fields, "away").map(|(_, from, to)| Span { from, to }).collect(),
    }))
}

fn cadre(connection: &Connection, record: Id) -> Result<Option<Cadre>, Error> {
    let fields = fields(connection, "cadre", record)?;
    Ok(fields.map(|fields| Cadre {
        id: record.to_string(),
        terms: spans(&fields, "terms").map(|(unit, from, to)| Term { unit, from, to }).collect(),
    }))
}

fn pairings(connection: &Connection, household: Id) -> Result<Vec<Pairing>, Error> {
    let mut ask = connection
        .prepare_cached("SELECT record, cadre, role, from_day, to_day, unit FROM pairing_fact WHERE household = ?1 ORDER BY record")?;
    let rows = ask.query_map([household.as_bytes()], |row| {
        Ok(Pairing {
            id: convert::id(row, 0)?.to_string(),
            household: household.to_string(),
            cadre: convert::id(row, 1)?.to_string(),
            role: match row.get_ref(2)?.as_str()? {
                "primary" => PairingRole::Primary,
                "assistant" => PairingRole::Assistant,
                _ => PairingRole::Other,
            },
            from: convert::day(row, 3)?,
            to: convert::day_or_none(row, 4)?,
            unit: convert::id_or_none(row, 5)?.map(|unit| unit.to_string()),
        })
    })?;
    rows.collect()
}

fn regions(connection: &Connection) -> Result<Vec<Region>, Error> {
    let rows = all_of(connection, "region")?;
    let region = |(_, fields): Named| {
        Some(Region {
            code: text(&fields, "code")?,
            name: text(&fields, "name").unwrap_or_default(),
            level: text(&fields, "level")?,
            parent: text(&fields, "parent"),
            from: day(&fields, "valid_from"),
            to: day(&fields, "valid_to"),
        })
    };
    Ok(rows.into_iter().filter_map(region).collect())
}

fn units(connection: &Connection) -> Result<Vec<Unit>, Error> {
    let rows = all_of(connection, "org")?;
    let unit = |(id, fields): Named| Unit {
        id,
        name: text(&fields, "name").unwrap_or_default(),
        place: text(&fields, "place"),
        obliged: spans(&fields, "obliged").map(|(cadre, from, to)| Obliged { cadre, from, to }).collect(),
    };
    Ok(rows.into_iter().map(unit).collect())
}

fn leaves(connection: &Connection) -> Result<Vec<Leave>, Error> {
    let rows = all_of(connection, "leave")?;
    let leave = |(_, fields): Named| {
        Some(Leave { cadre: text(&fields, "cadre")?, from: day(&fields, "from")?, to: day(&fields, "to"), deputy: text(&fields, "deputy") })
    };
    Ok(rows.into_iter().filter_map(leave).collect())
}

/// A post is told by one record that says it must be filled, and one record for each person who filled it.
fn posts(connection: &Connection) -> Result<Vec<Post>, Error> {
    let rows = all_of(connection, "post_term")?;
    let is_need = |fields: &Map<String, Value>| fields.get("required").and_then(Value::as_bool).unwrap_or(false);
    let mut posts: Vec<Post> = rows
        .iter()
        .filter(|(_, fields)| is_need(fields))
        .filter_map(|(_, fields)| {
            Some(Post {
                id: text(fields, "post")?,
                place: text(fields, "at")?,
                from: day(fields, "from")?,
                to: day(fields, "to"),
                terms: Vec::new(),
            })
        })
        .collect();
    for (_, fields) in rows.iter().filter(|(_, fields)| !is_need(fields)) {
        let (Some(id), Some(place), Some(cadre), Some(from)) =
            (text(fields, "post"), text(fields, "at"), text(fields, "cadre"), day(fields, "from"))
        else {
            continue;
        };
        for post in posts.iter_mut().filter(|post| post.id == id && post.place == place) {
            post.terms.push(PostTerm { cadre: cadre.clone(), from, to: day(fields, "to") });
        }
    }
    Ok(posts)
}
