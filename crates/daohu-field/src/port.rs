//! What the host lends the core: a clock and randomness.
//!
//! The core never asks the system itself, so that a test, a demo and a phone run the same code.

use daohu_domain::time::FAR;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time of this device.
pub trait Clock: Send {
    /// Returns the wall clock: milliseconds since 1970, as the device believes.
    fn wall_ms(&self) -> i64;

    /// Returns the milliseconds of a clock that only runs forward and counts sleep, within one boot.
    fn mono_ms(&self) -> i64;

    /// Returns what names the present boot.
    fn boot(&self) -> String;

    /// Says whether a person set this clock by hand; a store ever opened so is marked.
    fn is_set(&self) -> bool;
}

/// Gives random bytes fit for keys.
pub trait Random: Send {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A clock that a host lent, kept within what can be reckoned with: from 1970 to the end of the year 9998.
pub(crate) struct Bounded(pub(crate) Box<dyn Clock>);

impl Clock for Bounded {
    fn wall_ms(&self) -> i64 {
        self.0.wall_ms().clamp(0, FAR.0)
    }

    fn mono_ms(&self) -> i64 {
        self.0.mono_ms().clamp(0, FAR.0)
    }

    fn boot(&self) -> String {
        self.0.boot()
    }

    fn is_set(&self) -> bool {
        self.0.is_set()
    }
}

/// A clock that stands where it was put, for tests, demos and `--now`.
///
/// A copy shows the same time, so that its owner can move it while a ledger holds another copy.
#[derive(Debug, Clone)]
pub struct SetClock {
    wall: Arc<AtomicI64>,
    mono: Option<Arc<AtomicI64>>,
    boot: Option<String>,
}

impl SetClock {
    /// Makes a clock whose monotonic side follows the wall side, so that trusted time is wall time.
    #[must_use]
    pub fn at(wall_ms: i64) -> Self {
        Self { wall: Arc::new(AtomicI64::new(wall_ms)), mono: None, boot: None }
    }

    /// Gives the clock a monotonic side of its own.
    #[must_use]
    pub fn with_mono(mut self, mono_ms: i64) -> Self {
        self.mono = Some(Arc::new(AtomicI64::new(mono_ms)));
        self
    }

    /// Gives the clock a boot of its own.
    #[must_use]
    pub fn with_boot(mut self, boot: &str) -> Self {
        self.boot = Some(boot.to_owned());
        self
    }

    /// Moves the wall side, as a person does in the settings.
    pub fn set_wall(&self, wall_ms: i64) {
        self.wall.store(wall_ms, Ordering::SeqCst);
    }

    /// Lets time pass on both sides.
    pub fn advance(&self, by_ms: i64) {
        self.wall.fetch_add(by_ms, Ordering::SeqCst);
        if let Some(mono) = &self.mono {
            mono.fetch_add(by_ms, Ordering::SeqCst);
        }
    }
}

impl Clock for SetClock {
    fn wall_ms(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn mono_ms(&self) -> i64 {
        self.mono.as_ref().unwrap_or(&self.wall).load(Ordering::SeqCst)
    }

    fn boot(&self) -> String {
        self.boot.clone().unwrap_or_else(|| "now".to_owned())
    }

    fn is_set(&self) -> bool {
        true
    }
}
