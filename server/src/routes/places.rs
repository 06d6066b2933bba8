//! `/api/v1/places`: the tree of places as far as the caller reaches, with what lies above for orientation.

use super::{
    ask::Ask,
    caller::{Signed, store_problem},
    etag,
    problem::Problem,
};
use crate::{
    app::App,
    office::Office,
    permit::Caller,
    store::rows::{RegionQuery, RegionRow},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use daohu_domain::{place::Place, role::Role};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Lists the places in code order.
///
/// # Errors
/// `bad_place`, or when the store fails.
pub async fn list(Signed(caller): Signed, State(app): State<App>, ask: Ask, headers: HeaderMap) -> Result<Response, Problem> {
    let below = ask.place_if()?;
    let items = app
        .call(move |office| {
            let rows = reached(office, &caller)?;
            let wanted =
                below.map(|place| office.store().regions(RegionQuery::Below(place))).transpose().map_err(|error| store_problem(&error))?;
            let wanted: Option<BTreeSet<Place>> = wanted.map(|rows| rows.iter().map(|row| row.region.code).collect());
            let kept = rows.iter().filter(|row| wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.region.code)));
            Ok(kept.map(shown).collect::<Vec<_>>())
        })
        .await?;
    Ok(etag::answer(&headers, &json!({"items": items, "next": null})))
}

/// Shows a place with its children.
///
/// # Errors
/// `bad_place`; `not_found` outside the scope.
pub async fn show(
    Signed(caller): Signed,
    State(app): State<App>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place: Place = code.parse().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad_place"))?;
    let shown = app
        .call(move |office| {
            let rows = reached(office, &caller)?;
            let row = rows.iter().find(|row| row.region.code == place).ok_or_else(Problem::not_found)?;
            let children: Vec<Json> = rows.iter().filter(|row| row.region.parent == Some(place)).map(shown).collect();
            let mut shown = shown(row);
            shown["children"] = Json::Array(children);
            Ok(shown)
        })
        .await?;
    Ok(etag::answer(&headers, &shown))
}

/// Returns the places that a caller reaches and those above them, in code order.
///
/// # Errors
/// When the store fails.
pub fn reached(office: &Office, caller: &Caller) -> Result<Vec<RegionRow>, Problem> {
    let mut rows = office.store().regions(RegionQuery::All).map_err(|error| store_problem(&error))?;
    rows.sort_by_key(|row| row.region.code);
    // The system administrator keeps the tree itself; the other two administrators reach no place.
    if caller.roles.contains(&Role::Sysadmin) {
        return Ok(rows);
    }
    let mut wanted = caller.places();
    for place in caller.places() {
        wanted.extend(above(&rows, place));
    }
    rows.retain(|row| wanted.contains(&row.region.code));
    Ok(rows)
}

/// Returns the places above one, from its parent up; a tree that bites its tail ends.
#[must_use]
pub fn above(rows: &[RegionRow], place: Place) -> Vec<Place> {
    let mut found = Vec::new();
    let mut at = place;
    while let Some(parent) = rows.iter().find(|row| row.region.code == at).and_then(|row| row.region.parent) {
        if parent == place || found.contains(&parent) {
            break;
        }
        found.push(parent);
        at = parent;
    }
    found
}

fn shown(row: &RegionRow) -> Json {
    let region = &row.region;
    json!({"place": region.code, "name": region.name, "level": region.level, "parent": region.parent})
}
