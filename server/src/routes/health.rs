//! `/healthz` and `/readyz`: whether the process lives, whether its store answers, and what its clock is.

use super::{caller::store_problem, problem::Problem};
use crate::app::App;
use axum::{Json, extract::State};
use serde_json::{Value, json};

/// Says that the process lives and which clock it goes by.
///
/// # Errors
/// `not_found` where people from outside reach this listener.
pub async fn live(State(app): State<App>) -> Result<Json<Value>, Problem> {
    watched(&app)?;
    let clock = app.call(|office| Ok(office.clock_kind()?.name())).await?;
    Ok(Json(json!({"ok": true, "clock": clock, "version": env!("CARGO_PKG_VERSION")})))
}

/// Says that the store answers.
///
/// # Errors
/// `busy` or a fault when it does not.
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, Problem> {
    watched(&app)?;
    let (clock, size) = app
        .call(|office| {
            let tree = office.store().tree(&[]).map_err(|error| store_problem(&error))?;
            Ok((office.clock_kind()?.name(), tree.size))
        })
        .await?;
    Ok(Json(json!({"ok": true, "clock": clock, "tree_size": size})))
}

fn watched(app: &App) -> Result<(), Problem> {
    if app.settings.watched_here { Ok(()) } else { Err(Problem::not_found()) }
}
