//! Finds photos that look alike among millions without looking at each.
//!
//! A print's `p` is cut into four numbers of 16 bits. Prints that differ in at most ten bits of `p` differ in at most two bits of one of the
//! first three, or in at most one bit of the last: else it would be eleven. So for each of the four there is a table from its 65,536 values
//! to the prints that have it; a search looks up the 137 values within two bits, or the 17 within one, and compares what it finds there.
//! That is exact, and at 4.2 million prints some 27,000 comparisons a window.
//!
//! Many photos of one look make a few values crowded. The prints of a value lie side by side, so a crowd is read at the speed of memory; a
//! search that has found as many photos as are wanted ends; and walls and skies, the largest crowd of all, have no prints.

use crate::{Print, Prints, Probe, REACH};

/// Numbers that `p` is cut into.
const BANDS: usize = 4;
/// Values of one of them.
const VALUES: usize = 1 << 16;
/// Bits of each in which it is looked up. Prints of which every band differed in one bit more would differ in eleven together.
const BAND_REACH: [u32; BANDS] = [2, 2, 2, 1];
/// Windows of a probe that are the photo's own prints.
const OWN_WINDOWS: usize = 3;
/// Photos that wait outside the tables: at least so many, or this share of those inside.
const WAITING_MIN: usize = 256;
const WAITING_SHARE: usize = 256;

/// A photo that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// How far it is, 0 to [`REACH`].
    pub distance: u32,
    /// What it was put in under.
    pub key: u64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The photos, nearest first.
    pub near: Vec<Near>,
    /// Whether these are all there are. Where they are not, a distance may be smaller than it says.
    pub is_all: bool,
}

/// Prints of photos under keys, to search in. A key that is put in twice is found by both.
#[derive(Debug, Clone, Default)]
pub struct Index {
    keys: Vec<u64>,
    /// Every print, and the number of the photo it is of.
    prints: Vec<(Print, u32)>,
    bands: Vec<Band>,
    /// Prints from here on are not in the tables yet.
    sorted: usize,
}

/// The table of one of the four numbers.
#[derive(Debug, Clone, Default)]
struct Band {
    /// Where each value begins in the two lists, and at the end where the last one ends.
    starts: Vec<u32>,
    /// `p` of the prints, by value.
    waves: Vec<u64>,
    /// Which print it is.
    numbers: Vec<u32>,
}

impl Index {
    /// Makes an index of photos.
    #[must_use]
    pub fn of(photos: impl IntoIterator<Item = (u64, Prints)>) -> Self {
        let mut index = Self::default();
        for (key, prints) in photos {
            index.append(key, &prints);
        }
        index.sort();
        index
    }

    /// Puts a photo in.
    pub fn insert(&mut self, key: u64, prints: &Prints) {
        self.append(key, prints);
        let inside = self.sorted / WAITING_SHARE;
        if self.prints.len() - self.sorted > 3 * WAITING_MIN.max(inside / 3) {
            self.sort();
        }
    }

    /// Returns how many photos are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bands = self.bands.iter().map(|band| size_of_val(&*band.starts) + size_of_val(&*band.waves) + size_of_val(&*band.numbers));
        size_of_val(&*self.keys) + size_of_val(&*self.prints) + bands.sum::<usize>()
    }

    /// Returns the photos within a distance of a probe, at most [`REACH`], nearest first.
    ///
    /// The search ends when it has found `photos_max`: in a crowd of thousands, that it is one is the answer. The probe's first windows, which
    /// are the photo's own prints, are searched with first.
    #[must_use]
    pub fn near(&self, probe: &Probe, distance_max: u32, photos_max: usize) -> Found {
        let mut nearest = Nearest { distances: vec![u8::MAX; self.keys.len()], photos: Vec::new(), distance_max, photos_max };
        let (own, others) = probe.windows.split_at(probe.windows.len().min(OWN_WINDOWS));
        let is_all = self.search(own, &mut nearest).and_then(|()| self.search(others, &mut nearest)).is_some();
        let near = nearest.photos.iter().filter_map(|photo| {
            Some(Near { distance: u32::from(*nearest.distances.get(place(*photo))?), key: *self.keys.get(place(*photo))? })
        });
        let mut near: Vec<Near> = near.collect();
        near.sort_unstable();
        Found { near, is_all }
    }

    /// Searches with some windows; `None` where it ended before all was searched.
    fn search(&self, windows: &[Print], nearest: &mut Nearest) -> Option<()> {
        for (print, photo) in self.prints.get(self.sorted..).unwrap_or_default() {
            for window in windows {
                nearest.take(*photo, window.distance(*print))?;
            }
        }
        for (number, band) in self.bands.iter().enumerate() {
            // In the order of the values: windows that are alike ask for the same ones, and memory is read from one end to the other.
            let mut asked = Vec::with_capacity(windows.len() * MASKS.len());
            for (window, at) in windows.iter().zip(0_u32..) {
                let masks = MASKS.iter().filter(|mask| mask.count_ones() <= BAND_REACH[number]);
                asked.extend(masks.map(|mask| (value(window.p, number) ^ mask, at)));
            }
            asked.sort_unstable();
            for (value, at) in asked {
                self.compare(band, value, *windows.get(place(at))?, nearest)?;
            }
        }
        Some(())
    }

    /// Compares a window with every print of a value.
    fn compare(&self, band: &Band, value: u16, window: Print, nearest: &mut Nearest) -> Option<()> {
        let (waves, numbers) = band.of_value(value);
        for (waves, number) in waves.iter().zip(numbers) {
            if (waves ^ window.p).count_ones() <= REACH
                && let Some((print, photo)) = self.prints.get(place(*number))
            {
                nearest.take(*photo, window.distance(*print))?;
            }
        }
        Some(())
    }

    /// Adds a photo behind the tables. Beyond four thousand million prints nothing is added.
    fn append(&mut self, key: u64, prints: &Prints) {
        let (Ok(photo), Ok(_)) = (u32::try_from(self.keys.len()), u32::try_from(self.prints.len() + BANDS)) else { return };
        self.keys.push(key);
        self.prints.extend(prints.all().map(|print| (print, photo)));
    }

    /// Makes the tables anew over everything, by counting.
    fn sort(&mut self) {
        self.bands = (0..BANDS).map(|number| Band::of(&self.prints, number)).collect();
        self.sorted = self.prints.len();
    }
}

impl Band {
    fn of(prints: &[(Print, u32)], number: usize) -> Self {
        let mut starts = vec![0_u32; VALUES + 1];
        for (print, _) in prints {
            starts[usize::from(value(print.p, number)) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let (mut waves, mut numbers) = (vec![0; prints.len()], vec![0; prints.len()]);
        for (at, (print, _)) in (0..).zip(prints) {
            let slot = &mut next[usize::from(value(print.p, number))];
            waves[place(*slot)] = print.p;
            numbers[place(*slot)] = at;
            *slot += 1;
        }
        Self { starts, waves, numbers }
    }

    /// Returns the prints that have a value.
    fn of_value(&self, value: u16) -> (&[u64], &[u32]) {
        let range = match self.starts.get(usize::from(value)..usize::from(value) + 2) {
            Some([from, to]) => place(*from)..place(*to),
            _ => 0..0,
        };
        (self.waves.get(range.clone()).unwrap_or_default(), self.numbers.get(range).unwrap_or_default())
    }
}

/// The smallest distance of each photo that was found, and which were.
struct Nearest {
    distances: Vec<u8>,
    photos: Vec<u32>,
    distance_max: u32,
    photos_max: usize,
}

impl Nearest {
    /// Takes a photo; `None` where no more are wanted.
    fn take(&mut self, photo: u32, distance: Option<u32>) -> Option<()> {
        let Some(distance) = distance.filter(|distance| *distance <= self.distance_max).and_then(|distance| u8::try_from(distance).ok())
        else {
            return Some(());
        };
        let known = self.distances.get_mut(place(photo))?;
        if *known == u8::MAX {
            if self.photos.len() >= self.photos_max {
                return None;
            }
            self.photos.push(photo);
        }
        *known = distance.min(*known);
        Some(())
    }
}

/// Returns one of the four numbers of `p`.
fn value(waves: u64, number: usize) -> u16 {
    let bytes = waves.to_le_bytes();
    u16::from_le_bytes([bytes[number * 2], bytes[number * 2 + 1]])
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Every pattern of at most two of sixteen bits.
const MASKS: [u16; 137] = {
    let mut masks = [0; 137];
    let (mut at, mut mask) = (0, 0_u16);
    loop {
        if mask.count_ones() <= 2 {
            masks[at] = mask;
            at += 1;
        }
        if mask == u16::MAX {
            break;
        }
        mask += 1;
    }
    masks
};
