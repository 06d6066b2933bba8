//! An office in a folder of its own, the same in every run: one township, a village, a household, a helper with a phone, and a
//! secretary who is signed in. It lives as long as the thread that tries inputs against it.

use daohu_domain::{calendar::Instant, id::Id, kinds, place::Place, time::Stamp};
use daohu_mutate::Numbers;
use daohu_record::{Document, Event, Fields, Header};
use daohu_server::{
    auth::{
        sign_in::{Attempt, sign_in},
        users::{self, NewUser, Span},
    },
    clock::ServerClock,
    office::Office,
    random::Random,
    sync::SyncRefusal,
};
use daohu_wire::{
    Anchor, Batch, BatchHeader, Boot, DeviceKey, EnrolRequest, Item, RequestSignature, SyncAnswer, SyncRequest,
    request_signature::SeenRequest,
};
use serde_json::{Value, json};
use std::{fmt, sync::Mutex};
use tempfile::TempDir;

/// The path of the sync door.
const SYNC: &str = "/v1/sync";
/// The township and its village.
const TOWN: &str = "610802209000";
const VILLAGE: &str = "610802209201";
/// Longer than an account stays locked, ms.
const LOCKED_MS: i64 = 20 * 60_000;
const PASSWORD: &str = "demo-password-2019";
/// 09:00 on 5 June 2019 at +08:00.
const NINE: i64 = 1_559_696_400_000;

/// Randomness from a seed, so that keys, ids and tokens are the same in every run.
#[derive(Debug)]
struct Seeded(Mutex<Numbers>);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut numbers = self.0.lock().unwrap();
        bytes.fill_with(|| numbers.byte());
    }
}

/// The office, and the phone of the helper.
pub(crate) struct Stage {
    pub(crate) office: Office,
    pub(crate) device: Id,
    pub(crate) household: Id,
    pub(crate) visit: Id,
    pub(crate) token: String,
    key: DeviceKey,
    person: Id,
    counter: u64,
    number: u64,
    previous: [u8; 32],
    folder: TempDir,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stage({})", self.number)
    }
}

fn id_in(shown: &Value, key: &str) -> Id {
    shown[key].as_str().unwrap().parse().unwrap()
}

impl Stage {
    /// Sets everything up: the visit is handed in and received.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("now"), Instant(NINE).to_string()).unwrap();
        let clock = ServerClock::file(folder.path().join("now")).unwrap();
        let office = Office::open(&folder.path().join("data"), clock, Seeded(Mutex::new(Numbers(1)))).unwrap();
        let add = |kind: &str, pairs: &[(&str, &str)]| id_in(&office.record_add(kind, pairs).unwrap(), "id");
        add("region", &[("place", TOWN), ("code", TOWN), ("name", "红石桥乡"), ("level", "town")]);
        add("region", &[("place", TOWN), ("code", VILLAGE), ("name", "左界村"), ("level", "village"), ("parent", TOWN)]);
        let household = add("household", &[("place", VILLAGE), ("number", "6108022092010001"), ("head_name", "王某")]);
        let cadre = add("cadre", &[("name", "李某")]);
        office.pairing_add(&household.to_string(), cadre, "primary", "2019-01-01".parse().unwrap(), None).unwrap();
        for (login, role, place, cadre) in
            [("helper", "helper", None, Some(cadre)), ("secretary", "village_secretary", Some(VILLAGE), None)]
        {
            let place = place.map(|place: &str| place.parse::<Place>().unwrap());
            let span = Span { role: role.parse().unwrap(), place, unit: None, from: None, to: None };
            users::add(&office, &NewUser { login: login.to_owned(), cadre, span, password: Some(PASSWORD.to_owned()) }).unwrap();
        }
        let device = Id::v7(NINE, [0xd1; 10]);
        let key = DeviceKey::from_seed(&[1; 32]);
        let visit = Id::v7(NINE, [0x71; 10]);
        let mut stage = Self {
            office,
            device,
            household,
            visit,
            token: String::new(),
            key,
            person: cadre,
            counter: 0,
            number: 0,
            previous: [0; 32],
            folder,
        };
        stage.enrol();
        let change = stage.visit(stage.visit).1;
        assert_eq!(stage.hand_in(stage.visit, change), "ok");
        stage.sign_in();
        stage
    }

    fn enrol(&mut self) {
        let code = self.office.device_code("helper", 900_000).unwrap();
        let request = EnrolRequest {
            code: code["code"].as_str().unwrap().to_owned(),
            device: self.device,
            public_key: self.key.public(),
            label: "手机".to_owned(),
            store_key_sealed: None,
            proto: (1, 1),
        };
        self.office.enrol(&request.seal(&self.key).unwrap(), "10.0.0.9").unwrap();
    }

    /// Begins a session of the secretary; whoever was locked out by wrong tries waits.
    pub(crate) fn sign_in(&mut self) {
        let attempt = Attempt { login: "secretary".to_owned(), password: PASSWORD.to_owned(), totp: None };
        let begun = sign_in(&self.office, &attempt).or_else(|_| {
            self.wait(LOCKED_MS);
            sign_in(&self.office, &attempt)
        });
        self.token = begun.unwrap().token;
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn wait(&self, ms: i64) {
        std::fs::write(self.folder.path().join("now"), Instant(self.office.now().0 + ms).to_string()).unwrap();
    }

    /// Makes a visit with this id and returns it with its change, which is the same in every run.
    pub(crate) fn visit(&self, id: Id) -> (Document, Vec<u8>) {
        let kind = kinds::find("visit").unwrap();
        let stamp = Stamp { wall_ms: NINE, mono_ms: NINE, boot: 1 };
        let header =
            Header { id, kind: kind.name.to_owned(), place: VILLAGE.parse().unwrap(), subject: Some(self.household), by: self.person };
        let fields = json!({
            "mode": "home", "purpose": ["verify"], "start": Instant(NINE).to_string(), "end": Instant(NINE).to_string(),
            "met": [{"name": "户主", "relation": "本人"}], "narrative": "入户。", "recorder": self.person.to_string(),
        });
        let event = Event { name: "submit".to_owned(), stamp, fields: Fields::new() };
        let (document, change) = Document::create(&header, kind, fields.as_object().unwrap(), Some(&event), self.device, NINE).unwrap();
        (document, change.bytes)
    }

    /// Sends bytes through the door with a signature that is right for them.
    pub(crate) fn send(&mut self, body: &[u8]) -> Result<SyncAnswer, SyncRefusal> {
        self.counter += 1;
        let seen = SeenRequest { method: "POST", path: SYNC, body };
        let signature = RequestSignature::sign(&self.key, self.device, self.counter, seen).unwrap();
        Ok(SyncAnswer::decode(&self.office.sync(body, &signature, SYNC)?).unwrap())
    }

    /// Hands one item in, in a batch as it should be, and returns what became of it. There is a receipt in any case.
    pub(crate) fn hand_in(&mut self, record: Id, change: Vec<u8>) -> String {
        let boots = vec![Boot { number: 1, id: "now".to_owned(), anchors: vec![Anchor { server_ms: NINE, mono_ms: NINE }] }];
        let header = BatchHeader::new(self.device, self.number + 1, self.previous, NINE, boots);
        let items = vec![Item::change(record, VILLAGE.parse().unwrap(), change)];
        let Ok(batch) = Batch::seal(&self.key, header, items) else { return "not_sealed".to_owned() };
        let mut request = SyncRequest::new(self.device, NINE);
        request.batches = vec![batch.clone()];
        let answer = self.send(&request.encode().unwrap()).unwrap();
        (self.number, self.previous) = (self.number + 1, batch.body_hash());
        let mut receipt = answer.receipts.first().unwrap().clone();
        receipt.cose = batch.cose;
        receipt.verify(&self.office.server_key()).unwrap();
        let status = answer.statuses.first().unwrap();
        status.items.first().map_or_else(|| "ok".to_owned(), |item| item.code.clone())
    }

    /// Checks that the log still proves all there is.
    pub(crate) fn check(&self) {
        assert_eq!(self.office.check_log().unwrap().first_bad, None);
    }
}
