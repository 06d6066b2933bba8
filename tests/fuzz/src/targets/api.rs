//! The application as a function: any address, header and body, asked by somebody who is signed in.
//!
//! An input is text as a script would send it: `METHOD ADDRESS`, lines `name: value`, an empty line, the body. The words
//! `HOUSEHOLD` and `VISIT` in the address stand for ids that are there.

use crate::stage::Stage;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use daohu_server::app::{Settings, app};
use daohu_wire::limits::ANSWER_INFLATED_BYTES_MAX;
use std::{cell::RefCell, fmt::Write, sync::LazyLock};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().max_blocking_threads(1).build().unwrap());

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// One request; the word is its status.
#[must_use]
pub fn request(bytes: &[u8]) -> String {
    STAGE.with_borrow_mut(|kept| asked(kept.get_or_insert_with(Stage::new), bytes))
}

fn asked(stage: &mut Stage, bytes: &[u8]) -> String {
    let cut = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = (bytes.get(..cut).unwrap_or_default(), bytes.get(cut + 2..).unwrap_or_default());
    let Some(request) = made(stage, &String::from_utf8_lossy(head), body) else { return "no_request".to_owned() };
    let router = app(stage.office.clone(), Settings::default());
    let (status, answer) = RUNTIME.block_on(async {
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), ANSWER_INFLATED_BYTES_MAX).await.unwrap())
    });
    assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&answer));
    if status == StatusCode::NO_CONTENT || status == StatusCode::SEE_OTHER {
        stage.sign_in();
    }
    if status.is_success() { "ok".to_owned() } else { status.as_str().to_owned() }
}

/// Writes what no address may hold as a client would: in percent.
fn sendable(address: &str) -> String {
    let mut sent = String::new();
    for byte in address.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => write!(sent, "%{byte:02X}").unwrap(),
            0x21..=0x7e => sent.push(char::from(byte)),
            _ => write!(sent, "%{byte:02X}").unwrap(),
        }
    }
    sent
}

/// Makes a request, or `None` where no client could send it.
fn made(stage: &Stage, head: &str, body: &[u8]) -> Option<Request<Body>> {
    let mut lines = head.lines();
    let (method, address) = lines.next()?.split_once(' ')?;
    let address = sendable(address).replace("HOUSEHOLD", &stage.household.to_string()).replace("VISIT", &stage.visit.to_string());
    let mut builder = Request::builder().method(method).uri(address);
    let mut is_told = false;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        is_told |= name.eq_ignore_ascii_case("authorization");
        builder = builder.header(name, value);
    }
    if !is_told {
        builder = builder.header("authorization", format!("Bearer {}", stage.token));
    }
    builder.body(Body::from(body.to_vec())).ok()
}
