//! The clocks of this machine, and those that a person sets for a run.

use crate::args::Global;
use daohu_domain::calendar::Instant;
use daohu_field::{Clock, FieldError, Random};
use std::{fs, path::PathBuf, time::UNIX_EPOCH};

/// Where the wall clock comes from.
#[derive(Debug, Clone)]
enum Wall {
    System,
    Frozen(i64),
    File(PathBuf),
}

/// The clock of one run.
#[derive(Debug, Clone)]
pub(crate) struct HostClock {
    wall: Wall,
    mono: Option<i64>,
    boot: Option<String>,
}

impl HostClock {
    /// Reads the flags.
    ///
    /// # Errors
    /// `usage` for an instant that is none.
    pub(crate) fn of(global: &Global) -> Result<Self, FieldError> {
        let wall = match &global.now {
            None => Wall::System,
            Some(text) => match text.strip_prefix('@') {
                Some(file) => Wall::File(PathBuf::from(file)),
                None => Wall::Frozen(instant(text)?),
            },
        };
        if let Wall::File(file) = &wall {
            read(file)?;
        }
        Ok(Self { wall, mono: global.mono, boot: global.boot.clone() })
    }
}

impl Clock for HostClock {
    fn wall_ms(&self) -> i64 {
        match &self.wall {
            Wall::System => system_ms(),
            Wall::Frozen(at) => *at,
            Wall::File(file) => read(file).unwrap_or_else(|_| system_ms()),
        }
    }

    fn mono_ms(&self) -> i64 {
        match (&self.mono, &self.wall) {
            (Some(mono), _) => *mono,
            (None, Wall::System) => uptime_ms().unwrap_or_else(system_ms),
            (None, _) => self.wall_ms(),
        }
    }

    fn boot(&self) -> String {
        match (&self.boot, &self.wall) {
            (Some(boot), _) => boot.clone(),
            (None, Wall::System) => boot_id().unwrap_or_else(|| format!("none-{}", system_ms())),
            (None, _) => "now".to_owned(),
        }
    }

    fn is_set(&self) -> bool {
        !matches!(self.wall, Wall::System) || self.mono.is_some() || self.boot.is_some()
    }
}

fn instant(text: &str) -> Result<i64, FieldError> {
    text.trim().parse::<Instant>().map(|at| at.0).map_err(|error| FieldError::new("usage").because(error))
}

fn read(file: &PathBuf) -> Result<i64, FieldError> {
    let text = fs::read_to_string(file).map_err(|error| FieldError::new("usage").because(error))?;
    instant(text.lines().next().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "the host lends the core its clock here")]
fn system_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since this boot, sleep counted.
fn uptime_ms() -> Option<i64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (whole, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}

fn boot_id() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

/// Randomness of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostRandom;

impl Random for HostRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no key may be made: end rather than go on with zeros.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
