//! The body of an answer of `POST /v1/sync`: receipts, what is new, the signed head, and how to go on.

use crate::{
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    head::SignedHead,
    limits::{
        ANSWER_BYTES_MAX, ANSWER_INFLATED_BYTES_MAX, BATCH_ITEMS_MAX, CHANGE_BYTES_MAX, DEVICES_MAX, GRANTS_MAX, HEAD_BYTES_MAX,
        PLACES_MAX, PROOF_HASHES_MAX, PULLED_ITEMS_MAX, RECEIPTS_MAX, SLUG_BYTES_MAX,
    },
    merkle::Hash,
    pack::PackOffer,
    policy::Policy,
    receipt::Receipt,
    request::limit,
    zip::{deflate, inflate},
};
use daohu_domain::{id::Id, place::Place};
use std::{collections::HashMap, hash::Hash as HashKey};

/// What became of one item that is not simply `ok`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemStatus {
    /// The item's position in its batch.
    pub index: u32,
    /// The item code.
    pub code: String,
}

/// What became of the items of one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchStatus {
    /// The batch number.
    pub batch: u64,
    /// How many items are `ok`; these are not listed.
    pub ok: u32,
    /// The others.
    pub items: Vec<ItemStatus>,
}

/// When a visit began, as the server computed it from the header of the batch that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this instant, trusted.
    Trusted(i64),
    /// Somewhere between these two instants.
    Between(i64, i64),
    /// There is no evidence.
    None,
}

/// One change that other devices wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledItem {
    /// The record.
    pub record: Id,
    /// Its place.
    pub place: Place,
    /// The device that handed it in.
    pub device: Id,
    /// The person behind that device.
    pub by: Id,
    /// When the server received it.
    pub received_ms: i64,
    /// When what it tells of began, where the change tells of something that began.
    pub start: Option<Start>,
    /// The raw change.
    pub bytes: Vec<u8>,
}

/// What is new under one grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The grant.
    pub grant: u64,
    /// The cursor of the request.
    pub from: u64,
    /// The cursor after these items; it moves over items that the device does not get too.
    pub to: u64,
    /// The items in the order of the place's log.
    pub items: Vec<PulledItem>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncAnswer {
    /// The epoch of the server's store; another one than known means: begin the cursors anew.
    pub epoch: u64,
    /// The server's time.
    pub server_time_ms: i64,
    /// The signed head of the log.
    pub head: SignedHead,
    /// The proof that the request's head is the beginning of this one; empty where none was due.
    pub consistency: Vec<Hash>,
    /// How big the next request and answer may be.
    pub max_bytes: u32,
    /// How long to wait before the next request; 0 for not at all.
    pub retry_after_s: u32,
    /// Says that there is more to pull now.
    pub more: bool,
    /// Receipts for batches of this device.
    pub receipts: Vec<Receipt>,
    /// What became of the items, for each batch of the request.
    pub statuses: Vec<BatchStatus>,
    /// What is new.
    pub pulled: Vec<Pulled>,
    /// The policy, when its revision is not the request's.
    pub policy: Option<Policy>,
    /// Packs instead of rows, for grants of which the device has nothing yet.
    pub packs: Vec<PackOffer>,
    /// The additive digest of all records under the device's grants, where it was wished for and nothing is left to pull.
    pub digest: Option<Hash>,
}

impl SyncAnswer {
    /// Begins an answer that brings nothing.
    #[must_use]
    pub const fn new(epoch: u64, server_time_ms: i64, head: SignedHead, max_bytes: u32) -> Self {
        Self {
            epoch,
            server_time_ms,
            head,
            consistency: Vec::new(),
            max_bytes,
            retry_after_s: 0,
            more: false,
            receipts: Vec::new(),
            statuses: Vec::new(),
            pulled: Vec::new(),
            policy: None,
            packs: Vec::new(),
            digest: None,
        }
    }

    /// Returns the body: CBOR, then zstd.
    ///
    /// # Errors
    /// `too_big` when a limit of the receiver would be exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        limit("pulled items", self.pulled.iter().map(|pulled| pulled.items.len()).sum(), PULLED_ITEMS_MAX)?;
        limit("receipts", self.receipts.len(), RECEIPTS_MAX)?;
        let plain = self.to_cbor();
        limit("an answer after inflating", plain.len(), ANSWER_INFLATED_BYTES_MAX)?;
        let body = deflate(&plain)?;
        limit("an answer", body.len(), ANSWER_BYTES_MAX)?;
        Ok(body)
    }

    /// Reads a body. The head's signature is not checked here.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        limit("an answer", body.len(), ANSWER_BYTES_MAX)?;
        let plain = inflate(body, "an answer after inflating", ANSWER_INFLATED_BYTES_MAX)?;
        Self::from_cbor(&plain)
    }

    /// Returns the CBOR before compression.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut names = Names::new();
        let pulled: Vec<Vec<u8>> = self.pulled.iter().map(|pulled| names.write(pulled)).collect();
        let mut map = MapWriter::new();
        map.key(1).uint(self.epoch);
        map.key(2).int(self.server_time_ms);
        map.key(3).bytes(self.head.cose());
        if !self.consistency.is_empty() {
            map.key(4).hashes(&self.consistency);
        }
        map.key(5).uint(u64::from(self.max_bytes));
        if self.retry_after_s != 0 {
            map.key(6).uint(u64::from(self.retry_after_s));
        }
        if self.more {
            map.key(7).bool(true);
        }
        if !pulled.is_empty() {
            write_names(&mut map, (8, 9), &names);
        }
        if !self.receipts.is_empty() {
            write_all(map.key(10), self.receipts.iter().map(|receipt| receipt.to_cbor(Some(&self.head))));
        }
        if !self.statuses.is_empty() {
            write_all(map.key(11), self.statuses.iter().map(write_status));
        }
        if !pulled.is_empty() {
            write_all(map.key(12), pulled.into_iter());
        }
        if let Some(policy) = &self.policy {
            map.key(13).raw(&policy.to_cbor());
        }
        if let Some(digest) = &self.digest {
            map.key(14).bytes(digest);
        }
        if !self.packs.is_empty() {
            write_all(map.key(16), self.packs.iter().map(PackOffer::to_cbor));
        }
        map.finish()
    }

    /// Reads the CBOR after inflating.
    ///
    /// # Errors
    /// As [`SyncAnswer::decode`].
    pub fn from_cbor(plain: &[u8]) -> Result<Self, WireError> {
        Reader::whole(plain, read_answer)
    }
}

pub(crate) fn write_all(writer: &mut Writer, all: impl ExactSizeIterator<Item = Vec<u8>>) {
    writer.array(all.len());
    for cbor in all {
        writer.raw(&cbor);
    }
}

/// Writes the dictionaries of places and of ids under two keys.
pub(crate) fn write_names(map: &mut MapWriter, (places_key, ids_key): (u64, u64), names: &Names) {
    let places = map.key(places_key).array(names.places.order.len());
    for place in &names.places.order {
        places.place(*place);
    }
    let ids = map.key(ids_key).array(names.ids.order.len());
    for id in &names.ids.order {
        ids.id(id);
    }
}

fn write_status(status: &BatchStatus) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(3).uint(status.batch).uint(u64::from(status.ok)).array(status.items.len());
    for item in &status.items {
        writer.array(2).uint(u64::from(item.index)).text(&item.code);
    }
    writer.finish()
}

/// Values that many items repeat, each written once and then named by its position.
struct Dictionary<T> {
    order: Vec<T>,
    positions: HashMap<T, u64>,
}

impl<T: Copy + Eq + HashKey> Dictionary<T> {
    fn new() -> Self {
        Self { order: Vec::new(), positions: HashMap::new() }
    }

    fn position(&mut self, value: T) -> u64 {
        let next = u64::try_from(self.order.len()).unwrap_or(u64::MAX);
        let position = *self.positions.entry(value).or_insert(next);
        if position == next {
            self.order.push(value);
        }
        position
    }
}

pub(crate) struct Names {
    places: Dictionary<Place>,
    ids: Dictionary<Id>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self { places: Dictionary::new(), ids: Dictionary::new() }
    }

    pub(crate) fn write(&mut self, pulled: &Pulled) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).uint(pulled.grant);
        map.key(2).uint(pulled.from);
        map.key(3).uint(pulled.to);
        if !pulled.items.is_empty() {
            let items = map.key(4).array(pulled.items.len());
            let mut before = 0;
            for item in &pulled.items {
                items.array(7).id(&item.record).uint(self.places.position(item.place));
                items.uint(self.ids.position(item.device)).uint(self.ids.position(item.by));
                // Differences are short: items of one batch were received at one instant.
                items.int(item.received_ms.wrapping_sub(before));
                before = item.received_ms;
                write_start(items, item);
                items.bytes(&item.bytes);
            }
        }
        map.finish()
    }
}

/// A start is null, or an array of no, one or two instants, each as the time by which it was before the receipt.
pub(crate) fn write_start(writer: &mut Writer, item: &PulledItem) {
    let before_receipt = |at: i64| item.received_ms.wrapping_sub(at);
    match item.start {
        None => writer.null(),
        Some(Start::None) => writer.array(0),
        Some(Start::Trusted(at)) => writer.array(1).int(before_receipt(at)),
        Some(Start::Between(from, to)) => writer.array(2).int(before_receipt(from)).int(before_receipt(to)),
    };
}

pub(crate) fn read_start(reader: &mut Reader<'_>, received_ms: i64) -> Result<Option<Start>, WireError> {
    let instants = reader.optional(|reader| reader.list("instants of a start", 2, Reader::int))?;
    Ok(instants.map(|instants| match instants.as_slice() {
        [] => Start::None,
        [at] => Start::Trusted(received_ms.wrapping_sub(*at)),
        [from, to, ..] => Start::Between(received_ms.wrapping_sub(*from), received_ms.wrapping_sub(*to)),
    }))
}

pub(crate) fn read_pulled(reader: &mut Reader<'_>, places: &[Place], ids: &[Id], left: &mut usize) -> Result<Pulled, WireError> {
    let (mut grant, mut from, mut to, mut items) = (None, None, None, Vec::new());
    reader.map(|key, reader| {
        match key {
            1 => grant = Some(reader.uint()?),
            2 => from = Some(reader.uint()?),
            3 => to = Some(reader.uint()?),
            4 => {
                let mut before = 0;
                items = reader.list("pulled items", *left, |reader| read_pulled_item(reader, places, ids, &mut before))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    *left = left.saturating_sub(items.len());
    Ok(Pulled { grant: required(grant)?, from: required(from)?, to: required(to)?, items })
}

fn read_pulled_item(reader: &mut Reader<'_>, places: &[Place], ids: &[Id], before: &mut i64) -> Result<PulledItem, WireError> {
    reader.tuple(7, |reader| {
        let record = reader.id()?;
        let place = named(places, reader.uint()?)?;
        let (device, by) = (named(ids, reader.uint()?)?, named(ids, reader.uint()?)?);
        let received_ms = before.wrapping_add(reader.int()?);
        *before = received_ms;
        let start = read_start(reader, received_ms)?;
        let bytes = reader.bytes("a change", CHANGE_BYTES_MAX)?.to_vec();
        Ok(PulledItem { record, place, device, by, received_ms, start, bytes })
    })
}

fn named<T: Copy>(all: &[T], position: u64) -> Result<T, WireError> {
    let found = usize::try_from(position).ok().and_then(|position| all.get(position));
    found.copied().ok_or(WireError::BadFrame("an item names nothing of the dictionary"))
}

fn read_status(reader: &mut Reader<'_>) -> Result<BatchStatus, WireError> {
    reader.tuple(3, |reader| {
        let (batch, ok) = (reader.uint()?, reader.u32()?);
        let items = reader.list("item codes", BATCH_ITEMS_MAX, read_item_status)?;
        Ok(BatchStatus { batch, ok, items })
    })
}

pub(crate) fn read_item_status(reader: &mut Reader<'_>) -> Result<ItemStatus, WireError> {
    reader.tuple(2, |reader| Ok(ItemStatus { index: reader.u32()?, code: reader.text("a code", SLUG_BYTES_MAX)? }))
}

fn read_answer(reader: &mut Reader<'_>) -> Result<SyncAnswer, WireError> {
    let (mut epoch, mut time, mut head, mut max_bytes): (_, _, Option<SignedHead>, _) = (None, None, None, None);
    let (mut consistency, mut retry_after_s, mut more, mut policy, mut digest) = (Vec::new(), 0, false, None, None);
    let (mut places, mut ids) = (Vec::new(), Vec::new());
    let (mut receipts, mut statuses, mut pulled) = (Vec::new(), Vec::new(), Vec::new());
    let mut packs = Vec::new();
    let mut left = PULLED_ITEMS_MAX;
    reader.map(|key, reader| {
        match key {
            1 => epoch = Some(reader.uint()?),
            2 => time = Some(reader.int()?),
            3 => head = Some(SignedHead::from_cose(reader.bytes("a head", HEAD_BYTES_MAX)?)?),
            4 => consistency = reader.hashes(PROOF_HASHES_MAX)?,
            5 => max_bytes = Some(reader.u32()?),
            6 => retry_after_s = reader.u32()?,
            7 => more = reader.bool()?,
            8 => places = reader.list("places", PLACES_MAX, Reader::place)?,
            9 => ids = reader.list("ids", 2 * DEVICES_MAX, Reader::id)?,
            10 => receipts = reader.list("receipts", RECEIPTS_MAX, |reader| Receipt::read_within(reader, head.as_ref()))?,
            11 => statuses = reader.list("batches", RECEIPTS_MAX, read_status)?,
            12 => pulled = reader.list("grants", GRANTS_MAX, |reader| read_pulled(reader, &places, &ids, &mut left))?,
            13 => policy = Some(Policy::read(reader)?),
            14 => digest = Some(reader.fixed()?),
            16 => packs = reader.list("packs", GRANTS_MAX, PackOffer::read)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(SyncAnswer {
        epoch: required(epoch)?,
        server_time_ms: required(time)?,
        head: required(head)?,
        consistency,
        max_bytes: required(max_bytes)?,
        retry_after_s,
        more,
        receipts,
        statuses,
        pulled,
        policy,
        packs,
        digest,
    })
}
