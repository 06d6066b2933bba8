//! What a host lends the core: a clock, a transport, and an ear for what changes.

use crate::error::TransportError;
use daohu_field::{Clock, Random, Request, Response};
use std::{fs, sync::Arc, time::UNIX_EPOCH};

/// Tells the time of the device. Without one the core reads the system's, which on Android only the host can do well.
#[uniffi::export(with_foreign)]
pub trait HostClock: Send + Sync {
    /// Returns the wall clock in milliseconds since 1970.
    fn wall_ms(&self) -> i64;

    /// Returns the milliseconds of a clock that only runs forward within one boot and counts sleep (`SystemClock.elapsedRealtime`).
    fn mono_ms(&self) -> i64;

    /// Returns what names the present boot (`Settings.Global.BOOT_COUNT`).
    fn boot(&self) -> String;

    /// Says that a person set this clock, as tests do: a store that was ever opened so says it for ever.
    fn is_set(&self) -> bool;
}

/// Carries one request to the server and brings back its answer, whatever its status. It follows no redirect, and calls nothing of the
/// ledger.
#[uniffi::export(with_foreign)]
pub trait HostTransport: Send + Sync {
    /// Carries a request.
    ///
    /// # Errors
    /// `Broken` where no whole answer came.
    fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// Hears what changes. It is called on the thread of the call that changed it and must return soon; it may not call the ledger.
#[uniffi::export(with_foreign)]
pub trait LedgerListener: Send + Sync {
    /// Something in the ledger changed: what is shown should be read again.
    fn on_changed(&self);

    /// A sync came further.
    fn on_sync(&self, progress: SyncProgress);
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SyncProgress {
    /// Exchanges so far.
    pub exchanges: u32,
    /// Bytes of bodies sent.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpHeader {
    /// Its name, in small letters.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A request that the core wants carried.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpRequest {
    /// The address of the server, without the path.
    pub server: String,
    /// `GET` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// Headers that it needs.
    pub headers: Vec<HttpHeader>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

/// Writes a request for the host.
pub(crate) fn request(server: &str, request: Request) -> HttpRequest {
    let Request { method, path, headers, body } = request;
    let headers = headers.into_iter().map(|(name, value)| HttpHeader { name, value }).collect();
    HttpRequest { server: server.trim_end_matches('/').to_owned(), method: method.to_owned(), path, headers, body }
}

/// Reads a response of the host.
pub(crate) fn response(response: HttpResponse) -> Response {
    let HttpResponse { status, body } = response;
    Response { status, headers: Vec::new(), body }
}

/// The clock that the core is given: the host's, else the system's.
#[derive(Clone)]
pub(crate) struct LentClock(pub(crate) Option<Arc<dyn HostClock>>);

impl Clock for LentClock {
    fn wall_ms(&self) -> i64 {
        self.0.as_ref().map_or_else(system_ms, |clock| clock.wall_ms())
    }

    fn mono_ms(&self) -> i64 {
        self.0.as_ref().map_or_else(|| uptime_ms().unwrap_or_else(system_ms), |clock| clock.mono_ms())
    }

    fn boot(&self) -> String {
        // A boot that has no name is a boot of its own: nothing is concluded across it.
        self.0.as_ref().map_or_else(|| boot_id().unwrap_or_else(|| format!("none-{}", system_ms())), |clock| clock.boot())
    }

    fn is_set(&self) -> bool {
        self.0.as_ref().is_some_and(|clock| clock.is_set())
    }
}

#[expect(clippy::disallowed_methods, reason = "the host lends the core its clock here")]
fn system_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn uptime_ms() -> Option<i64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (whole, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}

fn boot_id() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

/// Randomness of the system.
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no key may be made: end rather than go on with zeros.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
