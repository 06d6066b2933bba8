//! Rows of the table of places: villages.csv and its like.
//!
//! A table may say level and parent of a place. Where it does not, the level follows from the zeros of the code, and
//! the parent is the township of the same nine digits, else the last township above it in the table.

use super::RowReader;
use crate::import::{
    Fields, ImportError,
    places::{Region, TOWN, VILLAGE, level_of, parent_by_digits},
    plan::{Named, Planner},
    read::SheetRow,
    tables::Table,
};
use daohu_domain::place::Place;
use serde_json::{Value, json};

/// Plans the rows of a table of places.
///
/// # Errors
/// When the memory cannot be read.
pub fn plan(planner: &mut Planner<'_>, table: &Table) -> Result<(), ImportError> {
    // Townships first, so that a village may stand above its township in the table.
    let (towns, others): (Vec<_>, Vec<_>) = with_town_above(table).into_iter().partition(|(.., level, _)| level == TOWN);
    for (row, code, level, above) in towns.into_iter().chain(others) {
        plan_row(planner, table, row, &Standing { code, level, above })?;
    }
    Ok(())
}

/// Where a row stands in the tree.
struct Standing {
    code: Option<Place>,
    level: String,
    above: Option<Place>,
}

fn with_town_above(table: &Table) -> Vec<(&SheetRow, Option<Place>, String, Option<Place>)> {
    let mut above = None;
    let mut rows = Vec::new();
    for row in &table.rows {
        let code: Option<Place> = table.text(row, "code").and_then(|text| crate::import::cell::plain(text).parse().ok());
        let level = told_level(table, row).or(code.map(|code| level_of(code).to_owned())).unwrap_or_default();
        rows.push((row, code, level.clone(), above));
        if level == TOWN {
            above = code;
        }
    }
    rows
}

fn told_level(table: &Table, row: &SheetRow) -> Option<String> {
    let field = table.kind.field("level")?;
    super::value::read(field, table.text(row, "level")?, None).ok()?.as_str().map(str::to_owned)
}

fn plan_row(planner: &mut Planner<'_>, table: &Table, row: &SheetRow, standing: &Standing) -> Result<(), ImportError> {
    let mut reader = RowReader::new(table, row);
    let mut fields = reader.fields();
    let key = reader.key("code");
    if key.is_some() && standing.code.is_none() {
        reader.refuse("code", "bad_place");
    }
    if let Some(code) = standing.code
        && planner.is_seen("region", &code.to_string())
    {
        reader.refuse("code", "duplicate_key");
    }
    let parent = parent_of(planner, &fields, standing);
    let name = reader.text("name").unwrap_or_default().to_owned();
    let Some(code) = standing.code else {
        planner.take("region", reader);
        return Ok(());
    };
    fields.insert("code".to_owned(), json!(code));
    fields.insert("level".to_owned(), json!(standing.level));
    fields.insert("parent".to_owned(), json!(parent));
    let mut draft = planner.draft(table.kind, Named { key: code.to_string(), place: code, subject: None }, fields)?;
    draft.spot = reader.row_spot();
    planner.check(&draft, &mut reader);
    if !planner.take("region", reader) {
        return Ok(());
    }
    planner.note("region", code.to_string());
    planner.places.add(Region { code, name, level: standing.level.clone(), parent });
    if draft.current.is_none()
        && let Some(town) = planner.places.town_of(code).or(planner.places.main_town())
    {
        draft.place = town;
    }
    planner.drafts.push(draft);
    Ok(())
}

fn parent_of(planner: &Planner<'_>, fields: &Fields, standing: &Standing) -> Option<Place> {
    let told = fields.get("parent").and_then(Value::as_str).and_then(|code| code.parse().ok());
    let guessed = || {
        let by_digits = parent_by_digits(standing.code?)?;
        if planner.places.get(by_digits).is_some() {
            return Some(by_digits);
        }
        // Above a township the tree may end: a table of one township names no county.
        if standing.level == VILLAGE { standing.above.or(Some(by_digits)) } else { None }
    };
    told.or_else(guessed)
}
