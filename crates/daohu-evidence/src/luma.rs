//! The brightness of a picture, summed up so that the mean of any box is four look-ups away. Whole numbers only: the same on every machine.

use image::RgbImage;

/// Sums of brightness over the box from the upper left corner to each point.
#[derive(Debug, Clone)]
pub(crate) struct Luma {
    width: usize,
    height: usize,
    sums: Vec<u64>,
}

/// A part of a picture in per mille of its width and height: left, top, right, bottom.
pub(crate) type Part = [usize; 4];

impl Luma {
    /// Sums up a picture.
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let (width, height) = (length(picture.width()), length(picture.height()));
        let mut sums = vec![0; (width + 1) * (height + 1)];
        for (y, row) in picture.rows().enumerate() {
            let mut line = 0;
            for (x, pixel) in row.enumerate() {
                let [red, green, blue] = pixel.0.map(u64::from);
                // The weights of JPEG's own brightness, of 256.
                line += (77 * red + 150 * green + 29 * blue) >> 8;
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + line;
            }
        }
        Self { width, height, sums }
    }

    /// Returns the mean brightness, times 256, of each cell of a grid over a part, row by row.
    pub(crate) fn cells(&self, [left, top, right, bottom]: Part, columns: usize, rows: usize) -> Vec<i64> {
        let across = edges(self.width, left, right, columns);
        let down = edges(self.height, top, bottom, rows);
        let sum = |x: usize, y: usize| self.sums.get(y * (self.width + 1) + x).copied().unwrap_or(0);
        let mut cells = Vec::with_capacity(columns * rows);
        for (y0, y1) in &down {
            for (x0, x1) in &across {
                let whole = sum(*x1, *y1) + sum(*x0, *y0) - sum(*x0, *y1) - sum(*x1, *y0);
                let pixels = u64::try_from((x1 - x0) * (y1 - y0)).unwrap_or(1).max(1);
                cells.push(i64::try_from(whole * 256 / pixels).unwrap_or(0));
            }
        }
        cells
    }
}

/// Cuts a part of a length into pieces of at least one pixel each.
fn edges(whole: usize, from: usize, to: usize, pieces: usize) -> Vec<(usize, usize)> {
    let at = |piece: usize| (whole * (from * pieces + (to - from) * piece) + 500 * pieces) / (1000 * pieces);
    (0..pieces)
        .map(|piece| {
            let start = at(piece).min(whole.saturating_sub(1));
            (start, at(piece + 1).clamp(start + 1, whole.max(start + 1)))
        })
        .collect()
}

fn length(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(0)
}
