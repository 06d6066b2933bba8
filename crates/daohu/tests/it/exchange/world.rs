//! An office over a real data folder with one village, its secretary and two helpers of the same households, and their phones.

use crate::run::Outcome;
use daohu_domain::{calendar::Instant, id::Id, kinds, place::Place, role::Role};
use daohu_field::{EnrolOptions, FieldError, Ledger, Random, Request, Response, SetClock, SyncOptions, SyncReport, Until, VisitInput};
use daohu_server::{
    auth::users::{self, NewUser, Span},
    batch_file::Carried,
    clock::ServerClock,
    office::Office,
    random::SystemRandom,
    record::{RecordWrite, Writes},
};
use serde_json::{Value as Json, json};
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

pub(super) const TOWN: &str = "610802209000";
pub(super) const VILLAGE: &str = "610802209201";
/// 2019-05-05 09:00 in Beijing.
pub(super) const MAY_5: i64 = 1_557_018_000_000;
pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 86_400_000;
const KEY: [u8; 32] = [42; 32];
pub(super) const SYNC: &str = "/v1/sync";

/// Random numbers from a seed, another one for each phone and each time it is opened.
struct Seeded(Cell<u64>);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let z = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0.set(z);
            *byte = z.to_be_bytes()[0];
        }
    }
}

/// The office.
pub(super) struct World {
    pub(super) office: Option<Office>,
    folder: tempfile::TempDir,
    now_ms: Cell<i64>,
    cadres: Vec<Id>,
    pub(super) households: Vec<Id>,
    opened: Cell<u64>,
}

impl World {
    /// Makes an office with so many households.
    pub(super) fn new(households: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut world =
            Self { office: None, folder, now_ms: Cell::new(MAY_5), cadres: Vec::new(), households: Vec::new(), opened: Cell::new(0) };
        world.at(MAY_5)?;
        world.open("data")?;
        let town: Place = TOWN.parse()?;
        let village: Place = VILLAGE.parse()?;
        let region = |code: &str, level: &str, name: &str| json!({ "code": code, "name": name, "level": level });
        let mut lower = region(VILLAGE, "village", "左界村");
        lower["parent"] = json!(TOWN);
        world.write("region", town, None, region(TOWN, "town", "红石桥乡"))?;
        world.write("region", town, None, lower)?;
        for name in ["张三", "李四", "书记"] {
            let cadre = world.write("cadre", town, None, json!({ "name": name }))?;
            world.cadres.push(cadre);
        }
        for _ in 0..households {
            let household = world.household()?;
            for (cadre, role) in [(0, "primary"), (1, "assistant")] {
                world.pair(household, cadre, role)?;
            }
            world.households.push(household);
        }
        for (login, cadre, role) in [("zhang", 0, Role::Helper), ("li", 1, Role::AssistantHelper), ("secretary", 2, Role::VillageSecretary)]
        {
            let span = Span { role, place: Some(village), unit: None, from: None, to: None };
            let cadre = Some(world.cadres[cadre]);
            users::add(world.office(), &NewUser { login: login.to_owned(), cadre, span, password: Some("exchange-test-2019".to_owned()) })?;
        }
        Ok(world)
    }

    pub(super) fn office(&self) -> &Office {
        self.office.as_ref().expect("the office is open")
    }

    fn open(&mut self, name: &str) -> Outcome {
        let clock = ServerClock::file(self.folder.path().join("now"))?;
        self.office = Some(Office::open(&self.folder.path().join(name), clock, SystemRandom)?);
        Ok(())
    }

    /// Sets the office's clock.
    pub(super) fn at(&self, now_ms: i64) -> Outcome {
        self.now_ms.set(now_ms);
        Ok(fs::write(self.folder.path().join("now"), format!("{}\n", Instant(now_ms)))?)
    }

    /// Lets time pass for the office and these phones.
    pub(super) fn pass(&self, phones: &[&Phone], by_ms: i64) -> Outcome {
        phones.iter().for_each(|phone| phone.clock.advance(by_ms));
        self.at(self.now_ms.get() + by_ms)
    }

    fn write(&self, kind: &str, place: Place, subject: Option<Id>, fields: Json) -> Outcome<Id> {
        let office = self.office();
        let id = office.new_id();
        let subject = if kind == "household" { Some(id) } else { subject };
        let kind = kinds::find(kind).ok_or("no such kind")?;
        let Json::Object(fields) = fields else { return Err("fields are an object".into()) };
        let record = RecordWrite { id, kind, place, subject, is_new: true, fields };
        office.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        Ok(id)
    }

    fn household(&self) -> Outcome<Id> {
        let n = self.count("household")?;
        let since = |value: &str| json!([{ "value": value, "from": "2019-01-01", "to": null }]);
        let fields = json!({ "number": format!("61080220900{n:05}"), "head_name": format!("白文{n}"), "places": since(VILLAGE),
            "status": since("poor"), "tier": since("monthly") });
        self.write("household", VILLAGE.parse()?, None, fields)
    }

    fn pair(&self, household: Id, cadre: usize, role: &str) -> Outcome<Id> {
        let pairing = json!({ "cadre": self.cadres[cadre], "role": role, "from": "2019-01-01" });
        self.write("pairing", VILLAGE.parse()?, Some(household), pairing)
    }

    /// Adds a household of which only the first helper is in charge.
    pub(super) fn household_of_zhang(&self) -> Outcome<Id> {
        let household = self.household()?;
        self.pair(household, 0, "primary")?;
        Ok(household)
    }

    /// Adds a cadre who is in charge of a household too.
    pub(super) fn cadre_of(&mut self, name: &str, household: Id) -> Outcome<Id> {
        let cadre = self.write("cadre", TOWN.parse()?, None, json!({ "name": name }))?;
        self.cadres.push(cadre);
        self.pair(household, self.cadres.len() - 1, "assistant")?;
        Ok(cadre)
    }

    /// Adds a user, under an id that it had before where one is given.
    pub(super) fn account(&self, login: &str, cadre: Option<Id>, role: Role, before: Option<Id>) -> Outcome<Id> {
        let span = Span { role, place: Some(VILLAGE.parse()?), unit: None, from: None, to: None };
        let user = NewUser { login: login.to_owned(), cadre, span, password: Some("exchange-test-2019".to_owned()) };
        let added = match before {
            Some(id) => users::add_again(self.office(), &user, id)?,
            None => users::add(self.office(), &user)?,
        };
        Ok(added["user"]["id"].as_str().ok_or("no id")?.parse()?)
    }

    /// Gives a user a role in a place.
    pub(super) fn give(&self, login: &str, role: Role, place: &str) -> Outcome {
        users::grant(self.office(), login, &Span { role, place: Some(place.parse()?), unit: None, from: None, to: None })?;
        Ok(())
    }

    /// Enrols a phone of a user and brings it level.
    pub(super) fn phone(&self, login: &str) -> Outcome<Phone> {
        let path = self.folder.path().join(format!("{login}-{}.db", self.opened.get()));
        let clock = SetClock::at(self.now_ms.get()).with_mono(7_777_777).with_boot("boot-of-may");
        let mut phone = self.open_phone(path, clock)?;
        self.enrol(&mut phone, login)?;
        phone.sync(self)?;
        Ok(phone)
    }

    /// Enrols a phone, or enrols it anew.
    pub(super) fn enrol(&self, phone: &mut Phone, login: &str) -> Outcome {
        let code = self.office().device_code(login, 900_000)?["code"].as_str().ok_or("no code")?.to_owned();
        let options = EnrolOptions { server: "http://office".to_owned(), code, label: login.to_owned(), ca: None };
        let ledger = phone.ledger.as_mut().ok_or("closed")?;
        let mut conversation = ledger.begin_enrol(options, KEY)?;
        while let Some(request) = conversation.next_request(ledger)? {
            conversation.on_response(ledger, &self.carry(&request))?;
        }
        conversation.finish(ledger)?;
        Ok(())
    }

    fn open_phone(&self, path: PathBuf, clock: SetClock) -> Outcome<Phone> {
        self.opened.set(self.opened.get() + 1);
        let random = Seeded(Cell::new(self.opened.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let ledger = Ledger::open(&path, &KEY, Box::new(clock.clone()), Box::new(random))?;
        Ok(Phone { ledger: Some(ledger), clock, path })
    }

    /// Copies a phone's store as it is now; the copy runs in the same boot.
    pub(super) fn copy(&self, phone: &mut Phone) -> Outcome<Phone> {
        self.copy_in_boot(phone, "boot-of-may")
    }

    /// Copies a phone's store as it is now; the copy runs in another boot.
    pub(super) fn copy_in_boot(&self, phone: &mut Phone, boot: &str) -> Outcome<Phone> {
        let path = self.folder.path().join(format!("copy-{}.db", self.opened.get()));
        drop(phone.ledger.take());
        fs::copy(&phone.path, &path)?;
        let reopened = self.open_phone(phone.path.clone(), phone.clock.clone())?;
        phone.ledger = reopened.ledger;
        self.open_phone(path, SetClock::at(self.now_ms.get()).with_mono(7_777_777 + self.now_ms.get() - MAY_5).with_boot(boot))
    }

    /// Answers a request as the server's routes do.
    pub(super) fn carry(&self, request: &Request) -> Response {
        daohu_carry::carry(self.office(), request)
    }

    /// Keeps a copy of the whole data folder under a name.
    pub(super) fn back_up(&mut self, name: &str) -> Outcome {
        self.office = None;
        copy_folder(&self.folder.path().join("data"), &self.folder.path().join(name))?;
        self.open("data")
    }

    /// Puts a kept copy in the place of the data folder.
    pub(super) fn restore(&mut self, name: &str) -> Outcome {
        self.office = None;
        let data = self.folder.path().join("data");
        fs::remove_dir_all(&data)?;
        copy_folder(&self.folder.path().join(name), &data)?;
        self.open("data")
    }

    /// Returns where a file of this world lies.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes in what a courier brings.
    pub(super) fn import(&self, files: &[&[u8]]) -> Outcome<Carried> {
        Ok(self.office().import_batch_files(&files.iter().map(|file| file.to_vec()).collect::<Vec<_>>())?)
    }

    /// Returns the key to which phones seal, out of the office's own folder.
    pub(super) fn seal_key(&self) -> Outcome<daohu_wire::SealKey> {
        let text = fs::read_to_string(self.folder.path().join("data/keys/seal.key"))?;
        let bytes = <[u8; 32]>::try_from(hex::decode(text.trim())?).map_err(|_| "a key has 32 bytes")?;
        Ok(daohu_wire::SealKey::from_bytes(&bytes)?)
    }

    /// Returns how many records of a kind the office holds.
    pub(super) fn count(&self, kind: &str) -> Outcome<usize> {
        use daohu_server::store::rows::RecordQuery;
        Ok(self.office().store().records(&RecordQuery { kind: Some(kind.to_owned()), ..RecordQuery::default() })?.len())
    }

    /// Says whether the office holds a record.
    pub(super) fn holds(&self, record: Id) -> Outcome<bool> {
        use daohu_server::store::rows::RecordQuery;
        Ok(!self.office().store().records(&RecordQuery { record: Some(record), ..RecordQuery::default() })?.is_empty())
    }
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A phone.
pub(super) struct Phone {
    pub(super) ledger: Option<Ledger>,
    pub(super) clock: SetClock,
    path: PathBuf,
}

impl Phone {
    pub(super) fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().expect("the phone is on")
    }

    /// Comes level with the office.
    pub(super) fn sync(&mut self, world: &World) -> Result<SyncReport, FieldError> {
        self.sync_through(|request| Some(world.carry(request)))
    }

    /// Syncs over a link that may lose or change what is carried.
    pub(super) fn sync_through(&mut self, mut link: impl FnMut(&Request) -> Option<Response>) -> Result<SyncReport, FieldError> {
        let ledger = self.ledger();
        let mut conversation = ledger.begin_sync(SyncOptions::default())?;
        while let Some(request) = conversation.next_request(ledger)? {
            match link(&request) {
                Some(response) => conversation.on_response(ledger, &response)?,
                None => conversation.on_failure(ledger)?,
            }
        }
        Ok(conversation.finish())
    }

    /// Hands a visit in.
    pub(super) fn visit(&mut self, household: Id, narrative: &str) -> Result<Id, FieldError> {
        let input = VisitInput {
            mode: Some("home".to_owned()),
            purposes: vec!["verify".to_owned()],
            met: vec![("王某某".to_owned(), "本人".to_owned())],
            narrative: Some(narrative.to_owned()),
            ..VisitInput::default()
        };
        Ok(self.ledger().new_visit(&household.to_string(), &input, Until::Submit)?.visit.id)
    }

    /// Returns the state of a visit; empty where the phone does not hold it.
    pub(super) fn state(&mut self, visit: Id) -> String {
        self.ledger().visit(visit).map_or_else(|_| String::new(), |answer| answer.visit.state)
    }

    /// Returns the places of which everything is granted.
    pub(super) fn places(&mut self) -> Outcome<Vec<String>> {
        let grants = self.ledger().status()?.grants;
        Ok(grants.into_iter().filter(|grant| grant.household.is_none() && !grant.reference).map(|grant| grant.place.to_string()).collect())
    }

    pub(super) fn unsent(&mut self) -> u64 {
        self.ledger().status().expect("the store is sound").unsent
    }

    pub(super) fn digest(&mut self, household: Id) -> String {
        self.ledger().household(&household.to_string()).map_or_else(|_| String::new(), |card| card.digest)
    }
}
