//! Pages of records as a caller sees them: what lies outside the scope is absent, and the order is that of the ids.

use super::{caller::store_problem, cursor, problem::Problem};
use crate::{
    office::Office,
    permit::{
        Caller, scope,
        view::{Eyes, fields_for},
    },
    store::rows::{DocRow, RecordQuery},
};
use axum::http::StatusCode;
use daohu_domain::{
    id::Id,
    kind::{Fields, Kind},
    kinds,
    place::Place,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one look into the store while a filter thins them out.
const LOOK_ROWS: usize = 500;

/// Looks that one page may cost; a page that is thinner ends early and its cursor goes on.
const LOOKS_MAX: usize = 20;

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only at this place and below.
    pub place: Option<Place>,
    /// Only of this household.
    pub household: Option<Id>,
    /// Only those in which this text is found.
    pub text: Option<String>,
    /// Only after this one.
    pub after: Option<Id>,
    /// At most so many.
    pub limit: usize,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows, in the order of their ids.
    pub rows: Vec<DocRow>,
    /// Where the next page begins.
    pub next: Option<Id>,
}

/// Finds a kind that this version surely has.
///
/// # Errors
/// A fault, when it has not.
pub fn kind(name: &str) -> Result<&'static Kind, Problem> {
    kinds::find(name).ok_or_else(Problem::fault)
}

/// Reads the cursor of a page.
///
/// # Errors
/// `bad_cursor` when it is none of ours.
pub fn after(text: Option<&str>) -> Result<Option<Id>, Problem> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| cursor::read(text).ok_or(Problem::new(StatusCode::BAD_REQUEST, "bad_cursor"))).transpose()
}

/// Returns a page of a kind as far as the caller reads it and `keep` keeps it.
///
/// # Errors
/// When the store fails.
pub fn page(office: &Office, caller: &Caller, kind: &Kind, wanted: &Wanted, keep: &dyn Fn(&DocRow) -> bool) -> Result<Page, Problem> {
    let mut rows = BTreeMap::new();
    let mut ends = Vec::new();
    for query in queries(office, caller, kind, wanted)? {
        let (found, end) = look(office, query, wanted.limit, &|row| keep(row) && caller.reads(kind, row.place, row.household))?;
        rows.extend(found.into_iter().map(|row| (row.record, row)));
        ends.extend(end);
    }
    // A look that stopped early hides what lies behind its end, so nothing beyond the earliest end may be shown yet.
    let end = ends.into_iter().min();
    let mut rows: Vec<DocRow> = rows.into_values().filter(|row| end.is_none_or(|end| row.record <= end)).collect();
    let more = rows.len() > wanted.limit;
    rows.truncate(wanted.limit);
    let next = if more { rows.last().map(|row| row.record) } else { end };
    Ok(Page { rows, next })
}

/// Returns the questions that together cover what the caller reaches: one for whole places, one for each single household.
fn queries(office: &Office, caller: &Caller, kind: &Kind, wanted: &Wanted) -> Result<Vec<RecordQuery>, Problem> {
    let below = wanted.place.map(|place| scope::places_below(office.store(), place)).transpose().map_err(|error| store_problem(&error))?;
    let within = |places: BTreeSet<Place>| -> Vec<Place> {
        places.into_iter().filter(|place| below.as_ref().is_none_or(|below| below.contains(place))).collect()
    };
    let base = RecordQuery {
        kind: Some(kind.name.to_owned()),
        household: wanted.household,
        text: wanted.text.clone(),
        after: wanted.after,
        ..RecordQuery::default()
    };
    let whole = within(caller.whole_places());
    let mut queries = Vec::new();
    if !whole.is_empty() {
        queries.push(RecordQuery { places: Some(whole), ..base.clone() });
    }
    let singles = caller.single_households().into_iter().filter(|one| wanted.household.is_none_or(|only| only == *one));
    let places = Some(within(caller.places()));
    queries.extend(singles.map(|household| RecordQuery { household: Some(household), places: places.clone(), ..base.clone() }));
    Ok(queries)
}

/// Reads rows until there are more than `limit` that are kept, or no more; the second part is where it stopped early.
fn look(
    office: &Office,
    mut query: RecordQuery,
    limit: usize,
    keep: &dyn Fn(&DocRow) -> bool,
) -> Result<(Vec<DocRow>, Option<Id>), Problem> {
    query.limit = Some(LOOK_ROWS.max(limit + 1));
    let mut kept = Vec::new();
    for _ in 0..LOOKS_MAX {
        let rows = office.store().records(&query).map_err(|error| store_problem(&error))?;
        let is_last = rows.len() < query.limit.unwrap_or(0);
        query.after = rows.last().map(|row| row.record).or(query.after);
        kept.extend(rows.into_iter().filter(|row| keep(row)));
        if is_last {
            return Ok((kept, None));
        }
        if kept.len() > limit {
            break;
        }
    }
    Ok((kept, query.after))
}

/// Returns one record of a kind, if the caller reads it; what is outside the scope is not there.
///
/// # Errors
/// `not_found`, or when the store fails.
pub fn one(office: &Office, caller: &Caller, kind: &Kind, id: &str) -> Result<DocRow, Problem> {
    let record: Id = id.parse().map_err(|_| Problem::not_found())?;
    let query = RecordQuery { record: Some(record), kind: Some(kind.name.to_owned()), ..RecordQuery::default() };
    let row = office.store().records(&query).map_err(|error| store_problem(&error))?.into_iter().next();
    row.filter(|row| caller.reads(kind, row.place, row.household)).ok_or_else(Problem::not_found)
}

/// Returns the fields of a record as the caller sees them.
#[must_use]
pub fn seen(caller: &Caller, kind: &Kind, row: &DocRow) -> Fields {
    fields_for(kind, &row.fields, eyes(caller, row))
}

/// Returns what the caller sees a record with.
#[must_use]
pub fn eyes(caller: &Caller, row: &DocRow) -> Eyes {
    Eyes::best(caller.roles_at(row.place, row.household))
}

/// Returns a record as lists show it.
#[must_use]
pub fn shown(caller: &Caller, kind: &Kind, row: &DocRow) -> Json {
    json!({"id": row.record, "kind": row.kind, "place": row.place, "household": row.household, "state": row.state, "fields": seen(caller, kind, row)})
}

/// Returns a page as answers show it.
#[must_use]
pub fn answer(items: &[Json], next: Option<Id>) -> Json {
    json!({"items": items, "next": next.map(cursor::after)})
}
