//! An exported log (`.dhl`): every leaf in order, so that whoever has the log's public key can check all of it and nothing else is needed.
//!
//! The head at the beginning says how many leaves there are and what their root is. After each leaf stands a mark: the log's key signs
//! the root so far *together with that head*, so that a log that was cut short is not the whole log of an earlier moment, and the first
//! leaf that was changed is known by its number. Both sides work on a stream and keep one hash a level.

mod check;

use crate::{
    codec::{MapWriter, Reader, required},
    error::WireError,
    head::{Head, SignedHead},
    limits::{BATCH_COSE_BYTES_MAX, HEAD_BYTES_MAX, LEAF_BYTES_MAX, LOG_ENTRY_BYTES_MAX},
    merkle::{GrowingRoot, leaf_hash},
    sign::{AAD_LOG, DeviceKey, PublicKey, SIGNATURE_BYTES, sign_bare, verify_bare},
};
use std::io::{self, Read, Write};

pub use check::{BadLeaf, LogFileCheck, check};

/// How an exported log begins.
pub const MAGIC: [u8; 4] = *b"DHL1";

/// The version that this build writes, and the highest it reads.
pub const VERSION: u64 = 1;

/// Writes an exported log, leaf by leaf.
#[derive(Debug)]
pub struct LogWriter<'a, W> {
    out: W,
    key: &'a DeviceKey,
    head: Head,
    root: GrowingRoot,
    bytes: u64,
}

impl<'a, W: Write> LogWriter<'a, W> {
    /// Begins a log that is as long as `head` says, which `key` signed.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn begin(out: W, key: &'a DeviceKey, head: &SignedHead) -> io::Result<Self> {
        let mut writer = Self { out, key, head: *head.head(), root: GrowingRoot::default(), bytes: 0 };
        writer.write(&MAGIC)?;
        let mut map = MapWriter::new();
        map.key(1).uint(VERSION);
        map.key(2).bytes(head.cose());
        writer.frame(&map.finish())?;
        Ok(writer)
    }

    /// Writes the next leaf, with the signed header of its batch where it is one.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn leaf(&mut self, leaf: &[u8], batch: Option<&[u8]>) -> io::Result<()> {
        let number = self.root.size();
        self.root.push(leaf_hash(leaf));
        let mark = sign_bare(self.key, &self.key.id(), AAD_LOG, &marked(&self.root, &self.head));
        let entry = Entry { number, leaf: leaf.to_vec(), mark, batch: batch.map(<[u8]>::to_vec) };
        self.frame(&entry.to_cbor())
    }

    /// Says whether the leaves so far are those of the head: where not, the store that gave them is damaged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        (self.root.size(), self.root.root()) == (self.head.size, self.head.root)
    }

    /// Ends the log and returns the stream and how many bytes were written.
    ///
    /// # Errors
    /// When the stream fails, or the leaves are not those of the head.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        if !self.is_whole() {
            return Err(io::Error::other("the leaves are not those of the head"));
        }
        self.out.flush()?;
        Ok((self.out, self.bytes))
    }

    fn frame(&mut self, cbor: &[u8]) -> io::Result<()> {
        let length = u32::try_from(cbor.len()).map_err(io::Error::other)?;
        self.write(&length.to_be_bytes())?;
        self.write(cbor)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// One leaf with what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: u64,
    leaf: Vec<u8>,
    mark: [u8; SIGNATURE_BYTES],
    batch: Option<Vec<u8>>,
}

impl Entry {
    fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).uint(self.number);
        map.key(2).bytes(&self.leaf);
        map.key(3).bytes(&self.mark);
        if let Some(batch) = &self.batch {
            map.key(4).bytes(batch);
        }
        map.finish()
    }

    /// Reads an entry and refuses every other form of the same content.
    fn from_cbor(cbor: &[u8]) -> Result<Self, WireError> {
        let (mut number, mut leaf, mut mark, mut batch) = (None, None, None, None);
        Reader::whole(cbor, |reader| {
            reader.map(|key, reader| {
                match key {
                    1 => number = Some(reader.uint()?),
                    2 => leaf = Some(reader.bytes("a leaf", LEAF_BYTES_MAX)?.to_vec()),
                    3 => mark = Some(reader.fixed()?),
                    4 => batch = Some(reader.bytes("a batch header", BATCH_COSE_BYTES_MAX)?.to_vec()),
                    _ => return Ok(false),
                }
                Ok(true)
            })
        })?;
        let entry = Self { number: required(number)?, leaf: required(leaf)?, mark: required(mark)?, batch };
        if entry.to_cbor() == cbor { Ok(entry) } else { Err(WireError::BadFrame("an entry in another form")) }
    }

    /// Says whether this is the leaf that follows `before`, as the log's key marked it; `after` has it added.
    fn follows(&self, before: &GrowingRoot, head: &Head, key: &PublicKey) -> (bool, GrowingRoot) {
        let mut after = before.clone();
        after.push(leaf_hash(&self.leaf));
        (verify_bare(key, AAD_LOG, &marked(&after, head), &self.mark).is_ok(), after)
    }
}

/// What a mark signs: how far the log is, the root so far, and the head it belongs to.
fn marked(root: &GrowingRoot, head: &Head) -> Vec<u8> {
    let mut map = MapWriter::new();
    map.key(1).uint(root.size());
    map.key(2).bytes(&root.root());
    map.key(3).uint(head.size);
    map.key(4).bytes(&head.root);
    map.finish()
}

/// What stands at one place of the stream.
#[derive(Debug)]
enum Frame {
    Bytes(Vec<u8>),
    /// The stream ends where a frame may begin.
    End,
    /// The stream ends inside a frame, or a frame is longer than any may be.
    Broken,
}

fn read_frame(from: &mut impl Read, max: usize) -> io::Result<Frame> {
    let mut length = [0; 4];
    match fill(from, &mut length)? {
        0 => return Ok(Frame::End),
        4 => {}
        _ => return Ok(Frame::Broken),
    }
    let Ok(length) = usize::try_from(u32::from_be_bytes(length)) else { return Ok(Frame::Broken) };
    if length > max {
        return Ok(Frame::Broken);
    }
    let mut bytes = vec![0; length];
    let read = fill(from, &mut bytes)?;
    Ok(if read == length { Frame::Bytes(bytes) } else { Frame::Broken })
}

/// Reads until the buffer is full or the stream ends; returns how much was read.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match from.read(buffer.get_mut(read..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Reads how a log begins: its version and its head, not verified yet.
fn read_beginning(from: &mut impl Read) -> io::Result<Result<SignedHead, WireError>> {
    let mut magic = [0; 4];
    if fill(from, &mut magic)? < magic.len() || magic != MAGIC {
        return Ok(Err(WireError::BadFrame("not an exported log")));
    }
    let Frame::Bytes(bytes) = read_frame(from, HEAD_BYTES_MAX + 64)? else {
        return Ok(Err(WireError::BadFrame("the head of an exported log")));
    };
    Ok(beginning(&bytes))
}

fn beginning(bytes: &[u8]) -> Result<SignedHead, WireError> {
    let (mut version, mut head) = (None, None);
    Reader::whole(bytes, |reader| {
        reader.map(|key, reader| {
            match key {
                1 => version = Some(reader.uint()?),
                2 => head = Some(reader.bytes("a head", HEAD_BYTES_MAX)?.to_vec()),
                _ => return Ok(false),
            }
            Ok(true)
        })
    })?;
    let version = required(version)?;
    if version != VERSION {
        return Err(WireError::TooNew(u16::try_from(version).unwrap_or(u16::MAX)));
    }
    SignedHead::from_cose(&required(head)?)
}

/// Reads the next entry; `None` where the stream ends as it should.
fn read_entry(from: &mut impl Read) -> io::Result<Result<Option<Entry>, WireError>> {
    Ok(match read_frame(from, LOG_ENTRY_BYTES_MAX)? {
        Frame::End => Ok(None),
        Frame::Broken => Err(WireError::BadFrame("cut short")),
        Frame::Bytes(bytes) => Entry::from_cbor(&bytes).map(Some),
    })
}
