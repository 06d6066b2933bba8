//! A leaf of the log: what the server says it received, when, and where it put it.
//!
//! Deterministic CBOR (RFC 8949, 4.2.1). The leaf hash is SHA-256(0x00 ‖ CBOR), so a leaf that was written in another form is
//! another leaf.

use crate::{
    codec::{MapWriter, Reader, required},
    error::WireError,
    head::ClockKind,
    limits::PLACES_PER_BATCH_MAX,
    merkle::{Hash, leaf_hash, sha256},
    sign::PublicKey,
};
use daohu_domain::{id::Id, place::Place};

/// Says what a leaf stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafType {
    /// A batch of a device.
    Batch,
    /// A segment of the audit log.
    AuditSegment,
    /// A start of the server, with its key and its kind of clock.
    ServerStart,
}

impl LeafType {
    const fn number(self) -> u64 {
        match self {
            Self::Batch => 1,
            Self::AuditSegment => 2,
            Self::ServerStart => 3,
        }
    }
}

/// The sequence numbers that a batch took in one place's log, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceRange {
    /// The place.
    pub place: Place,
    /// The first number.
    pub first_seq: u64,
    /// The last number.
    pub last_seq: u64,
}

/// One leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// What it stands for.
    pub typ: LeafType,
    /// SHA-256 over the body: the batch's COSE_Sign1, the audit segment, or the server's key.
    pub body: Hash,
    /// When the server received it, milliseconds since 1970.
    pub received_at_ms: i64,
    /// Where its items went; empty but for batches, and for batches whose items were all refused.
    pub places: Vec<PlaceRange>,
    /// The device, for 2 and 3 the server's own.
    pub device: Id,
    /// The device's batch number, for 2 the segment's number, for 3 zero.
    pub batch: u64,
    /// The log's key and the kind of clock, for a server start only.
    pub start: Option<(PublicKey, ClockKind)>,
}

impl Leaf {
    /// Makes the leaf of a server start.
    #[must_use]
    pub fn server_start(received_at_ms: i64, device: Id, log_key: PublicKey, clock: ClockKind) -> Self {
        let body = sha256(&[&log_key]);
        Self { typ: LeafType::ServerStart, body, received_at_ms, places: Vec::new(), device, batch: 0, start: Some((log_key, clock)) }
    }

    /// Makes the leaf of a batch.
    #[must_use]
    pub const fn batch(body: Hash, received_at_ms: i64, places: Vec<PlaceRange>, device: Id, batch: u64) -> Self {
        Self { typ: LeafType::Batch, body, received_at_ms, places, device, batch, start: None }
    }

    /// Returns the deterministic CBOR.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).uint(self.typ.number());
        map.key(2).bytes(&self.body);
        map.key(3).int(self.received_at_ms);
        let places = map.key(4).array(self.places.len());
        for range in &self.places {
            places.array(3).place(range.place).uint(range.first_seq).uint(range.last_seq);
        }
        map.key(5).id(&self.device);
        map.key(6).uint(self.batch);
        if let Some((key, clock)) = &self.start {
            map.key(7).bytes(key);
            map.key(8).uint(clock.number());
        }
        map.finish()
    }

    /// Returns the leaf hash of RFC 6962.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.to_cbor())
    }

    /// Reads a leaf and refuses every other form of the same content.
    ///
    /// # Errors
    /// When the bytes are not one leaf in deterministic CBOR.
    pub fn from_cbor(cbor: &[u8]) -> Result<Self, WireError> {
        let leaf = Reader::whole(cbor, read_leaf)?;
        if leaf.to_cbor() == cbor { Ok(leaf) } else { Err(WireError::BadFrame("a leaf in another form")) }
    }
}

fn read_leaf(reader: &mut Reader<'_>) -> Result<Leaf, WireError> {
    let (mut typ, mut body, mut received, mut places) = (None, None, None, None);
    let (mut device, mut batch, mut log_key, mut clock) = (None, None, None, None);
    reader.map(|key, reader| {
        match key {
            1 => typ = Some(leaf_type(reader.uint()?)?),
            2 => body = Some(reader.fixed()?),
            3 => received = Some(reader.int()?),
            4 => places = Some(reader.list("places of a leaf", PLACES_PER_BATCH_MAX, read_range)?),
            5 => device = Some(reader.id()?),
            6 => batch = Some(reader.uint()?),
            7 => log_key = Some(reader.fixed()?),
            8 => clock = Some(ClockKind::from_number(reader.uint()?)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let typ = required(typ)?;
    let start = match (typ, log_key, clock) {
        (LeafType::ServerStart, Some(key), Some(clock)) => Some((key, clock)),
        (LeafType::Batch | LeafType::AuditSegment, None, None) => None,
        _ => return Err(WireError::BadFrame("a leaf whose keys do not fit its type")),
    };
    Ok(Leaf {
        typ,
        body: required(body)?,
        received_at_ms: required(received)?,
        places: required(places)?,
        device: required(device)?,
        batch: required(batch)?,
        start,
    })
}

const fn leaf_type(number: u64) -> Result<LeafType, WireError> {
    match number {
        1 => Ok(LeafType::Batch),
        2 => Ok(LeafType::AuditSegment),
        3 => Ok(LeafType::ServerStart),
        _ => Err(WireError::BadFrame("an unknown type of leaf")),
    }
}

fn read_range(reader: &mut Reader<'_>) -> Result<PlaceRange, WireError> {
    reader.tuple(3, |reader| Ok(PlaceRange { place: reader.place()?, first_seq: reader.uint()?, last_seq: reader.uint()? }))
}
