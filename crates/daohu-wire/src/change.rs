//! The hash of an Automerge change, computed from its raw bytes without Automerge.
//!
//! A chunk is magic (4) ‖ checksum (4) ‖ type (1) ‖ length (LEB128) ‖ body. The hash of a change is SHA-256 over everything
//! from the type on, and the checksum is its first four bytes.

use crate::merkle::{Hash, sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;
/// Ten groups of seven bits hold any 64-bit length.
const LENGTH_BYTES_MAX: usize = 10;

/// Returns the change hash of one raw, uncompressed change chunk, or `None` where the bytes are not exactly one such chunk.
///
/// Wrong magic, another chunk type, a length that does not end where the bytes end, and a checksum that does not fit
/// are all `None`. Whether the body is a sound change is for the guard to find out.
#[must_use]
pub fn change_hash(bytes: &[u8]) -> Option<Hash> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, hashed) = rest.split_first_chunk::<4>()?;
    let (&chunk_type, rest) = hashed.split_first()?;
    if *magic != MAGIC || chunk_type != TYPE_CHANGE {
        return None;
    }
    let (length, body) = read_leb128(rest)?;
    if length != u64::try_from(body.len()).ok()? {
        return None;
    }
    let hash = sha256(&[hashed]);
    hash.starts_with(checksum).then_some(hash)
}

/// Returns the hash that stands for `bytes` in an item leaf: the change hash, or SHA-256 over bytes that are no change.
///
/// Bytes that are no change must have a hash too: a bad item gets a code of its own and never blocks the good ones of its batch.
#[must_use]
pub fn content_hash(bytes: &[u8]) -> Hash {
    change_hash(bytes).unwrap_or_else(|| sha256(&[bytes]))
}

/// Reads an unsigned LEB128 number in its shortest form and returns what follows it.
fn read_leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    for (place, &byte) in bytes.iter().enumerate().take(LENGTH_BYTES_MAX) {
        let shift = 7 * u32::try_from(place).ok()?;
        let group = u64::from(byte & 0x7f);
        let shifted = group.checked_shl(shift)?;
        if shifted >> shift != group {
            return None;
        }
        value |= shifted;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || place == 0;
            return shortest.then(|| (value, bytes.get(place + 1..).unwrap_or_default()));
        }
    }
    None
}
