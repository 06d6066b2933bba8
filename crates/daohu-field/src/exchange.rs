//! What a host carries between the core and the server: a request, its response, and what a refusal says.
//!
//! The core opens no socket. A host takes the next request, carries it however its platform does, and brings the
//! response back; so a test can lose, repeat and forge any of them.

use crate::error::FieldError;
use serde_json::Value as Json;

/// A request to be carried to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method in capitals.
    pub method: &'static str,
    /// The path below the server's address.
    pub path: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body as sent.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers that the host chooses to hand on.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the error of a response that is not 200: the server's own code where the body is ours. Nobody signs it, so that it may name
    /// nothing that a host takes for the state of its own device.
    pub(crate) fn refusal(&self) -> FieldError {
        match serde_json::from_slice::<Json>(&self.body).ok().as_ref().and_then(|body| body.get("code")).and_then(Json::as_str) {
            Some("busy") => FieldError::new("server_busy"),
            Some(code) if SERVERS_OWN.contains(&code) => FieldError::named(code),
            // Waiting does not help: somebody must make room there.
            _ if self.status == 507 => FieldError::new("server_full"),
            _ if self.status == 429 || self.status >= 500 => FieldError::new("server_busy"),
            _ => FieldError::new("not_our_server"),
        }
        .with(serde_json::json!({ "status": self.status }))
    }
}

/// What a server may say where a device asks (PROTOCOL section 10).
const SERVERS_OWN: [&str; 23] = [
    "already_taken",
    "bad_frame",
    "bad_merkle_root",
    "bad_request",
    "bad_signature",
    "batch_fork",
    "code_expired",
    "code_unknown",
    "code_used",
    "device_id_taken",
    "device_revoked",
    "internal",
    "method_not_allowed",
    "no_device",
    "not_found",
    "not_permitted",
    "server_full",
    "too_big",
    "too_many_tries",
    "too_new",
    "too_old",
    "unknown_device",
    "unsupported_media_type",
];
