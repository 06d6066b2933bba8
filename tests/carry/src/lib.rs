//! Carries what a phone asks to an office in the same process, for tests, the simulator and the bench: the bodies are those of the
//! server's routes, and there is no socket in between.

use daohu_field::{Request, Response};
use daohu_server::{office::Office, sync::SyncRefusal};
use serde_json::json;

/// The address under which enrolments are counted.
const ADDRESS: &str = "127.0.0.1";

/// Answers a request as the routes do, a part of a chunk too.
#[must_use]
pub fn carry(office: &Office, request: &Request) -> Response {
    let signature = header(request, "daohu-signature");
    let answered = match request.path.as_str() {
        "/v1/config" => office.server_config().map_err(SyncRefusal::from).map(|config| config.to_json().unwrap_or_default().into_bytes()),
        "/v1/enrol" => office.enrol(&request.body, ADDRESS),
        "/v1/repair" => office.repair(&request.body, signature, &request.path),
        path if path.starts_with("/v1/packs/") => office.pack_chunk(signature, path).map(|chunk| chunk.body),
        path => office.sync(&request.body, signature, path),
    };
    match answered {
        Ok(body) => in_part(request, body),
        Err(SyncRefusal { status, code, .. }) => refusal(status, code),
    }
}

/// Makes the response of a refusal.
#[must_use]
pub fn refusal(status: u16, code: &str) -> Response {
    Response { status, headers: Vec::new(), body: json!({ "code": code }).to_string().into_bytes() }
}

fn in_part(request: &Request, body: Vec<u8>) -> Response {
    let bounds = header(request, "range").strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let part = bounds.and_then(|(from, to)| body.get(from.parse().ok()?..=to.parse().ok()?)).map(<[u8]>::to_vec);
    match part {
        Some(body) => Response { status: 206, headers: Vec::new(), body },
        None => Response { status: 200, headers: Vec::new(), body },
    }
}

/// Returns a header of a request; empty if it has none of that name.
fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}
