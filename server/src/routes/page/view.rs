//! From a caller and an address to what the page shows: the place and month chosen, figures, grid, names.

mod cells;

use super::super::{ask::Ask, caller::store_problem, figures::sums_only, places, problem::Problem};
use crate::{
    office::Office,
    permit::{Caller, view::Eyes},
    store::rows::{RecordQuery, RegionRow},
    web::{
        figures::{Choice, HouseholdLine, HouseholdRow, Measure, Named, Overview, OwnView, Version, figures_from},
        text::Lang,
    },
};
use daohu_domain::{
    calendar::{Instant, Month},
    id::Id,
    place::Place,
};
use std::collections::{BTreeMap, BTreeSet};

/// Months that one can choose and that the grid shows.
const MONTHS: i32 = 12;

/// What to draw.
pub(super) enum Shown {
    /// The overview of a place.
    Overview(Box<Overview>),
    /// Single households.
    Own(OwnView),
    /// An account that sees no visits.
    Nothing,
}

/// Decides what a caller sees under an address.
///
/// # Errors
/// `bad_place`, `bad_month`; `not_found` for a place outside the scope.
pub(super) fn shown(office: &Office, caller: &Caller, ask: &Ask) -> Result<Shown, Problem> {
    let whole = caller.whole_places();
    if whole.is_empty() && caller.single_households().is_empty() {
        return Ok(Shown::Nothing);
    }
    let now = office.now().month();
    let months: Vec<Month> = (1 - MONTHS..=0).map(|n| now.plus(n)).collect();
    // The month that has just ended is the one that is spoken about; the running one is in the grid.
    let month = ask.month_if()?.unwrap_or_else(|| now.plus(-1));
    let lang = Lang::read(ask.lang.as_deref());
    if whole.is_empty() {
        return own(office, caller, lang, month, months).map(Shown::Own);
    }
    let regions = places::reached(office, caller)?;
    let place =
        ask.place_if()?.or_else(|| topmost(&regions, &whole)).filter(|place| whole.contains(place)).ok_or_else(Problem::not_found)?;
    let measure = if ask.measure.as_deref() == Some("verified") { Measure::Verified } else { Measure::Declared };
    let version = if ask.version.as_deref() == Some("first") { Version::First } else { Version::Revised };
    let choice = Choice { place, month, measure, version, lang };
    overview(office, caller, &regions, choice, months).map(|view| Shown::Overview(Box::new(view)))
}

/// Returns the highest place that the caller sees whole; of several the first by code.
fn topmost(regions: &[RegionRow], whole: &BTreeSet<Place>) -> Option<Place> {
    whole.iter().min_by_key(|place| (places::above(regions, **place).len(), **place)).copied()
}

fn overview(office: &Office, caller: &Caller, regions: &[RegionRow], choice: Choice, months: Vec<Month>) -> Result<Overview, Problem> {
    let whole = caller.whole_places();
    let named = |place: Place| Named { place, name: name_of(regions, place) };
    let figures = figures_from(&office.coverage(choice.place, choice.month, None)?);
    let children: Vec<Place> = regions
        .iter()
        .filter(|row| row.region.parent == Some(choice.place) && row.region.level != "group")
        .map(|row| row.region.code)
        .collect();
    let rows: Vec<Place> =
        if children.is_empty() { vec![choice.place] } else { children.into_iter().filter(|place| whole.contains(place)).collect() };
    let above = places::above(regions, choice.place).into_iter().filter(|place| whole.contains(place)).rev().map(named).collect();
    let is_village = regions.iter().any(|row| row.region.code == choice.place && row.region.level == "village");
    let households =
        if is_village && !sums_only(caller, choice.place) { listed(office, caller, figures.households.clone())? } else { Vec::new() };
    Ok(Overview {
        choice,
        above,
        place: named(choice.place),
        grid: cells::grid(office, &rows.into_iter().map(named).collect::<Vec<_>>(), &months, &choice)?,
        months,
        set_clock: set_clock(office),
        account: account(caller, choice.lang),
        figures,
        names: regions.iter().map(|row| Named { place: row.region.code, name: row.region.name.clone() }).collect(),
        households,
    })
}

fn own(office: &Office, caller: &Caller, lang: Lang, month: Month, months: Vec<Month>) -> Result<OwnView, Problem> {
    let singles: BTreeSet<String> = caller.single_households().iter().map(Id::to_string).collect();
    let mut lines = Vec::new();
    for place in caller.places() {
        let figures = figures_from(&office.coverage(place, month, None)?);
        lines.extend(figures.households.into_iter().filter(|line| singles.contains(&line.id)));
    }
    let households = listed(office, caller, lines)?;
    Ok(OwnView { month, months, lang, set_clock: set_clock(office), account: account(caller, lang), households })
}

/// Adds what to call each household and its helper, as far as the caller sees names; in the order of the numbers.
fn listed(office: &Office, caller: &Caller, lines: Vec<HouseholdLine>) -> Result<Vec<HouseholdRow>, Problem> {
    let records = |kind: &str, places: Option<Vec<Place>>| {
        let query = RecordQuery { kind: Some(kind.to_owned()), places, ..RecordQuery::default() };
        office.store().records(&query).map_err(|error| store_problem(&error))
    };
    let households: BTreeMap<String, _> =
        records("household", Some(caller.places().into_iter().collect()))?.into_iter().map(|row| (row.record.to_string(), row)).collect();
    let cadres: BTreeMap<String, _> = records("cadre", None)?.into_iter().map(|row| (row.record.to_string(), row)).collect();
    let text = |fields: &serde_json::Map<String, serde_json::Value>, key: &str| {
        fields.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let mut rows: Vec<HouseholdRow> = Vec::new();
    for line in lines {
        let Some(row) = households.get(&line.id) else { continue };
        let eyes = Eyes::best(caller.roles_at(row.place, row.household));
        let holder = line.attributed.as_ref().and_then(|id| cadres.get(id)).map(|cadre| text(&cadre.fields, "name"));
        rows.push(HouseholdRow {
            number: text(&row.fields, "number"),
            head: eyes.name(&text(&row.fields, "head_name")),
            holder: holder.unwrap_or_default(),
            line,
        });
    }
    rows.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(rows)
}

fn name_of(regions: &[RegionRow], place: Place) -> String {
    regions.iter().find(|row| row.region.code == place).map_or_else(|| place.to_string(), |row| row.region.name.clone())
}

fn set_clock(office: &Office) -> Option<Instant> {
    office.clock().is_set().then(|| office.now())
}

fn account(caller: &Caller, lang: Lang) -> String {
    caller.roles.first().map_or_else(String::new, |role| lang.pick(role.zh(), role.en()).to_owned())
}
