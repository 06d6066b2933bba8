//! Who is calling: the extractor that every handler with people in it names. It asks the permission table and the session.

use super::problem::Problem;
use crate::{
    app::App,
    auth::{session, sign_in},
    office::Office,
    permit::{Caller, scope, table, table::Who},
    store::{StoreError, account::AccountRow},
};
use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{StatusCode, header, request::Parts},
};
use daohu_domain::role::Role;

/// A caller within what the route's row leaves him. Without a session the answer is 401, without a fitting role 404.
#[derive(Debug, Clone)]
pub struct Signed(pub Caller);

/// A caller of a page, or nobody: a page shows its form then.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Caller>);

impl FromRequestParts<App> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Who::Session(admitted) = who(parts)? else { return Err(Problem::fault()) };
        let caller = caller(parts, app, admitted).await?.ok_or(Problem::new(StatusCode::UNAUTHORIZED, "sign_in"))?;
        if caller.roles.is_empty() {
            return Err(Problem::not_found());
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Who::Page(admitted) = who(parts)? else { return Err(Problem::fault()) };
        Ok(Self(caller(parts, app, admitted).await?))
    }
}

fn who(parts: &Parts) -> Result<Who, Problem> {
    let path = parts.extensions.get::<MatchedPath>().ok_or_else(Problem::not_found)?;
    // A route that somebody forgot in the table answers nobody.
    table::find(parts.method.as_str(), path.as_str()).map(|row| row.who).ok_or_else(Problem::not_found)
}

async fn caller(parts: &Parts, app: &App, admitted: &'static [Role]) -> Result<Option<Caller>, Problem> {
    let Some(token) = token_of(parts) else { return Ok(None) };
    app.call(move |office| {
        let Some(account) = sign_in::account_of(office, &token).map_err(|error| store_problem(&error))? else { return Ok(None) };
        caller_of(office, &account, admitted).map(Some).map_err(|error| store_problem(&error))
    })
    .await
}

/// Returns the token that a request carries.
#[must_use]
pub fn token_of(parts: &Parts) -> Option<String> {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    session::token_in(text(header::AUTHORIZATION), text(header::COOKIE)).map(str::to_owned)
}

/// Makes the caller that an account is today, as far as some roles are admitted.
///
/// # Errors
/// When the store fails.
pub fn caller_of(office: &Office, account: &AccountRow, admitted: &'static [Role]) -> Result<Caller, StoreError> {
    let today = office.clock().today();
    let roles = scope::roles_on(account, today).into_iter().map(|(role, _)| role).filter(|role| admitted.contains(role)).collect();
    let grants = scope::grants_on(office.store(), account, admitted, today)?;
    Ok(Caller { account: account.id, cadre: account.cadre, roles, grants })
}

/// Turns a failure of the store into an answer; the log has the cause.
#[must_use]
pub fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Busy | StoreError::Stale => Problem::busy(),
        StoreError::Full => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "server_full"),
        other => {
            tracing::error!(code = other.code(), "the store failed");
            Problem::fault()
        }
    }
}
