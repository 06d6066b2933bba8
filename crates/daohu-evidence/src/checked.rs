//! Copies that somebody else made: a browser's page scales photos itself, and the core looks them over.

use crate::{Blob, EvidenceError, FileKind, Limits, jpeg, picture};

/// Copies that were looked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The kept copy's name.
    pub kept: Blob,
    /// The thumbnail's name.
    pub thumb: Blob,
    /// Pixels of the kept copy across.
    pub width: u32,
    /// Pixels of the kept copy from top to bottom.
    pub height: u32,
}

/// Looks over a kept copy and a thumbnail: JPEG that can be read, within the sizes, with nothing in them but a picture.
///
/// Whether they show what the original shows is not asked.
///
/// # Errors
/// `not_a_picture`, `too_big` for the bytes, `too_many_pixels` for the edge, `copy_not_clean` for EXIF or anything else beside the picture,
/// `unreadable_picture`.
pub fn checked(kept: &[u8], thumb: &[u8], limits: &Limits) -> Result<Checked, EvidenceError> {
    let (width, height) = look_over(kept, (limits.kept_bytes_max, limits.kept_edge_px_max), limits)?;
    look_over(thumb, (limits.thumb_bytes_max, limits.thumb_edge_px_max), limits)?;
    Ok(Checked { kept: Blob::of(kept), thumb: Blob::of(thumb), width, height })
}

fn look_over(copy: &[u8], (bytes_max, edge_max): (usize, u32), limits: &Limits) -> Result<(u32, u32), EvidenceError> {
    if copy.len() > bytes_max {
        return Err(EvidenceError::TooBig { bytes: copy.len(), max: bytes_max });
    }
    if FileKind::of(copy)? != FileKind::Jpeg {
        return Err(EvidenceError::NotAPicture);
    }
    if !jpeg::read(copy)?.is_clean {
        return Err(EvidenceError::CopyNotClean);
    }
    let head = picture::head(FileKind::Jpeg, copy, limits)?;
    if head.width.max(head.height) > edge_max {
        return Err(EvidenceError::TooManyPixels);
    }
    picture::decode(&head, copy, edge_max)?;
    Ok((head.width, head.height))
}
