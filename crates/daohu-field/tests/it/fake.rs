//! A server small enough to read: devices, one log a place, batches, receipts over a tree of hashes. It judges with
//! the same guard as the real one and keeps everything in memory.

use daohu_domain::{
    id::Id,
    kind::{Fields, Json, Kind},
    kinds,
    permission::{Act, Grant, may},
    place::Place,
    time::{Anchor, Stamp, evidence, evidence_of_claim},
    validate::instant_of,
};
use daohu_field::{Request, Response};
use daohu_record::{Document, GuardContext, Header, Limits, guard};
use daohu_wire::{
    Batch, BatchHeader, BatchStatus, ClockKind, DeviceKey, EnrolAnswer, EnrolRequest, GrantView, ItemStatus, KnownDevice, KnownPlace, Leaf,
    PlaceRange, Policy, Pulled, PulledItem, Receipt, RequestSignature, Revoked, SealKey, ServerConfig, SignedHead, Start, SyncAnswer,
    SyncRequest, item::TYPE_CHANGE, merkle, request_signature::SeenRequest,
};
use serde_json::json;
use std::collections::HashMap;

pub(crate) const TOWN: &str = "610802209000";
pub(crate) const VILLAGE: &str = "610802209201";

pub(crate) fn place(code: &str) -> Place {
    code.parse().unwrap()
}

#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) record: Id,
    pub(crate) bytes: Vec<u8>,
    pub(crate) device: Id,
    pub(crate) household: Option<Id>,
    pub(crate) reference: bool,
    pub(crate) received_ms: i64,
    pub(crate) start: Option<Start>,
}

#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: Id,
    pub(crate) person: Id,
    pub(crate) name: String,
    pub(crate) grants: Vec<GrantView>,
    pub(crate) revoked: Vec<Revoked>,
    /// Grants that ended and under which unsent work is still accepted.
    pub(crate) inbox: Vec<GrantView>,
    pub(crate) rev: u64,
}

#[derive(Clone)]
struct Known {
    user: usize,
    key: [u8; 32],
}

#[derive(Clone)]
struct Taken {
    hash: [u8; 32],
    index: u64,
    leaf: Leaf,
    codes: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) key: DeviceKey,
    pub(crate) seal: SealKey,
    pub(crate) own: Id,
    pub(crate) now_ms: i64,
    pub(crate) epoch: u64,
    pub(crate) users: Vec<User>,
    devices: HashMap<Id, Known>,
    pub(crate) logs: HashMap<Place, Vec<Row>>,
    pub(crate) documents: HashMap<Id, Document>,
    leaves: Vec<[u8; 32]>,
    batches: HashMap<(Id, u64), Taken>,
    last: HashMap<Id, (u64, [u8; 32])>,
    next_grant: u64,
    pub(crate) requests: Vec<SyncRequest>,
    pub(crate) sealed: Vec<Vec<u8>>,
    pub(crate) store_keys: Vec<Option<Vec<u8>>>,
    pub(crate) closed: Option<(u16, &'static str)>,
    pub(crate) taken_ids: u32,
}

impl Fake {
    pub(crate) fn new(now_ms: i64) -> Self {
        Self {
            key: DeviceKey::from_seed(&[7; 32]),
            seal: SealKey::from_bytes(&[9; 32]).unwrap(),
            own: Id::from_bytes([0xAA; 16]),
            now_ms,
            epoch: 1,
            users: Vec::new(),
            devices: HashMap::new(),
            logs: HashMap::new(),
            documents: HashMap::new(),
            leaves: Vec::new(),
            batches: HashMap::new(),
            last: HashMap::new(),
            next_grant: 1,
            requests: Vec::new(),
            sealed: Vec::new(),
            store_keys: Vec::new(),
            closed: None,
            taken_ids: 0,
        }
    }

    /// Adds a user; the code `CODE-n` enrols its devices.
    pub(crate) fn user(&mut self, person: Id, name: &str) -> usize {
        let id = Id::v7(self.now_ms, [self.users.len() as u8 + 1; 10]);
        self.users.push(User { id, person, name: name.to_owned(), grants: Vec::new(), revoked: Vec::new(), inbox: Vec::new(), rev: 1 });
        let user = self.users.len() - 1;
        self.grant(user, None, TOWN, None);
        user
    }

    pub(crate) fn grant(&mut self, user: usize, role: Option<&str>, code: &str, household: Option<Id>) -> u64 {
        let id = self.next_grant;
        self.next_grant += 1;
        let view = GrantView { id, role: role.map(str::to_owned), place: place(code), household, reference: role.is_none() };
        self.users[user].grants.push(view);
        self.users[user].rev += 1;
        id
    }

    pub(crate) fn revoke(&mut self, user: usize, grant: u64) {
        let until_ms = self.now_ms + 30 * 86_400_000;
        let one = &mut self.users[user];
        let (ended, standing): (Vec<_>, Vec<_>) = std::mem::take(&mut one.grants).into_iter().partition(|view| view.id == grant);
        one.grants = standing;
        one.inbox.extend(ended);
        one.revoked.push(Revoked { grant, at_seq: 0, until_ms, reason: "pairing_ended".to_owned() });
        one.rev += 1;
    }

    /// Writes a record by the office's own device.
    pub(crate) fn write(&mut self, kind: &str, code: &str, household: Option<Id>, fields: Json) -> Id {
        let kind = kinds::find(kind).unwrap();
        let n = self.documents.len() as u16;
        let mut random = [1; 10];
        random[..2].copy_from_slice(&n.to_be_bytes());
        let id = Id::v7(self.now_ms, random);
        let subject = if kind.name == "household" { Some(id) } else { household };
        let header = Header { id, kind: kind.name.to_owned(), place: place(code), subject, by: self.own };
        let Json::Object(fields) = fields else { panic!("fields are an object") };
        let (document, change) = Document::create(&header, kind, &fields, None, self.own, self.now_ms).unwrap();
        self.documents.insert(id, document);
        self.append(&header, kind, change.bytes, (self.own, None));
        id
    }

    /// Edits a record by the office's own device.
    pub(crate) fn edit(&mut self, record: Id, writes: Json) {
        let mut document = self.documents.remove(&record).unwrap();
        let header = document.header().unwrap();
        let kind = kinds::find(&header.kind).unwrap();
        let Json::Object(writes) = writes else { panic!("fields are an object") };
        let change = document.edit(kind, &writes, self.own, self.now_ms).unwrap();
        self.documents.insert(record, document);
        self.append(&header, kind, change.bytes, (self.own, None));
    }

    fn append(&mut self, header: &Header, kind: &Kind, change: Vec<u8>, from: (Id, Option<Start>)) -> u64 {
        let log = self.logs.entry(header.place).or_default();
        log.push(Row {
            record: header.id,
            bytes: change,
            device: from.0,
            household: header.subject,
            reference: kind.reference,
            received_ms: self.now_ms,
            start: from.1,
        });
        log.len() as u64
    }

    /// Adds a change to the log as it is, unguarded: what a broken server would send.
    pub(crate) fn forge(&mut self, code: &str, record: Id, bytes: Vec<u8>) {
        let household = self.documents.get(&record).and_then(|document| document.header().unwrap().subject);
        let row = Row { record, bytes, device: self.own, household, reference: false, received_ms: self.now_ms, start: None };
        self.logs.entry(place(code)).or_default().push(row);
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.documents.values().filter(|document| document.header().unwrap().kind == kind).count()
    }

    pub(crate) fn handle(&mut self, request: &Request) -> Response {
        if let Some((status, code)) = self.closed {
            return problem(status, code);
        }
        match request.path.as_str() {
            "/v1/config" => {
                let config = ServerConfig::new(&self.key.public(), &self.seal.public(), self.epoch, ClockKind::Set, self.now_ms);
                ok(config.to_json().unwrap().into_bytes())
            }
            "/v1/enrol" => self.enrol(&request.body),
            "/v1/sync" => self.sync(request),
            _ => problem(404, "not_found"),
        }
    }

    fn enrol(&mut self, body: &[u8]) -> Response {
        let Ok(request) = EnrolRequest::open(body) else { return problem(400, "bad_signature") };
        let Some(user) = request.code.strip_prefix("CODE-").and_then(|n| n.parse::<usize>().ok()) else {
            return problem(403, "code_unknown");
        };
        if self.taken_ids > 0 {
            self.taken_ids -= 1;
            return problem(409, "device_id_taken");
        }
        self.store_keys.push(request.store_key_sealed.clone());
        self.devices.insert(request.device, Known { user, key: request.public_key });
        let policy = self.policy(user);
        let user = &self.users[user];
        let roles: Vec<String> = user.grants.iter().filter_map(|view| view.role.clone()).collect();
        let answer = EnrolAnswer {
            device: request.device,
            user: user.id,
            person: user.person,
            name: user.name.clone(),
            role: roles.first().cloned().unwrap_or_default(),
            roles,
            server_key: self.key.public(),
            seal_key: self.seal.public(),
            policy,
            server_time_ms: self.now_ms,
            epoch: self.epoch,
        };
        ok(answer.encode())
    }

    pub(crate) fn policy(&self, user: usize) -> Policy {
        let one = &self.users[user];
        let known = |code: &str, name: &str, level: &str, parent: Option<&str>| KnownPlace {
            place: place(code),
            name: name.to_owned(),
            level: level.to_owned(),
            parent: parent.map(place),
        };
        let devices = self.devices.iter().map(|(device, known)| KnownDevice {
            device: *device,
            person: self.users[known.user].person,
            name: self.users[known.user].name.clone(),
        });
        Policy {
            rev: one.rev + self.devices.len() as u64,
            grants: one.grants.clone(),
            revoked: one.revoked.clone(),
            config: String::new(),
            places: vec![known(TOWN, "红石桥乡", "town", None), known(VILLAGE, "左界村", "village", Some(TOWN))],
            devices: devices.collect(),
        }
    }

    fn head(&self) -> SignedHead {
        SignedHead::sign(&self.key, self.leaves.len() as u64, merkle::root(&self.leaves), self.now_ms, ClockKind::Set).unwrap()
    }

    fn sync(&mut self, request: &Request) -> Response {
        let header = request.headers.iter().find(|(name, _)| name == "daohu-signature").map(|(_, value)| value.clone());
        let Ok(signature) = RequestSignature::read(&header.unwrap_or_default()) else { return problem(401, "bad_signature") };
        let Some(known) = self.devices.get(&signature.device) else { return problem(401, "unknown_device") };
        let seen = SeenRequest { method: "POST", path: "/v1/sync", body: &request.body };
        if signature.verify(&known.key, seen).is_err() {
            return problem(401, "bad_signature");
        }
        let (user, key) = (known.user, known.key);
        let asked = SyncRequest::decode(&request.body).unwrap();
        let mut statuses = Vec::new();
        let mut receipts = Vec::new();
        for batch in &asked.batches {
            let Ok(number) = self.take(user, &key, batch) else { return problem(409, "batch_fork") };
            let taken = &self.batches[&(asked.device, number)];
            let others = taken.codes.iter().enumerate().filter(|(_, code)| *code != "ok");
            let items: Vec<ItemStatus> = others.map(|(index, code)| ItemStatus { index: index as u32, code: code.clone() }).collect();
            statuses.push(BatchStatus { batch: number, ok: (taken.codes.len() - items.len()) as u32, items });
            receipts.push((taken.leaf.clone(), taken.index));
        }
        let head = self.head();
        let mut answer = SyncAnswer::new(self.epoch, self.now_ms, head.clone(), 1024 * 1024);
        answer.receipts = receipts
            .into_iter()
            .map(|(leaf, index)| Receipt {
                leaf,
                index,
                path: merkle::inclusion_path(&self.leaves, index as usize).unwrap(),
                head: head.clone(),
                cose: Vec::new(),
                items: Vec::new(),
                codes: Vec::new(),
            })
            .collect();
        answer.statuses = statuses;
        if let Some((size, _)) = asked.head {
            answer.consistency = consistency(&self.leaves, size as usize);
        }
        self.pull(&asked, user, &mut answer);
        let policy = self.policy(user);
        if policy.rev != asked.policy_rev {
            answer.policy = Some(policy);
        }
        self.requests.push(asked);
        ok(answer.encode().unwrap())
    }

    fn pull(&self, asked: &SyncRequest, user: usize, answer: &mut SyncAnswer) {
        let mut left = asked.max_bytes as usize * 2;
        for grant in &self.users[user].grants {
            let from = asked.cursors.iter().find(|cursor| cursor.grant == grant.id).map_or(0, |cursor| cursor.seq);
            let empty = Vec::new();
            let log = self.logs.get(&grant.place).unwrap_or(&empty);
            let mut items = Vec::new();
            let mut to = from;
            for row in log.iter().skip(from as usize) {
                if left == 0 {
                    answer.more = true;
                    break;
                }
                to += 1;
                let covered = if grant.reference { row.reference } else { grant.household.is_none() || grant.household == row.household };
                let wanted = row.device != asked.device || asked.caps & daohu_wire::request::CAP_WANT_OWN != 0;
                if covered && wanted {
                    left = left.saturating_sub(row.bytes.len());
                    items.push(PulledItem {
                        record: row.record,
                        place: grant.place,
                        device: row.device,
                        by: self.devices.get(&row.device).map_or(row.device, |known| self.users[known.user].person),
                        received_ms: row.received_ms,
                        start: row.start,
                        bytes: row.bytes.clone(),
                    });
                }
            }
            if to != from {
                answer.pulled.push(Pulled { grant: grant.id, from, to, items });
            }
        }
    }

    fn take(&mut self, user: usize, key: &[u8; 32], batch: &Batch) -> Result<u64, ()> {
        let header = batch.open(key).map_err(|_| ())?;
        if let Some(known) = self.batches.get(&(header.device, header.number)) {
            return if known.hash == batch.body_hash() { Ok(header.number) } else { Err(()) };
        }
        let (number, previous) = self.last.get(&header.device).copied().unwrap_or((0, [0; 32]));
        if header.number != number + 1 || header.previous != previous {
            return Err(());
        }
        let mut codes = Vec::new();
        let mut ranges: Vec<PlaceRange> = Vec::new();
        for item in &batch.items {
            let code = if item.typ == TYPE_CHANGE {
                match self.judge(user, &header, item) {
                    Ok(seq) => {
                        match ranges.iter_mut().find(|range| range.place == item.place) {
                            Some(range) => range.last_seq = seq,
                            None => ranges.push(PlaceRange { place: item.place, first_seq: seq, last_seq: seq }),
                        }
                        "ok".to_owned()
                    }
                    Err(code) => code,
                }
            } else {
                self.sealed.push(item.bytes.clone());
                "ok".to_owned()
            };
            codes.push(code);
        }
        let leaf = Leaf::batch(batch.body_hash(), self.now_ms, ranges, header.device, header.number);
        self.leaves.push(leaf.hash());
        let index = self.leaves.len() as u64 - 1;
        self.last.insert(header.device, (header.number, batch.body_hash()));
        self.batches.insert((header.device, header.number), Taken { hash: batch.body_hash(), index, leaf, codes });
        Ok(header.number)
    }

    fn judge(&mut self, user: usize, header: &BatchHeader, item: &daohu_wire::Item) -> Result<u64, String> {
        let user = &self.users[user];
        let grants: Vec<Grant> = user
            .grants
            .iter()
            .chain(&user.inbox)
            .filter_map(|view| Some(Grant { role: view.role.as_ref()?.parse().ok()?, place: view.place, household: view.household }))
            .collect();
        let allowed = |kind: &Kind, act: Act<'_>, of: &Header| may(kind, act, &grants, of.place, of.subject);
        let context = GuardContext {
            kind_of: &kinds::find,
            device: header.device,
            record: item.record,
            place: item.place,
            may: &allowed,
            limits: Limits::default(),
        };
        let accepted = guard(self.documents.get(&item.record), &item.bytes, &context).map_err(|refusal| refusal.code.to_owned())?;
        let kind = kinds::find(&accepted.header.kind).unwrap();
        let start = start_of(&accepted.document, kind, header);
        self.documents.insert(item.record, accepted.document);
        Ok(self.append(&accepted.header, kind, item.bytes.clone(), (header.device, start)))
    }

    /// Goes back to an earlier state, as a server does that was restored from a backup.
    pub(crate) fn restore(&mut self, leaves: usize) {
        let gone: Vec<(Id, u64)> = self.batches.iter().filter(|(_, taken)| taken.index >= leaves as u64).map(|(key, _)| *key).collect();
        let cut: Vec<PlaceRange> = gone.iter().flat_map(|key| self.batches[key].leaf.places.clone()).collect();
        for key in gone {
            self.batches.remove(&key);
        }
        self.leaves.truncate(leaves);
        for range in cut {
            let log = self.logs.get_mut(&range.place).unwrap();
            for row in log.drain(range.first_seq as usize - 1..) {
                self.documents.remove(&row.record);
            }
        }
        let kept: Vec<(Id, Vec<u8>)> = self.logs.values().flatten().map(|row| (row.record, row.bytes.clone())).collect();
        self.documents.clear();
        for (record, bytes) in kept {
            match self.documents.get_mut(&record) {
                Some(document) => document.apply_trusted(&bytes).unwrap(),
                None => drop(self.documents.insert(record, Document::load(record, &bytes).unwrap())),
            }
        }
        self.last.clear();
        let mut batches: Vec<_> = self.batches.iter().map(|((device, number), taken)| (*device, *number, taken.hash)).collect();
        batches.sort();
        for (device, number, hash) in batches {
            self.last.insert(device, (number, hash));
        }
    }

    /// Says what a document holds.
    pub(crate) fn fields(&self, record: Id) -> Fields {
        let document = &self.documents[&record];
        document.view(kinds::find(&document.header().unwrap().kind).unwrap()).fields
    }

    pub(crate) fn user_of(&self, person: Id) -> usize {
        self.users.iter().position(|user| user.person == person).unwrap()
    }
}

fn start_of(document: &Document, kind: &Kind, header: &BatchHeader) -> Option<Start> {
    let view = document.view(kind);
    let start = instant_of(&view.fields, "start")?;
    let stamp: Stamp = view.events.iter().find(|event| event.name == "submit")?.stamp;
    let boots = header.boots.iter().filter(|boot| boot.number == stamp.boot);
    let anchors: Vec<Anchor> =
        boots.flat_map(|boot| &boot.anchors).map(|one| Anchor { server_ms: one.server_ms, mono_ms: one.mono_ms }).collect();
    let of_stamp = evidence(&stamp, &anchors, None, None);
    Some(match evidence_of_claim(start, &stamp, &of_stamp) {
        daohu_domain::time::Evidence::Trusted(at) => Start::Trusted(at.0),
        _ => Start::None,
    })
}

/// The path by which a tree shows that an earlier one is its beginning, straight from RFC 6962, 2.1.2.
fn consistency(leaves: &[[u8; 32]], old: usize) -> Vec<[u8; 32]> {
    fn sub(old: usize, leaves: &[[u8; 32]], whole: bool) -> Vec<[u8; 32]> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![merkle::root(leaves)] };
        }
        let split = leaves.len().next_power_of_two() / if leaves.len().is_power_of_two() { 2 } else { 1 };
        let split = if split >= leaves.len() { split / 2 } else { split };
        let (left, right) = leaves.split_at(split);
        if old <= split {
            let mut path = sub(old, left, whole);
            path.push(merkle::root(right));
            path
        } else {
            let mut path = sub(old - split, right, false);
            path.push(merkle::root(left));
            path
        }
    }
    if old == 0 || old >= leaves.len() { Vec::new() } else { sub(old, leaves, true) }
}

fn ok(body: Vec<u8>) -> Response {
    Response { status: 200, headers: Vec::new(), body }
}

pub(crate) fn problem(status: u16, code: &str) -> Response {
    let body = json!({ "type": "about:blank", "title": code, "status": status, "code": code, "zh": "", "en": "" });
    Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}
