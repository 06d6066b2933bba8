//! A canvas that is drawn on in the coordinates of the scene, so that a camera that moves a little sees the same things elsewhere.

use daohu_mutate::{Numbers, mixed};
use image::{Rgb, RgbImage};

/// A colour, each part 0 to 255 and free to leave these bounds until it is put on the canvas.
pub(crate) type Colour = [f64; 3];

/// Returns a number from `from` to `to`.
pub(crate) fn between(numbers: &mut Numbers, from: f64, to: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a random number needs no last digit")]
    let unit = (numbers.next() >> 11) as f64 / (1_u64 << 53) as f64;
    from + unit * (to - from)
}

/// Returns a colour whose parts lie between two numbers.
pub(crate) fn colour(numbers: &mut Numbers, from: f64, to: f64) -> Colour {
    [between(numbers, from, to), between(numbers, from, to), between(numbers, from, to)]
}

/// Returns a colour multiplied by a number.
pub(crate) fn times(colour: Colour, factor: f64) -> Colour {
    colour.map(|part| part * factor)
}

/// Where the camera stands: what part of the scene, which is four wide and three high, it sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
}

impl View {
    /// The whole scene.
    pub(crate) const WHOLE: Self = Self { left: 0.0, top: 0.0, width: 4.0 };
}

/// A picture in the making.
#[derive(Debug)]
pub(crate) struct Canvas {
    image: RgbImage,
    view: View,
    /// Pixels to a unit of the scene.
    scale: f64,
}

impl Canvas {
    /// Makes a black canvas of so many pixels.
    pub(crate) fn new(width: u32, height: u32, view: View) -> Self {
        Self { image: RgbImage::new(width, height), view, scale: f64::from(width) / view.width }
    }

    /// Gives each pixel the colour of its place.
    pub(crate) fn fill(&mut self, colour: impl Fn(f64, f64) -> Colour) {
        let (view, scale) = (self.view, self.scale);
        for (x, y, pixel) in self.image.enumerate_pixels_mut() {
            *pixel = to_pixel(colour(view.left + f64::from(x) / scale, view.top + f64::from(y) / scale));
        }
    }

    /// Colours the pixels of a box (left, top, right, bottom) for whose place in it, 0 to 1 each way, there is a colour.
    pub(crate) fn shape(&mut self, (left, top, right, bottom): (f64, f64, f64, f64), colour: impl Fn(f64, f64) -> Option<Colour>) {
        let (view, scale) = (self.view, self.scale);
        let first = |at: f64, from: f64| ((at - from) * scale).ceil().max(0.0);
        let (from_x, to_x) = (first(left, view.left), first(right, view.left).min(f64::from(self.image.width())));
        let (from_y, to_y) = (first(top, view.top), first(bottom, view.top).min(f64::from(self.image.height())));
        for y in whole(from_y)..whole(to_y) {
            for x in whole(from_x)..whole(to_x) {
                let (at_x, at_y) = (view.left + f64::from(x) / scale, view.top + f64::from(y) / scale);
                if let Some(found) = colour((at_x - left) / (right - left), (at_y - top) / (bottom - top)) {
                    self.image.put_pixel(x, y, to_pixel(found));
                }
            }
        }
    }

    /// Fills a box with one colour.
    pub(crate) fn block(&mut self, bounds: (f64, f64, f64, f64), colour: Colour) {
        self.shape(bounds, |_, _| Some(colour));
    }

    /// Fills the ellipse within a box.
    pub(crate) fn ellipse(&mut self, bounds: (f64, f64, f64, f64), colour: Colour) {
        self.shape(bounds, |x, y| ((x - 0.5).powi(2) + (y - 0.5).powi(2) <= 0.25).then_some(colour));
    }

    /// Ends the picture as it is.
    pub(crate) fn plain(self) -> RgbImage {
        self.image
    }

    /// Ends the picture: light from a side, brightness, contrast and the grain of a camera.
    pub(crate) fn finish(self, light: Light, numbers: &mut Numbers) -> RgbImage {
        let Self { mut image, .. } = self;
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            let (across, down) = (f64::from(x) / width - 0.5, f64::from(y) / height - 0.5);
            let factor = light.gain * (1.0 + light.across * across + light.down * down);
            let grain = f64::from(numbers.byte() % 9) - 4.0;
            *pixel = to_pixel(pixel.0.map(|part| f64::from(part) * factor + grain));
        }
        image
    }
}

/// The light of a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    pub(crate) gain: f64,
    pub(crate) across: f64,
    pub(crate) down: f64,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0 and not beyond the canvas")]
fn whole(at: f64) -> u32 {
    at.max(0.0) as u32
}

/// Holds a colour within its bounds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within a byte")]
pub(crate) fn to_pixel(colour: Colour) -> Rgb<u8> {
    Rgb(colour.map(|part| part.clamp(0.0, 255.0) as u8))
}

/// Returns smooth noise from -1 to 1 at a place: three layers, each half as strong and twice as fine.
pub(crate) fn noise(seed: u64, x: f64, y: f64) -> f64 {
    (layer(seed, x, y) + layer(seed ^ 1, x * 2.0, y * 2.0) / 2.0 + layer(seed ^ 2, x * 4.0, y * 4.0) / 4.0) / 1.75
}

fn layer(seed: u64, x: f64, y: f64) -> f64 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |part: f64| part * part * (3.0 - 2.0 * part);
    let (across, down) = (ease(x - left), ease(y - top));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a corner's number, wrapped as it likes")]
    let corner = |dx: i64, dy: i64| {
        let state =
            seed ^ (left as i64 + dx).wrapping_mul(0x5851_f42d) as u64 ^ ((top as i64 + dy) as u64).wrapping_mul(0x1405_7b7e_f767_814f);
        f64::from(mixed(state).to_le_bytes()[0]) / 127.5 - 1.0
    };
    let upper = corner(0, 0) * (1.0 - across) + corner(1, 0) * across;
    let lower = corner(0, 1) * (1.0 - across) + corner(1, 1) * across;
    upper * (1.0 - down) + lower * down
}
