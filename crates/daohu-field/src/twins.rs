//! Month records that several phones made of one household and month: read as one, settled as one.

use crate::{
    error::FieldError,
    project::{self, Known},
    store::{Connection, projection},
};
use daohu_domain::{
    id::Id,
    kind::{Fields, Json},
    kinds::month_record::KIND,
};
use daohu_record::{Change, RecordError, View, together};

/// Returns the documents of one household and month, lowest id first.
pub(crate) fn of_month(connection: &Connection, household: Id, month: &str) -> Result<Vec<Known>, FieldError> {
    let mut documents = Vec::new();
    for record in projection::of_household(connection, household, KIND.name)? {
        if project::text(&record.fields, "month") == month
            && let Some(known) = project::known(connection, record.id)?
        {
            documents.push(known);
        }
    }
    Ok(documents)
}

/// Returns a record with those that are shown as one with it, lowest id first.
pub(crate) fn of_record(connection: &Connection, known: Known) -> Result<Vec<Known>, FieldError> {
    match known.view.header.subject {
        Some(household) if known.kind.name == KIND.name => of_month(connection, household, &project::text(&known.view.fields, "month")),
        _ => Ok(vec![known]),
    }
}

/// Returns what is shown of documents.
pub(crate) fn shown(documents: &[Known]) -> Option<View> {
    together(&documents.iter().map(|known| &known.view).collect::<Vec<_>>())
}

/// Chooses between what documents say of a field: the first is to say it, the others nothing, so that whoever writes
/// on later writes in one place. Only where a document disagrees with itself is its text made anew; everywhere else
/// it is edited letter by letter, and what somebody is adding at this moment is not taken away with it. Returns the changes with the documents they belong to.
pub(crate) fn settle<'a>(
    documents: &'a mut [Known],
    (field, take): (&str, usize),
    (device, at_ms): (Id, i64),
) -> Result<Vec<(&'a Known, Change)>, FieldError> {
    let view = shown(documents).ok_or_else(|| RecordError::NoConflict(field.to_owned()))?;
    let chosen = view.chosen(field, take)?;
    let mut changes = Vec::new();
    for (index, known) in documents.iter_mut().enumerate() {
        let (anew, edited) = if index == 0 { (chosen.value.clone(), chosen.value.clone()) } else { (Json::from(""), Json::Null) };
        let made = if disagrees(known, field) {
            known.document.choose(known.kind, (field, &anew), device, at_ms)
        } else if known.view.fields.get(field).unwrap_or(&Json::Null) == &edited {
            continue;
        } else {
            known.document.edit(known.kind, &Fields::from_iter([(field.to_owned(), edited)]), device, at_ms)
        };
        changes.push((&*known, made?));
    }
    Ok(changes)
}

fn disagrees(known: &Known, field: &str) -> bool {
    known.view.conflicts.iter().any(|conflict| conflict.field == field)
}
