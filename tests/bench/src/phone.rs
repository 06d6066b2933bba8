//! A phone of the bench: the real field core over its own encrypted store; what it sends and gets is counted body by body.

use crate::{
    report::Outcome,
    township::{SYNC, Township},
    workload::Line,
};
use daohu_field::{Clock, EnrolOptions, Ledger, Random, SetClock, SyncOptions, SyncReport, Until};
use std::path::{Path, PathBuf};

/// What a person takes to hand a visit in once it is over.
const HANDS_IN_MS: i64 = 40_000;
/// Where the monotonic clock of a phone stands when the bench begins.
const MONO_MS: i64 = 7_777_777;
/// How a phone names its boot.
const BOOT: &str = "2b0f5e3c-6a4d-4e6c-9f0a-1d7c55a0b9e1";

/// Takes randomness from the operating system.
#[derive(Debug)]
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without the operating system's randomness no key may be made: stopping is the only safe answer.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// What went over the wire in one sync.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    /// Bodies up.
    pub(crate) up: usize,
    /// Bodies down.
    pub(crate) down: usize,
    /// The header that signs each request, not counted in the bodies.
    pub(crate) signatures: usize,
    /// Bodies of the sync requests as sent.
    pub(crate) requests: Vec<Vec<u8>>,
    /// What the field core says of it.
    pub(crate) report: SyncReport,
}

/// One phone.
pub(crate) struct Phone {
    /// Its ledger.
    pub(crate) ledger: Ledger,
    clock: SetClock,
    now_ms: i64,
    key: [u8; 32],
    path: PathBuf,
}

impl Phone {
    /// Makes a phone at an instant and enrols it.
    pub(crate) fn enrol(township: &Township, name: &str, now_ms: i64) -> Outcome<Self> {
        township.at(now_ms)?;
        let path = township.folder().join(format!("{name}.db"));
        let clock = SetClock::at(now_ms).with_mono(MONO_MS).with_boot(BOOT);
        let mut key = [0; 32];
        SystemRandom.fill(&mut key);
        let mut ledger = open(&path, &key, &clock)?;
        let options = EnrolOptions { server: "http://bench".to_owned(), code: township.code()?, label: name.to_owned(), ca: None };
        let mut conversation = ledger.begin_enrol(options, key)?;
        while let Some(request) = conversation.next_request(&mut ledger)? {
            conversation.on_response(&mut ledger, &township.carry(&request))?;
        }
        conversation.finish(&ledger)?;
        Ok(Self { ledger, clock, now_ms, key, path })
    }

    /// Comes level with the office.
    pub(crate) fn sync(&mut self, township: &Township, options: SyncOptions) -> Outcome<Traffic> {
        township.at(self.now_ms)?;
        let mut traffic = Traffic::default();
        let mut conversation = self.ledger.begin_sync(options)?;
        while let Some(request) = conversation.next_request(&mut self.ledger)? {
            let response = township.carry(&request);
            traffic.up += request.body.len();
            traffic.down += response.body.len();
            traffic.signatures +=
                request.headers.iter().filter(|(name, _)| name == "daohu-signature").map(|(_, value)| value.len()).sum::<usize>();
            conversation.on_response(&mut self.ledger, &response)?;
            if request.path == SYNC {
                traffic.requests.push(request.body);
            }
        }
        traffic.report = conversation.finish();
        if let Some(refused) = traffic.report.refused.first() {
            return Err(format!("the bench's own visits were refused: {}", refused.code).into());
        }
        Ok(traffic)
    }

    /// Writes and hands in the visit of a line, at the time it was over.
    pub(crate) fn visit(&mut self, township: &Township, line: &Line, with_position: bool) -> Outcome {
        self.advance_to(line.end_ms + HANDS_IN_MS);
        let household = township.home(line)?.id.to_string();
        self.ledger.new_visit(&household, &line.input(with_position), Until::Submit)?;
        Ok(())
    }

    /// Lets time pass until an instant, if it is still to come.
    pub(crate) fn advance_to(&mut self, at_ms: i64) {
        let by_ms = (at_ms - self.now_ms).max(1);
        self.now_ms += by_ms;
        self.clock.advance(by_ms);
    }

    /// Returns the time on the phone.
    pub(crate) const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Ends the app; the store can be opened again.
    pub(crate) fn close(self) -> Closed {
        Closed { path: self.path, key: self.key, clock: self.clock }
    }
}

/// A phone whose app is not running.
pub(crate) struct Closed {
    path: PathBuf,
    key: [u8; 32],
    clock: SetClock,
}

impl Closed {
    /// Starts the app.
    pub(crate) fn open(&self) -> Outcome<Ledger> {
        open(&self.path, &self.key, &self.clock)
    }
}

fn open(path: &Path, key: &[u8; 32], clock: &SetClock) -> Outcome<Ledger> {
    let clock: Box<dyn Clock> = Box::new(clock.clone());
    Ok(Ledger::open(path, key, clock, Box::new(SystemRandom))?)
}
