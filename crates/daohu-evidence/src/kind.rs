//! What a file is, by its first bytes; its name and what a browser says of it count for nothing.

use crate::EvidenceError;

/// The sorts of files that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A photo.
    Jpeg,
    /// A screenshot or a scan.
    Png,
    /// A file that is kept as it is.
    Pdf,
}

/// Brands of the container that HEIC and HEIF use.
const HEIC_BRANDS: [&[u8; 4]; 10] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"];
/// Bytes in which a container names its brands; no honest one is longer.
const BRANDS_BYTES_MAX: usize = 256;

impl FileKind {
    /// Returns the kind of a file.
    ///
    /// # Errors
    /// `heic` for HEIC and HEIF, `not_a_picture` for anything else that is not taken.
    pub fn of(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Ok(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if bytes.starts_with(b"%PDF-") {
            Ok(Self::Pdf)
        } else if is_heic(bytes) {
            Err(EvidenceError::Heic)
        } else {
            Err(EvidenceError::NotAPicture)
        }
    }

    /// Returns the media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The first box names one main brand, four bytes of version, and the brands it is compatible with.
fn is_heic(bytes: &[u8]) -> bool {
    let Some((head, rest)) = bytes.split_at_checked(8) else { return false };
    let Some((length, b"ftyp")) = head.split_first_chunk::<4>() else { return false };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX).clamp(8, BRANDS_BYTES_MAX);
    let brands = rest.get(..(length - 8).min(rest.len())).unwrap_or_default();
    // AVIF shares the general brands and is no HEIC.
    !brands.starts_with(b"avi") && brands.chunks_exact(4).any(|brand| HEIC_BRANDS.iter().any(|known| *known == brand))
}
