//! `/api/v1/coverage` and `/api/v1/gaps`: figures of whole places within the scope.

use super::{ask::Ask, caller::Signed, etag, problem::Problem};
use crate::{app::App, permit::Caller};
use axum::{extract::State, http::HeaderMap, response::Response};
use daohu_domain::{place::Place, role::Role};
use serde_json::{Value as Json, json};

/// Keys of a coverage answer that speak of single households or people.
const OF_PEOPLE: [&str; 8] = ["households", "cadres", "assistants", "units", "takeovers", "posts", "first_roster", "delays"];

/// Answers coverage as the command line does.
///
/// # Errors
/// `bad_place`, `bad_month`; `not_found` for a place outside the scope.
pub async fn coverage(Signed(caller): Signed, State(app): State<App>, ask: Ask, headers: HeaderMap) -> Result<Response, Problem> {
    let (place, month, as_of) = (ask.place()?, ask.month()?, ask.as_of()?);
    let answer = app
        .call(move |office| {
            within(&caller, place)?;
            let answer = office.coverage(place, month, as_of)?;
            Ok(seen(&caller, place, answer))
        })
        .await?;
    Ok(etag::answer(&headers, &answer))
}

/// Answers the gaps of a month.
///
/// # Errors
/// `bad_place`, `bad_month`; `not_found` for a place outside the scope.
pub async fn gaps(Signed(caller): Signed, State(app): State<App>, ask: Ask, headers: HeaderMap) -> Result<Response, Problem> {
    let (place, month) = (ask.place()?, ask.month()?);
    let items = app
        .call(move |office| {
            within(&caller, place)?;
            Ok(office.gaps(place, month)?)
        })
        .await?;
    Ok(etag::answer(&headers, &json!({"items": items, "next": null})))
}

/// Asks whether the caller sees the figures of a whole place.
///
/// # Errors
/// `not_found` when it lies outside.
pub fn within(caller: &Caller, place: Place) -> Result<(), Problem> {
    if caller.whole_places().contains(&place) { Ok(()) } else { Err(Problem::not_found()) }
}

/// Leaves out what speaks of single households or people for those who see a village's public figures alone.
#[must_use]
pub fn seen(caller: &Caller, place: Place, mut answer: Json) -> Json {
    if sums_only(caller, place)
        && let Some(object) = answer.as_object_mut()
    {
        object.retain(|key, _| !OF_PEOPLE.contains(&key.as_str()));
    }
    answer
}

/// Tells whether all roles with which the caller sees a place see its public figures alone.
#[must_use]
pub fn sums_only(caller: &Caller, place: Place) -> bool {
    caller.roles_at(place, None).all(|role| role == Role::VillageSupervisor)
}
