//! Files that records name: the token for uploads, downloads for devices and for people, thumbnails by the dozen.
//!
//! Whoever may not read a record that names a file gets the answer of a file that does not exist. What is given out is never something
//! that a browser would run, and no address of a file is good without the session or signature that it is asked with.

use super::{
    ask::{body_of, media_type, unsupported},
    caller::{Signed, store_problem},
    device::{CBOR, bytes, signature_of},
    part::{Unchanging, answer_with, slice},
    problem::Problem,
};
use crate::{app::App, blobs::Found, limits::BLOB_CHECKED_BYTES_MAX, permit::Caller};
use axum::{
    body::Body,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use daohu_wire::limits::{ENROL_BYTES_MAX, THUMBS_MAX};

/// A browser keeps it for itself and asks no more: bytes under a hash never change.
const CACHE: &str = "private, max-age=31536000, immutable";

/// Bytes of a question for thumbnails.
const THUMBS_BODY_BYTES_MAX: usize = THUMBS_MAX * 32 + 64;

/// Gives a device a token for uploads.
///
/// # Errors
/// As the office says.
pub async fn token(State(app): State<App>, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let (signature, path) = (signature_of(&headers)?, uri.path().to_owned());
    let body = body_of(&headers, body, ENROL_BYTES_MAX).await?;
    let token = app.call(move |office| Ok(office.blob_token(&signature, &path, &body)?)).await?;
    Ok(bytes("application/json", token.to_string().into_bytes()))
}

/// Gives a device those of many thumbnails that it may have.
///
/// # Errors
/// As the office says; 413, 415.
pub async fn thumbs(State(app): State<App>, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    if media_type(&headers) != CBOR {
        return Err(unsupported());
    }
    let (signature, path) = (signature_of(&headers)?, uri.path().to_owned());
    let body = body_of(&headers, body, THUMBS_BODY_BYTES_MAX).await?;
    let thumbs = app.call(move |office| Ok(office.blob_thumbs(&signature, &path, &body)?)).await?;
    Ok(bytes(CBOR, thumbs))
}

/// Gives a device a file, or a part of it.
///
/// # Errors
/// 404 for a file that is not there or not for this device; else as the office says.
pub async fn for_device(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(hash): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (signature, path, hash) = (signature_of(&headers)?, uri.path().to_owned(), hash_of(&hash));
    let found = app.call(move |office| Ok(office.blob_for_device(&signature, (method.as_str(), &path), hash)?)).await?;
    given(&app, &headers, found).await
}

/// Gives somebody who is signed in a file that a record names which he may read.
///
/// # Errors
/// 404 for a file that is not there or not for the caller.
pub async fn for_session(
    Signed(caller): Signed,
    State(app): State<App>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = hash_of(&hash).ok_or_else(Problem::not_found)?;
    let Caller { grants, .. } = caller;
    let found = app.call(move |office| office.blob_for(&grants, &hash).map_err(|error| store_problem(&error))).await?;
    let mut response = given(&app, &headers, found.ok_or_else(Problem::not_found)?).await?;
    // Another session in the same browser asks anew, whatever the first one was given.
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
    Ok(response)
}

async fn given(app: &App, headers: &HeaderMap, found: Found) -> Result<Response, Problem> {
    let about = Unchanging { hash: found.hash, length: found.size, media_type: found.media_type, cache: CACHE };
    let is_small = found.size <= BLOB_CHECKED_BYTES_MAX;
    let checked = app.call(move |office| {
        if is_small {
            let read = office.shelf().read(&[found.hash]).map_err(|error| store_problem(&error))?.pop().flatten();
            return read.map(Some).ok_or_else(Problem::fault);
        }
        let sizes = office.shelf().sizes(&[found.hash]).map_err(|error| store_problem(&error))?;
        if sizes == [Some(found.size)] { Ok(None) } else { Err(Problem::fault()) }
    });
    let checked = checked.await.inspect_err(|problem| {
        tracing::error!(hash = hex::encode(found.hash), code = problem.code, "a file that a record names was not given");
    })?;
    let mut response = match checked {
        Some(bytes) => answer_with(headers, about, |part| Body::from(slice(&bytes, &part))),
        None => answer_with(headers, about, |part| Body::from_stream(app.office.shelf().stream(&found.hash, part))),
    };
    if !found.is_picture {
        // The name is ours: nothing that a client called it.
        let name = hex::encode(found.hash.get(..6).unwrap_or_default());
        let ending = if found.media_type == "application/pdf" { "pdf" } else { "bin" };
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
    }
    Ok(response)
}

fn hash_of(text: &str) -> Option<[u8; 32]> {
    // One address a file: in capitals it would be another one.
    let mut hash = [0; 32];
    let is_ours = text.bytes().all(|letter| letter.is_ascii_digit() || (b'a'..=b'f').contains(&letter));
    hex::decode_to_slice(text, &mut hash).ok().filter(|()| is_ours).map(|()| hash)
}
