//! The application: a function from an office to a router, without a socket.
//!
//! Office calls are synchronous and run on the blocking pool, a bounded number at a time; whoever finds no place in the line
//! is told to come back. Every request is logged with its template, never with what stood in its address, and a panic in one
//! ends that one alone.

use crate::{
    office::Office,
    routes::{self, log, problem::Problem, tus::Turns},
};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
};
use std::{any::Any, sync::Arc};
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};

/// Office calls that run at once: each takes a thread and, at sign-in, 19 MiB.
pub const WORKERS_MAX: usize = 16;

/// Requests that wait for a worker; the next one is told to come back.
pub const WAITING_MAX: usize = 240;

/// How the application behaves at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether `/healthz` and `/readyz` answer here: only where nobody from outside reaches.
    pub watched_here: bool,
    /// Whether cookies are for TLS only.
    pub secure_cookies: bool,
    /// Office calls that run at once.
    pub workers_max: usize,
    /// Requests that wait for one.
    pub waiting_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { watched_here: true, secure_cookies: false, workers_max: WORKERS_MAX, waiting_max: WAITING_MAX }
    }
}

/// What every handler has: the office, the settings, and the line before the office.
#[derive(Debug, Clone)]
pub struct App {
    /// The office.
    pub office: Office,
    /// The settings.
    pub settings: Settings,
    /// Whose turn it is at each upload.
    pub turns: Turns,
    line: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl App {
    /// Makes the state over an office.
    #[must_use]
    pub fn new(office: Office, settings: Settings) -> Self {
        let line = Arc::new(Semaphore::new(settings.workers_max + settings.waiting_max));
        Self { office, settings, turns: Turns::default(), line, workers: Arc::new(Semaphore::new(settings.workers_max)) }
    }

    /// Runs one office call on a blocking thread.
    ///
    /// # Errors
    /// `busy` when the line is full, `fault` when the call panicked, else what the call says. A caller who goes away does not
    /// end the call, and keeps its place in the line until it has ended.
    pub async fn call<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Office) -> Result<T, Problem> + Send + 'static,
    {
        let place = Arc::clone(&self.line).try_acquire_owned().map_err(|_| Problem::busy())?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| Problem::busy())?;
        let office = self.office.clone();
        let run = tokio::task::spawn_blocking(move || {
            let _held = (place, worker);
            work(&office)
        });
        run.await.unwrap_or_else(|_| Err(Problem::fault()))
    }
}

/// Makes the whole application.
pub fn app(office: Office, settings: Settings) -> Router {
    finished(routes::router(), App::new(office, settings))
}

/// Makes the application of the listener for whoever watches the server: health alone.
pub fn watcher(office: Office) -> Router {
    finished(routes::watcher_router(), App::new(office, Settings::default()))
}

fn finished(router: Router<App>, state: App) -> Router {
    let nosniff = SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let no_store = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let no_index = SetResponseHeaderLayer::if_not_present(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(nosniff)
        .layer(no_store)
        .layer(no_index)
        .layer(middleware::from_fn(log::request))
        .with_state(state)
}

/// Answers for a handler that panicked; the message may quote anything and so is not repeated.
fn on_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::fault().into_response()
}
