//! A signed tree head: what the log's key says about the whole log at one moment.

use crate::{
    codec::{MapWriter, Reader, required},
    error::WireError,
    limits::HEAD_BYTES_MAX,
    merkle::Hash,
    sign::{AAD_HEAD, DeviceKey, PublicKey, Signed, key_id, sign},
};

/// Says where a server's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The machine's clock.
    System,
    /// A clock that a person or a test set; a store that was ever opened with it says so for ever.
    Set,
}

impl ClockKind {
    /// Returns the word that answers print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Set => "set",
        }
    }

    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::System => 1,
            Self::Set => 2,
        }
    }

    pub(crate) const fn from_number(number: u64) -> Result<Self, WireError> {
        match number {
            1 => Ok(Self::System),
            2 => Ok(Self::Set),
            _ => Err(WireError::BadFrame("an unknown kind of clock")),
        }
    }
}

/// What a tree head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves in the log.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The server's time, milliseconds since 1970.
    pub time_ms: i64,
    /// Where that time comes from.
    pub clock: ClockKind,
    /// The name of the log's key, as [`key_id`].
    pub key_id: [u8; 8],
}

/// A head with its signature: the bytes are the truth, the fields are read from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    head: Head,
    cose: Vec<u8>,
}

impl SignedHead {
    /// Signs a head with the log's key.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn sign(key: &DeviceKey, size: u64, root: Hash, time_ms: i64, clock: ClockKind) -> Result<Self, WireError> {
        let head = Head { size, root, time_ms, clock, key_id: key.id() };
        let mut map = MapWriter::new();
        map.key(1).uint(size);
        map.key(2).bytes(&root);
        map.key(3).int(time_ms);
        map.key(4).uint(clock.number());
        map.key(5).bytes(&head.key_id);
        let cose = sign(key, &head.key_id, AAD_HEAD, map.finish())?;
        Ok(Self { head, cose })
    }

    /// Reads a head; its signature is not checked yet.
    ///
    /// # Errors
    /// When the bytes are not a signed head.
    pub fn from_cose(cose: &[u8]) -> Result<Self, WireError> {
        let signed = Signed::read(cose, HEAD_BYTES_MAX)?;
        let head = Reader::whole(signed.payload()?, read_head)?;
        if signed.kid() != head.key_id {
            return Err(WireError::BadSignature("the kid is not the head's key"));
        }
        Ok(Self { head, cose: cose.to_vec() })
    }

    /// Returns what the head says.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Returns the COSE_Sign1.
    #[must_use]
    pub fn cose(&self) -> &[u8] {
        &self.cose
    }

    /// Checks that the log's key signed this head.
    ///
    /// # Errors
    /// When another key signed it, or the bytes were changed.
    pub fn verify(&self, log_key: &PublicKey) -> Result<(), WireError> {
        if self.head.key_id != key_id(log_key) {
            return Err(WireError::BadSignature("the head names another key"));
        }
        Signed::read(&self.cose, HEAD_BYTES_MAX)?.verify(log_key, AAD_HEAD)
    }
}

fn read_head(reader: &mut Reader<'_>) -> Result<Head, WireError> {
    let (mut size, mut root, mut time_ms, mut clock, mut key_id) = (None, None, None, None, None);
    reader.map(|key, reader| {
        match key {
            1 => size = Some(reader.uint()?),
            2 => root = Some(reader.fixed()?),
            3 => time_ms = Some(reader.int()?),
            4 => clock = Some(ClockKind::from_number(reader.uint()?)?),
            5 => key_id = Some(reader.fixed()?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Head {
        size: required(size)?,
        root: required(root)?,
        time_ms: required(time_ms)?,
        clock: required(clock)?,
        key_id: required(key_id)?,
    })
}
