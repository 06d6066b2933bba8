//! Made pictures for tests and for the bench: the same from the same seed, none of them kept in the repository.
//!
//! Nothing in them is anybody's: five sorts of drawn scenes. A [`Family`] is what the search for repeated photos is tried on: a picture,
//! what people make of it, and other pictures of the same place.

mod canvas;
mod change;
mod scene;

use canvas::{Canvas, Light, View, between, noise, times};
use daohu_mutate::{Numbers, mixed};
use image::RgbImage;
use scene::Scene;

pub use change::{Change, Sort, changes, to_jpeg};

/// Pixels of a made picture: enough for a search that looks at a few hundred.
const SIZE: (u32, u32) = (512, 384);
/// Pictures of the same scene on another day.
const AGAIN: u64 = 4;
/// How a phone compresses.
const QUALITY: u8 = 88;

/// A picture and its kin, each a JPEG.
#[derive(Debug, Clone)]
pub struct Family {
    /// Where all of it comes from.
    pub seed: u64,
    /// The picture.
    pub base: Vec<u8>,
    /// The same picture, changed.
    pub changed: Vec<(Sort, Vec<u8>)>,
    /// Other pictures of the same scene: furniture moved, other people, another light, the camera a step aside.
    pub again: Vec<Vec<u8>>,
}

impl Family {
    /// Makes the family of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let base = Scene { seed, shot: 0 }.draw(SIZE.0, SIZE.1);
        let changed = changes(&mut Numbers(mixed(seed ^ 0xc4a6))).into_iter().map(|change| (change.sort(), change.apply(&base))).collect();
        let again = (1..=AGAIN).map(|shot| to_jpeg(&Scene { seed, shot }.draw(SIZE.0, SIZE.1), QUALITY)).collect();
        Self { seed, base: to_jpeg(&base, QUALITY), changed, again }
    }
}

/// Returns a picture of a seed in any size.
#[must_use]
pub fn picture(seed: u64, width: u32, height: u32) -> RgbImage {
    Scene { seed, shot: 0 }.draw(width, height)
}

/// Returns a picture of a seed with as much fine detail as leaves, plaster and cloth have in a photo.
#[must_use]
pub fn photo(seed: u64, width: u32, height: u32) -> RgbImage {
    let mut photo = picture(seed, width, height);
    let scale = 4.0 / f64::from(width);
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        let (across, down) = (f64::from(x) * scale, f64::from(y) * scale);
        let detail = 1.0 + noise(seed ^ 40, across * 24.0, down * 24.0) * 0.2 + noise(seed ^ 41, across * 90.0, down * 90.0) * 0.2;
        *pixel = canvas::to_pixel(times(pixel.0.map(f64::from), detail));
    }
    photo
}

/// Returns a picture that shows nothing: a wall, light from a side, a shade or two and the grain of a camera.
#[must_use]
pub fn wall(seed: u64, width: u32, height: u32) -> RgbImage {
    let mut numbers = Numbers(mixed(seed));
    let mut canvas = Canvas::new(width, height, View::WHOLE);
    let (paint, shade) = (between(&mut numbers, 150.0, 245.0), numbers.next());
    canvas.fill(|x, y| times([1.0, 0.98, 0.94], paint + noise(shade, x * 0.4, y * 0.4) * 2.0));
    let light = Light { gain: 1.0, across: between(&mut numbers, -0.25, 0.25), down: between(&mut numbers, -0.25, 0.25) };
    canvas.finish(light, &mut numbers)
}

#[cfg(test)]
mod tests {
    use super::{Family, picture};

    #[test]
    fn the_same_seed_draws_the_same_and_another_something_else() {
        assert_eq!(picture(3, 64, 48), picture(3, 64, 48));
        assert_ne!(picture(3, 64, 48), picture(8, 64, 48));
    }

    #[test]
    fn a_family_has_every_change_and_its_other_pictures_are_others() {
        let family = Family::of(2);
        assert_eq!((family.changed.len(), family.again.len()), (11, 4));
        assert!(family.again.iter().all(|other| *other != family.base));
    }
}
