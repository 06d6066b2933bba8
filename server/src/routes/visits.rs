//! `/api/v1/visits` and `/api/v1/households/{id}/visits`: visits within the scope, in the order of their ids.

pub mod time;

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
use daohu_domain::{calendar::Month, id::Id};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use time::{Times, VisitTime};

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
            let times = Times::new(office);
            let page = page_of(office, &caller, (&Wanted { place, ..wanted }, month), &times)?;
            answer(&caller, &page, &times)
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
            let times = Times::new(office);
            let page = page_of(office, &caller, (&wanted, month), &times)?;
            answer(&caller, &page, &times)
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
            shown(&caller, &row, &Times::new(office))
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
    let times = Times::new(office);
    page.rows.iter().map(|row| shown(caller, row, &times)).collect()
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

fn answer(caller: &Caller, page: &Page, times: &Times<'_>) -> Result<Json, Problem> {
    let items = page.rows.iter().map(|row| shown(caller, row, times)).collect::<Result<Vec<_>, _>>()?;
    Ok(listing::answer(&items, page.next))
}

/// Returns the page of visits of a month, or of all months.
fn page_of(office: &Office, caller: &Caller, (wanted, month): (&Wanted, Option<Month>), times: &Times<'_>) -> Result<Page, Problem> {
    let failed = RefCell::new(None);
    let is_of = |row: &DocRow| match (month, times.of(row)) {
        (None, _) => true,
        (Some(month), Ok(time)) => time.is_some_and(|time| time.month() == month),
        (Some(_), Err(problem)) => {
            *failed.borrow_mut() = Some(problem);
            false
        }
    };
    let page = listing::page(office, caller, listing::kind("visit")?, wanted, &is_of)?;
    failed.into_inner().map_or(Ok(page), Err)
}

/// Shows a visit: what lists need at the top, the fields below.
fn shown(caller: &Caller, row: &DocRow, times: &Times<'_>) -> Result<Json, Problem> {
    let kind = listing::kind("visit")?;
    let time = times.of(row)?;
    Ok(json!({
        "id": row.record, "household": row.household, "place": row.place, "state": row.state,
        "month": time.map(VisitTime::month), "occurred_day": time.map(|time| time.day.to_string()),
        "time": if time.is_some_and(|time| time.is_trusted) { "trusted" } else { "doubtful" }, "skew_s": time.and_then(|time| time.skew_s),
        "backfill": row.fields.contains_key("original_date"), "received_at": row.received_at,
        "fields": listing::seen(caller, kind, row),
    }))
}
