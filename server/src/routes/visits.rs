//! `/api/v1/visits` and `/api/v1/households/{id}/visits`: visits within the scope, in the order of their ids.

use super::{
    ask::Ask,
    caller::Signed,
    etag,
    listing::{self, Page, Wanted},
    problem::Problem,
};
use crate::{
    app::App,
    limits::{PAGE_DEFAULT, PAGE_MAX},
    office::Office,
    permit::Caller,
    store::rows::DocRow,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use daohu_domain::{
    calendar::{Instant, Month},
    id::Id,
};
use serde_json::{Value as Json, json};

/// Lists the visits of a place, and of a month where one is named.
///
/// # Errors
/// `bad_place`, `bad_month`, `bad_cursor`; `not_found` for a place outside the scope.
pub async fn list(Signed(caller): Signed, State(app): State<App>, ask: Ask, headers: HeaderMap) -> Result<Response, Problem> {
    let (place, month) = (ask.place_if()?, ask.month_if()?);
    let wanted = wanted(&ask)?;
    let answer = app
        .call(move |office| {
            if place.is_some_and(|place| !caller.places().contains(&place)) {
                return Err(Problem::not_found());
            }
            let page = listing::page(office, &caller, listing::kind("visit")?, &Wanted { place, ..wanted }, &|row| is_of(row, month))?;
            answer(&caller, &page)
        })
        .await?;
    Ok(etag::answer(&headers, &answer))
}

/// Lists the visits of one household.
///
/// # Errors
/// `not_found` for a household outside the scope.
pub async fn of_household(
    Signed(caller): Signed,
    State(app): State<App>,
    Path(id): Path<String>,
    ask: Ask,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let month = ask.month_if()?;
    let wanted = wanted(&ask)?;
    let answer = app
        .call(move |office| {
            let household = super::households::find(office, &caller, &id)?.record;
            let wanted = Wanted { household: Some(household), ..wanted };
            let page = listing::page(office, &caller, listing::kind("visit")?, &wanted, &|row| is_of(row, month))?;
            answer(&caller, &page)
        })
        .await?;
    Ok(etag::answer(&headers, &answer))
}

/// Shows a visit.
///
/// # Errors
/// `not_found` outside the scope.
pub async fn show(Signed(caller): Signed, State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let shown = app
        .call(move |office| {
            let row = listing::one(office, &caller, listing::kind("visit")?, &id)?;
            shown(&caller, &row)
        })
        .await?;
    Ok(etag::answer(&headers, &shown))
}

/// Returns all visits of a household as its page shows them, oldest first.
///
/// # Errors
/// When the store fails.
pub fn all_of(office: &Office, caller: &Caller, household: Id) -> Result<Vec<Json>, Problem> {
    let wanted = Wanted { household: Some(household), limit: super::households::RECORDS_MAX, ..Wanted::default() };
    let page = listing::page(office, caller, listing::kind("visit")?, &wanted, &|_| true)?;
    page.rows.iter().map(|row| shown(caller, row)).collect()
}

fn wanted(ask: &Ask) -> Result<Wanted, Problem> {
    let after = listing::after(ask.cursor.as_deref())?;
    Ok(Wanted {
        text: ask.q.clone().filter(|text| !text.is_empty()),
        after,
        limit: ask.limit(PAGE_DEFAULT, PAGE_MAX)?,
        ..Wanted::default()
    })
}

fn answer(caller: &Caller, page: &Page) -> Result<Json, Problem> {
    let items = page.rows.iter().map(|row| shown(caller, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(listing::answer(&items, page.next))
}

/// Shows a visit: what lists need at the top, the fields below.
fn shown(caller: &Caller, row: &DocRow) -> Result<Json, Problem> {
    let kind = listing::kind("visit")?;
    let day = day_of(row);
    Ok(json!({
        "id": row.record, "household": row.household, "place": row.place, "state": row.state,
        "month": day.map(|at| at.month()), "occurred_day": day.map(|at| at.day().to_string()),
        "backfill": row.fields.contains_key("original_date"), "received_at": row.received_at,
        "fields": listing::seen(caller, kind, row),
    }))
}

/// Returns the instant that places a visit in a month: the claimed start, for a backfill the day it is told of.
fn day_of(row: &DocRow) -> Option<Instant> {
    let text = |key: &str| row.fields.get(key).and_then(Json::as_str);
    match text("original_date") {
        Some(day) => day.parse().ok().map(daohu_domain::calendar::start_of),
        None => text("start")?.parse().ok(),
    }
}

fn is_of(row: &DocRow, month: Option<Month>) -> bool {
    month.is_none_or(|month| day_of(row).is_some_and(|at| at.month() == month))
}
