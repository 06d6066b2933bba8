//! What a request asks for, read once: query, form, JSON and raw bodies, each with its limit.

use super::problem::Problem;
use axum::{
    body::{Body, HttpBody},
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use daohu_domain::{
    calendar::{Instant, Month},
    place::Place,
};
use serde::Deserialize;
use std::{future::poll_fn, pin::Pin, time::Duration};

/// How long a body may take to arrive: 512 KB at 10 KB/s, the slowest link we know.
pub const BODY_WAIT: Duration = Duration::from_secs(60);

/// Bytes beyond its limit that a body is heard out for before the connection is closed.
pub const HEARD_OUT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of a form or a JSON body.
pub const SMALL_BODY_BYTES_MAX: usize = 8 * 1024;

/// Bytes of a query string.
pub const QUERY_BYTES_MAX: usize = 2 * 1024;

/// The query of a request; unknown names are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Ask {
    /// Twelve digits.
    pub place: Option<String>,
    /// `YYYY-MM`.
    pub month: Option<String>,
    /// An instant.
    pub as_of: Option<String>,
    /// A text to look for.
    pub q: Option<String>,
    /// Rows of a page.
    pub limit: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// `zh` or `en`.
    pub lang: Option<String>,
    /// `declared` or `verified`.
    pub measure: Option<String>,
    /// `first` or `revised`.
    pub version: Option<String>,
}

impl Ask {
    /// Returns the place.
    ///
    /// # Errors
    /// `bad_place` when there is none or it is not twelve digits.
    pub fn place(&self) -> Result<Place, Problem> {
        self.place_if()?.ok_or(Problem::new(StatusCode::BAD_REQUEST, "bad_place"))
    }

    /// Returns the place if one is named.
    ///
    /// # Errors
    /// `bad_place` when it is not twelve digits.
    pub fn place_if(&self) -> Result<Option<Place>, Problem> {
        read(self.place.as_deref(), "bad_place")
    }

    /// Returns the month.
    ///
    /// # Errors
    /// `bad_month` when there is none or it is no month.
    pub fn month(&self) -> Result<Month, Problem> {
        self.month_if()?.ok_or(Problem::new(StatusCode::BAD_REQUEST, "bad_month"))
    }

    /// Returns the month if one is named.
    ///
    /// # Errors
    /// `bad_month` when it is no month.
    pub fn month_if(&self) -> Result<Option<Month>, Problem> {
        read(self.month.as_deref(), "bad_month")
    }

    /// Returns the instant if one is named. A `+` that arrived as a space is taken as one: it is how people paste it.
    ///
    /// # Errors
    /// `bad_request` when it is no instant.
    pub fn as_of(&self) -> Result<Option<Instant>, Problem> {
        let text = self.as_of.as_deref().map(|text| text.replace(' ', "+"));
        read(text.as_deref(), "bad_request")
    }

    /// Returns the rows of a page, within 1 and `most`.
    ///
    /// # Errors
    /// `bad_request` when it is no number.
    pub fn limit(&self, usual: usize, most: usize) -> Result<usize, Problem> {
        Ok(read::<usize>(self.limit.as_deref(), "bad_request")?.unwrap_or(usual).clamp(1, most))
    }
}

fn read<T: std::str::FromStr>(text: Option<&str>, code: &'static str) -> Result<Option<T>, Problem> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, code))).transpose()
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let bad = Problem::new(StatusCode::BAD_REQUEST, "bad_request");
        if parts.uri.query().is_some_and(|query| query.len() > QUERY_BYTES_MAX) {
            return Err(bad);
        }
        axum::extract::Query::<Self>::try_from_uri(&parts.uri).map(|query| query.0).map_err(|_| bad)
    }
}

/// Reads a whole body of at most `most` bytes.
///
/// # Errors
/// `too_big` (413) beyond the limit, whether it was announced or not; `too_slow` (408) when it does not arrive in time;
/// `bad_request` when the connection broke.
pub async fn body_of(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let too_big = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_big");
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > most.saturating_add(HEARD_OUT_BYTES_MAX)) {
        return Err(too_big);
    }
    let read = tokio::time::timeout(BODY_WAIT, read_up_to(body, most)).await;
    read.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow"))??.ok_or(too_big)
}

/// Reads a body; `None` when it is bigger than `most`.
///
/// A body that is a little too big is heard out and thrown away, or its sender would see a broken connection and not the answer.
async fn read_up_to(mut body: Body, most: usize) -> Result<Option<Vec<u8>>, Problem> {
    let (mut kept, mut seen) = (Vec::new(), 0_usize);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad_request"))?;
        let Ok(bytes) = frame.into_data() else { continue };
        seen = seen.saturating_add(bytes.len());
        if seen <= most {
            kept.extend_from_slice(&bytes);
        } else if seen > most.saturating_add(HEARD_OUT_BYTES_MAX) {
            break;
        } else {
            kept = Vec::new();
        }
    }
    Ok((seen <= most).then_some(kept))
}

/// Returns the media type of a request, without parameters, in lower case.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Makes the answer for a body of a type we do not take.
#[must_use]
pub const fn unsupported() -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_wrongly_names_the_code() {
        let ask = Ask { place: Some("6108".into()), month: Some("2019-13".into()), limit: Some("many".into()), ..Ask::default() };

        assert_eq!(ask.place().unwrap_err().code, "bad_place");
        assert_eq!(ask.month().unwrap_err().code, "bad_month");
        assert_eq!(ask.limit(50, 500).unwrap_err().code, "bad_request");
        assert_eq!(Ask::default().place().unwrap_err().code, "bad_place");
        assert_eq!(Ask::default().place_if().unwrap(), None);
    }

    #[test]
    fn a_page_is_never_longer_than_allowed() {
        let ask = |limit: &str| Ask { limit: Some(limit.into()), ..Ask::default() };

        assert_eq!((ask("0").limit(50, 500).unwrap(), ask("9999").limit(50, 500).unwrap(), ask("").limit(50, 500).unwrap()), (1, 500, 50));
    }

    #[test]
    fn an_instant_survives_being_pasted_into_an_address() {
        let ask = Ask { as_of: Some("2019-06-12T00:10:00 08:00".into()), ..Ask::default() };

        assert_eq!(ask.as_of().unwrap().unwrap().to_string(), "2019-06-12T00:10:00+08:00");
    }
}
