//! Snapshot packs: the log of a place up to a number, cut into chunks that never change, for the first pull of a grant.
//!
//! An answer offers a pack by number, size and hash of its chunks; a device fetches them one by one, in parts where its link is poor,
//! and then goes on by rows. A chunk says no more than pulled rows would, and is believed no more.

use crate::{
    answer::{PulledItem, read_start, write_start},
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    limits::{
        CHANGE_BYTES_MAX, DEVICES_MAX, PACK_CHUNK_BYTES_MAX, PACK_CHUNK_INFLATED_BYTES_MAX, PACK_CHUNKS_MAX, PACK_OFFER_BYTES_MAX,
        PULLED_ITEMS_MAX,
    },
    merkle::{Hash, sha256},
    request::limit,
    zip::{deflate_at, inflate},
};
use daohu_domain::{id::Id, place::Place};
use std::collections::HashMap;

/// The version of the chunks that this build reads and writes.
pub const PACK_VERSION: u64 = 1;

/// How hard chunks are compressed: they are made once and fetched often.
const LEVEL: i32 = 9;

/// One chunk as an offer names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkRef {
    /// Its number in the pack.
    pub n: u32,
    /// Its bytes as sent.
    pub bytes: u32,
    /// The SHA-256 of them.
    pub hash: Hash,
}

/// What a device is offered for a grant of which it has nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackOffer {
    /// The grant.
    pub grant: u64,
    /// The last number of the place's log that the pack holds: the cursor after its last chunk.
    pub seq: u64,
    /// The chunks that this grant gets, in the order in which they must be taken.
    pub chunks: Vec<ChunkRef>,
}

impl PackOffer {
    /// Returns the CBOR.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).uint(self.grant);
        map.key(2).uint(self.seq);
        let chunks = map.key(3).array(self.chunks.len());
        for chunk in &self.chunks {
            chunks.array(3).uint(u64::from(chunk.n)).uint(u64::from(chunk.bytes)).bytes(&chunk.hash);
        }
        map.finish()
    }

    /// Reads the CBOR.
    ///
    /// # Errors
    /// `bad_frame` when it is none or offers nothing, `too_big` when it is over a limit.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, WireError> {
        limit("an offer of a pack", bytes.len(), PACK_OFFER_BYTES_MAX)?;
        Reader::whole(bytes, Self::read)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let (mut grant, mut seq, mut chunks) = (None, None, Vec::new());
        reader.map(|key, reader| {
            match key {
                1 => grant = Some(reader.uint()?),
                2 => seq = Some(reader.uint()?),
                3 => chunks = reader.list("chunks of a pack", PACK_CHUNKS_MAX, read_ref)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let offer = Self { grant: required(grant)?, seq: required(seq)?, chunks };
        // A pack of nothing would move a cursor and bring nothing.
        if offer.seq == 0 || offer.chunks.is_empty() { Err(WireError::BadFrame("a pack of nothing")) } else { Ok(offer) }
    }
}

fn read_ref(reader: &mut Reader<'_>) -> Result<ChunkRef, WireError> {
    reader.tuple(3, |reader| {
        let chunk = ChunkRef { n: reader.u32()?, bytes: reader.u32()?, hash: reader.fixed()? };
        limit("a chunk of a pack", usize::try_from(chunk.bytes).unwrap_or(usize::MAX), PACK_CHUNK_BYTES_MAX)?;
        if chunk.bytes == 0 { Err(WireError::BadFrame("a chunk of no bytes")) } else { Ok(chunk) }
    })
}

/// Returns the path under which a chunk is fetched.
#[must_use]
pub fn path(place: Place, epoch: u64, seq: u64, n: u32) -> String {
    format!("/v1/packs/{place}/{epoch}/{seq}/{n}")
}

/// A chunk: changes of one place in the order of its log, as pulled rows carry them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackChunk {
    /// The place of every item.
    pub place: Place,
    /// The items.
    pub items: Vec<PulledItem>,
}

impl PackChunk {
    /// Returns the bytes as sent: CBOR, then zstd.
    ///
    /// # Errors
    /// `too_big` when a limit of the receiver would be exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        limit("items of a chunk", self.items.len(), PULLED_ITEMS_MAX)?;
        let plain = self.to_cbor();
        limit("a chunk of a pack after inflating", plain.len(), PACK_CHUNK_INFLATED_BYTES_MAX)?;
        let body = deflate_at(LEVEL, &plain)?;
        limit("a chunk of a pack", body.len(), PACK_CHUNK_BYTES_MAX)?;
        Ok(body)
    }

    /// Reads bytes as fetched, once they have proved to be those that were offered.
    ///
    /// # Errors
    /// `bad_merkle_root` when they are others, `bad_frame` when they are no chunk of this version, `too_big` when one of them is over a
    /// limit.
    pub fn open(body: &[u8], offered: &ChunkRef) -> Result<Self, WireError> {
        limit("a chunk of a pack", body.len(), PACK_CHUNK_BYTES_MAX)?;
        if sha256(&[body]) != offered.hash {
            return Err(WireError::BadMerkleRoot("another chunk than the one offered"));
        }
        Self::decode(body)
    }

    /// Reads bytes as fetched.
    ///
    /// # Errors
    /// As [`PackChunk::open`], without asking whether they were offered.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        limit("a chunk of a pack", body.len(), PACK_CHUNK_BYTES_MAX)?;
        let plain = inflate(body, "a chunk of a pack after inflating", PACK_CHUNK_INFLATED_BYTES_MAX)?;
        Self::from_cbor(&plain)
    }

    /// Returns the CBOR before compression.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut devices: Vec<(Id, Id)> = Vec::new();
        let mut positions: HashMap<(Id, Id), usize> = HashMap::new();
        let mut items = Writer::new();
        items.array(self.items.len());
        let mut before = 0;
        for item in &self.items {
            let device = *positions.entry((item.device, item.by)).or_insert_with(|| {
                devices.push((item.device, item.by));
                devices.len() - 1
            });
            items.array(5).id(&item.record).uint(u64::try_from(device).unwrap_or(u64::MAX));
            items.int(item.received_ms.wrapping_sub(before));
            before = item.received_ms;
            write_start(&mut items, item);
            items.bytes(&item.bytes);
        }
        let mut map = MapWriter::new();
        map.key(1).uint(PACK_VERSION);
        map.key(2).place(self.place);
        let named = map.key(3).array(devices.len());
        for (device, person) in &devices {
            named.array(2).id(device).id(person);
        }
        map.key(4).raw(&items.finish());
        map.finish()
    }

    /// Reads the CBOR after inflating.
    ///
    /// # Errors
    /// As [`PackChunk::decode`].
    pub fn from_cbor(plain: &[u8]) -> Result<Self, WireError> {
        Reader::whole(plain, read_chunk)
    }
}

fn read_chunk(reader: &mut Reader<'_>) -> Result<PackChunk, WireError> {
    let (mut version, mut place, mut devices, mut items) = (None, None, Vec::new(), Vec::new());
    reader.map(|key, reader| {
        match key {
            1 => version = Some(reader.uint()?),
            2 => place = Some(reader.place()?),
            3 => devices = reader.list("devices", DEVICES_MAX, |reader| reader.tuple(2, |reader| Ok((reader.id()?, reader.id()?))))?,
            4 => {
                let place = required(place)?;
                let mut before = 0;
                items = reader.list("items of a chunk", PULLED_ITEMS_MAX, |reader| read_item(reader, place, &devices, &mut before))?;
            }
            _ => return Ok(false),
        }
        // What follows a version that is not known is not ours to read.
        if version == Some(PACK_VERSION) { Ok(true) } else { Err(WireError::BadFrame("a chunk of another version")) }
    })?;
    required(version)?;
    Ok(PackChunk { place: required(place)?, items })
}

fn read_item(reader: &mut Reader<'_>, place: Place, devices: &[(Id, Id)], before: &mut i64) -> Result<PulledItem, WireError> {
    reader.tuple(5, |reader| {
        let record = reader.id()?;
        let named = usize::try_from(reader.uint()?).ok().and_then(|position| devices.get(position));
        let (device, by) = *named.ok_or(WireError::BadFrame("an item names no device of the chunk"))?;
        let received_ms = before.wrapping_add(reader.int()?);
        *before = received_ms;
        let start = read_start(reader, received_ms)?;
        let bytes = reader.bytes("a change", CHANGE_BYTES_MAX)?.to_vec();
        Ok(PulledItem { record, place, device, by, received_ms, start, bytes })
    })
}
