//! Five sorts of scenes: textures, pages of text, rooms, fields, walls with posters.
//!
//! What stands fast in a scene comes from its seed; what is moved between two pictures of it (people, furniture, what is written,
//! clouds, light, the camera) comes from the number of the picture.

use crate::canvas::{Canvas, Colour, Light, View, between, colour, noise, times};
use daohu_mutate::{Numbers, mixed};
use image::RgbImage;

/// A scene and one picture of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    /// What stands fast.
    pub(crate) seed: u64,
    /// Which picture: 0 is the first, every other is taken another day.
    pub(crate) shot: u64,
}

impl Scene {
    /// Draws the picture.
    pub(crate) fn draw(self, width: u32, height: u32) -> RgbImage {
        let mut loose = Numbers(mixed(self.seed ^ mixed(self.shot.wrapping_add(77))));
        let mut canvas = Canvas::new(width, height, self.view(&mut loose));
        match self.seed % 5 {
            0 => self.texture(&mut canvas, &mut loose),
            1 => self.page(&mut canvas, &mut loose),
            2 => self.room(&mut canvas, &mut loose),
            3 => self.field(&mut canvas, &mut loose),
            _ => self.posters(&mut canvas, &mut loose),
        }
        let light = if self.shot == 0 {
            Light { gain: 1.0, across: 0.0, down: 0.0 }
        } else {
            Light { gain: between(&mut loose, 0.7, 1.15), across: between(&mut loose, -0.5, 0.5), down: between(&mut loose, -0.3, 0.3) }
        };
        canvas.finish(light, &mut loose)
    }

    /// The first picture sees the whole scene; another day the camera stands a step aside, nearer or further away.
    fn view(self, loose: &mut Numbers) -> View {
        if self.shot == 0 {
            return View::WHOLE;
        }
        let width = between(loose, 3.2, 4.4);
        let step = between(loose, 0.25, 0.9) * if loose.below(2) == 0 { -1.0 } else { 1.0 };
        let middle = (4.0 - width) / 2.0;
        View { left: middle + step, top: middle * 0.75 + between(loose, -0.3, 0.3), width }
    }

    fn fixed(self) -> Numbers {
        Numbers(mixed(self.seed))
    }

    /// Walls of a yard, fabric, heaps, leaves: noise, stripes and spots.
    fn texture(self, canvas: &mut Canvas, loose: &mut Numbers) {
        let mut fixed = self.fixed();
        let (one, other) = (colour(&mut fixed, 20.0, 235.0), colour(&mut fixed, 20.0, 235.0));
        let fine = between(&mut fixed, 0.8, 3.0);
        let (stripes, turn) = (between(&mut fixed, 2.0, 9.0), between(&mut fixed, 0.0, 3.1));
        let share = between(&mut fixed, 0.0, 0.5);
        let seed = self.seed;
        canvas.fill(|x, y| {
            let wave = ((x * turn.cos() + y * turn.sin()) * stripes).sin();
            let part = (noise(seed, x * fine, y * fine) * (1.0 - share) + wave * share).mul_add(0.7, 0.5);
            mix(one, other, part)
        });
        for _ in 0..fixed.below(9) {
            let tone = colour(&mut fixed, 0.0, 255.0);
            spot(canvas, &mut fixed, tone);
        }
        for _ in 0..4 {
            let tone = colour(loose, 0.0, 255.0);
            spot(canvas, loose, tone);
        }
    }

    /// A page of a register or a notice on a desk: the form is fixed, what is written in it is not.
    fn page(self, canvas: &mut Canvas, loose: &mut Numbers) {
        let mut fixed = self.fixed();
        let (desk, seed) = (colour(&mut fixed, 40.0, 170.0), self.seed);
        let paper = times([250.0, 248.0, 240.0], between(&mut fixed, 0.8, 1.0));
        canvas.fill(|x, y| times(desk, 1.0 + noise(seed, x * 0.7, y * 5.0) * 0.2));
        let (left, right) = (between(&mut fixed, 0.1, 0.9), between(&mut fixed, 3.1, 3.9));
        let (top, bottom) = (between(&mut fixed, 0.05, 0.4), between(&mut fixed, 2.6, 2.95));
        canvas.shape((left, top, right, bottom), |x, y| Some(times(paper, 1.0 + noise(seed ^ 9, x * 2.0, y * 2.0) * 0.06)));
        let line = between(&mut fixed, 0.1, 0.24);
        let (columns, ruled) = (1 + fixed.below(4), fixed.below(2) == 0);
        glyphs(canvas, &mut fixed, (left + 0.5, top + 0.1, right - 0.5), line * 0.9);
        let mut row = top + 0.2 + line * 1.3;
        while row + line < bottom - 0.1 {
            for column in 0..columns {
                let step = (right - left - 0.2) / number(columns);
                let from = left + 0.1 + step * number(column);
                if ruled {
                    canvas.block((from, row - line * 0.12, from + step, row - line * 0.06), [90.0, 90.0, 90.0]);
                }
                // A cell is written to some length, or left empty.
                let to = from + step * between(loose, -0.3, 0.95);
                glyphs(canvas, loose, (from + 0.04, row, to), line * 0.62);
            }
            row += line;
        }
        if fixed.below(3) == 0 {
            let (x, y) = (between(&mut fixed, left, right - 0.6), between(&mut fixed, 1.6, 2.3));
            canvas.shape((x, y, x + 0.6, y + 0.6), |x, y| {
                let far = ((x - 0.5).powi(2) + (y - 0.5).powi(2)).sqrt();
                ((0.42..0.5).contains(&far) || far < 0.12).then_some([200.0, 30.0, 40.0])
            });
        }
    }

    /// A room: walls, floor, window and door stand fast; furniture and people do not.
    fn room(self, canvas: &mut Canvas, loose: &mut Numbers) {
        let mut fixed = self.fixed();
        let (wall, floor) = (colour(&mut fixed, 120.0, 235.0), colour(&mut fixed, 50.0, 160.0));
        let (edge, seed) = (between(&mut fixed, 1.7, 2.3), self.seed);
        let corner = between(&mut fixed, 0.6, 3.4);
        canvas.fill(|x, y| {
            let tone = if y > edge + (x - corner).abs() * 0.2 { floor } else { times(wall, if x < corner { 1.0 } else { 0.86 }) };
            times(tone, 1.0 + noise(seed, x * 3.0, y * 3.0) * 0.08)
        });
        let window = between(&mut fixed, 0.2, 2.8);
        let (sky, frame) = (colour(&mut fixed, 180.0, 255.0), colour(&mut fixed, 90.0, 220.0));
        canvas.block((window, 0.4, window + 0.9, 1.4), frame);
        canvas.block((window + 0.06, 0.46, window + 0.42, 1.34), sky);
        canvas.block((window + 0.48, 0.46, window + 0.84, 1.34), sky);
        let (door, wood) = ((window + 1.6) % 3.2, colour(&mut fixed, 50.0, 140.0));
        canvas.block((door, 0.6, door + 0.6, edge + 0.1), wood);
        for _ in 0..3 + fixed.below(4) {
            let tone = colour(&mut fixed, 30.0, 200.0);
            let (wide, high) = (between(&mut fixed, 0.3, 1.1), between(&mut fixed, 0.3, 1.0));
            let (x, foot) = (between(loose, -0.1, 3.6), edge + between(loose, 0.1, 0.8));
            canvas.shape((x, foot - high, x + wide, foot), |x, y| {
                Some(times(tone, 1.05 - 0.25 * x - if y % 0.33 < 0.03 { 0.3 } else { 0.0 }))
            });
        }
        people(canvas, loose, 1 + usize::from(self.seed.is_multiple_of(3)), edge + 0.7);
    }

    /// Fields with a horizon: hills, rows, trees and houses stand fast; clouds and people do not.
    fn field(self, canvas: &mut Canvas, loose: &mut Numbers) {
        let mut fixed = self.fixed();
        let (horizon, seed) = (between(&mut fixed, 0.9, 1.7), self.seed);
        let (sky, soil) = (colour(&mut fixed, 150.0, 240.0), colour(&mut fixed, 60.0, 150.0));
        let (green, hill) = (colour(&mut fixed, 40.0, 170.0), colour(&mut fixed, 50.0, 140.0));
        let (rows, lean) = (between(&mut fixed, 4.0, 12.0), between(&mut fixed, -1.5, 1.5));
        let clouds = loose.next();
        canvas.fill(|x, y| {
            let ridge = horizon - 0.25 - noise(seed, x * 0.9, 3.0) * 0.35;
            if y < ridge {
                times(sky, 0.85 + 0.1 * y + noise(clouds, x * 0.8, y * 1.6).max(0.0) * 0.35)
            } else if y < horizon {
                times(hill, 1.0 + noise(seed ^ 5, x * 4.0, y * 4.0) * 0.3)
            } else {
                let depth = y - horizon + 0.15;
                let wave = ((x - 2.0 + lean * depth) / depth * rows * 0.4).sin();
                times(mix(soil, green, wave * 0.5 + 0.5), 1.0 + noise(seed ^ 6, x * 5.0, y * 5.0) * 0.25)
            }
        });
        for _ in 0..fixed.below(7) {
            let (x, size) = (between(&mut fixed, -0.2, 4.0), between(&mut fixed, 0.15, 0.6));
            canvas.block((x + size * 0.45, horizon - size * 0.3, x + size * 0.55, horizon + 0.1), [80.0, 60.0, 40.0]);
            canvas.ellipse((x, horizon - size * 1.3, x + size, horizon - size * 0.2), times(green, 0.7));
        }
        for _ in 0..fixed.below(3) {
            let (x, size, tone) = (between(&mut fixed, 0.0, 3.4), between(&mut fixed, 0.3, 0.7), colour(&mut fixed, 120.0, 240.0));
            canvas.block((x, horizon - size * 0.6, x + size, horizon + 0.1), tone);
            canvas.block((x - 0.05, horizon - size * 0.8, x + size + 0.05, horizon - size * 0.55), times(tone, 0.5));
        }
        people(canvas, loose, 1 + usize::from(self.seed.is_multiple_of(2)), 2.7);
    }

    /// A wall of an office or a lane: the posters hang, people stand before it.
    fn posters(self, canvas: &mut Canvas, loose: &mut Numbers) {
        let mut fixed = self.fixed();
        let (wall, seed) = (colour(&mut fixed, 130.0, 240.0), self.seed);
        canvas.fill(|x, y| times(wall, 1.0 + noise(seed, x * 2.0, y * 2.0) * 0.1 - if y > 2.6 { 0.4 } else { 0.0 }));
        let (columns, lines) = (2 + fixed.below(3), 1 + fixed.below(2));
        for column in 0..columns {
            for line in 0..lines {
                let (wide, high) = (3.8 / number(columns), 2.4 / number(lines));
                let (x, y) = (0.1 + wide * number(column) + between(&mut fixed, 0.0, wide * 0.25), 0.1 + high * number(line));
                let (right, bottom) = (x + wide * between(&mut fixed, 0.5, 0.72), y + high * between(&mut fixed, 0.6, 0.9));
                let paper = colour(&mut fixed, 60.0, 255.0);
                canvas.block((x, y, right, bottom), paper);
                let head = colour(&mut fixed, 0.0, 255.0);
                canvas.block((x, y, right, y + (bottom - y) * between(&mut fixed, 0.1, 0.4)), head);
                let mut row = y + (bottom - y) * 0.45;
                while row < bottom - 0.12 {
                    glyphs(canvas, &mut fixed, (x + 0.05, row, right - 0.05), 0.07);
                    row += 0.13;
                }
            }
        }
        people(canvas, loose, 1 + usize::from(self.seed.is_multiple_of(2)), 2.9);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn number(count: usize) -> f64 {
    count as f64
}

fn mix(one: Colour, other: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|part| one[part] + (other[part] - one[part]) * share)
}

fn spot(canvas: &mut Canvas, numbers: &mut Numbers, tone: Colour) {
    let (x, y) = (between(numbers, -0.2, 3.8), between(numbers, -0.2, 2.8));
    canvas.ellipse((x, y, x + between(numbers, 0.2, 1.0), y + between(numbers, 0.2, 1.0)), tone);
}

/// Writes blocks that look like characters from afar: strokes within a square each.
pub(crate) fn glyphs(canvas: &mut Canvas, numbers: &mut Numbers, (left, top, right): (f64, f64, f64), size: f64) {
    let mut x = left;
    while x + size < right {
        let ink = [35.0, 35.0, 45.0];
        for _ in 0..2 + numbers.below(3) {
            let at = between(numbers, 0.0, size * 0.8);
            let long = between(numbers, size * 0.4, size * 0.9);
            if numbers.below(2) == 0 {
                canvas.block((x, top + at, x + long, top + at + size * 0.16), ink);
            } else {
                canvas.block((x + at, top, x + at + size * 0.16, top + long), ink);
            }
        }
        x += size * if numbers.below(9) == 0 { 2.0 } else { 1.15 };
    }
}

/// Draws people who stand somewhere before the scene.
fn people(canvas: &mut Canvas, numbers: &mut Numbers, at_least: usize, foot: f64) {
    for _ in 0..at_least + numbers.below(3) {
        let (x, tall) = (between(numbers, 0.1, 3.5), between(numbers, 1.1, 1.9));
        let (top, wide) = (foot - tall, tall * 0.3);
        let (coat, trousers) = (colour(numbers, 20.0, 220.0), colour(numbers, 20.0, 120.0));
        let skin = times([225.0, 180.0, 150.0], between(numbers, 0.75, 1.05));
        canvas.block((x + wide * 0.15, foot - tall * 0.45, x + wide * 0.85, foot), trousers);
        canvas.block((x, top + tall * 0.18, x + wide, foot - tall * 0.42), coat);
        canvas.ellipse((x + wide * 0.25, top, x + wide * 0.75, top + tall * 0.2), skin);
        canvas.ellipse((x + wide * 0.25, top - 0.02, x + wide * 0.75, top + tall * 0.08), [30.0, 25.0, 25.0]);
    }
}
