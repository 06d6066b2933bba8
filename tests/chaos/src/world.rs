//! A run: the office, the phones, the time, and what the phones have said is saved.

use crate::{
    Outcome,
    courier::Courier,
    dice::Dice,
    disk::Files,
    hostile::Hostile,
    phone::{Called, Phone},
    tally::{Fault, State, Tally},
    template::{BEGIN, Cast, LOGINS, Template, store_of},
    town::Town,
};
use daohu_domain::{
    calendar::{Instant, Month},
    id::Id,
    place::Place,
};
use daohu_field::{FieldError, Ledger, Request, Response};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

/// What a phone has said is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A visit that was handed in, with a text that no other has.
    Visit(String),
    /// A visit that is written down and not handed in.
    Draft(String),
    /// A value that no other edit writes.
    Edit(String),
    /// An event of a record.
    Event(&'static str),
    /// A record of another kind.
    Record,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) phone: usize,
    pub(crate) record: Id,
    pub(crate) what: What,
}

/// A change as the server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) device: Id,
    pub(crate) household: Id,
    pub(crate) record: Id,
    pub(crate) hash: [u8; 32],
}

/// The lines of a run: a hash over all, and the lines themselves where somebody reads them.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hasher: Sha256,
    pub(crate) lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn line(&mut self, line: String) {
        self.hasher.update(line.as_bytes());
        self.hasher.update(b"\n");
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    pub(crate) fn hash(&self) -> String {
        hex::encode(self.hasher.clone().finalize())
    }
}

/// A run.
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) cast: Cast,
    pub(crate) town: Town,
    pub(crate) phones: Vec<Phone>,
    pub(crate) hostile: Hostile,
    pub(crate) now_ms: i64,
    pub(crate) server_behind_ms: i64,
    pub(crate) said: Vec<Said>,
    /// Events that may be there once more than was said: the phone died before it could say so, or is one of two.
    pub(crate) maybe: BTreeMap<(Id, &'static str), u64>,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
    pub(crate) folder: TempDir,
    /// Requests as they were sent, to be delivered once more.
    pub(crate) requests: Vec<Request>,
    /// The last answer each phone got.
    pub(crate) answers: BTreeMap<usize, Response>,
    pub(crate) server_backup: Option<Files>,
    pub(crate) server_was_restored: bool,
    /// Changes that a restored server lost and that no phone can bring back, by record and hash, with their household: until one is there
    /// again, phones may hold more of that household than it does.
    pub(crate) lost_by_the_office: BTreeMap<(Id, [u8; 32]), Id>,
    /// Changes that it lost and that the phone which wrote them still had then.
    pub(crate) lost_and_held: Vec<Change>,
    pub(crate) has_second_village: bool,
    /// Households that a phone was given and does not have yet.
    pub(crate) awaited: Vec<(usize, Id)>,
    pub(crate) first_figures: BTreeMap<(Place, Month), Figures>,
    pub(crate) events: BTreeSet<(Id, String)>,
    /// What goes by hand.
    pub(crate) courier: Courier,
    pub(crate) is_calm: bool,
    pub(crate) step: u64,
    seed: u64,
    marks: u64,
}

/// Met of due, as declared and as verified.
pub(crate) type Figures = (Option<(u64, u64)>, Option<(u64, u64)>);

impl World {
    pub(crate) fn new(template: &Template, seed: u64, keeps_lines: bool) -> Outcome<Self> {
        let folder = template.copy()?;
        let dice = Dice::new(seed, 1);
        let now: Instant = BEGIN.parse()?;
        let town = Town::open(&folder.path().join("office"), now, Dice::new(seed, 2))?;
        let mut phones = Vec::new();
        let count = usize::try_from(dice.between(2, 4))?;
        let office_at = if count == 2 { 1 } else { usize::MAX };
        for n in 0..count {
            // The first two share a household; a pair may as well be a helper and the village's secretary.
            let who = if n == office_at && dice.chance(30) { 2 } else { n };
            let login = *LOGINS.get(who).ok_or("nobody")?;
            let random = Dice::new(seed, 10 + u64::try_from(n)?);
            phones.push(Phone::open(format!("p{n}"), login, store_of(folder.path(), who, &dice), now.0, random)?);
        }
        let cast = template.cast.clone();
        let trace = Trace { lines: keeps_lines.then(Vec::new), ..Trace::default() };
        let hostile = Hostile::new(&cast);
        Ok(Self {
            dice,
            cast,
            town,
            phones,
            hostile,
            now_ms: now.0,
            server_behind_ms: 0,
            said: Vec::new(),
            maybe: BTreeMap::new(),
            tally: Tally::default(),
            trace,
            folder,
            requests: Vec::new(),
            answers: BTreeMap::new(),
            server_backup: None,
            server_was_restored: false,
            lost_by_the_office: BTreeMap::new(),
            lost_and_held: Vec::new(),
            has_second_village: false,
            awaited: Vec::new(),
            first_figures: BTreeMap::new(),
            events: BTreeSet::new(),
            courier: Courier::default(),
            is_calm: false,
            step: 0,
            seed,
            marks: 0,
        })
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass(&mut self, by_ms: i64) {
        self.now_ms += by_ms;
        for phone in &self.phones {
            phone.pass(by_ms);
        }
        self.town.at(Instant(self.now_ms - self.server_behind_ms));
    }

    /// Makes a text that nobody else writes in this run.
    pub(crate) fn mark(&mut self) -> String {
        self.marks += 1;
        format!("第{}句。", self.marks)
    }

    /// Draws a stream of its own for one more phone.
    pub(crate) fn lane(&self) -> Dice {
        Dice::new(self.seed, 100 + u64::try_from(self.phones.len()).unwrap_or(0))
    }

    pub(crate) fn phone(&mut self, n: usize) -> Outcome<&mut Phone> {
        Ok(self.phones.get_mut(n).ok_or("no such phone")?)
    }

    /// Chooses a phone.
    pub(crate) fn any_phone(&self) -> usize {
        usize::try_from(self.dice.below(u64::try_from(self.phones.len()).unwrap_or(1))).unwrap_or(0)
    }

    /// Calls the core of a phone, which may die in the call or right after it.
    pub(crate) fn call<T>(&mut self, n: usize, call: impl FnOnce(&mut Ledger) -> Result<T, FieldError>) -> Outcome<Called<T>> {
        let dice = self.dice.clone();
        let (dies, after) = (!self.is_calm && dice.chance(4), dice.below(100));
        let called = self.phone(n)?.call(dies, &dice, call)?;
        match &called {
            Called::Died(cut, _) => {
                self.tally.fault(Fault::PhoneCrashInCall);
                self.tally.state(if *cut > 0 { State::LostInCrash } else { State::KeptInCrash });
                if *cut > 0 {
                    self.tally.state(State::CutBytes);
                }
                self.trace.line(format!("  {} dies in the call, {} frames and more gone", n, cut / 4120));
            }
            Called::Ended(answer) => {
                if answer.as_ref().err().is_some_and(|error| error.code() == "disk_full") {
                    self.tally.state(State::DiskFull);
                }
                if let Err(error) = answer
                    && matches!(error.code(), "store_damaged" | "store_failed" | "wrong_key")
                {
                    return Err(format!("phone {n}: {error}: {:?}", std::error::Error::source(error)).into());
                }
            }
        }
        self.crash_after(n, called, after)
    }

    /// A phone that has answered may die at once: what it said is kept all the same.
    fn crash_after<T>(&mut self, n: usize, called: Called<T>, drawn: u64) -> Outcome<Called<T>> {
        let dice = self.dice.clone();
        if self.is_calm || matches!(called, Called::Died(..)) {
            return Ok(called);
        }
        match drawn {
            0..=1 => {
                self.phone(n)?.crash(None, &dice)?;
                self.tally.fault(Fault::PhoneCrashAfterCall);
                self.trace.line(format!("  {n} dies after the call"));
            }
            2 => {
                let torn = self.phone(n)?.tear(&dice)?;
                if torn > 0 {
                    self.tally.fault(Fault::PhoneTornCheckpoint);
                }
                self.trace.line(format!("  {n} dies in a checkpoint"));
            }
            _ => {}
        }
        Ok(called)
    }
}
