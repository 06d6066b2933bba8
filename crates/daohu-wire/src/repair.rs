//! `POST /v1/repair`: a device whose digest differs finds which records differ and gets those whole, and no others.

use crate::{
    answer::{Names, Pulled, read_pulled, write_all, write_names},
    codec::{MapWriter, Reader, required},
    error::WireError,
    head::SignedHead,
    limits::{
        ANSWER_BYTES_MAX, ANSWER_INFLATED_BYTES_MAX, DEVICES_MAX, GRANTS_MAX, HEAD_BYTES_MAX, MAX_BYTES_START, PLACES_MAX,
        PULLED_ITEMS_MAX, REPAIR_MESSAGE_BYTES_MAX, REPAIR_NEEDS_MAX, REQUEST_BYTES_MAX, REQUEST_INFLATED_BYTES_MAX,
    },
    merkle::Hash,
    request::{Cursor, limit, read_cursors, write_cursors},
    zip::{deflate, inflate},
};
use daohu_domain::id::Id;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairRequest {
    /// The device.
    pub device: Id,
    /// How big the answer may be as sent, in bytes.
    pub max_bytes: u32,
    /// The next message of the reconciliation; empty when only records are asked for.
    pub message: Vec<u8>,
    /// Elements whose records the device wants whole.
    pub need: Vec<Hash>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairAnswer {
    /// The signed head of the log.
    pub head: SignedHead,
    /// The answer to the message; empty where there was none.
    pub message: Vec<u8>,
    /// Where each grant's log ended before the office looked at what it holds: who is level with that goes on from here.
    pub cursors: Vec<Cursor>,
    /// How many of the elements asked for, from the first on, were looked at; the others are to be asked for again.
    pub done: u32,
    /// The changes of their records; `from` and `to` of each grant are 0.
    pub pulled: Vec<Pulled>,
}

impl RepairRequest {
    /// Begins a question.
    #[must_use]
    pub const fn new(device: Id) -> Self {
        Self { device, max_bytes: MAX_BYTES_START, message: Vec::new(), need: Vec::new() }
    }

    /// Returns the body: CBOR, then zstd.
    ///
    /// # Errors
    /// `too_big` when a limit of the receiver would be exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        limit("a message of a reconciliation", self.message.len(), REPAIR_MESSAGE_BYTES_MAX)?;
        limit("elements asked for", self.need.len(), REPAIR_NEEDS_MAX)?;
        let body = deflate(&self.to_cbor())?;
        limit("a request", body.len(), REQUEST_BYTES_MAX)?;
        Ok(body)
    }

    /// Returns the CBOR before compression.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).id(&self.device);
        map.key(2).uint(u64::from(self.max_bytes));
        if !self.message.is_empty() {
            map.key(3).bytes(&self.message);
        }
        if !self.need.is_empty() {
            map.key(4).hashes(&self.need);
        }
        map.finish()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        limit("a request", body.len(), REQUEST_BYTES_MAX)?;
        Self::from_cbor(&inflate(body, "a request after inflating", REQUEST_INFLATED_BYTES_MAX)?)
    }

    /// Reads the CBOR after inflating.
    ///
    /// # Errors
    /// As [`RepairRequest::decode`].
    pub fn from_cbor(plain: &[u8]) -> Result<Self, WireError> {
        let (mut device, mut max_bytes, mut message, mut need) = (None, None, Vec::new(), Vec::new());
        Reader::whole(plain, |reader| {
            reader.map(|key, reader| {
                match key {
                    1 => device = Some(reader.id()?),
                    2 => max_bytes = Some(reader.u32()?),
                    3 => message = reader.bytes("a message of a reconciliation", REPAIR_MESSAGE_BYTES_MAX)?.to_vec(),
                    4 => need = reader.hashes(REPAIR_NEEDS_MAX)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })
        })?;
        Ok(Self { device: required(device)?, max_bytes: required(max_bytes)?, message, need })
    }
}

impl RepairAnswer {
    /// Begins an answer that tells nothing.
    #[must_use]
    pub const fn new(head: SignedHead) -> Self {
        Self { head, message: Vec::new(), cursors: Vec::new(), done: 0, pulled: Vec::new() }
    }

    /// Returns the body: CBOR, then zstd.
    ///
    /// # Errors
    /// `too_big` when a limit of the receiver would be exceeded.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let plain = self.to_cbor();
        limit("an answer after inflating", plain.len(), ANSWER_INFLATED_BYTES_MAX)?;
        let body = deflate(&plain)?;
        limit("an answer", body.len(), ANSWER_BYTES_MAX)?;
        Ok(body)
    }

    /// Returns the CBOR before compression.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut names = Names::new();
        let pulled: Vec<Vec<u8>> = self.pulled.iter().map(|pulled| names.write(pulled)).collect();
        let mut map = MapWriter::new();
        map.key(1).bytes(self.head.cose());
        if !self.message.is_empty() {
            map.key(2).bytes(&self.message);
        }
        if !self.cursors.is_empty() {
            write_cursors(map.key(3), &self.cursors);
        }
        if self.done != 0 {
            map.key(4).uint(u64::from(self.done));
        }
        if !pulled.is_empty() {
            write_names(&mut map, (5, 6), &names);
            write_all(map.key(7), pulled.into_iter());
        }
        map.finish()
    }

    /// Reads a body. The head's signature is not checked here.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        limit("an answer", body.len(), ANSWER_BYTES_MAX)?;
        Self::from_cbor(&inflate(body, "an answer after inflating", ANSWER_INFLATED_BYTES_MAX)?)
    }

    /// Reads the CBOR after inflating.
    ///
    /// # Errors
    /// As [`RepairAnswer::decode`].
    pub fn from_cbor(plain: &[u8]) -> Result<Self, WireError> {
        let (mut head, mut message, mut cursors, mut done) = (None, Vec::new(), Vec::new(), 0);
        let (mut places, mut ids, mut pulled, mut left) = (Vec::new(), Vec::new(), Vec::new(), PULLED_ITEMS_MAX);
        Reader::whole(plain, |reader| {
            reader.map(|key, reader| {
                match key {
                    1 => head = Some(SignedHead::from_cose(reader.bytes("a head", HEAD_BYTES_MAX)?)?),
                    2 => message = reader.bytes("a message of a reconciliation", REPAIR_MESSAGE_BYTES_MAX)?.to_vec(),
                    3 => cursors = read_cursors(reader)?,
                    4 => done = reader.u32()?,
                    5 => places = reader.list("places", PLACES_MAX, Reader::place)?,
                    6 => ids = reader.list("ids", 2 * DEVICES_MAX, Reader::id)?,
                    7 => pulled = reader.list("grants", GRANTS_MAX, |reader| read_pulled(reader, &places, &ids, &mut left))?,
                    _ => return Ok(false),
                }
                Ok(true)
            })
        })?;
        Ok(Self { head: required(head)?, message, cursors, done, pulled })
    }
}
