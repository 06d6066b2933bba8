//! The chunks of a PNG, read without decoding.

use crate::EvidenceError;

/// Bytes of EXIF that are looked at; JPEG has room for no more either.
const EXIF_BYTES_MAX: usize = 65_535;

/// What a PNG says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The TIFF structure with the EXIF, if there is one of a size that is looked at.
    pub(crate) exif: Option<&'a [u8]>,
}

/// Reads the header and looks for EXIF.
///
/// # Errors
/// `unreadable_picture` where the header is missing or says 0 pixels, or the file does not come to its end.
pub(crate) fn read(bytes: &[u8]) -> Result<Head<'_>, EvidenceError> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    let (kind, first, after) = chunk(rest)?;
    let (b"IHDR", Some((width, first))) = (kind, first.split_first_chunk::<4>()) else { return Err(EvidenceError::Unreadable) };
    let height = first.first_chunk::<4>().ok_or(EvidenceError::Unreadable)?;
    let mut head = Head { width: u32::from_be_bytes(*width), height: u32::from_be_bytes(*height), exif: None };
    if head.width == 0 || head.height == 0 {
        return Err(EvidenceError::Unreadable);
    }
    rest = after;
    loop {
        let (kind, body, after) = chunk(rest)?;
        match kind {
            b"IEND" => return Ok(head),
            b"eXIf" => head.exif = head.exif.or(Some(body).filter(|body| body.len() <= EXIF_BYTES_MAX)),
            _ => {}
        }
        rest = after;
    }
}

/// A chunk: its name, its body, and what comes behind its checksum.
type Chunk<'a> = (&'a [u8; 4], &'a [u8], &'a [u8]);

fn chunk(bytes: &[u8]) -> Result<Chunk<'_>, EvidenceError> {
    let cut = EvidenceError::Unreadable;
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut)?;
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or(cut)?;
    let (body, rest) = rest.split_at_checked(length).ok_or(cut)?;
    let (_, rest) = rest.split_at_checked(4).ok_or(cut)?;
    Ok((kind, body, rest))
}
