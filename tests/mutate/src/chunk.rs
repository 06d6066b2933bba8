//! Chunks of Automerge: the body taken out, altered, and put back with the right length and checksum, as any device can.

use crate::{Numbers, altered};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// The first bytes of every chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Where the length of the body stands: behind magic, checksum and type.
const LENGTH_AT: usize = 9;

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0x7f);
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}

/// Reads a number, and returns where the next byte stands. Bytes that are none give zero.
fn unleb(bytes: &[u8], from: usize) -> (usize, usize) {
    let (mut number, mut at) = (0_usize, from);
    while let Some(byte) = bytes.get(at) {
        let shift = u32::try_from(7 * (at - from)).unwrap_or(u32::MAX);
        number |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    (number, at)
}

/// Returns the body of a chunk.
#[must_use]
pub fn body(chunk: &[u8]) -> &[u8] {
    let (_, from) = unleb(chunk, LENGTH_AT);
    chunk.get(from..).unwrap_or_default()
}

/// Returns where in an honest body the columns are described and held.
#[must_use]
pub fn columns(body: &[u8]) -> Range<usize> {
    let (deps, mut at) = unleb(body, 0);
    at += 32 * deps;
    for prefixed in [true, false, false, false, true] {
        let (length, next) = unleb(body, at);
        at = if prefixed { next + length } else { next };
    }
    let (others, mut at) = unleb(body, at);
    for _ in 0..others {
        let (length, next) = unleb(body, at);
        at = next + length;
    }
    at..body.len()
}

/// Returns the actor that a body names.
#[must_use]
pub fn actor(body: &[u8]) -> &[u8] {
    let (deps, at) = unleb(body, 0);
    let (length, from) = unleb(body, at.saturating_add(deps.saturating_mul(32)));
    body.get(from..from.saturating_add(length)).unwrap_or_default()
}

/// Makes a chunk of a body, with the right length and checksum.
#[must_use]
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    hashed.extend(leb(body.len()));
    hashed.extend(body);
    let checksum = Sha256::digest(&hashed);
    [&MAGIC, checksum.get(..4).unwrap_or_default(), &hashed].concat()
}

/// Alters one to three bytes of the body of an honest chunk and makes its checksum right again.
#[must_use]
pub fn mutant(honest: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    sealed(&altered(body(honest), numbers))
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, body, mutant, sealed};
    use crate::Numbers;

    #[test]
    fn a_body_of_any_length_comes_back_out_of_its_chunk() {
        for length in [0, 1, 127, 128, 20_000] {
            let bytes = vec![7; length];
            assert_eq!(body(&sealed(&bytes)), bytes);
        }
    }

    #[test]
    fn a_mutant_is_sealed_and_mostly_another() {
        let honest = sealed(b"the body of a change");
        let mut numbers = Numbers(3);
        let made: Vec<_> = (0..100).map(|_| mutant(&honest, &mut numbers)).collect();
        assert!(made.iter().all(|chunk| chunk.starts_with(&MAGIC) && sealed(body(chunk)) == *chunk));
        assert!(made.iter().filter(|chunk| **chunk != honest).count() > 90);
    }
}
