//! Rows of 人表: the members of the households.

use super::RowReader;
use super::household::{self, Addition};
use crate::import::{
    Fields, ImportError,
    plan::{Named, Planner},
    read::SheetRow,
    tables::Table,
};
use daohu_domain::validate::split_secrets;
use serde_json::{Value, json};

/// What 在校生状况 says of those who are not at school: it counts as empty.
const NOT_AT_SCHOOL: &str = "非在校生";

/// Plans the rows of a table of members.
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
    let mut all = reader.fields();
    mind_school(&mut reader, &mut all);
    let of_household = reader.fields_of("household", &["phone"]);
    let number = reader.key("number");
    let home = household::named(planner, &mut reader);
    if let Some((_, _, place)) = &home
        && let Some(name) = reader.text("village")
        && planner.places.village(name, reader.text("town"), reader.text("county")) != Some(*place)
    {
        reader.warn("village", "village_differs");
    }
    if let Some(number) = &number
        && planner.is_seen("member", number)
    {
        reader.refuse("number", "duplicate_key");
    }
    let (Some(number), Some((household, id, place))) = (number, home) else {
        planner.take("member", reader);
        return Ok(());
    };
    let (mut fields, secrets) = split_secrets(table.kind, &all);
    fields.insert("number".to_owned(), json!(number));
    let mut draft = planner.draft(table.kind, Named { key: number, place, subject: Some(id) }, fields)?;
    draft.secrets = secrets;
    draft.spot = reader.row_spot();
    planner.check(&draft, &mut reader);
    if !planner.take("member", reader) {
        return Ok(());
    }
    planner.note("member", draft.key.clone());
    planner.drafts.push(draft);
    household::add(planner, &household, Addition { secrets: of_household, ..Addition::default() })
}

/// Empties 在校生状况 where it says 非在校生, and warns where education and school are both told.
fn mind_school(reader: &mut RowReader<'_>, all: &mut Fields) {
    let Some(school) = reader.text("school") else { return };
    if school == NOT_AT_SCHOOL {
        all.insert("school".to_owned(), Value::Null);
        reader.warnings.retain(|warning| warning.value.as_deref() != Some(NOT_AT_SCHOOL));
    } else if reader.text("education").is_some() {
        reader.warn("school", "both_education_fields");
    }
}
