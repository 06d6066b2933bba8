//! The body of `POST /v1/sync`: what a device brings and from where it wants to go on.

use crate::{
    batch::Batch,
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    limits::{BATCHES_PER_REQUEST_MAX, CURSORS_MAX, MAX_BYTES_START, PROTO_MAX, PROTO_MIN, REQUEST_BYTES_MAX, REQUEST_INFLATED_BYTES_MAX},
    merkle::Hash,
    zip::{deflate, inflate},
};
use daohu_domain::id::Id;

/// Wish of a device, a bit of [`SyncRequest::caps`]: send my own items too (after a re-installation).
pub const CAP_WANT_OWN: u64 = 1;
/// Wish of a device: send a consistency proof from my last head, and inclusion paths with receipts.
pub const CAP_WANT_PROOF: u64 = 2;
/// Wish of a device: send the digest of what I should hold, once nothing is left to pull.
pub const CAP_WANT_DIGEST: u64 = 4;

/// Ability of a device: it fetches packs, so offer me one instead of rows for a grant of which I have nothing.
pub const CAP_TAKES_PACKS: u64 = 8;

/// How far a device has read under one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The grant.
    pub grant: u64,
    /// The last sequence number of the place's log that was read; 0 for nothing yet.
    pub seq: u64,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// The device.
    pub device: Id,
    /// The lowest and the highest version of the protocol that it speaks.
    pub proto: (u16, u16),
    /// Its wishes and abilities, a bitmap of `CAP_…`.
    pub caps: u64,
    /// Its wall clock.
    pub client_time_ms: i64,
    /// The epoch of the server's store as it knows it, 0 for none.
    pub server_epoch: u64,
    /// The revision of its policy, 0 for none.
    pub policy_rev: u64,
    /// One cursor a grant; written in ascending order of the grant.
    pub cursors: Vec<Cursor>,
    /// How big the answer may be as sent, in bytes.
    pub max_bytes: u32,
    /// What it hands in.
    pub batches: Vec<Batch>,
    /// Size and root of the last head it saw.
    pub head: Option<(u64, Hash)>,
    /// The number of the last batch that it sealed, 0 for none; a server that holds later ones tells a copy of its store by that.
    pub last_batch: Option<u64>,
}

impl SyncRequest {
    /// Begins a request that asks for nothing yet.
    #[must_use]
    pub const fn new(device: Id, client_time_ms: i64) -> Self {
        Self {
            device,
            proto: (PROTO_MIN, PROTO_MAX),
            caps: 0,
            client_time_ms,
            server_epoch: 0,
            policy_rev: 0,
            cursors: Vec::new(),
            max_bytes: MAX_BYTES_START,
            batches: Vec::new(),
            head: None,
            last_batch: None,
        }
    }

    /// Returns the body: CBOR, then zstd. The same request gives the same bytes.
    ///
    /// # Errors
    /// `too_big` when a limit of the receiver would be exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        limit("cursors", self.cursors.len(), CURSORS_MAX)?;
        limit("batches of a request", self.batches.len(), BATCHES_PER_REQUEST_MAX)?;
        let plain = self.to_cbor();
        limit("a request after inflating", plain.len(), REQUEST_INFLATED_BYTES_MAX)?;
        let body = deflate(&plain)?;
        limit("a request", body.len(), REQUEST_BYTES_MAX)?;
        Ok(body)
    }

    /// Reads a body. Signatures and roots of batches are not checked here.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        limit("a request", body.len(), REQUEST_BYTES_MAX)?;
        let plain = inflate(body, "a request after inflating", REQUEST_INFLATED_BYTES_MAX)?;
        Self::from_cbor(&plain)
    }

    /// Returns the CBOR before compression.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).id(&self.device);
        map.key(2).array(2).uint(u64::from(self.proto.0)).uint(u64::from(self.proto.1));
        if self.caps != 0 {
            map.key(3).uint(self.caps);
        }
        map.key(4).int(self.client_time_ms);
        if self.server_epoch != 0 {
            map.key(5).uint(self.server_epoch);
        }
        if self.policy_rev != 0 {
            map.key(6).uint(self.policy_rev);
        }
        if !self.cursors.is_empty() {
            write_cursors(map.key(7), &self.cursors);
        }
        map.key(8).uint(u64::from(self.max_bytes));
        if !self.batches.is_empty() {
            let batches = map.key(9).array(self.batches.len());
            for batch in &self.batches {
                batch.write(batches);
            }
        }
        if let Some((size, root)) = &self.head {
            map.key(10).array(2).uint(*size).bytes(root);
        }
        if let Some(last) = self.last_batch {
            map.key(11).uint(last);
        }
        map.finish()
    }

    /// Reads the CBOR after inflating.
    ///
    /// # Errors
    /// As [`SyncRequest::decode`].
    pub fn from_cbor(plain: &[u8]) -> Result<Self, WireError> {
        Reader::whole(plain, read_request)
    }

    /// Returns the version to answer in.
    ///
    /// # Errors
    /// `too_old` or `too_new` when there is none in common.
    pub fn version(&self) -> Result<u16, WireError> {
        common_version(self.proto)
    }
}

/// Returns the highest version that both sides speak.
///
/// # Errors
/// `too_old` or `too_new` when there is none.
pub const fn common_version(theirs: (u16, u16)) -> Result<u16, WireError> {
    let (lowest, highest) = theirs;
    if highest < PROTO_MIN {
        Err(WireError::TooOld(highest))
    } else if lowest > PROTO_MAX {
        Err(WireError::TooNew(lowest))
    } else if highest < PROTO_MAX {
        Ok(highest)
    } else {
        Ok(PROTO_MAX)
    }
}

/// Refuses more than `max`.
pub(crate) const fn limit(what: &'static str, found: usize, max: usize) -> Result<(), WireError> {
    if found > max { Err(WireError::TooBig { what, max }) } else { Ok(()) }
}

/// Cursors are one flat array [grant, seq, grant, seq …], each grant as the difference to the one before: three to five
/// bytes a grant instead of twelve, which is most of a request that brings nothing.
pub(crate) fn write_cursors(writer: &mut Writer, cursors: &[Cursor]) {
    let mut sorted = cursors.to_vec();
    sorted.sort_by_key(|cursor| cursor.grant);
    sorted.dedup_by_key(|cursor| cursor.grant);
    let array = writer.array(sorted.len() * 2);
    let mut before = 0;
    for cursor in &sorted {
        array.uint(cursor.grant - before).uint(cursor.seq);
        before = cursor.grant;
    }
}

pub(crate) fn read_cursors(reader: &mut Reader<'_>) -> Result<Vec<Cursor>, WireError> {
    let numbers = reader.list("cursors", CURSORS_MAX * 2, Reader::uint)?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(WireError::BadFrame("a cursor without a number"));
    }
    let mut cursors = Vec::new();
    let mut before: u64 = 0;
    for (place, [step, seq]) in pairs.iter().enumerate() {
        if place > 0 && *step == 0 {
            return Err(WireError::BadFrame("two cursors of one grant"));
        }
        before = before.checked_add(*step).ok_or(WireError::BadFrame("a grant's number"))?;
        cursors.push(Cursor { grant: before, seq: *seq });
    }
    Ok(cursors)
}

fn read_request(reader: &mut Reader<'_>) -> Result<SyncRequest, WireError> {
    let (mut device, mut proto, mut time) = (None, None, None);
    let mut request = SyncRequest::new(Id::from_bytes([0; 16]), 0);
    request.max_bytes = 0;
    reader.map(|key, reader| {
        match key {
            1 => device = Some(reader.id()?),
            2 => proto = Some(reader.tuple(2, |reader| Ok((reader.u16()?, reader.u16()?)))?),
            3 => request.caps = reader.uint()?,
            4 => time = Some(reader.int()?),
            5 => request.server_epoch = reader.uint()?,
            6 => request.policy_rev = reader.uint()?,
            7 => request.cursors = read_cursors(reader)?,
            8 => request.max_bytes = reader.u32()?,
            9 => request.batches = reader.list("batches of a request", BATCHES_PER_REQUEST_MAX, Batch::read)?,
            11 => request.last_batch = Some(reader.uint()?),
            10 => request.head = Some(reader.tuple(2, |reader| Ok((reader.uint()?, reader.fixed()?)))?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    request.device = required(device)?;
    request.proto = required(proto)?;
    request.client_time_ms = required(time)?;
    Ok(request)
}
