//! Pixels out of a file, never more of them than are needed.

use crate::{EvidenceError, FileKind, Limits, jpeg, png};
use image::{
    DynamicImage, GenericImageView, ImageDecoder, RgbImage, Rgba,
    codecs::png::PngDecoder,
    imageops::{self, FilterType},
    metadata::Orientation,
};
use jpeg_decoder::{Decoder, PixelFormat};
use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Bytes that the pixels of a PNG take while it is decoded; it cannot be scaled on the way.
const PNG_BYTES_MAX: u64 = 200_000_000;
/// Bytes that everything else in a PNG may take: a colour profile is packed and may be a bomb of its own.
const PNG_BESIDE_BYTES_MAX: u64 = 8_000_000;

/// What is known of a picture before it is decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) kind: FileKind,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) exif: Option<&'a [u8]>,
}

/// Reads the header of a picture and holds it to the limits.
///
/// # Errors
/// `unreadable_picture` for a damaged or cut file, `too_many_pixels` for one that is not decoded, `not_a_picture` for a PDF.
pub(crate) fn head<'a>(kind: FileKind, bytes: &'a [u8], limits: &Limits) -> Result<Head<'a>, EvidenceError> {
    match kind {
        FileKind::Jpeg => {
            let head = jpeg::read(bytes)?;
            head.fits(limits.pixels_max)?;
            Ok(Head { kind, width: u32::from(head.width), height: u32::from(head.height), exif: head.exif })
        }
        FileKind::Png => {
            let head = png::read(bytes)?;
            if u64::from(head.width) * u64::from(head.height) > limits.pixels_max {
                return Err(EvidenceError::TooManyPixels);
            }
            Ok(Head { kind, width: head.width, height: head.height, exif: head.exif })
        }
        FileKind::Pdf => Err(EvidenceError::NotAPicture),
    }
}

/// Decodes a picture whose head was read, scaled so that its longer edge is at most `edge` pixels; it is never made larger.
///
/// # Errors
/// `unreadable_picture`, `too_many_pixels` for a PNG whose pixels take too much room.
pub(crate) fn decode(head: &Head<'_>, bytes: &[u8], edge: u32) -> Result<RgbImage, EvidenceError> {
    Ok(shrunk(coarse(head, bytes, edge)?, fitted((head.width, head.height), edge)))
}

/// Decodes a picture whose head was read as small as its decoder can, but no smaller than `edge` pixels along the longer edge.
///
/// # Errors
/// As [`decode`].
pub(crate) fn coarse(head: &Head<'_>, bytes: &[u8], edge: u32) -> Result<RgbImage, EvidenceError> {
    // A decoder that panics over a file has not read it.
    let decoded = catch_unwind(AssertUnwindSafe(|| match head.kind {
        FileKind::Jpeg => decode_jpeg(head, bytes, edge),
        _ => decode_png(bytes, edge),
    }));
    decoded.unwrap_or(Err(EvidenceError::Unreadable))
}

/// Turns a picture as its EXIF says.
pub(crate) fn upright(picture: RgbImage, orientation: u8) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
    picture.into_rgb8()
}

/// Returns a size of the same shape whose longer edge is at most `edge`.
pub(crate) fn fitted((width, height): (u32, u32), edge: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    if longer <= edge {
        return (width, height);
    }
    let scaled = |side: u32| {
        let side = (u64::from(side) * u64::from(edge) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(side).unwrap_or(edge).clamp(1, edge)
    };
    (scaled(width), scaled(height))
}

/// Scales a picture down to a size; one of that size stays as it is.
pub(crate) fn shrunk(picture: RgbImage, (width, height): (u32, u32)) -> RgbImage {
    if picture.dimensions() == (width, height) { picture } else { imageops::resize(&picture, width, height, FilterType::CatmullRom) }
}

fn decode_jpeg(head: &Head<'_>, bytes: &[u8], edge: u32) -> Result<RgbImage, EvidenceError> {
    let damaged = |_| EvidenceError::Unreadable;
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    let (width, height) = fitted((head.width, head.height), edge);
    let mut decoder = Decoder::new(bytes);
    let (width, height) = decoder.scale(side(width), side(height)).map_err(damaged)?;
    let pixels = decoder.decode().map_err(damaged)?;
    let rgb = match decoder.info().map(|about| about.pixel_format) {
        Some(PixelFormat::RGB24) => pixels,
        Some(PixelFormat::L8) => pixels.into_iter().flat_map(|grey| [grey; 3]).collect(),
        Some(PixelFormat::CMYK32) => pixels.chunks_exact(4).flat_map(without_ink).collect(),
        _ => return Err(EvidenceError::Unreadable),
    };
    RgbImage::from_raw(u32::from(width), u32::from(height), rgb).ok_or(EvidenceError::Unreadable)
}

/// What four inks leave of the light.
fn without_ink(inks: &[u8]) -> [u8; 3] {
    let [cyan, magenta, yellow, black] = [0, 1, 2, 3].map(|ink| 255 - u32::from(inks.get(ink).copied().unwrap_or(0)));
    [cyan, magenta, yellow].map(|left| u8::try_from(left * black / 255).unwrap_or(u8::MAX))
}

fn decode_png(bytes: &[u8], edge: u32) -> Result<RgbImage, EvidenceError> {
    let damaged = |_| EvidenceError::Unreadable;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(PNG_BESIDE_BYTES_MAX);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(damaged)?;
    if decoder.total_bytes() > PNG_BYTES_MAX {
        return Err(EvidenceError::TooManyPixels);
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok(averaged(&picture, edge))
}

/// Makes a picture smaller by a whole factor, so that it stays at least `edge` long where it was, and lays it over white.
fn averaged(picture: &DynamicImage, edge: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let factor = (width.max(height) / edge.max(1)).max(1);
    // A last piece that is no whole block is left out, unless it is all there is.
    let (across, down) = (factor.min(width), factor.min(height));
    RgbImage::from_fn(width / across, height / down, |x, y| {
        let mut sum = [0_u32; 3];
        for line in y * down..(y + 1) * down {
            for column in x * across..(x + 1) * across {
                let Rgba([red, green, blue, alpha]) = picture.get_pixel(column, line);
                let over_white = |part: u8| (u32::from(part) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255;
                sum[0] += over_white(red);
                sum[1] += over_white(green);
                sum[2] += over_white(blue);
            }
        }
        let pixels = across * down;
        image::Rgb(sum.map(|part| u8::try_from((part + pixels / 2) / pixels).unwrap_or(u8::MAX)))
    })
}
