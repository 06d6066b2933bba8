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
    Part(Range<usize>),
    Nothing,
}

/// Answers 200 with the chunk, 206 with the part of it that is asked for, or 304 where the caller has it.
/// 416 `bad_range` answers for a part that begins behind the end.
pub fn answer(headers: &HeaderMap, chunk: PackedChunk) -> Response {
    let tag = format!("\"{}\"", hex::encode(chunk.hash));
    let length = chunk.body.len();
    let mut response = if etag::is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match wanted(headers, &tag, length) {
            Wanted::Whole => Body::from(chunk.body).into_response(),
            Wanted::Part(part) => {
                let about = format!("bytes {}-{}/{length}", part.start, part.end - 1);
                let body = chunk.body.get(part).map(<[u8]>::to_vec).unwrap_or_default();
                let mut response = Body::from(body).into_response();
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                set(&mut response, header::CONTENT_RANGE, &about);
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
        set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    }
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    // It is for one device: a shared cache must not keep it.
    set(&mut response, header::CACHE_CONTROL, "private, no-cache");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Reads `Range`: one range of bytes; what is not that is ignored, as it is where `If-Range` names another body.
fn wanted(headers: &HeaderMap, tag: &str, length: usize) -> Wanted {
    let other = headers.get(header::IF_RANGE).is_some_and(|value| value.as_bytes() != tag.as_bytes());
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| !other);
    let Some((from, to)) = asked.and_then(|value| value.strip_prefix("bytes=")?.trim().split_once('-')) else { return Wanted::Whole };
    let number = |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
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
