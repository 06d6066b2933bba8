//! The segments of a JPEG, read without decoding: how big the picture is, what decoding would need, what else is in the file.

use crate::EvidenceError;

/// Scans of one picture: a progressive one of a phone has about ten, and each costs a pass over all of it.
const SCANS_MAX: u32 = 64;
/// Bytes of coefficients that are held while a progressive picture, whose parts come one after another, is decoded.
const PROGRESSIVE_BYTES_MAX: u64 = 200_000_000;
/// The same for an ordinary one, of which the decoder holds a few rows; this many only if its own threads stood still.
const COEFFICIENT_BYTES_MAX: u64 = 400_000_000;

/// What a JPEG says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The TIFF structure with the EXIF, if there is one.
    pub(crate) exif: Option<&'a [u8]>,
    /// Whether there is nothing but the picture: no EXIF, XMP, comment, and nothing behind its end.
    pub(crate) is_clean: bool,
    needed: Option<(bool, u64)>,
    scans: u32,
}

impl Head<'_> {
    /// Says whether the picture is decoded within bounded memory and time.
    ///
    /// # Errors
    /// `too_many_pixels` where it is not.
    pub(crate) fn fits(&self, pixels_max: u64) -> Result<(), EvidenceError> {
        let most = |is_progressive| if is_progressive { PROGRESSIVE_BYTES_MAX } else { COEFFICIENT_BYTES_MAX };
        let fits = u64::from(self.width) * u64::from(self.height) <= pixels_max
            && self.needed.is_some_and(|(is_progressive, bytes)| bytes <= most(is_progressive))
            && self.scans <= SCANS_MAX;
        if fits { Ok(()) } else { Err(EvidenceError::TooManyPixels) }
    }
}

/// Reads all segments, from the first marker to the end of the picture.
///
/// # Errors
/// `unreadable_picture` where the file is cut, has no frame or two, or is of a sort that is not decoded (lossless, arithmetic, 12 bits).
pub(crate) fn read(bytes: &[u8]) -> Result<Head<'_>, EvidenceError> {
    let mut head = Head { width: 0, height: 0, exif: None, is_clean: true, needed: None, scans: 0 };
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let (marker, after) = next_marker(rest)?;
        if marker == 0xd9 {
            head.is_clean &= after.is_empty();
            break;
        }
        // Markers that stand alone.
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            rest = after;
            continue;
        }
        let (segment, after) = segment_of(after)?;
        rest = after;
        match marker {
            0xc0..=0xc2 if head.needed.is_none() => frame(marker, segment, &mut head)?,
            0xc0..=0xc3 | 0xc5..=0xcf | 0xd8 => return Err(EvidenceError::Unreadable),
            0xda => {
                head.scans += 1;
                rest = behind_scan(after)?;
            }
            0xe1 if segment.starts_with(b"Exif\0\0") => {
                head.exif = head.exif.or(segment.get(6..));
                head.is_clean = false;
            }
            // JFIF, a colour profile and Adobe's mark belong to the picture.
            0xe0 => head.is_clean &= segment.starts_with(b"JFIF\0") && segment.len() <= 16,
            0xe2 => head.is_clean &= segment.starts_with(b"ICC_PROFILE\0"),
            0xee => head.is_clean &= segment.starts_with(b"Adobe") && segment.len() <= 12,
            0xe1 | 0xe3..=0xed | 0xef..=0xfe => head.is_clean = false,
            _ => {}
        }
    }
    if head.needed.is_none() || head.scans == 0 { Err(EvidenceError::Unreadable) } else { Ok(head) }
}

fn next_marker(bytes: &[u8]) -> Result<(u8, &[u8]), EvidenceError> {
    let [0xff, rest @ ..] = bytes else { return Err(EvidenceError::Unreadable) };
    // Any number of 0xff may stand before a marker.
    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
    match rest.get(fill..) {
        Some([marker, rest @ ..]) if *marker != 0 => Ok((*marker, rest)),
        _ => Err(EvidenceError::Unreadable),
    }
}

fn segment_of(bytes: &[u8]) -> Result<(&[u8], &[u8]), EvidenceError> {
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or(EvidenceError::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2).ok_or(EvidenceError::Unreadable)?;
    rest.split_at_checked(length).ok_or(EvidenceError::Unreadable)
}

/// Returns what comes behind the coded bytes of a scan: the next marker that is no restart.
fn behind_scan(bytes: &[u8]) -> Result<&[u8], EvidenceError> {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff)) {
        at += found;
        match bytes.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return Ok(bytes.get(at..).unwrap_or_default()),
            None => break,
        }
    }
    Err(EvidenceError::Unreadable)
}

fn frame(marker: u8, segment: &[u8], head: &mut Head<'_>) -> Result<(), EvidenceError> {
    let [8, h1, h0, w1, w0, count, parts @ ..] = segment else { return Err(EvidenceError::Unreadable) };
    (head.width, head.height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
    let is_sound = head.width > 0 && head.height > 0 && matches!(count, 1 | 3 | 4) && parts.len() == usize::from(*count) * 3;
    if !is_sound {
        return Err(EvidenceError::Unreadable);
    }
    let factors: Vec<(u64, u64)> =
        parts.chunks_exact(3).filter_map(|part| part.get(1)).map(|both| (u64::from(both >> 4), u64::from(both & 15))).collect();
    if factors.iter().any(|(across, down)| !(1..=4).contains(across) || !(1..=4).contains(down)) {
        return Err(EvidenceError::Unreadable);
    }
    let most_across = factors.iter().map(|(across, _)| *across).max().unwrap_or(1);
    let most_down = factors.iter().map(|(_, down)| *down).max().unwrap_or(1);
    let units = u64::from(head.width).div_ceil(8 * most_across) * u64::from(head.height).div_ceil(8 * most_down);
    // A block has 64 coefficients of two bytes.
    let bytes = units * factors.iter().map(|(across, down)| across * down * 128).sum::<u64>();
    head.needed = Some((marker == 0xc2, bytes));
    Ok(())
}
