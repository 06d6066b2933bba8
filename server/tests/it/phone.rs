//! A simulated device: keeps what it pulled, writes records, signs batches and requests. No sockets, no store of its own.

use std::collections::{BTreeMap, HashMap};

use daohu_domain::id::Id;
use daohu_domain::kind::Fields;
use daohu_domain::kinds;
use daohu_domain::place::Place;
use daohu_domain::time::Stamp;
use daohu_record::{Document, Event, Header};
use daohu_server::office::Office;
use daohu_server::sync::SyncRefusal;
use daohu_wire::request::CAP_TAKES_PACKS;
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{
    Anchor, Batch, BatchHeader, Boot, Cursor, DeviceKey, EnrolAnswer, EnrolRequest, Item, Policy, RequestSignature, SyncAnswer, SyncRequest,
};

use crate::world::{Outcome, visit_fields};

pub(crate) const SYNC_PATH: &str = "/v1/sync";

/// A phone.
pub(crate) struct Phone {
    pub(crate) id: Id,
    pub(crate) key: DeviceKey,
    pub(crate) person: Id,
    pub(crate) policy: Policy,
    pub(crate) server_key: [u8; 32],
    pub(crate) documents: BTreeMap<Id, Document>,
    pub(crate) cursors: HashMap<u64, u64>,
    /// Items that wait for the next batch.
    pub(crate) waiting: Vec<Item>,
    /// Batches that were made and not yet answered.
    pub(crate) outbox: Vec<Batch>,
    pub(crate) number: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) counter: u64,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) head: Option<(u64, [u8; 32])>,
    /// Who is behind each device, as pulled items say.
    pub(crate) by: HashMap<Id, Id>,
    pub(crate) starts: HashMap<Id, Option<daohu_wire::Start>>,
}

impl Phone {
    pub(crate) fn new(at_ms: i64) -> Self {
        let seed: [u8; 32] = daohu_server::random::bytes(&daohu_server::random::SystemRandom);
        let id = daohu_server::random::new_id(&daohu_server::random::SystemRandom, at_ms);
        Self {
            id,
            key: DeviceKey::from_seed(&seed),
            person: id,
            policy: Policy::default(),
            server_key: [0; 32],
            documents: BTreeMap::new(),
            cursors: HashMap::new(),
            waiting: Vec::new(),
            outbox: Vec::new(),
            number: 0,
            previous: [0; 32],
            counter: 0,
            anchors: Vec::new(),
            head: None,
            by: HashMap::new(),
            starts: HashMap::new(),
        }
    }

    pub(crate) fn enrol_request(&self, code: &str) -> Outcome<Vec<u8>> {
        let request = EnrolRequest {
            code: code.to_owned(),
            device: self.id,
            public_key: self.key.public(),
            label: "红米".to_owned(),
            store_key_sealed: None,
            proto: (1, 1),
        };
        Ok(request.seal(&self.key)?)
    }

    pub(crate) fn enrol(&mut self, office: &Office, code: &str) -> Outcome<EnrolAnswer> {
        let answer = EnrolAnswer::decode(&office.enrol(&self.enrol_request(code)?, "10.0.0.9")?)?;
        self.person = answer.person;
        self.policy = answer.policy.clone();
        self.server_key = answer.server_key;
        self.anchor(answer.server_time_ms);
        Ok(answer)
    }

    /// The phone's monotonic clock is its wall clock, as with `--now` alone.
    fn anchor(&mut self, server_ms: i64) {
        self.anchors = vec![Anchor { server_ms, mono_ms: server_ms }];
    }

    pub(crate) fn place_of(&self, household: Id) -> Outcome<Place> {
        Ok(self.documents.get(&household).ok_or("the household was not pulled")?.header()?.place)
    }

    /// Writes and submits a visit of a household at an instant of the phone's clock.
    pub(crate) fn visit(&mut self, household: Id, at: &str, narrative: &str) -> Outcome<Id> {
        let place = self.place_of(household)?;
        self.visit_at(household, place, at, narrative)
    }

    pub(crate) fn visit_at(&mut self, household: Id, place: Place, at: &str, narrative: &str) -> Outcome<Id> {
        let wall_ms = at.parse::<daohu_domain::calendar::Instant>()?.0;
        let stamp = Stamp { wall_ms, mono_ms: wall_ms, boot: 1 };
        let event = Event { name: "submit".to_owned(), stamp, fields: Fields::new() };
        let fields = visit_fields(at, narrative, self.person);
        self.create("visit", (place, Some(household)), &fields, Some(&event), wall_ms)
    }

    #[expect(clippy::too_many_arguments, reason = "all of these are what a record is made of")]
    pub(crate) fn create(
        &mut self,
        kind: &str,
        (place, subject): (Place, Option<Id>),
        fields: &Fields,
        event: Option<&Event>,
        at_ms: i64,
    ) -> Outcome<Id> {
        let id = daohu_server::random::new_id(&daohu_server::random::SystemRandom, at_ms);
        let header = Header { id, kind: kind.to_owned(), place, subject, by: self.person };
        let kind = kinds::find(kind).ok_or("no such kind")?;
        let (document, change) = Document::create(&header, kind, fields, event, self.id, at_ms)?;
        self.documents.insert(id, document);
        self.waiting.push(Item::change(id, place, change.bytes));
        Ok(id)
    }

    pub(crate) fn edit(&mut self, record: Id, writes: &Fields, at_ms: i64) -> Outcome {
        let document = self.documents.get_mut(&record).ok_or("not here")?;
        let header = document.header()?;
        let kind = kinds::find(&header.kind).ok_or("no such kind")?;
        let change = document.edit(kind, writes, self.id, at_ms)?;
        self.waiting.push(Item::change(record, header.place, change.bytes));
        Ok(())
    }

    pub(crate) fn append(&mut self, record: Id, name: &str, at_ms: i64) -> Outcome {
        let document = self.documents.get_mut(&record).ok_or("not here")?;
        let header = document.header()?;
        let kind = kinds::find(&header.kind).ok_or("no such kind")?;
        let stamp = Stamp { wall_ms: at_ms, mono_ms: at_ms, boot: 1 };
        let change = document.append(kind, &Event { name: name.to_owned(), stamp, fields: Fields::new() }, self.id, at_ms)?;
        self.waiting.push(Item::change(record, header.place, change.bytes));
        Ok(())
    }

    pub(crate) fn boots(&self) -> Vec<Boot> {
        vec![Boot { number: 1, id: "now".to_owned(), anchors: self.anchors.clone() }]
    }

    /// Seals what waits into a batch.
    pub(crate) fn seal(&mut self) -> Outcome {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let items = std::mem::take(&mut self.waiting);
        let batch = self.sealed(items)?;
        self.outbox.push(batch);
        Ok(())
    }

    pub(crate) fn sealed(&mut self, items: Vec<Item>) -> Outcome<Batch> {
        self.number += 1;
        let header = BatchHeader::new(self.id, self.number, self.previous, 0, self.boots());
        let batch = Batch::seal(&self.key, header, items)?;
        self.previous = batch.body_hash();
        Ok(batch)
    }

    pub(crate) fn request(&self) -> SyncRequest {
        let mut request = SyncRequest::new(self.id, 0);
        request.policy_rev = self.policy.rev;
        request.cursors = self
            .policy
            .grants
            .iter()
            .map(|grant| Cursor { grant: grant.id, seq: self.cursors.get(&grant.id).copied().unwrap_or(0) })
            .collect();
        request.batches = self.outbox.clone();
        request.head = self.head;
        request
    }

    pub(crate) fn send(&mut self, office: &Office, request: &SyncRequest) -> Result<SyncAnswer, SyncRefusal> {
        let body = request.encode()?;
        self.counter += 1;
        let seen = SeenRequest { method: "POST", path: SYNC_PATH, body: &body };
        let signature = RequestSignature::sign(&self.key, self.id, self.counter, seen)?;
        Ok(SyncAnswer::decode(&office.sync(&body, &signature, SYNC_PATH)?)?)
    }

    /// Signs a fetch of a path.
    pub(crate) fn sign_get(&mut self, path: &str) -> Outcome<String> {
        self.sign("GET", path, &[])
    }

    /// Signs a request.
    pub(crate) fn sign(&mut self, method: &str, path: &str, body: &[u8]) -> Outcome<String> {
        self.counter += 1;
        Ok(RequestSignature::sign(&self.key, self.id, self.counter, SeenRequest { method, path, body })?)
    }

    /// Asks as a phone that takes packs and has nothing yet; brings no batches.
    pub(crate) fn ask_for_packs(&mut self, office: &Office) -> Outcome<SyncAnswer> {
        let mut request = self.request();
        request.caps |= CAP_TAKES_PACKS;
        request.batches = Vec::new();
        Ok(self.send(office, &request)?)
    }

    /// Syncs until nothing is left, and returns the last answer with all statuses that are not ok.
    pub(crate) fn sync(&mut self, office: &Office) -> Outcome<Synced> {
        self.seal()?;
        let mut synced = Synced::default();
        loop {
            let request = self.request();
            let answer = self.send(office, &request)?;
            for receipt in &answer.receipts {
                let mut whole = receipt.clone();
                let batch = self.outbox.iter().find(|batch| batch.body_hash() == receipt.leaf.body).ok_or("a receipt of another batch")?;
                whole.cose.clone_from(&batch.cose);
                whole.verify(&self.server_key)?;
            }
            synced.take(&answer);
            self.outbox.clear();
            let more = answer.more;
            self.apply(answer)?;
            synced.requests += 1;
            if !more {
                return Ok(synced);
            }
        }
    }

    pub(crate) fn apply(&mut self, answer: SyncAnswer) -> Outcome {
        answer.head.verify(&self.server_key)?;
        self.head = Some((answer.head.head().size, answer.head.head().root));
        self.anchor(answer.server_time_ms);
        if let Some(policy) = answer.policy {
            self.policy = policy;
        }
        for pulled in answer.pulled {
            assert_eq!(pulled.from, self.cursors.get(&pulled.grant).copied().unwrap_or(0), "a pull goes on where the last one ended");
            for item in pulled.items {
                self.by.insert(item.device, item.by);
                self.starts.insert(item.record, item.start);
                match self.documents.get_mut(&item.record) {
                    Some(document) => document.apply_trusted(&item.bytes)?,
                    None => _ = self.documents.insert(item.record, Document::load(item.record, &item.bytes)?),
                }
            }
            self.cursors.insert(pulled.grant, pulled.to);
        }
        Ok(())
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.documents.values().filter_map(|document| Some(document.header().ok()?.kind)).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    pub(crate) fn note_of(&self, household: Id) -> Outcome<daohu_record::View> {
        let kind = kinds::find("household").ok_or("no such kind")?;
        Ok(self.documents.get(&household).ok_or("not here")?.view(kind))
    }
}

/// What a sync brought.
#[derive(Debug, Default)]
pub(crate) struct Synced {
    pub(crate) requests: usize,
    pub(crate) ok: u32,
    pub(crate) codes: Vec<String>,
    pub(crate) pulled: usize,
    pub(crate) receipts: usize,
    pub(crate) policy: bool,
    pub(crate) leaves: Vec<Vec<u8>>,
}

impl Synced {
    fn take(&mut self, answer: &SyncAnswer) {
        self.ok += answer.statuses.iter().map(|status| status.ok).sum::<u32>();
        self.codes.extend(answer.statuses.iter().flat_map(|status| status.items.iter().map(|item| item.code.clone())));
        self.pulled += answer.pulled.iter().map(|pulled| pulled.items.len()).sum::<usize>();
        self.receipts += answer.receipts.len();
        self.policy |= answer.policy.is_some();
        self.leaves.extend(answer.receipts.iter().map(|receipt| receipt.leaf.to_cbor()));
    }
}
