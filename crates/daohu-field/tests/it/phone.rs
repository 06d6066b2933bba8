//! A phone of a test: a ledger on a temporary folder, a clock one can move, and a link to the small server.

use crate::fake::{Fake, TOWN, VILLAGE};
use daohu_domain::id::Id;
use daohu_field::{EnrolOptions, FieldError, Ledger, Random, Response, SetClock, SyncOptions, SyncReport, VisitInput};
use serde_json::json;
use std::{cell::Cell, path::PathBuf};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [42; 32];

/// 2019-05-05T09:00:00+08:00.
pub(crate) const MAY_5: i64 = 1_557_018_000_000;
pub(crate) const DAY: i64 = 86_400_000;
pub(crate) const HOUR: i64 = 3_600_000;

/// Randomness from a seed (splitmix64): the same test draws the same bytes.
pub(crate) struct Seeded(Cell<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(daohu_mutate::STEP);
        self.0.set(state);
        daohu_mutate::mixed(state)
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Draws a text of so many different letters.
    pub(crate) fn letters(&self, count: usize) -> String {
        (0..count).filter_map(|_| char::from_u32(0x4E00 + self.below(0x5000) as u32)).collect()
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.next() >> 24) as u8;
        }
    }
}

pub(crate) struct Phone {
    pub(crate) folder: TempDir,
    pub(crate) clock: SetClock,
    pub(crate) ledger: Ledger,
    pub(crate) seed: u64,
}

impl Phone {
    /// Opens an empty ledger.
    pub(crate) fn new(seed: u64, now_ms: i64) -> Self {
        Self::with_clock(seed, SetClock::at(now_ms))
    }

    pub(crate) fn with_clock(seed: u64, clock: SetClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("a.db"), &KEY, Box::new(clock.clone()), Box::new(Seeded::new(seed))).unwrap();
        Self { folder, clock, ledger, seed }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("a.db")
    }

    /// Opens the file again, as after a kill: the old connection is leaked, so that nothing of it is closed or flushed.
    pub(crate) fn killed(self) -> Self {
        let Self { folder, clock, ledger, seed } = self;
        std::mem::forget(ledger);
        let path = folder.path().join("a.db");
        let ledger = Ledger::open(&path, &KEY, Box::new(clock.clone()), Box::new(Seeded::new(seed + 1000))).unwrap();
        Self { folder, clock, ledger, seed: seed + 1000 }
    }

    /// Opens files of a store that were copied earlier, as after a backup was put back.
    pub(crate) fn of_files(&self, [main, wal]: &[Vec<u8>; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, main).unwrap();
        std::fs::write(folder.path().join("a.db-wal"), wal).unwrap();
        let seed = self.seed + 1000;
        let ledger = Ledger::open(&path, &KEY, Box::new(self.clock.clone()), Box::new(Seeded::new(seed))).unwrap();
        Self { folder, clock: self.clock.clone(), ledger, seed }
    }

    pub(crate) fn enrol(&mut self, server: &mut Fake, user: usize) {
        let options = EnrolOptions { server: "http://office".to_owned(), code: format!("CODE-{user}"), ..EnrolOptions::default() };
        let mut conversation = self.ledger.begin_enrol(options, KEY).unwrap();
        while let Some(request) = conversation.next_request(&mut self.ledger).unwrap() {
            let response = server.handle(&request);
            conversation.on_response(&mut self.ledger, &response).unwrap();
        }
        conversation.finish(&self.ledger).unwrap();
    }

    pub(crate) fn sync(&mut self, server: &mut Fake) -> SyncReport {
        self.try_sync(server, SyncOptions::default()).unwrap()
    }

    pub(crate) fn try_sync(&mut self, server: &mut Fake, options: SyncOptions) -> Result<SyncReport, FieldError> {
        self.sync_over(options, |request| Some(server.handle(request)))
    }

    /// Syncs over a link that may lose what it carries.
    pub(crate) fn sync_over(
        &mut self,
        options: SyncOptions,
        mut link: impl FnMut(&daohu_field::Request) -> Option<Response>,
    ) -> Result<SyncReport, FieldError> {
        let mut conversation = self.ledger.begin_sync(options)?;
        while let Some(request) = conversation.next_request(&mut self.ledger)? {
            match link(&request) {
                Some(response) => conversation.on_response(&mut self.ledger, &response)?,
                None => conversation.on_failure(&mut self.ledger)?,
            }
        }
        Ok(conversation.finish())
    }

    pub(crate) fn visit(&mut self, household: Id, narrative: &str) -> Id {
        self.ledger.new_visit(&household.to_string(), &input(narrative), daohu_field::Until::Submit).unwrap().visit.id
    }

    pub(crate) fn digest(&self, household: Id) -> String {
        self.ledger.household(&household.to_string()).unwrap().digest
    }
}

/// A visit at home that met the head.
pub(crate) fn input(narrative: &str) -> VisitInput {
    VisitInput {
        mode: Some("home".to_owned()),
        purposes: vec!["verify".to_owned()],
        met: vec![("王某某".to_owned(), "本人".to_owned())],
        narrative: Some(narrative.to_owned()),
        ..VisitInput::default()
    }
}

/// A correction of the text alone.
pub(crate) fn text(narrative: &str) -> VisitInput {
    VisitInput { narrative: Some(narrative.to_owned()), reason: Some("写错了".to_owned()), ..VisitInput::default() }
}

/// A township with one village, two helpers' cadres and households paired with the first.
pub(crate) struct World {
    pub(crate) server: Fake,
    pub(crate) cadres: [Id; 2],
    pub(crate) households: Vec<Id>,
}

impl World {
    pub(crate) fn new(households: usize) -> Self {
        let mut server = Fake::new(MAY_5 - 30 * DAY);
        let cadres = ["张三", "李四"].map(|name| server.write("cadre", TOWN, None, json!({ "name": name })));
        let mut all = Vec::new();
        for n in 0..households {
            let household = server.write("household", VILLAGE, None, card(n));
            server.write("pairing", VILLAGE, Some(household), json!({ "cadre": cadres[0], "role": "primary", "from": "2019-01-01" }));
            all.push(household);
        }
        server.now_ms = MAY_5;
        Self { server, cadres, households: all }
    }

    /// Enrols the helper of every household.
    pub(crate) fn helper(&mut self) -> Phone {
        self.phone_of(0, "helper")
    }

    /// Enrols an assistant of every household.
    pub(crate) fn assistant(&mut self) -> Phone {
        self.phone_of(1, "assistant_helper")
    }

    fn phone_of(&mut self, cadre: usize, role: &str) -> Phone {
        let user = self.server.user(self.cadres[cadre], ["张三", "李四"][cadre]);
        for household in self.households.clone() {
            self.server.grant(user, Some(role), VILLAGE, Some(household));
        }
        let mut phone = Phone::new(100 + cadre as u64, MAY_5);
        phone.enrol(&mut self.server, user);
        phone.sync(&mut self.server);
        phone
    }

    /// Enrols the secretary of the village.
    pub(crate) fn secretary(&mut self) -> Phone {
        self.official(0x5E, "书记", "village_secretary")
    }

    /// Enrols somebody with a role over the whole village.
    pub(crate) fn official(&mut self, number: u8, name: &str, role: &str) -> Phone {
        let user = self.server.user(Id::from_bytes([number; 16]), name);
        self.server.grant(user, Some(role), VILLAGE, None);
        let mut phone = Phone::new(300 + u64::from(number), MAY_5);
        phone.enrol(&mut self.server, user);
        phone.sync(&mut self.server);
        phone
    }

    /// Lets time pass for the server and the phones given.
    pub(crate) fn advance(&mut self, phones: &[&Phone], by_ms: i64) {
        self.server.now_ms += by_ms;
        for phone in phones {
            phone.clock.advance(by_ms);
        }
    }
}

/// A household in duty since the year's beginning.
pub(crate) fn card(n: usize) -> serde_json::Value {
    json!({
        "number": format!("61080220900{n:05}"),
        "head_name": format!("白文{n}"),
        "status": [{ "value": "poor", "from": "2019-01-01", "to": null }],
        "tier": [{ "value": "monthly", "from": "2019-01-01", "to": null }],
        "places": [{ "value": VILLAGE, "from": "2019-01-01", "to": null }],
    })
}
