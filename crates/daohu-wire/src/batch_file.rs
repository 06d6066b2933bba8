//! A batch file (`.dhb`): sealed batches that somebody carries to the office, who reads nothing of them.
//!
//! A file is a row of parts, each `DHB1` ‖ length (four bytes, big-endian) ‖ sealed bytes. A part holds what a request
//! of `POST /v1/sync` would hold under key 9 and nothing else: who wrote a batch stands in its signed header.

use crate::{
    batch::Batch,
    codec::{MapWriter, Reader, required},
    error::WireError,
    limits::{
        BATCH_FILE_BYTES_MAX, BATCH_FILE_PARTS_MAX, BATCHES_PER_REQUEST_MAX, REQUEST_BYTES_MAX, REQUEST_INFLATED_BYTES_MAX, SEAL_BYTES,
    },
    request::limit,
    seal::{INFO_FILE, SealKey, SealTo, seal},
    zip::{deflate, inflate},
};

/// How a part begins.
const MAGIC: &[u8; 4] = b"DHB1";

/// Packs and seals batches into one part; `random` must be fresh for each.
///
/// # Errors
/// `too_big` when they would not fit into one request, `wrong_key` when `to` is no public key.
pub fn to_part(to: &SealTo, batches: &[Batch], random: &[u8; 32]) -> Result<Vec<u8>, WireError> {
    limit("batches of a part", batches.len(), BATCHES_PER_REQUEST_MAX)?;
    let mut map = MapWriter::new();
    let writer = map.key(9).array(batches.len());
    for batch in batches {
        batch.write(writer);
    }
    let plain = map.finish();
    limit("a part after inflating", plain.len(), REQUEST_INFLATED_BYTES_MAX)?;
    let packed = deflate(&plain)?;
    limit("a part", packed.len(), REQUEST_BYTES_MAX)?;
    let sealed = seal(to, (INFO_FILE, b""), &packed, random)?;
    let length = u32::try_from(sealed.len()).map_err(|_| WireError::TooBig { what: "a part", max: REQUEST_BYTES_MAX })?;
    Ok([MAGIC.as_slice(), &length.to_be_bytes(), &sealed].concat())
}

/// The parts of a file that could be told apart, and what is wrong with the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The sealed bytes of each part.
    pub sealed: Vec<&'a [u8]>,
    /// Why nothing behind them could be read; none where the file ends with its last part.
    pub rest: Option<WireError>,
}

/// Tells the parts of a file apart. A file that was cut still gives the parts before the cut.
#[must_use]
pub fn parts(bytes: &[u8]) -> Parts<'_> {
    let mut found = Parts { sealed: Vec::new(), rest: None };
    if bytes.len() > BATCH_FILE_BYTES_MAX {
        found.rest = Some(WireError::TooBig { what: "a batch file", max: BATCH_FILE_BYTES_MAX });
        return found;
    }
    let mut rest = bytes;
    // A file without any part is none.
    while found.rest.is_none() && (!rest.is_empty() || found.sealed.is_empty()) {
        match first_part(rest, found.sealed.len()) {
            Ok((sealed, behind)) => {
                found.sealed.push(sealed);
                rest = behind;
            }
            Err(why) => found.rest = Some(why),
        }
    }
    found
}

fn first_part(bytes: &[u8], before: usize) -> Result<(&[u8], &[u8]), WireError> {
    limit("parts of a batch file", before + 1, BATCH_FILE_PARTS_MAX)?;
    let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(WireError::BadFrame("a batch file ends too early"))?;
    if magic != MAGIC {
        return Err(WireError::BadFrame("not a batch file"));
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(WireError::BadFrame("a batch file ends too early"))?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    limit("a part", length, REQUEST_BYTES_MAX + SEAL_BYTES)?;
    rest.split_at_checked(length).ok_or(WireError::BadFrame("a batch file ends too early"))
}

/// Opens the sealed bytes of a part. Signatures and roots of the batches are not checked here.
///
/// # Errors
/// `wrong_key` when it was sealed to another server or changed on the way, `bad_frame` or `too_big` when what was
/// sealed is not what a part holds.
pub fn open_part(key: &SealKey, sealed: &[u8]) -> Result<Vec<Batch>, WireError> {
    limit("a part", sealed.len(), REQUEST_BYTES_MAX + SEAL_BYTES)?;
    let packed = key.open((INFO_FILE, b""), sealed)?;
    let plain = inflate(&packed, "a part after inflating", REQUEST_INFLATED_BYTES_MAX)?;
    let mut batches = None;
    Reader::whole(&plain, |reader| {
        reader.map(|key, reader| {
            if key == 9 {
                batches = Some(reader.list("batches of a part", BATCHES_PER_REQUEST_MAX, Batch::read)?);
            }
            Ok(key == 9)
        })
    })?;
    required(batches)
}
