//! Rows of 结对帮扶花名册: who helps which household, from which day on.

use super::RowReader;
use super::cadre::{self, Found};
use super::household::{self, Addition};
use crate::import::{
    Fields, ImportError, cell,
    places::Places,
    plan::{Named, Planner},
    read::SheetRow,
    tables::Table,
};
use daohu_domain::{calendar::Day, id::Id, place::Place, validate::day_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The role of whoever stands in the column of helpers.
const PRIMARY: &str = "primary";

/// Says in which township a cadre helps, by name: a table of cadres does not tell.
#[must_use]
pub fn towns_of_cadres<'a>(tables: impl Iterator<Item = &'a Table>, places: &Places) -> BTreeMap<String, Place> {
    let mut towns = BTreeMap::new();
    for table in tables {
        for row in &table.rows {
            let village = table.text(row, "village").and_then(|name| places.village(name, table.text(row, "town"), None));
            if let (Some(name), Some(town)) = (table.text(row, "cadre.name"), village.and_then(|village| places.town_of(village))) {
                towns.entry(cell::plain(name)).or_insert(town);
            }
        }
    }
    towns
}

/// Plans the rows of a table of pairings.
///
/// # Errors
/// When the memory cannot be read.
pub fn plan(planner: &mut Planner<'_>, table: &Table) -> Result<(), ImportError> {
    for row in &table.rows {
        plan_row(planner, table, row)?;
    }
    Ok(())
}

fn plan_row(planner: &mut Planner<'_>, table: &Table, row: &SheetRow) -> Result<(), ImportError> {
    let mut reader = RowReader::new(table, row);
    let mut fields = reader.fields();
    let of_household = reader.fields_of("household", &["group", "property", "exit_year"]);
    let home = household::named(planner, &mut reader);
    if let Some((number, _, _)) = &home {
        planner.rostered.insert(number.clone());
    }
    let cadre = named_cadre(planner, &mut reader);
    let from = day_of(&fields, "from");
    if from.is_none() && reader.text("from").is_none() {
        reader.refuse("from", "missing_key");
    }
    if from.zip(day_of(&fields, "to")).is_some_and(|(from, to)| to <= from) {
        reader.refuse("to", "bad_date");
    }
    let role = fields.get("role").and_then(Value::as_str).unwrap_or(PRIMARY).to_owned();
    fields.insert("role".to_owned(), json!(role));
    if let (Some((number, household, _)), Some(cadre), Some(from)) = (&home, cadre, from) {
        fields.insert("cadre".to_owned(), json!(cadre));
        let key = format!("{number} {cadre} {role} {from}");
        if planner.is_seen("pairing", &key) {
            reader.refuse("household.number", "duplicate_key");
        } else if role == PRIMARY && is_held(planner, *household, &fields) {
            reader.refuse("from", "overlap");
        }
    }
    let has_exit_year = of_household.get("exit_year").is_some_and(|year| !year.is_null());
    warn_of_differences(planner, &mut reader, home.as_ref().map(|(_, _, place)| *place), has_exit_year);
    let property = reader.has("household.property").then(|| reader.text("household.property").unwrap_or_default().to_owned());
    let of_org = reader.fields_of("org", &["name"]);
    let (Some((number, household, place)), Some(cadre), Some(from)) = (home, cadre, from) else {
        planner.take("pairing", reader);
        return Ok(());
    };
    let mut draft =
        planner.draft(table.kind, Named { key: format!("{number} {cadre} {role} {from}"), place, subject: Some(household) }, fields)?;
    draft.spot = reader.row_spot();
    planner.check(&draft, &mut reader);
    if !planner.take("pairing", reader) {
        return Ok(());
    }
    planner.note("pairing", draft.key.clone());
    if let Some(name) = of_org.get("name").and_then(Value::as_str)
        && let Some(town) = planner.places.town_of(place).or(planner.places.main_town())
        && let Some(org) = cadre::org(planner, name, Fields::new(), town)?
    {
        draft.fields.insert("unit".to_owned(), json!(org));
    }
    household::add(planner, &number, Addition { fields: of_household, property, ..Addition::default() })?;
    planner.push_pairing(household, draft);
    Ok(())
}

fn named_cadre(planner: &Planner<'_>, reader: &mut RowReader<'_>) -> Option<Id> {
    let name = cell::plain(&reader.key("cadre.name")?);
    let org = reader.text("org.name").map(|name| planner.org_id(&cell::plain(name)).map(|id| id.to_string()).unwrap_or_default());
    let phone = reader.text("cadre.phone").map(|phone| planner.memory.digest(&cell::plain(phone)));
    match planner.cadres.find(&name, org.as_deref(), phone.as_deref()) {
        Found::One(id) => Some(id),
        Found::Nobody => {
            reader.refuse("cadre.name", "unknown_cadre");
            None
        }
        Found::Several => {
            reader.refuse("cadre.name", "ambiguous_cadre");
            None
        }
    }
}

/// Says whether another primary helper holds the household on a day of this pairing; a handover on one day is none.
fn is_held(planner: &Planner<'_>, household: Id, wanted: &Fields) -> bool {
    // Two pairings of one cadre that touch or overlap are one holding.
    let is_other =
        |fields: &&Fields| fields.get("role").and_then(Value::as_str) == Some(PRIMARY) && fields.get("cadre") != wanted.get("cadre");
    planner.pairings_of(household).filter(is_other).any(|fields| do_overlap(fields, wanted))
}

fn do_overlap(one: &Fields, other: &Fields) -> bool {
    let starts_before_end = |one: &Fields, other: &Fields| {
        let end: Option<Day> = day_of(other, "to");
        day_of(one, "from").is_some_and(|from| end.is_none_or(|end| from < end))
    };
    starts_before_end(one, other) && starts_before_end(other, one)
}

fn warn_of_differences(planner: &Planner<'_>, reader: &mut RowReader<'_>, place: Option<Place>, has_exit_year: bool) {
    if let (Some(place), Some(name)) = (place, reader.text("village"))
        && planner.places.village(name, reader.text("town"), None) != Some(place)
    {
        reader.warn("village", "village_differs");
    }
    if reader.has("household.property") && reader.has("household.exit_year") {
        let is_exited = reader.text("household.property").is_some_and(household::is_exited);
        if is_exited != has_exit_year {
            reader.warn("household.exit_year", "exit_year_differs");
        }
    }
}
