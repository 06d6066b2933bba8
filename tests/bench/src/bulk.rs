//! A device without a store: it writes visits as the field core does, signs them in batches, and times nothing but the office.
//!
//! With it the office is measured alone, and big stores are made without waiting for a phone's disk.

use crate::{
    beside::Record,
    clock::{cpu_s, timed},
    report::Outcome,
    township::{SYNC, Township},
    workload::Line,
};
use daohu_domain::{id::Id, kind::Fields, kinds, time::Stamp};
use daohu_record::{Document, Event, Header};
use daohu_server::random::{self, SystemRandom};
use daohu_wire::{
    Anchor, Batch, BatchHeader, Boot, Cursor, DeviceKey, EnrolAnswer, EnrolRequest, Item, RequestSignature, SyncAnswer, SyncRequest,
    limits::{MAX_BYTES_CEILING, PROTO_MAX, PROTO_MIN},
    request::CAP_WANT_PROOF,
    request_signature::SeenRequest,
};
use std::{collections::BTreeMap, time::Duration};

/// What a person takes to hand a visit in once it is over.
const HANDS_IN_MS: i64 = 40_000;
/// Between the wall clock and the monotonic clock of this device.
const BOOTED_MS: i64 = 1_700_000_000_000;
/// How this device names its boot.
const BOOT: &str = "7c1de2a4-93b5-4f0e-8f43-0b1f5f3f9a52";

/// What one push took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pushed {
    /// How many changes.
    pub(crate) items: usize,
    /// How long the office took, from the signed body to the body of the answer.
    pub(crate) took: Duration,
    /// How long it was on a processor.
    pub(crate) cpu_s: Option<f64>,
}

/// The device.
#[derive(Debug)]
pub(crate) struct Bulk {
    id: Id,
    key: DeviceKey,
    person: Id,
    epoch: u64,
    policy_rev: u64,
    cursors: BTreeMap<u64, u64>,
    number: u64,
    previous: [u8; 32],
    counter: u64,
    head: Option<(u64, [u8; 32])>,
    now_ms: i64,
    anchor: Anchor,
    sent: Vec<Record>,
}

impl Bulk {
    /// Makes a device at an instant, enrols it, and moves its cursors over what is there already.
    pub(crate) fn enrol(township: &Township, now_ms: i64) -> Outcome<Self> {
        township.at(now_ms)?;
        let (id, seed) = (random::new_id(&SystemRandom, now_ms), random::bytes::<32>(&SystemRandom));
        let key = DeviceKey::from_seed(&seed);
        let request = EnrolRequest {
            code: township.code()?,
            device: id,
            public_key: key.public(),
            label: "bulk".to_owned(),
            store_key_sealed: None,
            proto: (PROTO_MIN, PROTO_MAX),
        };
        let answer = EnrolAnswer::decode(&township.office.enrol(&request.seal(&key)?, "127.0.0.2")?)?;
        let anchor = Anchor { server_ms: answer.server_time_ms, mono_ms: now_ms - BOOTED_MS };
        let mut bulk = Self {
            id,
            key,
            person: answer.person,
            epoch: answer.epoch,
            policy_rev: answer.policy.rev,
            cursors: answer.policy.grants.iter().map(|grant| (grant.id, 0)).collect(),
            number: 0,
            previous: [0; 32],
            counter: 0,
            head: None,
            now_ms,
            anchor,
            sent: Vec::new(),
        };
        while bulk.exchange(township, Vec::new())?.1 {}
        Ok(bulk)
    }

    /// Writes the visits of these lines and pushes them in one batch.
    pub(crate) fn push(&mut self, township: &Township, lines: &[Line]) -> Outcome<Pushed> {
        let items = lines.iter().map(|line| self.write(township, line)).collect::<Outcome<Vec<Item>>>()?;
        self.number += 1;
        let boots = vec![Boot { number: 1, id: BOOT.to_owned(), anchors: vec![self.anchor] }];
        let header = BatchHeader::new(self.id, self.number, self.previous, self.now_ms, boots);
        let batch = Batch::seal(&self.key, header, items)?;
        self.previous = batch.body_hash();
        self.sent.extend(batch.items.iter().map(|item| Record { id: item.record, change: item.bytes.clone() }));
        township.at(self.now_ms)?;
        Ok(self.exchange(township, vec![batch])?.0)
    }

    /// Returns what was pushed.
    pub(crate) fn into_sent(self) -> Vec<Record> {
        self.sent
    }

    /// Forgets what was pushed: a big store need not be held twice.
    pub(crate) fn forget_sent(&mut self) {
        self.sent.clear();
    }

    /// Returns the time on the device.
    pub(crate) const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn write(&mut self, township: &Township, line: &Line) -> Outcome<Item> {
        self.now_ms = (self.now_ms + 1).max(line.end_ms + HANDS_IN_MS);
        let home = township.home(line)?;
        let id = random::new_id(&SystemRandom, self.now_ms);
        let header = Header { id, kind: "visit".to_owned(), place: home.village, subject: Some(home.id), by: self.person };
        let stamp = Stamp { wall_ms: self.now_ms, mono_ms: self.now_ms - BOOTED_MS, boot: 1 };
        let event = Event { name: "submit".to_owned(), stamp, fields: Fields::new() };
        let kind = kinds::find("visit").ok_or("no such kind")?;
        let (_, change) = Document::create(&header, kind, &line.fields(self.person), Some(&event), self.id, self.now_ms)?;
        Ok(Item::change(id, home.village, change.bytes))
    }

    /// Sends one request; says whether there is more to pull.
    fn exchange(&mut self, township: &Township, batches: Vec<Batch>) -> Outcome<(Pushed, bool)> {
        let items = batches.iter().map(|batch| batch.items.len()).sum();
        let mut request = SyncRequest::new(self.id, self.now_ms);
        request.caps = CAP_WANT_PROOF;
        request.server_epoch = self.epoch;
        request.policy_rev = self.policy_rev;
        request.cursors = self.cursors.iter().map(|(grant, seq)| Cursor { grant: *grant, seq: *seq }).collect();
        request.max_bytes = MAX_BYTES_CEILING;
        request.batches = batches;
        request.head = self.head;
        let body = request.encode()?;
        self.counter += 1;
        let seen = SeenRequest { method: "POST", path: SYNC, body: &body };
        let signature = RequestSignature::sign(&self.key, self.id, self.counter, seen)?;
        let before = cpu_s();
        let (answered, took) = timed(|| township.office.sync(&body, &signature, SYNC));
        let cpu_s = before.zip(cpu_s()).map(|(before, after)| after - before);
        let answer = SyncAnswer::decode(&answered?)?;
        if let Some(refused) = answer.statuses.iter().flat_map(|status| &status.items).next() {
            return Err(format!("the bench's own visits were refused: {}", refused.code).into());
        }
        let ok: usize = answer.statuses.iter().map(|status| usize::try_from(status.ok).unwrap_or(0)).sum();
        if ok != items {
            return Err("the office did not say what became of every change".into());
        }
        self.cursors.extend(answer.pulled.iter().map(|pulled| (pulled.grant, pulled.to)));
        self.head = Some((answer.head.head().size, answer.head.head().root));
        if let Some(policy) = answer.policy {
            self.policy_rev = policy.rev;
        }
        Ok((Pushed { items, took, cpu_s }, answer.more))
    }
}
