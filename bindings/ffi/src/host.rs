//! What a host lends the core: a clock, a transport, and an ear for what changes.

use crate::error::{HostError, TransportError};
use daohu_field::{Clock, Random, Request, Response};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::UNIX_EPOCH,
};

/// Tells the time of the device. Without one the core reads the system's, which on Android and iOS only the host can do well. Once one of
/// these fails the system's clock is read until the ledger is opened again.
#[uniffi::export(with_foreign)]
pub trait HostClock: Send + Sync {
    /// Returns the wall clock in milliseconds since 1970.
    ///
    /// # Errors
    /// `Failed` where it cannot.
    fn wall_ms(&self) -> Result<i64, HostError>;

    /// Returns the milliseconds of a clock that only runs forward within one boot and counts sleep (`SystemClock.elapsedRealtime`).
    ///
    /// # Errors
    /// `Failed` where it cannot.
    fn mono_ms(&self) -> Result<i64, HostError>;

    /// Returns what names the present boot (`Settings.Global.BOOT_COUNT`).
    ///
    /// # Errors
    /// `Failed` where it cannot.
    fn boot(&self) -> Result<String, HostError>;

    /// Says that a person set this clock, as tests do: a store that was ever opened so says it for ever.
    ///
    /// # Errors
    /// `Failed` where it cannot.
    fn is_set(&self) -> Result<bool, HostError>;
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

/// Hears what changes. It is called on the thread of the call that changed it and must return soon; it may not call the ledger. What it
/// raises is not heard: what it was told of is done.
#[uniffi::export(with_foreign)]
pub trait LedgerListener: Send + Sync {
    /// Something in the ledger changed: what is shown should be read again.
    ///
    /// # Errors
    /// `Failed`, to no effect.
    fn on_changed(&self) -> Result<(), HostError>;

    /// A sync came further.
    ///
    /// # Errors
    /// `Failed`, to no effect.
    fn on_sync(&self, progress: SyncProgress) -> Result<(), HostError>;
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
pub(crate) struct LentClock {
    host: Option<Arc<dyn HostClock>>,
    /// The host's clock failed.
    is_left: AtomicBool,
    /// Names the boot where the system does not: one of its own from each opening to the next, and nothing is concluded across it.
    boot: String,
    /// How far the wall clock went, for a system whose own forward clock cannot be read.
    forward: AtomicI64,
}

impl LentClock {
    /// Makes the one clock of a ledger that is being opened.
    pub(crate) fn new(host: Option<Arc<dyn HostClock>>) -> Arc<Self> {
        let mut drawn = [0; 8];
        SystemRandom.fill(&mut drawn);
        let boot = format!("none-{:016x}", u64::from_be_bytes(drawn));
        Arc::new(Self { host, is_left: AtomicBool::new(false), boot, forward: AtomicI64::new(0) })
    }

    fn asked<T>(&self, ask: impl Fn(&dyn HostClock) -> Result<T, HostError>) -> Option<T> {
        let host = self.host.as_deref().filter(|_| !self.is_left.load(Ordering::SeqCst))?;
        ask(host).inspect_err(|_| self.is_left.store(true, Ordering::SeqCst)).ok()
    }
}

/// One clock for both connections.
pub(crate) struct Shared(pub(crate) Arc<LentClock>);

impl Clock for Shared {
    fn wall_ms(&self) -> i64 {
        self.0.asked(|clock| clock.wall_ms()).unwrap_or_else(system_ms)
    }

    fn mono_ms(&self) -> i64 {
        let forward = || {
            uptime_ms().unwrap_or_else(|| {
                let now_ms = system_ms();
                self.0.forward.fetch_max(now_ms, Ordering::SeqCst).max(now_ms)
            })
        };
        self.0.asked(|clock| clock.mono_ms()).unwrap_or_else(forward)
    }

    fn boot(&self) -> String {
        let systems = || boot_id().filter(|_| self.0.host.is_none()).unwrap_or_else(|| self.0.boot.clone());
        self.0.asked(|clock| clock.boot()).unwrap_or_else(systems)
    }

    fn is_set(&self) -> bool {
        self.0.asked(|clock| clock.is_set()).unwrap_or(false)
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
