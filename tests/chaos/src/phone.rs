//! A phone of a run: the real field core over a real encrypted file, with a clock in the run's hand.

use crate::{
    Outcome,
    dice::Dice,
    disk::{Files, Mark},
    world::Said,
};
use daohu_domain::id::Id;
use daohu_field::{FieldError, Ledger, SetClock};
use daohu_wire::PackOffer;
use std::path::PathBuf;

/// Where the monotonic clock of a phone stands after a start.
const MONO_MS: i64 = 90_000;

/// One phone.
pub(crate) struct Phone {
    /// What it is called in the trace.
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) login: &'static str,
    path: PathBuf,
    key: [u8; 32],
    ledger: Option<Ledger>,
    clock: SetClock,
    random: Dice,
    boots: u32,
    /// How far its wall clock is ahead.
    pub(crate) skew_ms: i64,
    /// Its store was bounded and is still.
    pub(crate) is_full: bool,
    /// A copy of its files, taken earlier.
    pub(crate) backup: Option<Files>,
    /// What it had said when it was taken.
    pub(crate) said_at_backup: Vec<Said>,
    /// It is one of two, or older than it was: its next batch shows it.
    pub(crate) is_copy: bool,
    /// An older copy of its files was put back, and it has not come level since: it may lack what it once handed in.
    pub(crate) is_behind: bool,
    /// The packs that it was offered last.
    pub(crate) offers: Vec<PackOffer>,
    /// The pack that it is fetching, as it stands in the path.
    pub(crate) pack: Option<String>,
    /// A sync ended while that pack was being fetched.
    pub(crate) is_pack_cut: bool,
    /// Visits that were begun here, drafts too.
    pub(crate) visits: Vec<Id>,
}

/// What became of a call.
pub(crate) enum Called<T> {
    /// It ended, and the caller has its answer.
    Ended(Result<T, FieldError>),
    /// The phone died in it; so many bytes of what it wrote are gone. Nobody has the answer, but the run knows it.
    Died(u64, Result<T, FieldError>),
}

impl Phone {
    /// Opens the app over a store.
    pub(crate) fn open(name: String, login: &'static str, (path, key): (PathBuf, [u8; 32]), now_ms: i64, random: Dice) -> Outcome<Self> {
        let clock = clock_of(&name, 1, now_ms);
        let mut phone = Self {
            name,
            login,
            path,
            key,
            ledger: None,
            clock,
            random,
            boots: 1,
            skew_ms: 0,
            is_full: false,
            backup: None,
            said_at_backup: Vec::new(),
            is_copy: false,
            is_behind: false,
            offers: Vec::new(),
            pack: None,
            is_pack_cut: false,
            visits: Vec::new(),
        };
        phone.start()?;
        Ok(phone)
    }

    /// Returns the open ledger.
    pub(crate) fn ledger(&mut self) -> Outcome<&mut Ledger> {
        Ok(self.ledger.as_mut().ok_or("the phone is off")?)
    }

    /// Returns the files of its store and the key to them.
    pub(crate) fn store(&self) -> (PathBuf, [u8; 32]) {
        (self.path.clone(), self.key)
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, by_ms: i64) {
        self.clock.advance(by_ms);
    }

    /// Sets the wall clock.
    pub(crate) fn set_wall(&self, wall_ms: i64) {
        self.clock.set_wall(wall_ms);
    }

    /// Starts the app.
    pub(crate) fn start(&mut self) -> Outcome {
        self.ledger = Some(Ledger::open(&self.path, &self.key, Box::new(self.clock.clone()), Box::new(self.random.clone()))?);
        self.is_full = false;
        Ok(())
    }

    /// Ends the app.
    pub(crate) fn stop(&mut self) {
        self.ledger = None;
    }

    /// Restarts the phone: another boot, whose monotonic clock begins anew.
    pub(crate) fn reboot(&mut self, now_ms: i64) -> Outcome {
        self.stop();
        self.boots += 1;
        self.clock = clock_of(&self.name, self.boots, now_ms + self.skew_ms);
        self.start()
    }

    /// Calls the core; where `dies`, the phone dies before the call has ended, with what it wrote cut somewhere.
    pub(crate) fn call<T>(
        &mut self,
        dies: bool,
        dice: &Dice,
        call: impl FnOnce(&mut Ledger) -> Result<T, FieldError>,
    ) -> Outcome<Called<T>> {
        if !dies {
            return Ok(Called::Ended(call(self.ledger()?)));
        }
        let mark = Mark::of(&self.path)?;
        let answer = call(self.ledger()?);
        let cut = self.crash(Some(&mark), dice)?;
        Ok(Called::Died(cut, answer))
    }

    /// Dies and starts again. What was written since the mark is cut somewhere; without a mark nothing is.
    pub(crate) fn crash(&mut self, since: Option<&Mark>, dice: &Dice) -> Outcome<u64> {
        let mut files = Files::read(&self.path)?;
        let cut = since.map_or(0, |mark| files.cut(mark, dice));
        self.stop();
        files.put(&self.path)?;
        self.start()?;
        Ok(cut)
    }

    /// Dies while its store is being tidied at the end, and starts again. Returns how many pages were half done.
    pub(crate) fn tear(&mut self, dice: &Dice) -> Outcome<usize> {
        let mut files = Files::read(&self.path)?;
        self.stop();
        let torn = files.tear(&Files::read(&self.path)?, dice);
        files.put(&self.path)?;
        self.start()?;
        Ok(torn)
    }

    /// Returns the size of the store's own file.
    pub(crate) fn main_bytes(&self) -> Outcome<u64> {
        Ok(std::fs::metadata(&self.path)?.len())
    }

    /// Copies its files.
    pub(crate) fn files(&self) -> Outcome<Files> {
        Files::read(&self.path)
    }

    /// Puts older files back.
    pub(crate) fn put_back(&mut self, files: &Files) -> Outcome {
        self.stop();
        files.put(&self.path)?;
        self.start()
    }
}

fn clock_of(name: &str, boot: u32, wall_ms: i64) -> SetClock {
    SetClock::at(wall_ms).with_mono(MONO_MS).with_boot(&format!("{name}-{boot}"))
}
