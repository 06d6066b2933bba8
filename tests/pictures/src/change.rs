//! What becomes of a picture on its way through phones: cut, scaled, compressed anew, stamped, brightened.

use crate::{
    canvas::{Canvas, View, between},
    scene::glyphs,
};
use daohu_mutate::Numbers;
use image::{
    RgbImage,
    imageops::{self, FilterType},
};
use jpeg_encoder::{ColorType, Encoder};

/// A sort of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Each edge lost something.
    Cropped,
    /// Fewer pixels.
    Scaled,
    /// Compressed once more.
    Recompressed,
    /// A band of text over the lower part.
    Stamped,
    /// Another brightness and contrast.
    Brightened,
}

/// One change of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// What each edge loses (left, top, right, bottom), as a share of the whole.
    Crop([f64; 4]),
    /// A factor of both sides.
    Scale(f64),
    /// A quality of JPEG.
    Recompress(u8),
    /// The share of the height that the band takes, and the seed of its text.
    Band(f64, u64),
    /// A factor around the middle grey, and what is added.
    Light(f64, f64),
}

/// Returns the changes of one picture: three crops and two of each other sort, drawn over their whole range.
pub fn changes(numbers: &mut Numbers) -> Vec<Change> {
    let mut changes = Vec::new();
    for _ in 0..3 {
        changes.push(Change::Crop([(); 4].map(|()| between(numbers, 0.05, 0.15))));
    }
    for _ in 0..2 {
        changes.push(Change::Scale(between(numbers, 0.3, 0.9)));
        let quality = 40 + u8::try_from(numbers.below(41)).unwrap_or_default();
        changes.push(Change::Recompress(quality));
        changes.push(Change::Band(between(numbers, 0.10, 0.15), numbers.next()));
        changes.push(Change::Light(between(numbers, 0.7, 1.3), between(numbers, -35.0, 35.0)));
    }
    changes
}

impl Change {
    /// Returns what sort of change it is.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match self {
            Self::Crop(_) => Sort::Cropped,
            Self::Scale(_) => Sort::Scaled,
            Self::Recompress(_) => Sort::Recompressed,
            Self::Band(..) => Sort::Stamped,
            Self::Light(..) => Sort::Brightened,
        }
    }

    /// Returns the changed picture as a JPEG.
    #[must_use]
    pub fn apply(&self, picture: &RgbImage) -> Vec<u8> {
        let (width, height) = picture.dimensions();
        match *self {
            Self::Crop([left, top, right, bottom]) => {
                let (x, y) = (share(width, left), share(height, top));
                let (right, bottom) = (share(width, right), share(height, bottom));
                to_jpeg(&imageops::crop_imm(picture, x, y, width - x - right, height - y - bottom).to_image(), 80)
            }
            Self::Scale(factor) => {
                to_jpeg(&imageops::resize(picture, share(width, factor), share(height, factor), FilterType::Triangle), 85)
            }
            Self::Recompress(quality) => to_jpeg(picture, quality),
            Self::Band(part, seed) => to_jpeg(&stamped(picture, part, seed), 85),
            Self::Light(factor, more) => to_jpeg(&brightened(picture, factor, more), 85),
        }
    }
}

fn stamped(picture: &RgbImage, part: f64, seed: u64) -> RgbImage {
    let mut numbers = Numbers(seed);
    let mut stamped = picture.clone();
    let height = share(picture.height(), part).max(8);
    let view = View { left: 0.0, top: 0.0, width: 4.0 };
    let mut band = Canvas::new(picture.width(), height, view);
    let tall = 4.0 * f64::from(height) / f64::from(picture.width());
    let ground = if numbers.below(2) == 0 { [245.0, 245.0, 245.0] } else { [70.0, 110.0, 170.0] };
    band.fill(|_, _| ground);
    glyphs(&mut band, &mut numbers, (0.1, tall * 0.1, between(&mut Numbers(seed ^ 1), 1.5, 3.9)), tall * 0.35);
    glyphs(&mut band, &mut numbers, (0.1, tall * 0.55, between(&mut Numbers(seed ^ 2), 1.5, 3.9)), tall * 0.35);
    imageops::overlay(&mut stamped, &band.plain(), 0, i64::from(picture.height() - height));
    stamped
}

fn brightened(picture: &RgbImage, factor: f64, more: f64) -> RgbImage {
    let mut brightened = picture.clone();
    for part in brightened.iter_mut() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within a byte")]
        let value = ((f64::from(*part) - 128.0) * factor + 128.0 + more).clamp(0.0, 255.0) as u8;
        *part = value;
    }
    brightened
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is a length")]
fn share(length: u32, part: f64) -> u32 {
    (f64::from(length) * part) as u32
}

/// Returns a picture as a JPEG; empty where it has no or too many pixels.
#[must_use]
pub fn to_jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width()), u16::try_from(picture.height())) else { return bytes };
    if Encoder::new(&mut bytes, quality).encode(picture, width, height, ColorType::Rgb).is_err() {
        bytes.clear();
    }
    bytes
}
