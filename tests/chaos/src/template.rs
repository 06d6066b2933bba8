//! A small township, made once and copied for every seed: two villages, four households, five people with a phone each.

use crate::{
    Outcome,
    dice::Dice,
    disk::copy_folder,
    town::{SYNC, Town},
};
use daohu_domain::{
    calendar::{Day, Instant},
    id::Id,
    kind::Fields,
    kinds,
    place::Place,
    role::Role,
};
use daohu_field::{Clock, EnrolOptions, Ledger, Request, SetClock, SyncOptions};
use daohu_server::{
    auth::users::{self, Span},
    record::{RecordWrite, Writes},
    store::account::{AccountChange, AccountRow, RoleRow},
};
use daohu_wire::{DeviceKey, EnrolAnswer, EnrolRequest};
use serde_json::{Value as Json, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// When every run begins: late in a month, so that many runs see its freeze.
pub(crate) const BEGIN: &str = "2019-05-29T09:00:00+08:00";
/// When the township is made.
const MADE: &str = "2019-05-05T09:00:00+08:00";
/// From when on households are in the register.
const SINCE: &str = "2019-01-01";
/// People of the household of the second village.
const MEMBERS: u32 = 24;
/// How long a code for a phone lives.
pub(crate) const CODE_MS: i64 = 3_600_000;
/// A folder in memory, where the system has one: a run asks for thousands of durable writes.
const IN_MEMORY: &str = "/dev/shm";

/// Who has a phone.
pub(crate) const LOGINS: [&str; 4] = ["一号", "二号", "书记", "办公室"];
/// Who sends what no honest phone sends.
const ENEMY: &str = "外人";

/// The people, places and records that a run speaks of.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) town: Place,
    pub(crate) villages: [Place; 2],
    pub(crate) households: Vec<(Id, Place)>,
    /// The cadres of the first two logins.
    pub(crate) cadres: [Id; 2],
    pub(crate) enemy: Enemy,
}

/// A device whose keys are in bad hands.
#[derive(Debug, Clone)]
pub(crate) struct Enemy {
    pub(crate) device: Id,
    pub(crate) person: Id,
    pub(crate) seed: [u8; 32],
}

/// The township on disk.
pub(crate) struct Template {
    folder: TempDir,
    pub(crate) cast: Cast,
}

impl Template {
    /// Makes the township.
    pub(crate) fn make() -> Outcome<Self> {
        let folder = folder()?;
        let dice = Dice::new(0, 0);
        let now: Instant = MADE.parse()?;
        fs::create_dir(folder.path().join("office"))?;
        let mut town = Town::open(&folder.path().join("office"), now, dice.clone())?;
        let mut cast = fill(&town, &dice)?;
        let begin: Instant = BEGIN.parse()?;
        town.at(begin);
        for (n, login) in LOGINS.iter().enumerate() {
            enrol(&town, &store_of(folder.path(), n, &dice), (login, begin.0), &dice)?;
        }
        cast.enemy = enemy(&town, &dice)?;
        town.stop();
        Ok(Self { folder, cast })
    }

    /// Copies the township into a folder of its own.
    pub(crate) fn copy(&self) -> Outcome<TempDir> {
        let to = folder()?;
        copy_folder(self.folder.path(), to.path())?;
        Ok(to)
    }
}

/// Returns the file and key of the phone number `n`.
pub(crate) fn store_of(folder: &Path, n: usize, _dice: &Dice) -> (PathBuf, [u8; 32]) {
    let fill = u8::try_from(n % 200).unwrap_or(0) + 1;
    (folder.join(format!("phone-{n}.db")), [fill; 32])
}

/// Makes a folder that is gone when it is dropped.
fn folder() -> Outcome<TempDir> {
    let made = tempfile::Builder::new().prefix("daohu-chaos-").tempdir_in(IN_MEMORY);
    Ok(made.or_else(|_| tempfile::Builder::new().prefix("daohu-chaos-").tempdir())?)
}

fn fill(town: &Town, dice: &Dice) -> Outcome<Cast> {
    let place: Place = "610802209000".parse()?;
    let villages: [Place; 2] = ["610802209201".parse()?, "610802209202".parse()?];
    let region = |code: Place, level: &str, name: &str, parent: Option<Place>| {
        let mut fields = json!({ "code": code, "name": name, "level": level });
        if let Some(parent) = parent {
            fields["parent"] = json!(parent);
        }
        record(town, "region", (place, None), fields)
    };
    let cadres = [
        record(town, "cadre", (place, None), json!({ "name": "王建军" }))?,
        record(town, "cadre", (place, None), json!({ "name": "李秀英" }))?,
        record(town, "cadre", (place, None), json!({ "name": "张志强" }))?,
        record(town, "cadre", (place, None), json!({ "name": "陈玉梅" }))?,
        record(town, "cadre", (place, None), json!({ "name": "赵海军" }))?,
    ];
    let ids: Vec<Id> = cadres.iter().map(|cadre| cadre.id).collect();
    let mut records = vec![region(place, "town", "红石桥乡", None)?];
    records.push(region(villages[0], "village", "左界村", Some(place))?);
    records.push(region(villages[1], "village", "双红村", Some(place))?);
    records.extend(cadres);
    write(town, records)?;
    let pairings: [(usize, &[(usize, &str)]); 4] = [
        (0, &[(0, "primary"), (1, "assistant"), (4, "assistant")]),
        (0, &[(0, "primary")]),
        (0, &[(1, "primary")]),
        (1, &[(1, "primary")]),
    ];
    let mut records = Vec::new();
    let mut households = Vec::new();
    for (n, (village, helpers)) in (1..).zip(pairings) {
        let home = villages.get(village).copied().unwrap_or(place);
        let since = |value: &str| json!([{ "value": value, "from": SINCE, "to": null }]);
        let mut fields = json!({ "number": format!("61080220920{}00{n}", village + 1), "head_name": format!("户主{n}") });
        fields["places"] = since(&home.to_string());
        fields["status"] = since("poor");
        fields["tier"] = since("monthly");
        let mut household = record(town, "household", (home, None), fields)?;
        household.subject = Some(household.id);
        households.push((household.id, home));
        for (cadre, role) in helpers {
            let pairing = json!({ "cadre": ids.get(*cadre), "role": role, "from": SINCE });
            records.push(record(town, "pairing", (home, Some(household.id)), pairing)?);
        }
        // In the second village something has been written already, so that its pack has many chunks and is not made anew at every change.
        for person in 1..=if village == 1 { MEMBERS } else { 0 } {
            records.push(record(
                town,
                "member",
                (home, Some(household.id)),
                json!({ "number": format!("61080220920200400{person:02}"), "name": format!("家人{person}"), "relation": "other" }),
            )?);
        }
        records.insert(0, household);
    }
    write(town, records)?;
    let first_village = Some(villages[0]);
    let people = [("helper", None), ("helper", None), ("village_secretary", first_village), ("town_office", Some(place)), ("helper", None)];
    for ((login, (role, at)), cadre) in LOGINS.iter().chain([&ENEMY]).zip(people).zip(&ids) {
        user(town, login, (role, at), *cadre)?;
    }
    let mut cadres = ids.into_iter();
    let cadres = [cadres.next().ok_or("no cadre")?, cadres.next().ok_or("no cadre")?];
    let nobody = Enemy { device: town.office()?.own_device(), person: town.office()?.own_device(), seed: [0; 32] };
    dice.next();
    Ok(Cast { town: place, villages, households, cadres, enemy: nobody })
}

fn record(town: &Town, kind: &str, (place, subject): (Place, Option<Id>), fields: Json) -> Outcome<RecordWrite> {
    let kind = kinds::find(kind).ok_or("no such kind")?;
    let fields: Fields = fields.as_object().cloned().unwrap_or_default();
    Ok(RecordWrite { id: town.office()?.new_id(), kind, place, subject, is_new: true, fields })
}

fn write(town: &Town, records: Vec<RecordWrite>) -> Outcome {
    town.office()?.write_records(&Writes { records, ..Writes::default() })?;
    Ok(())
}

fn user(town: &Town, login: &str, (role, place): (&str, Option<Place>), cadre: Id) -> Outcome {
    let office = town.office()?;
    let role = RoleRow { role: role.to_owned(), place, unit: None, from: None, to: None, ended_at: None };
    let account = AccountRow {
        id: office.new_id(),
        login: login.to_owned(),
        cadre: Some(cadre),
        password: "$argon2id$none".to_owned(),
        totp: None,
        totp_step: 0,
        disabled: false,
        disabled_at: None,
        grants_rev: 0,
        roles: vec![role],
    };
    office.store().apply(&AccountChange::Add(account, office.now()))?;
    Ok(())
}

/// Gives or takes the role of a secretary of the second village.
pub(crate) fn span_of_second_village(cast: &Cast) -> Span {
    Span { role: Role::VillageSecretary, place: Some(cast.villages[1]), unit: None, from: None, to: None }
}

/// Takes or gives a role.
pub(crate) fn set_role(town: &Town, login: &str, span: &Span, gives: bool) -> Outcome {
    let office = town.office()?;
    if gives {
        users::grant(office, login, span)?
    } else {
        users::ungrant(office, login, span)?
    };
    Ok(())
}

/// Returns a code with which a user enrols one more phone.
pub(crate) fn code(town: &Town, login: &str) -> Outcome<String> {
    let made = town.office()?.device_code(login, CODE_MS)?;
    Ok(made["code"].as_str().ok_or("no code")?.to_owned())
}

/// Enrols a phone and brings it level.
fn enrol(town: &Town, (path, key): &(PathBuf, [u8; 32]), (login, now_ms): (&str, i64), dice: &Dice) -> Outcome {
    let clock: Box<dyn Clock> = Box::new(SetClock::at(now_ms).with_mono(1_000).with_boot(&format!("{login}-0")));
    let mut ledger = Ledger::open(path, key, clock, Box::new(dice.clone()))?;
    let options = EnrolOptions { server: "http://chaos".to_owned(), code: code(town, login)?, label: login.to_owned(), ca: None };
    let mut conversation = ledger.begin_enrol(options, *key)?;
    while let Some(request) = conversation.next_request(&mut ledger)? {
        conversation.on_response(&mut ledger, &town.carry(&request)?)?;
    }
    conversation.finish(&ledger)?;
    let mut conversation = ledger.begin_sync(SyncOptions::default())?;
    while let Some(request) = conversation.next_request(&mut ledger)? {
        conversation.on_response(&mut ledger, &town.carry(&request)?)?;
    }
    Ok(())
}

fn enemy(town: &Town, dice: &Dice) -> Outcome<Enemy> {
    let office = town.office()?;
    let mut seed = [0; 32];
    dice.bytes(&mut seed);
    let key = DeviceKey::from_seed(&seed);
    let request = EnrolRequest {
        code: code(town, ENEMY)?,
        device: office.new_id(),
        public_key: key.public(),
        label: ENEMY.to_owned(),
        store_key_sealed: None,
        proto: (1, 1),
    };
    let device = request.device;
    let carried = Request { method: "POST", path: SYNC.replace("sync", "enrol"), headers: Vec::new(), body: request.seal(&key)? };
    let answer = EnrolAnswer::decode(&town.carry(&carried)?.body)?;
    Ok(Enemy { device, person: answer.person, seed })
}

/// Reads a day.
pub(crate) fn day_of(at_ms: i64) -> Day {
    Instant(at_ms).day()
}
