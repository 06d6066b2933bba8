//! Several documents of one natural key, made by phones that could not see each other, shown as one record.
//!
//! Nothing is forced into one genesis: each phone's document stays as it is. The record shown is the one with the
//! lowest id; the events of all are folded; where the others say something else, that is a conflict like any other.

use crate::{Conflict, Json, Said, View};

/// Shows the documents of one natural key as one record.
///
/// The order of the given views does not matter. Events keep the order of their document, the documents follow each
/// other by id. Lists are united. A field that the shown document leaves empty is taken from the next that has it.
/// Without any view there is nothing to show.
#[must_use]
pub fn together(views: &[&View]) -> Option<View> {
    let mut sorted = views.to_vec();
    sorted.sort_by_key(|view| view.header.id);
    sorted.dedup_by_key(|view| view.header.id);
    let (first, others) = sorted.split_first()?;
    let mut shown = (*first).clone();
    for other in others {
        add(&mut shown, other);
    }
    Some(shown)
}

fn add(shown: &mut View, other: &View) {
    shown.events.extend(other.events.iter().cloned());
    for (field, value) in &other.fields {
        match (shown.fields.get_mut(field), value) {
            (None, _) => {
                shown.fields.insert(field.clone(), value.clone());
                shown.origins.extend(other.origins.get(field).map(|origin| (field.clone(), *origin)));
            }
            (Some(Json::Array(mine)), Json::Array(theirs)) => {
                let new: Vec<Json> = theirs.iter().filter(|one| !mine.contains(one)).cloned().collect();
                mine.extend(new);
            }
            _ => {}
        }
    }
    let fields: Vec<String> = other.fields.keys().filter(|field| !other.fields[*field].is_array()).cloned().collect();
    for field in fields {
        let mine = said_in(shown, &field);
        let theirs = said_in(other, &field);
        let all = mine.iter().chain(theirs.iter().filter(|one| mine.iter().all(|known| known.value != one.value)));
        let all: Vec<Said> = all.cloned().collect();
        if all.iter().any(|one| Some(&one.value) != all.first().map(|first| &first.value)) {
            shown.conflicts.retain(|conflict| conflict.field != field);
            shown.conflicts.push(Conflict { field, values: all });
        }
    }
}

/// Returns every value a view has for a field, with who said it.
fn said_in(view: &View, field: &str) -> Vec<Said> {
    let conflict = view.conflicts.iter().find(|conflict| conflict.field == field);
    conflict.map_or_else(|| view.said(field).into_iter().collect(), |conflict| conflict.values.clone())
}
