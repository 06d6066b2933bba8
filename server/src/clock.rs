//! The server's clock: the wall time that every rule and every receipt goes by, and a monotonic one for limits.
//!
//! Four kinds: the machine's own, one that a person or a test set (standing still or running on), one that reads the first line of a
//! file at each use, so that a test moves time without a restart, and one that a [`ClockHand`] moves, on which nothing is the machine's.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Monotonic, SystemTime, UNIX_EPOCH};

use daohu_domain::calendar::{BadDate, Day, Instant};

/// Tells the time; a clone tells the same time.
#[derive(Debug, Clone)]
pub struct ServerClock {
    kind: Arc<Kind>,
    started: Monotonic,
}

#[derive(Debug)]
enum Kind {
    System,
    Frozen(Instant),
    Running(Instant),
    File { path: PathBuf, last: Mutex<Instant> },
    Hand(ClockHand),
}

/// What moves a clock from within the same program; a clone moves the same one.
#[derive(Debug, Clone)]
pub struct ClockHand(Arc<AtomicI64>);

impl ClockHand {
    /// Returns a hand that shows an instant.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self(Arc::new(AtomicI64::new(instant.0)))
    }

    /// Moves the clock, forward or back.
    pub fn set(&self, instant: Instant) {
        self.0.store(instant.0, Ordering::SeqCst);
    }

    fn shown(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// Says that the text given as a clock is no instant and names no file with one.
#[derive(Debug, thiserror::Error)]
#[error("a clock is an instant like 2019-06-05T09:00:00+08:00, or @FILE with one on its first line")]
pub struct BadClock;

impl From<BadDate> for BadClock {
    fn from(_: BadDate) -> Self {
        Self
    }
}

impl ServerClock {
    /// Returns the machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Kind::System)
    }

    /// Returns a clock that stands still.
    #[must_use]
    pub fn frozen(at: Instant) -> Self {
        Self::of(Kind::Frozen(at))
    }

    /// Returns a clock that runs on from an instant.
    #[must_use]
    pub fn running(from: Instant) -> Self {
        Self::of(Kind::Running(from))
    }

    /// Returns a clock that reads the first line of a file at each use.
    ///
    /// # Errors
    /// When the file cannot be read now or its first line is no instant.
    pub fn file(path: PathBuf) -> Result<Self, BadClock> {
        let last = Mutex::new(read_first_line(&path)?);
        Ok(Self::of(Kind::File { path, last }))
    }

    /// Returns a clock that a hand moves. Its monotonic side follows, so that a simulation is the same in every run.
    #[must_use]
    pub fn by_hand(hand: &ClockHand) -> Self {
        Self::of(Kind::Hand(hand.clone()))
    }

    /// Reads `--now`: an instant or `@FILE`; an instant runs on where `runs` says so.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn read(text: &str, runs: bool) -> Result<Self, BadClock> {
        if let Some(path) = text.strip_prefix('@') {
            return Self::file(PathBuf::from(path));
        }
        let at: Instant = text.trim().parse()?;
        Ok(if runs { Self::running(at) } else { Self::frozen(at) })
    }

    /// Returns the wall time now.
    ///
    /// A clock file that is being rewritten at this moment may be empty: then the last line that could be read still holds.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &*self.kind {
            Kind::System => system_now(),
            Kind::Frozen(at) => *at,
            Kind::Running(from) => Instant(from.0.saturating_add(millis(self.started_ago()))),
            Kind::File { path, last } => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = read_first_line(path).unwrap_or(*last);
                *last
            }
            Kind::Hand(hand) => hand.shown(),
        }
    }

    /// Returns the civil day now.
    #[must_use]
    pub fn today(&self) -> Day {
        self.now().day()
    }

    /// Returns the milliseconds of a clock for limits; no setting moves them, only the hand of a clock that has one.
    #[must_use]
    pub fn mono_ms(&self) -> i64 {
        match &*self.kind {
            Kind::Hand(hand) => hand.shown().0,
            _ => millis(self.started_ago()),
        }
    }

    /// Returns whether the time was set by a person or a test.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !matches!(&*self.kind, Kind::System)
    }

    fn of(kind: Kind) -> Self {
        Self { kind: Arc::new(kind), started: monotonic_now() }
    }

    fn started_ago(&self) -> Duration {
        monotonic_now().duration_since(self.started)
    }
}

fn read_first_line(path: &std::path::Path) -> Result<Instant, BadClock> {
    let text = std::fs::read_to_string(path).map_err(|_| BadClock)?;
    let line = text.lines().next().ok_or(BadClock)?;
    Ok(line.trim().parse::<Instant>()?)
}

#[expect(clippy::disallowed_methods, reason = "this is the port: the one place of the server that asks the machine for the time")]
fn system_now() -> Instant {
    Instant(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis))
}

#[expect(clippy::disallowed_methods, reason = "this is the port: the one place of the server that asks the machine for the time")]
fn monotonic_now() -> Monotonic {
    Monotonic::now()
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{BadClock, ClockHand, ServerClock};

    #[test]
    fn a_frozen_clock_stands_still_and_says_that_it_was_set() -> Result<(), BadClock> {
        let clock = ServerClock::read("2019-06-05T09:00:00+08:00", false)?;

        assert_eq!(clock.now().to_string(), "2019-06-05T09:00:00+08:00");
        assert_eq!(clock.now(), clock.now());
        assert!(clock.is_set());
        Ok(())
    }

    #[test]
    fn a_running_clock_never_goes_back() -> Result<(), BadClock> {
        let clock = ServerClock::read("2019-06-05T09:00:00+08:00", true)?;
        let first = clock.now();

        assert!(first.to_string().starts_with("2019-06-05T09:00:0"));
        assert!(clock.now() >= first);
        Ok(())
    }

    #[test]
    fn a_clock_file_moves_time_at_each_use() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("now");
        std::fs::write(&path, "2019-06-05T09:00:00+08:00\n")?;
        let clock = ServerClock::read(&format!("@{}", path.display()), true)?;
        assert_eq!(clock.today().to_string(), "2019-06-05");

        std::fs::write(&path, "2019-07-01T00:00:00+08:00\nsecond line")?;

        assert_eq!(clock.today().to_string(), "2019-07-01");
        std::fs::write(&path, "")?;
        assert_eq!(clock.today().to_string(), "2019-07-01", "a file that is being rewritten does not move time back");
        Ok(())
    }

    #[test]
    fn a_hand_moves_both_sides_of_its_clock_and_nothing_else_does() -> Result<(), Box<dyn std::error::Error>> {
        let hand = ClockHand::at("2019-06-05T09:00:00+08:00".parse()?);
        let clock = ServerClock::by_hand(&hand);
        let before = clock.mono_ms();
        assert_eq!(clock.mono_ms(), before);

        hand.set("2019-06-05T09:00:01+08:00".parse()?);

        assert_eq!(clock.now().to_string(), "2019-06-05T09:00:01+08:00");
        assert_eq!(clock.mono_ms() - before, 1_000);
        assert!(clock.is_set());
        Ok(())
    }

    #[test]
    fn a_text_that_is_no_instant_is_refused() {
        assert!(ServerClock::read("yesterday", false).is_err());
        assert!(ServerClock::read("@/nowhere/at/all", false).is_err());
    }
}
