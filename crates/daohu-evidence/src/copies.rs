//! Kept copies and thumbnails: JPEG of a size that fits the air, with nothing in it but the picture.

use crate::{EvidenceError, Limits, picture};
use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Qualities of a kept copy, best first; the last is the floor, below which text on paper is lost.
const KEPT_QUALITIES: [u8; 6] = [82, 75, 68, 61, 54, 47];
/// Qualities of a thumbnail, best first.
const THUMB_QUALITIES: [u8; 5] = [70, 58, 46, 34, 24];
/// A picture that does not fit becomes this much smaller, in per cent, until it does.
const SMALLER_PERCENT: u32 = 80;

/// Returns the kept copy: the best quality that stays below the aim, else the floor in a size that stays below the limit.
///
/// # Errors
/// `unreadable_picture` where nothing can be encoded.
pub(crate) fn kept(picture: &RgbImage, limits: &Limits) -> Result<Vec<u8>, EvidenceError> {
    match best(picture, &KEPT_QUALITIES, limits.kept_bytes_aim)? {
        Some(copy) => Ok(copy),
        None => smaller(picture, &KEPT_QUALITIES[5..], limits.kept_bytes_max),
    }
}

/// Returns the thumbnail of a kept picture.
///
/// # Errors
/// `unreadable_picture` where nothing can be encoded.
pub(crate) fn thumb(picture: &RgbImage, limits: &Limits) -> Result<Vec<u8>, EvidenceError> {
    let size = picture::fitted(picture.dimensions(), limits.thumb_edge_px_max);
    smaller(&picture::shrunk(picture.clone(), size), &THUMB_QUALITIES, limits.thumb_bytes_max)
}

/// Returns the largest and then best copy that fits.
fn smaller(picture: &RgbImage, qualities: &[u8], bytes_max: usize) -> Result<Vec<u8>, EvidenceError> {
    let mut picture = picture.clone();
    loop {
        if let Some(copy) = best(&picture, qualities, bytes_max)? {
            return Ok(copy);
        }
        let longer = picture.width().max(picture.height());
        if longer <= 1 {
            return Err(EvidenceError::Unreadable);
        }
        let size = picture::fitted(picture.dimensions(), (longer * SMALLER_PERCENT / 100).max(1));
        picture = picture::shrunk(picture, size);
    }
}

/// Returns the best copy of these qualities that fits; a better one is never smaller, so half of what is left is asked at a time.
fn best(picture: &RgbImage, qualities: &[u8], bytes_max: usize) -> Result<Option<Vec<u8>>, EvidenceError> {
    let (mut found, mut from, mut to) = (None, 0, qualities.len());
    // The best one fits most photos: ask it first.
    let mut middle = 0;
    while from < to {
        let copy = encoded(picture, qualities.get(middle).copied().unwrap_or(50))?;
        if copy.len() <= bytes_max {
            (found, to) = (Some(copy), middle);
        } else {
            from = middle + 1;
        }
        middle = from.midpoint(to);
    }
    Ok(found)
}

fn encoded(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, EvidenceError> {
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| EvidenceError::TooManyPixels);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    encoder.encode(picture, width, height, ColorType::Rgb).map_err(|_| EvidenceError::Unreadable)?;
    Ok(bytes)
}
