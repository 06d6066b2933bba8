//! What is made of an original when it is attached.

use crate::{EvidenceError, Facts, FileKind, Limits, copies, picture};
use sha2::{Digest, Sha256};

/// Bytes by their name: the hash and the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob {
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub size: u64,
}

impl Blob {
    /// Names bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Sha256::digest(bytes).into(), size: u64::try_from(bytes.len()).unwrap_or(u64::MAX) }
    }

    /// Returns the hash in lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.sha256)
    }
}

/// An original that was read, and its copies.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// What the original is.
    pub kind: FileKind,
    /// The original's name.
    pub original: Blob,
    /// What the original says of itself; the copies say nothing.
    pub facts: Facts,
    /// The kept copy, a JPEG; none of a file that is kept as it is.
    pub kept: Option<Vec<u8>>,
    /// The thumbnail, a JPEG; none of a file that is kept as it is.
    pub thumb: Option<Vec<u8>>,
    /// Pixels of the original across, as it is looked at; 0 for a file.
    pub width: u32,
    /// Pixels of the original from top to bottom, as it is looked at; 0 for a file.
    pub height: u32,
}

/// Reads an original and makes its copies: upright, over white, without EXIF and so without a position.
///
/// Beside the bytes handed in it needs some 55 MB for a photo of 48 megapixels, 175 MB where that is progressive, 150 MB for a PNG of that
/// size.
///
/// # Errors
/// `too_big`, `heic`, `not_a_picture`, `too_many_pixels` by the header alone; `unreadable_picture` for a damaged or cut file.
pub fn prepare(bytes: &[u8], limits: &Limits) -> Result<Prepared, EvidenceError> {
    if bytes.len() > limits.original_bytes_max {
        return Err(EvidenceError::TooBig { bytes: bytes.len(), max: limits.original_bytes_max });
    }
    let kind = FileKind::of(bytes)?;
    let file = |facts| Prepared { kind, original: Blob::of(bytes), facts, kept: None, thumb: None, width: 0, height: 0 };
    if kind == FileKind::Pdf {
        return Ok(file(Facts::read(None)));
    }
    let head = picture::head(kind, bytes, limits)?;
    let facts = Facts::read(head.exif);
    let picture = picture::upright(picture::decode(&head, bytes, limits.kept_edge_px_max)?, facts.orientation);
    let kept = copies::kept(&picture, limits)?;
    let thumb = copies::thumb(&picture, limits)?;
    // From 5 on the picture lies on its side.
    let (width, height) = if facts.orientation >= 5 { (head.height, head.width) } else { (head.width, head.height) };
    Ok(Prepared { kept: Some(kept), thumb: Some(thumb), width, height, ..file(facts) })
}
