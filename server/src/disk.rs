//! Free space: an alarm while there is still room, and no more pushes before there is none.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};

use crate::limits::{DISK_FLOOR_BYTES, DISK_LOW_BYTES};
use crate::office::Office;

/// Tells how much room is left where a folder lies.
pub trait FreeSpace: fmt::Debug + Send + Sync {
    /// Returns the free bytes for whoever runs this process; none where the system does not say.
    fn free_bytes(&self, folder: &Path) -> Option<u64>;
}

/// The system's own answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSpace;

impl FreeSpace for SystemSpace {
    fn free_bytes(&self, folder: &Path) -> Option<u64> {
        let about = rustix::fs::statvfs(folder).ok()?;
        about.f_bavail.checked_mul(about.f_frsize)
    }
}

/// From where on there is too little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskBounds {
    /// Below it, it is time to make room.
    pub low_bytes: u64,
    /// Below it, nothing is taken in.
    pub floor_bytes: u64,
}

impl Default for DiskBounds {
    fn default() -> Self {
        Self { low_bytes: DISK_LOW_BYTES, floor_bytes: DISK_FLOOR_BYTES }
    }
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    /// Enough, or the system does not say.
    Ok = 0,
    /// Time to make room.
    Low = 1,
    /// Nothing is taken in.
    Full = 2,
}

impl DiskState {
    /// Returns the word that answers print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Low => "low",
            Self::Full => "full",
        }
    }
}

/// The disk as an office sees it.
#[derive(Debug)]
pub(crate) struct Disk {
    space: Box<dyn FreeSpace>,
    bounds: DiskBounds,
    /// What was said last, so that the log says a change once.
    said: AtomicU8,
}

impl Disk {
    pub(crate) fn new(space: Box<dyn FreeSpace>, bounds: DiskBounds) -> Self {
        Self { space, bounds, said: AtomicU8::new(DiskState::Ok as u8) }
    }
}

impl Office {
    /// Returns how much room there is where the data folder lies, and says so in the log when that has changed.
    #[must_use]
    pub fn disk(&self) -> (DiskState, Option<u64>) {
        let disk = self.disk_port();
        let free = disk.space.free_bytes(self.folder());
        let state = match free {
            Some(free) if free < disk.bounds.floor_bytes => DiskState::Full,
            Some(free) if free < disk.bounds.low_bytes => DiskState::Low,
            _ => DiskState::Ok,
        };
        if disk.said.swap(state as u8, Ordering::Relaxed) != state as u8 {
            let free_bytes = free.unwrap_or_default();
            match state {
                DiskState::Ok => tracing::info!(free_bytes, "disk_ok"),
                DiskState::Low => tracing::warn!(free_bytes, "disk_low"),
                DiskState::Full => tracing::error!(free_bytes, "disk_full"),
            }
        }
        (state, free)
    }

    /// Returns the same as answers print it.
    #[must_use]
    pub fn disk_json(&self) -> Value {
        let (state, free) = self.disk();
        json!({ "state": state.name(), "free_bytes": free })
    }
}
