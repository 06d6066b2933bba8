//! Entity tags: a list that did not change is not sent twice.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Returns the tag of a body: the first half of its SHA-256 in hex.
#[must_use]
pub fn tag_of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    format!("\"{}\"", hex::encode(hash.get(..16).unwrap_or_default()))
}

/// Tells whether `If-None-Match` names the tag; a weak comparison, as RFC 9110 wants for GET.
#[must_use]
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

/// Answers 200 with the value and its tag, or 304 when the caller has it already.
#[must_use]
pub fn answer(headers: &HeaderMap, value: &Json) -> Response {
    tagged(headers, "application/json", value.to_string())
}

/// Answers a text of some type with its tag, or 304.
#[must_use]
pub fn tagged(headers: &HeaderMap, media_type: &'static str, body: String) -> Response {
    let tag = tag_of(body.as_bytes());
    let known = is_known(headers, &tag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(body) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    // Answers depend on who asks; a shared cache must not keep them and a private one must ask.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_known_tag_gives_an_empty_304_with_the_tag() {
        let value = json!({"items": [], "next": null});
        let first = answer(&HeaderMap::new(), &value);
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, format!("\"other\", W/{}", first.headers()[header::ETAG].to_str().unwrap()).parse().unwrap());

        let second = answer(&headers, &value);
        let changed = answer(&headers, &json!({"items": [1], "next": null}));

        assert_eq!((first.status(), second.status(), changed.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED, StatusCode::OK));
        assert_eq!(first.headers()[header::ETAG], second.headers()[header::ETAG]);
        assert!(!second.headers().contains_key(header::CONTENT_TYPE));
    }
}
