//! A data folder with one township, two villages, a few households and cadres, and a clock that a test moves.

use std::error::Error;
use std::path::{Path, PathBuf};

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kind::Fields;
use daohu_domain::kinds;
use daohu_domain::place::Place;
use daohu_server::clock::ServerClock;
use daohu_server::office::Office;
use daohu_server::random::SystemRandom;
use daohu_server::record::{RecordWrite, Writes};
use daohu_server::store::account::{AccountChange, AccountRow, RoleRow};
use daohu_server::store::ports::AccountStore;
use daohu_server::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::phone::Phone;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const TOWN: &str = "610802209000";
pub(crate) const VILLAGE: &str = "610802209201";
pub(crate) const OTHER_VILLAGE: &str = "610802209202";

/// A data folder, its clock file and its office.
pub(crate) struct World {
    pub(crate) office: Office,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// Makes a folder with the township's places at nine in the morning of 5 May 2019.
    pub(crate) fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("now"), "2019-05-05T09:00:00+08:00\n")?;
        let world = Self { office: open(folder.path())?, folder };
        world.region(TOWN, "红石桥乡", "town", None)?;
        world.region(VILLAGE, "左界村", "village", Some(TOWN))?;
        world.region(OTHER_VILLAGE, "双红村", "village", Some(TOWN))?;
        Ok(world)
    }

    /// Opens the same folder once more, as another process would.
    pub(crate) fn another_office(&self) -> Outcome<Office> {
        open(self.folder.path())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Moves the clock.
    pub(crate) fn at(&self, instant: &str) -> Outcome {
        std::fs::write(self.folder.path().join("now"), format!("{instant}\n"))?;
        assert_eq!(self.office.now(), instant.parse::<Instant>()?);
        Ok(())
    }

    fn region(&self, code: &str, name: &str, level: &str, parent: Option<&str>) -> Outcome {
        let mut pairs = vec![("place", TOWN), ("code", code), ("name", name), ("level", level)];
        pairs.extend(parent.map(|parent| ("parent", parent)));
        self.office.record_add("region", &pairs)?;
        Ok(())
    }

    /// Adds a household of a village.
    pub(crate) fn household(&self, village: &str, number: &str) -> Outcome<Id> {
        let pairs = [("place", village), ("number", number), ("head_name", "王建军")];
        id_in(&self.office.record_add("household", &pairs)?)
    }

    pub(crate) fn cadre(&self, name: &str) -> Outcome<Id> {
        id_in(&self.office.record_add("cadre", &[("name", name), ("phone", "13812345678")])?)
    }

    pub(crate) fn pair(&self, household: Id, cadre: Id, role: &str) -> Outcome<Id> {
        let added = self.office.pairing_add(&household.to_string(), cadre, role, "2019-01-01".parse()?, None)?;
        id_in(&added["pairing"])
    }

    /// Adds a user with one role.
    pub(crate) fn user(&self, login: &str, role: &str, place: Option<&str>, cadre: Option<Id>) -> Outcome<Id> {
        let role = RoleRow {
            role: role.to_owned(),
            place: place.map(str::parse::<Place>).transpose()?,
            unit: None,
            from: None,
            to: None,
            ended_at: None,
        };
        let account = AccountRow {
            id: self.office.new_id(),
            login: login.to_owned(),
            cadre,
            password: "$argon2id$none".to_owned(),
            totp: None,
            totp_step: 0,
            disabled: false,
            disabled_at: None,
            grants_rev: 0,
            roles: vec![role],
        };
        let id = account.id;
        self.office.store().apply(&AccountChange::Add(account, self.office.now()))?;
        Ok(id)
    }

    /// Enrols a new phone for a user.
    pub(crate) fn phone(&self, login: &str) -> Outcome<Phone> {
        let code = self.office.device_code(login, 900_000)?;
        let mut phone = Phone::new(self.office.now().0);
        phone.enrol(&self.office, code["code"].as_str().ok_or("no code")?)?;
        Ok(phone)
    }

    /// A helper with a cadre, a household of the village, a pairing and a phone.
    pub(crate) fn helper(&self, login: &str, number: &str) -> Outcome<(Phone, Id, Id)> {
        let (household, cadre) = (self.household(VILLAGE, number)?, self.cadre(login)?);
        self.pair(household, cadre, "primary")?;
        self.user(login, "helper", None, Some(cadre))?;
        Ok((self.phone(login)?, household, cadre))
    }

    /// Writes a record as the office, whatever the kind.
    pub(crate) fn write(&self, kind: &str, subject: Option<Id>, place: &str, fields: Value) -> Outcome<Id> {
        let id = self.office.new_id();
        let kind = kinds::find(kind).ok_or("no such kind")?;
        let fields: Fields = fields.as_object().cloned().unwrap_or_default();
        let record = RecordWrite { id, kind, place: place.parse()?, subject, is_new: true, fields };
        self.office.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        Ok(id)
    }

    /// The store's file as another process sees it, for tests that damage it.
    pub(crate) fn sql(&self) -> Outcome<rusqlite::Connection> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        Ok(rusqlite::Connection::open_with_flags(self.data().join("daohu.db"), flags)?)
    }

    pub(crate) fn devices(&self) -> Outcome<Value> {
        Ok(self.office.device_list()?)
    }
}

/// Opens the office over a folder with its clock file.
pub(crate) fn open(folder: &Path) -> Outcome<Office> {
    let clock = ServerClock::file(folder.join("now"))?;
    Ok(Office::open(&folder.join("data"), clock, SystemRandom)?)
}

/// A second store over the same file, for tests of the port.
pub(crate) fn store(folder: &Path) -> Outcome<SqliteStore> {
    std::fs::create_dir_all(folder)?;
    let store = SqliteStore::open(folder)?;
    assert!(store.policy_rev()? < u64::MAX);
    Ok(store)
}

pub(crate) fn id_in(shown: &Value) -> Outcome<Id> {
    Ok(shown["id"].as_str().ok_or("no id")?.parse()?)
}

/// Fields of a plain visit, at home, with somebody met.
pub(crate) fn visit_fields(start: &str, narrative: &str, recorder: Id) -> Fields {
    let fields = json!({
        "mode": "home", "purpose": ["verify"], "start": start, "end": start, "met": [{"name": "王建军", "relation": "本人"}],
        "narrative": narrative, "recorder": recorder,
    });
    fields.as_object().cloned().unwrap_or_default()
}
