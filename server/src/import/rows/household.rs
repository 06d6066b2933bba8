//! Rows of 户表, and what 花名册 and 人表 add to a household: group, register property, telephone.
//!
//! From the roster's day on hold place, status and tier. Status comes from 户属性 of the 花名册 alone.

use super::RowReader;
use crate::import::{
    Fields, ImportError, cell,
    plan::{Named, Planner},
    read::SheetRow,
    report::{Spot, Warning},
    settle::{Draft, Since},
    tables::Table,
};
use daohu_domain::{calendar::Day, id::Id, kinds, place::Place, validate::split_secrets};
use serde_json::{Value, json};

/// The tier of a household until somebody says otherwise.
const TIER: &str = "monthly";
/// The word in 户属性 that says that a household has left poverty.
const EXITED: &str = "脱贫户";

/// Plans the rows of a table of households.
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
    let all = reader.fields();
    let number = reader.key("number");
    let place = village(planner, &mut reader);
    if let Some(number) = &number
        && planner.is_seen("household", number)
    {
        reader.refuse("number", "duplicate_key");
    }
    let (Some(number), Some(place)) = (number, place) else {
        planner.take("household", reader);
        return Ok(());
    };
    let (mut fields, secrets) = split_secrets(table.kind, &all);
    fields.insert("number".to_owned(), json!(number));
    // 户属性 of any other table than the 花名册 is a fact of the household, and says nothing about its status.
    let day = planner.as_of(table.text(row, "year").and_then(cell::read_year));
    let mut draft = planner.draft(table.kind, Named { key: number.clone(), place, subject: None }, fields)?;
    draft.subject = Some(draft.id);
    draft.secrets = secrets;
    draft.spot = reader.row_spot();
    planner.check(&draft, &mut reader);
    if !planner.take("household", reader) {
        return Ok(());
    }
    planner.note("household", number.clone());
    draft.spans.push(Since { field: "places", value: place.to_string(), day });
    draft.spans.push(Since { field: "tier", value: TIER.to_owned(), day });
    planner.note_head(place, &draft.fields);
    planner.household_drafts.insert(number, planner.drafts.len());
    planner.drafts.push(draft);
    Ok(())
}

/// Returns the village that a row names; refuses the row when it names none that is known.
pub fn village(planner: &Planner<'_>, reader: &mut RowReader<'_>) -> Option<Place> {
    let Some(name) = reader.text("village") else {
        reader.refuse("village", "unknown_place");
        return None;
    };
    let found = planner.places.village(name, reader.text("town"), reader.text("county"));
    if found.is_none() {
        let is_town = reader.text("town").is_some_and(|town| planner.places.town(town).is_none())
            && planner.places.village(name, None, None).is_some();
        reader.refuse(if is_town { "town" } else { "village" }, "unknown_place");
    }
    found
}

/// What another table than 户表 says of a household.
#[derive(Debug, Default)]
pub struct Addition {
    /// Its fields.
    pub fields: Fields,
    /// Its secrets.
    pub secrets: Fields,
    /// The text of 户属性, where the table has that column.
    pub property: Option<String>,
}

/// Adds to a household what another table says of it; what 户表 said stands.
///
/// # Errors
/// When the memory cannot be read.
pub fn add(planner: &mut Planner<'_>, number: &str, addition: Addition) -> Result<(), ImportError> {
    let Some(at) = draft_of(planner, number)? else { return Ok(()) };
    let Some(draft) = planner.drafts.get(at) else { return Ok(()) };
    let day = day_of(draft).unwrap_or_else(|| planner.as_of(None));
    let Some(draft) = planner.drafts.get_mut(at) else { return Ok(()) };
    for (key, value) in addition.fields {
        if draft.fields.get(&key).is_none_or(Value::is_null) {
            draft.fields.insert(key, value);
        }
    }
    for (key, value) in addition.secrets.into_iter().filter(|(_, value)| !value.is_null()) {
        if draft.secrets.get(&key).is_none_or(Value::is_null) {
            draft.secrets.insert(key, value);
        }
    }
    if let Some(property) = addition.property {
        let status = if is_exited(&property) { "exited_with_policy" } else { "poor" };
        set_status(draft, status, day);
    }
    Ok(())
}

/// Says whether a register property is that of a household that has left poverty.
#[must_use]
pub fn is_exited(property: &str) -> bool {
    property.contains(EXITED)
}

/// Gives the households of 户表 that no row of a 花名册 named, now or ever, their first status.
///
/// Where a 花名册 came along and does not name them, that deserves a look.
pub fn give_first_status(planner: &mut Planner<'_>) {
    let default = planner.as_of(None);
    let has_roster = !planner.rostered.is_empty();
    let mut spots = Vec::new();
    for draft in planner.drafts.iter_mut().filter(|draft| draft.kind.name == "household" && draft.is_row) {
        let has_status = draft.spans.iter().any(|span| span.field == "status") || draft.last.contains_key("status");
        if !has_status {
            let day = day_of(draft).unwrap_or(default);
            set_status(draft, "poor", day);
            if has_roster && !planner.rostered.contains(&draft.key) {
                spots.push(Spot { column: Some("户编号".to_owned()), value: Some(draft.key.clone()), ..draft.spot.clone() });
            }
        }
    }
    for spot in spots {
        planner.warn(Warning::new(spot, "not_in_roster"));
    }
}

fn set_status(draft: &mut Draft, status: &str, day: Day) {
    if !draft.spans.iter().any(|span| span.field == "status") {
        draft.spans.push(Since { field: "status", value: status.to_owned(), day });
    }
}

/// Returns the day from which the row of 户表 is true.
fn day_of(draft: &Draft) -> Option<Day> {
    draft.spans.iter().find(|span| span.field == "places").map(|span| span.day)
}

/// Returns where a household stands among the drafts; one that is only in the store gets a draft that is no row.
fn draft_of(planner: &mut Planner<'_>, number: &str) -> Result<Option<usize>, ImportError> {
    if let Some(at) = planner.household_drafts.get(number) {
        return Ok(Some(*at));
    }
    let (Some(home), Some(kind)) = (planner.home(number), kinds::find("household")) else { return Ok(None) };
    let fields = Fields::from_iter([("number".to_owned(), json!(number))]);
    let mut draft = planner.draft(kind, Named { key: number.to_owned(), place: home.place, subject: None }, fields)?;
    draft.subject = Some(home.id);
    draft.is_row = false;
    let at = planner.drafts.len();
    planner.household_drafts.insert(number.to_owned(), at);
    planner.drafts.push(draft);
    Ok(Some(at))
}

/// Returns the household that a row names by its number, else by village and name of the head.
pub fn named(planner: &Planner<'_>, reader: &mut RowReader<'_>) -> Option<(String, Id, Place)> {
    let number = if reader.has("household.number") { reader.key("household.number")? } else { by_head(planner, reader)? };
    let home = planner.home(&number);
    if home.is_none() {
        reader.refuse("household.number", "unknown_household");
    }
    home.map(|home| (number, home.id, home.place))
}

/// Finds the number of the only household of a village whose head has this name: some rosters carry no numbers.
fn by_head(planner: &Planner<'_>, reader: &mut RowReader<'_>) -> Option<String> {
    let Some(head) = reader.text("household.head_name") else {
        reader.refuse("household.head_name", "missing_key");
        return None;
    };
    let place = village(planner, reader)?;
    let number = planner.only_home_of(place, &cell::plain(head)).map(str::to_owned);
    if number.is_none() {
        reader.refuse("household.head_name", "unknown_household");
    }
    number
}
