//! From the rows of this device to the scenario that the domain judges.

use crate::{
    error::FieldError,
    store::{
        Connection, access,
        meta::{self, key},
        projection::{
            household::{HouseholdRow, PairingRow},
            visit::{self as rows, VisitRow},
        },
    },
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    config::{Rules, Setting, rules_at},
    coverage::{
        Scenario,
        scenario::{Backfill, Household, Pairing, PairingRole, PlaceSpan, Region, StatusSpan, TierSpan, TimeEvidence, Visit},
    },
    place::Place,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Stands above every place of this device, so that one question covers them all.
const ROOT: &str = "000000000000";

/// The roster rows of this device and the time.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) households: &'a [HouseholdRow],
    pub(crate) pairings: &'a [PairingRow],
    pub(crate) now: Instant,
}

/// A span of a record as its field holds it.
#[derive(Debug, Deserialize)]
struct SpanText {
    #[serde(default)]
    value: String,
    from: String,
    #[serde(default)]
    to: Option<String>,
}

/// Makes the scenario of a month.
pub(crate) fn of(connection: &Connection, ground: &Ground<'_>, month: Month) -> Result<Scenario, FieldError> {
    let mut scenario = Scenario::asking(ROOT, month, ground.now);
    let place = ground.households.first().map(|household| household.place);
    scenario.config = match place {
        Some(place) => rules(connection, place, month.first_day())?.duty,
        None => Rules::default().duty,
    };
    scenario.regions = regions(connection, ground.households)?;
    scenario.households = ground.households.iter().map(household).collect();
    scenario.pairings = ground.pairings.iter().filter_map(pairing).collect();
    let months = scenario.config.tiers.values().map(|tier| tier.months).max().unwrap_or(1);
    let first = month.plus(1 - i32::try_from(months).unwrap_or(1));
    let visits = match ground.households {
        [one] => rows::of_household(connection, one.id)?,
        _ => rows::of_months(connection, &first.to_string(), &month.to_string())?,
    };
    scenario.visits = visits.iter().filter(|row| is_told(row)).map(|row| visit(row, ground.now)).collect();
    scenario.drop_backward_spans();
    Ok(scenario)
}

/// Returns the rules in force at a place on a day, as the server last sent them.
pub(crate) fn rules(connection: &Connection, place: Place, day: Day) -> Result<Rules, FieldError> {
    let Some(text) = meta::text(connection, key::CONFIG)?.filter(|text| !text.is_empty()) else { return Ok(Rules::default()) };
    if let Ok(settings) = serde_json::from_str::<Vec<Setting>>(&text) {
        let mut chain = vec![place];
        let places = access::places(connection)?;
        while let Some(parent) = places.iter().find(|row| Some(&row.code) == chain.last()).and_then(|row| row.parent) {
            if chain.contains(&parent) {
                break;
            }
            chain.push(parent);
        }
        return Ok(rules_at(&settings, &chain, day));
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Visits that count for anything: handed in, and not taken back or voided.
fn is_told(row: &VisitRow) -> bool {
    !row.duplicate && matches!(row.state.as_str(), "submitted" | "received" | "flagged" | "passed")
}

fn regions(connection: &Connection, households: &[HouseholdRow]) -> Result<Vec<Region>, FieldError> {
    let known = access::places(connection)?;
    let codes: BTreeSet<Place> = known.iter().map(|row| row.code).collect();
    let region = |code: Place, name: &str, level: &str, parent: Option<Place>| Region {
        code: code.to_string(),
        name: name.to_owned(),
        level: level.to_owned(),
        parent: Some(parent.filter(|parent| codes.contains(parent)).map_or_else(|| ROOT.to_owned(), |parent| parent.to_string())),
        from: None,
        to: None,
    };
    let mut regions = vec![Region { code: ROOT.to_owned(), level: "county".to_owned(), ..Region::default() }];
    regions.extend(known.iter().map(|row| region(row.code, &row.name, &row.level, row.parent)));
    let mut others: BTreeSet<String> = households.iter().flat_map(|row| spans(&row.places)).map(|span| span.value).collect();
    others.extend(households.iter().map(|row| row.place.to_string()));
    for code in others.iter().filter_map(|code| code.parse::<Place>().ok()).filter(|code| !codes.contains(code)) {
        regions.push(region(code, "", "village", None));
    }
    Ok(regions)
}

fn spans(text: &str) -> Vec<SpanText> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Returns a span's days; `None` if it has none that can be read.
fn days(span: &SpanText) -> Option<(Day, Option<Day>)> {
    Some((span.from.parse().ok()?, span.to.as_deref().and_then(|to| to.parse().ok())))
}

fn household(row: &HouseholdRow) -> Household {
    let mut made = Household { id: row.id.to_string(), ..Household::default() };
    for span in spans(&row.status) {
        if let Some((from, to)) = days(&span) {
            made.status.push(StatusSpan { status: span.value, from, to });
        }
    }
    for span in spans(&row.tier) {
        if let Some((from, to)) = days(&span) {
            made.tier.push(TierSpan { tier: span.value, from, to });
        }
    }
    for span in spans(&row.places) {
        if let Some((from, to)) = days(&span) {
            made.places.push(PlaceSpan { place: span.value, from, to });
        }
    }
    if made.places.is_empty() {
        // A record lives at its place from the beginning where nothing else is said.
        made.places.push(PlaceSpan { place: row.place.to_string(), from: daohu_domain::calendar::Instant(0).day(), to: None });
    }
    made
}

fn pairing(row: &PairingRow) -> Option<Pairing> {
    let role = match row.role.as_str() {
        "primary" => PairingRole::Primary,
        "assistant" => PairingRole::Assistant,
        _ => PairingRole::Other,
    };
    Some(Pairing {
        id: row.id.to_string(),
        household: row.household.to_string(),
        cadre: row.cadre.to_string(),
        role,
        from: row.from_day.parse().ok()?,
        to: row.to_day.as_deref().and_then(|day| day.parse().ok()),
        unit: None,
    })
}

/// Returns a visit as told to the domain; one that is not sent yet counts as received just now.
fn visit(row: &VisitRow, now: Instant) -> Visit {
    let start = Instant(row.start_ms);
    let just_now = Instant(now.0 - 1);
    Visit {
        id: row.id.to_string(),
        household: row.household.to_string(),
        recorder: row.recorder.to_string(),
        participants: row.persons.iter().map(ToString::to_string).collect(),
        mode: row.mode.clone(),
        start,
        end: start,
        time: Some(TimeEvidence::Trusted(start)),
        submitted_at: None,
        received_at: Some(row.received_ms.map_or(just_now, |received| Instant(received).min(just_now))),
        backfill: row
            .backfill
            .then(|| row.day.parse().ok())
            .flatten()
            .map(|original_date| Backfill { original_date, reason: String::new() }),
        absent_reason: row.absent.clone(),
        household_confirmed: row.confirmed,
        ..Visit::default()
    }
}
