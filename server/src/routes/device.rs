//! What devices call: enrolment, sync, the server's configuration, packs. Bytes in, bytes out; the office decides.

use super::{
    ask::{body_of, media_type, unsupported},
    part,
    problem::Problem,
};
use crate::{app::App, office::Office, serve::bounded::Peer, sync::SyncRefusal};
use axum::{
    Extension,
    body::Body,
    extract::{ConnectInfo, OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use daohu_wire::limits::{ENROL_BYTES_MAX, REQUEST_BYTES_MAX};

/// Media type of a sync body.
pub const SYNC_TYPE: &str = "application/vnd.daohu.sync+cbor";

/// Media type of an enrolment's body.
pub const CBOR: &str = "application/cbor";

/// Header with the device's signature.
pub const SIGNATURE: &str = "daohu-signature";

/// Most bytes of that header.
pub const SIGNATURE_BYTES_MAX: usize = daohu_wire::limits::SIGNATURE_HEADER_BYTES_MAX;

/// Enrols a device.
///
/// # Errors
/// 403 and 429 as the office says; 413, 415.
pub async fn enrol(
    State(app): State<App>,
    address: Option<Extension<ConnectInfo<Peer>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if ![CBOR, SYNC_TYPE].contains(&media_type(&headers).as_str()) {
        return Err(unsupported());
    }
    let body = body_of(&headers, body, ENROL_BYTES_MAX).await?;
    // Tries are counted an address, without the port that changes each time.
    let address = address.map_or_else(|| "unknown".to_owned(), |Extension(ConnectInfo(peer))| peer.ip().to_string());
    let answer = app.call(move |office| Ok(office.enrol(&body, &address)?)).await?;
    Ok(bytes(CBOR, answer))
}

/// Takes batches, gives receipts and what is new.
///
/// # Errors
/// As the office says; 413, 415.
pub async fn sync(app: State<App>, uri: OriginalUri, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    signed(app, uri, (headers, body), Office::sync).await
}

/// What answers a signed request: body, signature, path.
type Answer = fn(&Office, &[u8], &str, &str) -> Result<Vec<u8>, SyncRefusal>;

async fn signed(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    (headers, body): (HeaderMap, Body),
    answer: Answer,
) -> Result<Response, Problem> {
    if media_type(&headers) != SYNC_TYPE || !is_zstd(&headers) {
        return Err(unsupported());
    }
    let signature = signature_of(&headers)?;
    let body = body_of(&headers, body, REQUEST_BYTES_MAX).await?;
    // What was signed is the path as the device wrote it.
    let path = uri.path().to_owned();
    let answer = app.call(move |office| Ok(answer(office, &body, &signature, &path)?)).await?;
    Ok(bytes(SYNC_TYPE, answer))
}

/// Tells a device whose digest differs which records differ, and gives it those.
///
/// # Errors
/// As the office says; 413, 415.
pub async fn repair(app: State<App>, uri: OriginalUri, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    signed(app, uri, (headers, body), Office::repair).await
}

/// Tells limits, versions and keys to whoever asks.
///
/// # Errors
/// When the store fails.
pub async fn config(State(app): State<App>) -> Result<Response, Problem> {
    let body = app.call(|office| office.server_config()?.to_json().map_err(|_| Problem::fault())).await?;
    Ok(bytes("application/json", body.into_bytes()))
}

/// Answers with a chunk of a pack, or the part of it that is asked for; it never changes, so its hash is its tag.
///
/// # Errors
/// `not_found` tells a device to ask anew; 416 for a part that the chunk does not have; else as the office says.
pub async fn pack(State(app): State<App>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Result<Response, Problem> {
    let (signature, path) = (signature_of(&headers)?, uri.path().to_owned());
    let chunk = app.call(move |office| Ok(office.pack_chunk(&signature, &path)?)).await?;
    Ok(part::answer(&headers, chunk))
}

pub(super) fn signature_of(headers: &HeaderMap) -> Result<String, Problem> {
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if signature.len() > SIGNATURE_BYTES_MAX {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "bad_signature"));
    }
    Ok(signature.to_owned())
}

/// Tells whether the body is said to be, or may be, zstd: the frames inside are always.
fn is_zstd(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_none_or(|value| value.as_bytes().eq_ignore_ascii_case(b"zstd"))
}

pub(super) fn bytes(media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
