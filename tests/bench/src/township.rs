//! The office of the bench: a data folder with the villages, households and the one user that the lines of a workload speak of.
//!
//! The user is secretary of every village, so that the phone holds one grant a village and not one a household. One cadre is paired
//! with every household.

use crate::{
    clock::{ms, timed},
    report::Outcome,
    workload::Line,
};
use daohu_domain::{calendar::Instant, id::Id, kind::Fields, kinds, place::Place, role::Role};
use daohu_field::{Request, Response};
use daohu_server::{
    auth::users::{self, NewUser, Span},
    clock::ServerClock,
    office::Office,
    random::SystemRandom,
    record::{RecordWrite, Writes},
    sync::PackSizes,
};
use serde_json::{Value as Json, json};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};
use tempfile::TempDir;

/// The login of the one user.
pub(crate) const LOGIN: &str = "secretary";
/// The path of the sync door.
pub(crate) const SYNC: &str = "/v1/sync";
/// How long a device code lives.
const CODE_MS: i64 = 900_000;
/// Records that the office writes at once.
const RECORDS_AT_ONCE: usize = 1_000;
/// From when on households are in the register.
const SINCE: &str = "2025-01-01";
/// What a place of a township ends with.
const TOWN_STEP: u64 = 1_000;

const SURNAMES: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"];
const GIVEN: [&str; 10] = ["建国", "志强", "秀英", "桂兰", "玉梅", "海军", "永平", "占林", "世明", "彩霞"];

/// Where a household lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home {
    /// Its record.
    pub(crate) id: Id,
    /// Its village.
    pub(crate) village: Place,
}

/// The office.
#[derive(Debug)]
pub(crate) struct Township {
    /// The opened data folder.
    pub(crate) office: Office,
    /// The township's place.
    pub(crate) town: Place,
    /// Its households by number.
    pub(crate) households: BTreeMap<String, Home>,
    /// How many records it wrote itself.
    pub(crate) records: usize,
    cadre: Id,
    clock: PathBuf,
    kept_ms: Cell<f64>,
    folder: TempDir,
}

impl Township {
    /// Makes the office for these lines a day before the first of them.
    pub(crate) fn new(lines: &[Line]) -> Outcome<Self> {
        let first = lines.iter().map(|line| line.start_ms).min().ok_or("a workload without lines")?;
        let village = lines.first().map(|line| line.village).ok_or("a workload without lines")?;
        let town = Place::from_number(village.number() / TOWN_STEP * TOWN_STEP).ok_or("a village without a township")?;
        let folder = tempfile::tempdir()?;
        let clock = folder.path().join("now");
        fs::write(&clock, format!("{}\n", Instant(first - daohu_domain::calendar::DAY_MS)))?;
        let office = Office::open(&folder.path().join("data"), ServerClock::file(clock.clone())?, SystemRandom)?;
        let mut township = Self {
            office,
            town,
            households: BTreeMap::new(),
            records: 0,
            cadre: Id::from_bytes([0; 16]),
            clock,
            kept_ms: Cell::new(0.0),
            folder,
        };
        township.make_packs(false);
        township.fill(lines)?;
        Ok(township)
    }

    /// Lets first pulls get packs, or rows alone.
    pub(crate) fn make_packs(&self, wanted: bool) {
        let none = PackSizes { changes_min: u64::MAX, ..PackSizes::default() };
        self.office.set_pack_sizes(if wanted { PackSizes::default() } else { none });
    }

    /// Moves the office's clock, and does what a running server does by itself as time passes: the first figures of months that are
    /// frozen by then.
    pub(crate) fn at(&self, now_ms: i64) -> Outcome {
        fs::write(&self.clock, format!("{}\n", Instant(now_ms)))?;
        let (written, took) = timed(|| self.office.write_first_figures());
        written?;
        self.kept_ms.set(self.kept_ms.get() + ms(took));
        Ok(())
    }

    /// Returns how long that took by now, in milliseconds.
    pub(crate) fn kept_ms(&self) -> f64 {
        self.kept_ms.get()
    }

    /// Returns the folder in which phones may keep their stores.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Returns the household of a line.
    pub(crate) fn home(&self, line: &Line) -> Outcome<Home> {
        Ok(*self.households.get(&line.household).ok_or("a household that is not in the office")?)
    }

    /// Makes a code with which the user enrols one more device.
    pub(crate) fn code(&self) -> Outcome<String> {
        let made = self.office.device_code(LOGIN, CODE_MS)?;
        Ok(made["code"].as_str().ok_or("no code")?.to_owned())
    }

    /// Answers a request.
    pub(crate) fn carry(&self, request: &Request) -> Response {
        daohu_carry::carry(&self.office, request)
    }

    fn fill(&mut self, lines: &[Line]) -> Outcome {
        let villages: BTreeSet<Place> = lines.iter().map(|line| line.village).collect();
        let numbers: BTreeMap<&str, Place> = lines.iter().map(|line| (line.household.as_str(), line.village)).collect();
        let mut records = vec![self.region(self.town, "town", "红石桥乡", None)?];
        for (n, village) in (1..).zip(&villages) {
            records.push(self.region(*village, "village", &format!("第{n}村"), Some(self.town))?);
        }
        let cadre = self.record("cadre", self.town, None, json!({ "name": "王建军" }))?;
        self.cadre = cadre.id;
        records.push(cadre);
        self.write(records)?;
        let mut records = Vec::new();
        for (n, (number, village)) in numbers.into_iter().enumerate() {
            let name = format!("{}{}", SURNAMES[n % SURNAMES.len()], GIVEN[n / SURNAMES.len() % GIVEN.len()]);
            let since = |value: &str| json!([{ "value": value, "from": SINCE, "to": null }]);
            let mut fields = json!({ "number": number, "head_name": name, "places": since(&village.to_string()) });
            fields["status"] = since("poor");
            fields["tier"] = since("monthly");
            let mut household = self.record("household", village, None, fields)?;
            household.subject = Some(household.id);
            self.households.insert(number.to_owned(), Home { id: household.id, village });
            let pairing = json!({ "cadre": self.cadre, "role": "primary", "from": SINCE });
            let pairing = self.record("pairing", village, Some(household.id), pairing)?;
            records.extend([household, pairing]);
        }
        self.write(records)?;
        self.add_user(&villages)
    }

    fn region(&self, code: Place, level: &str, name: &str, parent: Option<Place>) -> Outcome<RecordWrite> {
        let mut fields = json!({ "code": code.to_string(), "name": name, "level": level });
        if let Some(parent) = parent {
            fields["parent"] = json!(parent.to_string());
        }
        self.record("region", self.town, None, fields)
    }

    fn record(&self, kind: &str, place: Place, subject: Option<Id>, fields: Json) -> Outcome<RecordWrite> {
        let kind = kinds::find(kind).ok_or("no such kind")?;
        let fields: Fields = fields.as_object().cloned().unwrap_or_default();
        Ok(RecordWrite { id: self.office.new_id(), kind, place, subject, is_new: true, fields })
    }

    fn write(&mut self, records: Vec<RecordWrite>) -> Outcome {
        self.records += records.len();
        for part in records.chunks(RECORDS_AT_ONCE) {
            self.office.write_records(&Writes { records: part.to_vec(), ..Writes::default() })?;
        }
        Ok(())
    }

    fn add_user(&self, villages: &BTreeSet<Place>) -> Outcome {
        let mut spans =
            villages.iter().map(|place| Span { role: Role::VillageSecretary, place: Some(*place), unit: None, from: None, to: None });
        let span = spans.next().ok_or("no village")?;
        let user = NewUser { login: LOGIN.to_owned(), cadre: Some(self.cadre), span, password: Some("bench-secretary-2025".to_owned()) };
        users::add(&self.office, &user)?;
        for span in spans {
            users::grant(&self.office, LOGIN, &span)?;
        }
        Ok(())
    }
}
