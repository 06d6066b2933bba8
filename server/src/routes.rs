//! The whole interface as one visible list, then one module a resource. A handler extracts, asks the caller, calls one function
//! and answers; a route without a row in `permit::table` answers nobody.

pub mod ask;
pub mod blobs;
pub mod caller;
pub mod cursor;
pub mod device;
pub mod etag;
pub mod figures;
pub mod health;
pub mod households;
pub mod kinds;
pub mod listing;
pub mod log;
pub mod page;
pub mod part;
pub mod places;
pub mod problem;
pub mod sessions;
pub mod tus;
pub mod visits;

use crate::app::App;
use axum::{
    Router,
    http::StatusCode,
    routing::{MethodRouter, delete, get, head, options, patch, post},
};
use problem::Problem;

/// Methods that some route has.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "PATCH", "OPTIONS"];

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The template.
    pub path: &'static str,
    /// What it does, for the description of the interface.
    pub summary: &'static str,
    /// Names in the query that it looks at.
    pub query: &'static [&'static str],
    /// The status of success.
    pub success: &'static str,
    /// The media type of success.
    pub media_type: &'static str,
    /// Whether it answers with an entity tag.
    pub has_tag: bool,
    service: fn() -> MethodRouter<App>,
}

const PAGE: &[&str] = &["place", "q", "limit", "cursor"];

impl Route {
    const fn new(method: &'static str, path: &'static str, summary: &'static str, service: fn() -> MethodRouter<App>) -> Self {
        Self { method, path, summary, query: &[], success: "200", media_type: "application/json", has_tag: false, service }
    }

    const fn list(self, query: &'static [&'static str]) -> Self {
        Self { query, has_tag: true, ..self }
    }

    const fn answers(self, success: &'static str, media_type: &'static str) -> Self {
        Self { success, media_type, ..self }
    }
}

/// Lists every route.
#[must_use]
pub fn all() -> Vec<Route> {
    let mut routes = vec![
        Route::new("POST", "/v1/enrol", "enrol a device with a one-time code", || post(device::enrol)).answers("200", device::CBOR),
        Route::new("POST", "/v1/sync", "push batches, pull what is new, get receipts", || post(device::sync))
            .answers("200", device::SYNC_TYPE),
        Route::new("POST", "/v1/repair", "find which records differ, and get those", || post(device::repair))
            .answers("200", device::SYNC_TYPE),
        Route::new("GET", "/v1/config", "limits, versions and keys of this server", || get(device::config)),
        Route::new("GET", "/v1/packs/{place}/{epoch}/{seq}/{n}", "a part of a snapshot pack", || get(device::pack))
            .answers("200", "application/octet-stream"),
        Route::new("POST", "/api/v1/sessions", "sign in", || post(sessions::begin)).answers("201", "application/json"),
        Route::new("DELETE", "/api/v1/sessions", "sign out", || delete(sessions::end)).answers("204", "application/json"),
        Route::new("GET", "/api/v1/places", "places within the scope and above it", || get(places::list)).list(&["place"]),
        Route::new("GET", "/api/v1/places/{code}", "a place and its children", || get(places::show)).list(&[]),
        Route::new("GET", "/api/v1/households", "households within the scope", || get(households::list)).list(PAGE),
        Route::new("GET", "/api/v1/households/{id}", "a household with all that belongs to it", || get(households::show)).list(&[]),
        Route::new("GET", "/api/v1/households/{id}/visits", "the visits of a household", || get(visits::of_household))
            .list(&["month", "q", "limit", "cursor"]),
        Route::new("GET", "/api/v1/visits", "visits within the scope", || get(visits::list))
            .list(&["place", "month", "q", "limit", "cursor"]),
        Route::new("GET", "/api/v1/visits/{id}", "a visit", || get(visits::show)).list(&[]),
        Route::new("GET", "/api/v1/coverage", "coverage of a place and month", || get(figures::coverage))
            .list(&["place", "month", "as_of"]),
        Route::new("GET", "/api/v1/gaps", "gaps of a place and month", || get(figures::gaps)).list(&["place", "month"]),
        Route::new("GET", "/api/v1/kinds", "kinds of records and their schemas", || get(kinds::list)).list(&[]),
        Route::new("GET", "/api/v1/openapi.json", "this description", || get(kinds::openapi)).list(&[]),
        Route::new("GET", "/", "the overview, or the sign-in form", || get(page::overview))
            .answers("200", "text/html")
            .list(&["place", "month", "measure", "version", "lang"]),
        Route::new("POST", "/sign-in", "the sign-in form", || post(page::sign_in)).answers("303", "text/html"),
        Route::new("POST", "/sign-out", "end the session of a page", || post(page::sign_out)).answers("303", "text/html"),
        Route::new("GET", "/office.css", "the style sheet", || get(page::style)).answers("200", "text/css"),
    ];
    routes.extend(files());
    routes.extend(watched());
    routes
}

/// Files that records name: uploads as tus 1.0.0 has them, downloads by right.
fn files() -> Vec<Route> {
    const UPLOADS: &str = "/v1/blobs/uploads";
    const UPLOAD: &str = "/v1/blobs/uploads/{id}";
    vec![
        Route::new("POST", "/v1/blobs/token", "a token for uploads", || post(blobs::token)),
        Route::new("POST", "/v1/blobs/thumbs", "many thumbnails at once", || post(blobs::thumbs)).answers("200", device::CBOR),
        Route::new("GET", "/v1/blobs/{sha256}", "a file, for a device", || get(blobs::for_device)).list(&[]).answers("200", "*/*"),
        Route::new("GET", "/api/v1/blobs/{sha256}", "a file that a record names", || get(blobs::for_session))
            .list(&[])
            .answers("200", "*/*"),
        Route::new("OPTIONS", UPLOADS, "what uploads can", || options(tus::about)).answers("204", "*/*"),
        Route::new("POST", UPLOADS, "begin an upload", || post(tus::create)).answers("201", "*/*"),
        Route::new("OPTIONS", UPLOAD, "what uploads can", || options(tus::about)).answers("204", "*/*"),
        Route::new("HEAD", UPLOAD, "how an upload stands", || head(tus::look)).answers("200", "*/*"),
        Route::new("PATCH", UPLOAD, "go on with an upload", || patch(tus::take)).answers("204", "*/*"),
        Route::new("DELETE", UPLOAD, "give an upload up", || delete(tus::end)).answers("204", "*/*"),
        Route::new("POST", UPLOAD, "PATCH or DELETE for who can only POST", || post(tus::other)).answers("204", "*/*"),
    ]
}

fn watched() -> Vec<Route> {
    vec![
        Route::new("GET", "/healthz", "whether the process lives", || get(health::live)),
        Route::new("GET", "/readyz", "whether the store answers", || get(health::ready)),
        Route::new("GET", "/metrics", "figures for a watching program", || get(health::metrics)).answers("200", "text/plain"),
    ]
}

/// Makes the router of all routes.
pub fn router() -> Router<App> {
    all().into_iter().fold(Router::new(), |router, route| router.route(route.path, (route.service)()))
}

/// Makes the router of the listener for whoever watches.
pub fn watcher_router() -> Router<App> {
    watched().into_iter().fold(Router::new(), |router, route| router.route(route.path, (route.service)()))
}

/// Answers a method that a path does not have.
pub async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit::table;

    #[test]
    fn every_route_has_a_row_in_the_permission_table_and_every_row_a_route() {
        let routes: std::collections::BTreeSet<_> = all().iter().map(|route| (route.method, route.path)).collect();
        let rows: std::collections::BTreeSet<_> = table::TABLE.iter().map(|row| (row.method, row.path)).collect();

        assert_eq!(routes, rows);
    }

    #[test]
    fn every_method_of_a_route_may_be_written_into_the_log() {
        assert!(all().iter().all(|route| METHODS.contains(&route.method)));
    }
}
