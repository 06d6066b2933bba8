//! Uploads as tus 1.0.0 has them: core, creation, creation-with-upload, checksum, expiration, termination (<https://tus.io/protocols/resumable-upload>).
//!
//! Who comes for an upload that somebody is still sending (his own connection before a cut, which nobody has noticed yet) takes its place:
//! `turns`. What was sent counts up to the last byte that came, in `body`; what headers say is read in `headers`.

mod body;
mod headers;
mod turns;

use super::problem::Problem;
use crate::{app::App, blobs::UploadView};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use daohu_domain::id::Id;
use daohu_wire::limits::BLOB_BYTES_MAX;

pub use turns::{Turn, Turns};

/// The version of the protocol.
const VERSION: &str = "1.0.0";

/// What beyond its core is spoken.
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";

/// Hashes that a part may carry.
const ALGORITHMS: &str = "sha1,sha256";

/// Where uploads are.
const UPLOADS: &str = "/v1/blobs/uploads";

/// Tells what uploads can.
pub async fn about() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    set(&mut response, "tus-version", VERSION);
    set(&mut response, "tus-extension", EXTENSIONS);
    set(&mut response, "tus-max-size", &BLOB_BYTES_MAX.to_string());
    set(&mut response, "tus-checksum-algorithm", ALGORITHMS);
    resumable(response)
}

/// Begins an upload, with its first bytes where the request has some.
pub async fn create(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    answered(try_create(app, headers, body).await)
}

async fn try_create(app: App, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    headers::version(&headers)?;
    let token = headers::token(&headers)?;
    let ask = headers::ask(&headers)?;
    let has_body = headers::has_body(&headers);
    if has_body {
        headers::content_type(&headers)?;
    }
    let checksum = headers::checksum(&headers)?;
    let asked = token.clone();
    let mut view = app.call(move |office| Ok(office.upload_begin(&asked, &ask)?)).await?;
    if has_body && view.received < view.length {
        let turn = app.turns.take(view.id).await;
        view = body::received(&app, turn, body::Sent { token, view, checksum, body }).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    set(&mut response, "location", &format!("{UPLOADS}/{}", view.id));
    said(&mut response, &view);
    Ok(response)
}

/// Tells how an upload stands.
pub async fn look(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    answered(try_look(app, &id, &headers).await)
}

async fn try_look(app: App, id: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    headers::version(headers)?;
    let (_turn, view) = turn_at(&app, &headers::token(headers)?, id_of(id)?).await?;
    let mut response = StatusCode::OK.into_response();
    said(&mut response, &view);
    set(&mut response, "upload-length", &view.length.to_string());
    set(&mut response, "cache-control", "no-store");
    Ok(response)
}

/// Goes on with an upload.
pub async fn take(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    answered(try_take(app, &id, &headers, body).await)
}

async fn try_take(app: App, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    headers::version(headers)?;
    let (token, id) = (headers::token(headers)?, id_of(id)?);
    headers::content_type(headers)?;
    let (from, checksum) = (headers::offset(headers)?, headers::checksum(headers)?);
    let (turn, view) = turn_at(&app, &token, id).await?;
    if view.received != from {
        return Err(Problem::new(StatusCode::CONFLICT, "wrong_offset"));
    }
    let view = body::received(&app, turn, body::Sent { token, view, checksum, body }).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    said(&mut response, &view);
    Ok(response)
}

/// Gives an upload up.
pub async fn end(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    answered(try_end(app, &id, &headers).await)
}

async fn try_end(app: App, id: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    headers::version(headers)?;
    let (token, id) = (headers::token(headers)?, id_of(id)?);
    let (_turn, _) = turn_at(&app, &token, id).await?;
    app.call(move |office| Ok(office.upload_end(&token, id)?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Does what `X-HTTP-Method-Override` says: some clients, Java's among them, cannot send `PATCH`.
pub async fn other(state: State<App>, id: Path<String>, headers: HeaderMap, body: Body) -> Response {
    match headers.get("x-http-method-override").map(HeaderValue::as_bytes) {
        Some(b"PATCH") => take(state, id, headers, body).await,
        Some(b"DELETE") => end(state, id, headers).await,
        Some(b"HEAD") => look(state, id, headers).await,
        _ => answered(Err(super::wrong_method().await)),
    }
}

/// Takes the turn at an upload and tells how it stands then. Only its device takes the place of whoever is sending.
async fn turn_at(app: &App, token: &str, id: Id) -> Result<(Turn, UploadView), Problem> {
    let look = async || {
        let token = token.to_owned();
        app.call(move |office| Ok(office.upload_look(&token, id)?)).await
    };
    look().await?;
    let turn = app.turns.take(id).await;
    let view = look().await?;
    Ok((turn, view))
}

/// Every answer says its version; one to another version says which there is.
fn answered(result: Result<Response, Problem>) -> Response {
    let mut response = result.unwrap_or_else(IntoResponse::into_response);
    if response.status() == StatusCode::PRECONDITION_FAILED {
        set(&mut response, "tus-version", VERSION);
    }
    resumable(response)
}

fn resumable(mut response: Response) -> Response {
    set(&mut response, "tus-resumable", VERSION);
    response
}

fn said(response: &mut Response, view: &UploadView) {
    set(response, "upload-offset", &view.received.to_string());
    set(response, "upload-expires", &headers::http_date(view.expires_at));
}

fn id_of(text: &str) -> Result<Id, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// Returns a header as text; nothing where there is none or it is no text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
