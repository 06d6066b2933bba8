//! The access log: one line a request, without personal facts. The template stands for the path; what stood in the path, the
//! query, headers and bodies is never written.

use super::problem::Code;
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

/// Passes a request on and writes its line.
pub async fn request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let response = next.run(request).await;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let status = response.status().as_u16();
    let code = response.extensions().get::<Code>().map_or("", |code| code.0);
    // An unknown method is a word of the caller's own and so is not repeated.
    let method = if super::METHODS.contains(&method.as_str()) { method.as_str() } else { "other" };
    if status >= 500 {
        tracing::error!(method, route, status, code, ms, "request");
    } else {
        tracing::info!(method, route, status, code, ms, "request");
    }
    response
}
