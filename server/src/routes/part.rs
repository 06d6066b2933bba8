//! A body that never changes, whole or in part (RFC 9110, 14): a fetch that was cut goes on where it ended.

use super::{etag, problem::Problem};
use crate::sync::PackedChunk;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::ops::Range;

/// What a request asks of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// What never changes: named by its hash.
#[derive(Debug, Clone, Copy)]
pub struct Unchanging {
    /// SHA-256 of its bytes, which is its tag.
    pub hash: [u8; 32],
    /// Its bytes.
    pub length: u64,
    /// What it is.
    pub media_type: &'static str,
    /// How long it may be kept, and by whom: `Cache-Control`.
    pub cache: &'static str,
}

/// Answers with a chunk of a pack.
#[must_use]
pub fn answer(headers: &HeaderMap, chunk: PackedChunk) -> Response {
    // It is for one device: a shared cache must not keep it.
    let (media_type, cache) = ("application/octet-stream", "private, no-cache");
    let about = Unchanging { hash: chunk.hash, length: chunk.body.len() as u64, media_type, cache };
    answer_with(headers, about, |part| Body::from(slice(&chunk.body, &part)))
}

/// Returns a part of bytes in memory; nothing of what is not there.
#[must_use]
pub fn slice(bytes: &[u8], part: &Range<u64>) -> Vec<u8> {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(index(part.start)..index(part.end)).map(<[u8]>::to_vec).unwrap_or_default()
}

/// Answers 200 with the whole, 206 with the part of it that is asked for, or 304 where the caller has it; `body` gives the bytes.
/// 416 `bad_range` answers for a part that begins behind the end.
pub fn answer_with(headers: &HeaderMap, about: Unchanging, body: impl FnOnce(Range<u64>) -> Body) -> Response {
    let tag = format!("\"{}\"", hex::encode(about.hash));
    let length = about.length;
    let mut response = if etag::is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match wanted(headers, &tag, length) {
            Wanted::Whole => {
                let mut response = body(0..length).into_response();
                set(&mut response, header::CONTENT_LENGTH, &length.to_string());
                response
            }
            Wanted::Part(part) => {
                let (said, bytes) = (format!("bytes {}-{}/{length}", part.start, part.end - 1), part.end - part.start);
                let mut response = body(part).into_response();
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                set(&mut response, header::CONTENT_RANGE, &said);
                set(&mut response, header::CONTENT_LENGTH, &bytes.to_string());
                response
            }
            Wanted::Nothing => {
                let mut response = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "bad_range").into_response();
                set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
                return response;
            }
        }
    };
    if response.status() != StatusCode::NOT_MODIFIED {
        set(&mut response, header::CONTENT_TYPE, about.media_type);
    }
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::CACHE_CONTROL, about.cache);
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Reads `Range`: one range of bytes; what is not that is ignored, as it is where `If-Range` names another body.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let other = headers.get(header::IF_RANGE).is_some_and(|value| value.as_bytes() != tag.as_bytes());
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| !other);
    let Some((from, to)) = asked.and_then(|value| value.strip_prefix("bytes=")?.trim().split_once('-')) else { return Wanted::Whole };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (from.is_empty(), number(from), to.is_empty(), number(to)) {
        (false, Some(from), true, _) if from < length => Wanted::Part(from..length),
        (false, Some(from), false, Some(to)) if from <= to && from < length => Wanted::Part(from..length.min(to.saturating_add(1))),
        (false, Some(from), false, Some(to)) if from > to => Wanted::Whole,
        (false, Some(_), true, _) | (false, Some(_), false, Some(_)) | (true, _, false, Some(0)) => Wanted::Nothing,
        (true, _, false, Some(last)) => Wanted::Part(length.saturating_sub(last)..length),
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        wanted(&headers, "\"a\"", 100)
    }

    #[test]
    fn a_range_gives_its_part_and_never_more_than_there_is() {
        assert_eq!(of("bytes=0-9"), Wanted::Part(0..10));
        assert_eq!(of("bytes=90-"), Wanted::Part(90..100));
        assert_eq!(of("bytes=90-18446744073709551615"), Wanted::Part(90..100));
        assert_eq!(of("bytes=-30"), Wanted::Part(70..100));
        assert_eq!(of("bytes=-300"), Wanted::Part(0..100));
    }

    #[test]
    fn a_range_behind_the_end_gives_nothing_and_one_that_is_none_gives_the_whole() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(of(range), Wanted::Nothing, "{range}");
        }
        for range in ["bytes=9-3", "bytes=", "bytes=-", "bytes=a-b", "lines=0-9", "bytes=0-1,5-9", "bytes=+1-+5"] {
            assert_eq!(of(range), Wanted::Whole, "{range}");
        }
    }

    #[test]
    fn a_part_of_another_body_is_not_given() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-9".parse().unwrap());
        headers.insert(header::IF_RANGE, "\"b\"".parse().unwrap());

        assert_eq!(wanted(&headers, "\"a\"", 100), Wanted::Whole);
    }
}
