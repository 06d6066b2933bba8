//! An office and phones that write into one village, without sockets; the link between them is a closure that a test bends.

use daohu_domain::{calendar::Instant, id::Id, role::Role};
use daohu_field::{
    EnrolOptions, FieldError, Ledger, Random, RecordQuery, Request, Response, SetClock, SyncOptions, SyncReport, VisitInput,
};
use daohu_server::{
    auth::users::{self, NewUser, Span},
    clock::ServerClock,
    office::Office,
    random::SystemRandom,
    sync::PackSizes,
};
use serde_json::{Value as Json, json};
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

pub(crate) const TOWN: &str = "610802209000";
pub(crate) const VILLAGE: &str = "610802209201";
const MAY_5_MS: i64 = 1_557_018_000_000;
const HOUR_MS: i64 = 3_600_000;
const KEY: [u8; 32] = [42; 32];

/// Chance from a seed (splitmix64).
pub(crate) struct Dice(Cell<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(daohu_mutate::STEP);
        self.0.set(state);
        daohu_mutate::mixed(state)
    }

    pub(crate) fn below(&self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Words that hardly shrink.
    pub(crate) fn words(&self, letters: usize) -> String {
        (0..letters).map(|_| char::from_u32(0x4E00 + u32::try_from(self.below(0x4000)).unwrap()).unwrap()).collect()
    }
}

impl Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next().to_le_bytes()[3];
        }
    }
}

/// The office of one township with one village, and its users.
pub(crate) struct World {
    pub(crate) office: Office,
    pub(crate) households: Vec<Id>,
    pub(crate) folder: TempDir,
    now_ms: Cell<i64>,
    phones: Cell<u64>,
}

impl World {
    pub(crate) fn new(households: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("now"), format!("{}\n", Instant(MAY_5_MS))).unwrap();
        let office = open(folder.path());
        let world = Self { office, households: Vec::new(), folder, now_ms: Cell::new(MAY_5_MS), phones: Cell::new(0) };
        world.add("region", &[("place", TOWN), ("code", TOWN), ("name", "红石桥乡"), ("level", "town")]);
        world.add("region", &[("place", TOWN), ("code", VILLAGE), ("name", "左界村"), ("level", "village"), ("parent", TOWN)]);
        let cadres = ["张三", "李四", "王五"].map(|name| world.add("cadre", &[("name", name)]));
        let mut all = Vec::new();
        for n in 0..households {
            let number = format!("61080220900{n:05}");
            let household = world.add("household", &[("place", VILLAGE), ("number", &number), ("head_name", "王建军")]);
            for (cadre, role) in [(cadres[0], "primary"), (cadres[1], "assistant")] {
                world.office.pairing_add(&household.to_string(), cadre, role, "2019-01-01".parse().unwrap(), None).unwrap();
            }
            all.push(household);
        }
        world.user("helper", Role::Helper, None, Some(cadres[0]));
        world.user("assistant", Role::AssistantHelper, None, Some(cadres[1]));
        world.user("secretary", Role::VillageSecretary, Some(VILLAGE), Some(cadres[2]));
        world.user("office", Role::TownOffice, Some(TOWN), None);
        Self { households: all, ..world }
    }

    fn add(&self, kind: &str, pairs: &[(&str, &str)]) -> Id {
        self.office.record_add(kind, pairs).unwrap()["id"].as_str().unwrap().parse().unwrap()
    }

    fn user(&self, login: &str, role: Role, place: Option<&str>, cadre: Option<Id>) {
        let span = Span { role, place: place.map(|place| place.parse().unwrap()), unit: None, from: None, to: None };
        let user = NewUser { login: login.to_owned(), cadre, span, password: Some("correct-horse-2019".to_owned()) };
        users::add(&self.office, &user).unwrap();
    }

    pub(crate) fn packs(&self) -> PathBuf {
        self.folder.path().join("data/packs")
    }

    /// Names the packs of a place, oldest first.
    pub(crate) fn names(&self, place: &str) -> Vec<String> {
        let names = fs::read_dir(self.packs()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(place)).collect();
        names.sort_by_key(|name| name.rsplit('-').next().unwrap().parse::<u64>().unwrap());
        names
    }

    /// Makes packs of that many bytes a chunk from the first change on.
    pub(crate) fn make_packs(&self, chunk_bytes: usize) {
        self.office.set_pack_sizes(PackSizes { changes_min: 1, chunk_bytes });
    }

    /// Makes no pack any more; those that are there stay.
    pub(crate) fn make_none(&self) {
        self.office.set_pack_sizes(PackSizes { changes_min: u64::MAX, chunk_bytes: 1 });
    }

    /// Lets time pass for the office and the phones given.
    pub(crate) fn pass(&self, phones: &[&Phone]) {
        self.now_ms.set(self.now_ms.get() + HOUR_MS);
        fs::write(self.folder.path().join("now"), format!("{}\n", Instant(self.now_ms.get()))).unwrap();
        for phone in phones {
            phone.clock.advance(HOUR_MS);
        }
    }

    /// Enrols a new phone of a user.
    pub(crate) fn phone(&self, login: &str) -> Phone {
        self.phones.set(self.phones.get() + 1);
        let mut phone = Phone::new(self.phones.get(), self.now_ms.get());
        let code = self.office.device_code(login, 900_000).unwrap()["code"].as_str().unwrap().to_owned();
        let options = EnrolOptions { server: "http://office".to_owned(), code, ..EnrolOptions::default() };
        let mut conversation = phone.ledger.begin_enrol(options, KEY).unwrap();
        while let Some(request) = conversation.next_request(&mut phone.ledger).unwrap() {
            conversation.on_response(&mut phone.ledger, &self.carry(&request)).unwrap();
        }
        conversation.finish(&phone.ledger).unwrap();
        phone
    }

    /// Answers as the routes do.
    pub(crate) fn carry(&self, request: &Request) -> Response {
        daohu_carry::carry(&self.office, request)
    }

    /// Does something while no pack can be found.
    pub(crate) fn without_packs<T>(&self, work: impl FnOnce() -> T) -> T {
        let aside = self.folder.path().join("aside");
        fs::rename(self.packs(), &aside).unwrap();
        fs::create_dir(self.packs()).unwrap();
        let done = work();
        assert_eq!(fs::read_dir(self.packs()).unwrap().count(), 0, "no pack was made meanwhile");
        fs::remove_dir(self.packs()).unwrap();
        fs::rename(&aside, self.packs()).unwrap();
        done
    }
}

/// Opens the office over a folder with its clock file.
pub(crate) fn open(folder: &Path) -> Office {
    Office::open(&folder.join("data"), ServerClock::file(folder.join("now")).unwrap(), SystemRandom).unwrap()
}

/// A phone with its own store.
pub(crate) struct Phone {
    pub(crate) ledger: Ledger,
    pub(crate) clock: SetClock,
    folder: TempDir,
    seed: u64,
}

impl Phone {
    fn new(seed: u64, now_ms: i64) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SetClock::at(now_ms));
        let ledger = Ledger::open(&folder.path().join("a.db"), &KEY, Box::new(clock.clone()), Box::new(Dice::new(seed))).unwrap();
        Self { ledger, clock, folder, seed }
    }

    /// Opens the file again, as after a kill: the old connection is leaked, so that nothing of it is closed or flushed.
    pub(crate) fn killed(self) -> Self {
        let Self { ledger, clock, folder, seed } = self;
        std::mem::forget(ledger);
        let dice = Box::new(Dice::new(seed + 1_000_000));
        let ledger = Ledger::open(&folder.path().join("a.db"), &KEY, Box::new(clock.clone()), dice).unwrap();
        Self { ledger, clock, folder, seed: seed + 1_000_000 }
    }

    pub(crate) fn sync(&mut self, world: &World) -> SyncReport {
        let report = self.sync_over(SyncOptions::default(), |request| Some(world.carry(request))).unwrap();
        assert_eq!(report.refused, Vec::new());
        report
    }

    /// Syncs over a link that may lose, bend and repeat what it carries.
    pub(crate) fn sync_over(
        &mut self,
        options: SyncOptions,
        mut link: impl FnMut(&Request) -> Option<Response>,
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

    pub(crate) fn visit(&mut self, household: Id, narrative: &str) -> Option<Id> {
        let input = VisitInput {
            mode: Some("home".to_owned()),
            purposes: vec!["verify".to_owned()],
            met: vec![("王某某".to_owned(), "本人".to_owned())],
            narrative: Some(narrative.to_owned()),
            ..VisitInput::default()
        };
        self.ledger.new_visit(&household.to_string(), &input, daohu_field::Until::Submit).ok().map(|answer| answer.visit.id)
    }

    /// Everything the phone shows of the village: households with their digests, lists, conflicts.
    pub(crate) fn shown(&self, world: &World) -> Json {
        let households: Vec<Json> =
            world.households.iter().map(|id| serde_json::to_value(self.ledger.household(&id.to_string()).unwrap()).unwrap()).collect();
        let kinds = daohu_domain::kinds::all().iter().map(|kind| kind.name);
        let query = RecordQuery { limit: Some(500), ..RecordQuery::default() };
        let lists: Vec<Json> = kinds.map(|kind| serde_json::to_value(self.ledger.records(kind, &query).unwrap()).unwrap()).collect();
        json!({ "households": households, "lists": lists, "conflicts": self.ledger.conflicts().unwrap() })
    }

    /// What is shown, after it was made anew from the changes and nothing came out otherwise.
    pub(crate) fn shown_and_sound(&mut self, world: &World) -> Json {
        assert_eq!(self.ledger.rebuild().unwrap().differences, 0);
        assert_eq!(self.ledger.quarantine().unwrap().len(), 0);
        self.shown(world)
    }
}
