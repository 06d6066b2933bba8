//! `/healthz` and `/readyz`: whether the process lives, whether its store answers, and what its clock is.

use super::{caller::store_problem, problem::Problem};
use crate::app::App;
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Says that the process lives and which clock it goes by.
///
/// # Errors
/// `not_found` where people from outside reach this listener.
pub async fn live(State(app): State<App>) -> Result<Json<Value>, Problem> {
    watched(&app)?;
    let (clock, disk) = app.call(|office| Ok((office.clock_kind()?.name(), office.disk_json()))).await?;
    Ok(Json(json!({"ok": true, "clock": clock, "version": env!("CARGO_PKG_VERSION"), "disk": disk})))
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

/// Gives the figures that a watching program collects, in the text form of Prometheus.
///
/// # Errors
/// As [`ready`].
pub async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    watched(&app)?;
    let (size, (state, free)) =
        app.call(|office| Ok((office.store().tree(&[]).map_err(|error| store_problem(&error))?.size, office.disk()))).await?;
    let mut text = format!("# TYPE daohu_log_leaves gauge\ndaohu_log_leaves {size}\n");
    text.push_str("# HELP daohu_disk_state 0 ok, 1 low, 2 full\n# TYPE daohu_disk_state gauge\n");
    text.push_str(&format!("daohu_disk_state {}\n", state as u8));
    if let Some(free) = free {
        text.push_str(&format!("# TYPE daohu_disk_free_bytes gauge\ndaohu_disk_free_bytes {free}\n"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn watched(app: &App) -> Result<(), Problem> {
    if app.settings.watched_here { Ok(()) } else { Err(Problem::not_found()) }
}
