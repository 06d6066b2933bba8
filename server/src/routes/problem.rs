//! The only shape of a refusal over HTTP: `application/problem+json` with a stable code and its two sentences.

use crate::{error::OfficeError, sync::SyncRefusal};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use daohu_domain::codes;
use serde_json::json;

/// Media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal: a status, a stable code, and when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code (contracts 5).
    pub code: &'static str,
    /// Seconds after which to ask again, for 429 and 503.
    pub retry_after_s: Option<u32>,
    /// A sentence that says more than the code's own, Chinese and English.
    pub said: Option<(String, String)>,
}

impl Problem {
    /// Makes a refusal with the code's own sentences.
    #[must_use]
    pub const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, retry_after_s: None, said: None }
    }

    /// Makes the answer for what is not there or not within the caller's scope; the two cannot be told apart.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// Makes the answer of a server that has too much to do.
    #[must_use]
    pub const fn busy() -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: "busy", retry_after_s: Some(5), said: None }
    }

    /// Makes the answer for a fault of our own; what happened is in the log, never in the answer.
    #[must_use]
    pub const fn fault() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// Adds a sentence of its own, Chinese and English.
    #[must_use]
    pub fn saying(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.said = Some((zh.into(), en.into()));
        self
    }

    /// Returns the two sentences.
    #[must_use]
    pub fn sentences(&self) -> (String, String) {
        self.said.clone().unwrap_or_else(|| {
            let (zh, en) = sentence(self.code);
            (zh.to_owned(), en.to_owned())
        })
    }
}

/// Returns the sentences of a code: the shared ones, else the edge's own.
#[must_use]
pub fn sentence(code: &str) -> (&'static str, &'static str) {
    let own = || OWN.iter().find(|(known, _, _)| *known == code).map(|(_, zh, en)| (*zh, *en));
    codes::sentence(code).or_else(own).unwrap_or_else(|| codes::sentence_or_plain(code))
}

/// Codes that only a server's edge has.
const OWN: &[(&str, &str, &str)] = &[
    ("bad_range", "没有这一段。请从头再取。", "There is no such part; fetch it from the beginning."),
    ("too_slow", "内容没有按时传完，什么都没改。请再传一次。", "The body did not arrive in time, nothing was changed; send again."),
    ("cross_site", "请从到户自己的页面操作。", "Please use daohu's own page."),
];

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (zh, en) = self.sentences();
        let title = self.status.canonical_reason().unwrap_or("Refused");
        let body = json!({"type": "about:blank", "title": title, "status": self.status.as_u16(), "code": self.code, "zh": zh, "en": en});
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The access log reads the code here, so that it need not read bodies.
        response.extensions_mut().insert(Code(self.code));
        response
    }
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Self {
        let code = error.code();
        let status = status_of(code);
        let retry_after_s = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some(5),
            StatusCode::TOO_MANY_REQUESTS => Some(RETRY_AFTER_TRIES_S),
            _ => None,
        };
        if status.is_server_error() {
            tracing::error!(code, "the office failed");
        }
        Self { status, code, retry_after_s, said: Some((error.zh(), error.en())) }
    }
}

impl From<SyncRefusal> for Problem {
    fn from(refusal: SyncRefusal) -> Self {
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = refusal.code, "a device was not answered");
        }
        Self { retry_after_s: refusal.retry_after_s, ..Self::new(status, refusal.code) }
    }
}

/// Seconds after which wrong tries are forgiven.
const RETRY_AFTER_TRIES_S: u32 = 900;

/// Returns the status of a code that the office refuses with (contracts 5).
fn status_of(code: &str) -> StatusCode {
    match code {
        "not_found" => StatusCode::NOT_FOUND,
        "bad_signature" | "unknown_device" => StatusCode::UNAUTHORIZED,
        "code_unknown" | "code_expired" | "code_used" | "device_revoked" => StatusCode::FORBIDDEN,
        "batch_fork" | "device_id_taken" => StatusCode::CONFLICT,
        "too_big" => StatusCode::PAYLOAD_TOO_LARGE,
        "too_old" => StatusCode::UPGRADE_REQUIRED,
        "too_many_tries" | "too_many_requests" => StatusCode::TOO_MANY_REQUESTS,
        "busy" => StatusCode::SERVICE_UNAVAILABLE,
        "server_full" | "disk_full" => StatusCode::INSUFFICIENT_STORAGE,
        "store_damaged" | "store_failed" | "log_damaged" | "wrong_key" | "internal" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The code of a refusal, left on the answer for the access log.
#[derive(Debug, Clone, Copy)]
pub struct Code(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_says_when_to_come_back() {
        let response = Problem::busy().into_response();

        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn every_code_of_the_edge_has_its_own_sentences() {
        let none = sentence("no such code");
        for code in [
            "not_found",
            "busy",
            "bad_login",
            "locked",
            "bad_month",
            "bad_place",
            "bad_cursor",
            "bad_frame",
            "too_big",
            "too_many_tries",
            "server_full",
            "unsupported_media_type",
            "sign_in",
            "bad_request",
            "cross_site",
            "internal",
            "too_slow",
            "method_not_allowed",
        ] {
            assert_ne!(sentence(code), none, "{code}");
        }
    }
}
