//! All chance of a run, from one number: what is done, what goes wrong, and the bytes that phones and server draw for ids and keys.

use daohu_mutate::{STEP, mixed};
use daohu_server::random::Random as ServerRandom;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A stream of numbers; a clone draws from the same stream.
#[derive(Debug, Clone)]
pub(crate) struct Dice(Arc<AtomicU64>);

impl Dice {
    /// Begins the stream number `lane` of a seed.
    pub(crate) fn new(seed: u64, lane: u64) -> Self {
        let start = mixed(seed.wrapping_mul(STEP) ^ lane.wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self(Arc::new(AtomicU64::new(start)))
    }

    /// Draws a number.
    pub(crate) fn next(&self) -> u64 {
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    /// Draws a number below `end`; 0 where there is none.
    pub(crate) fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    /// Draws a number from `first` to `last`, both included.
    pub(crate) fn between(&self, first: i64, last: i64) -> i64 {
        let width = u64::try_from(last.saturating_sub(first)).unwrap_or(0).saturating_add(1);
        first.saturating_add(i64::try_from(self.below(width)).unwrap_or(0))
    }

    /// Says yes in so many of a hundred cases.
    pub(crate) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Chooses one of a list.
    pub(crate) fn pick<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(u64::try_from(list.len()).unwrap_or(0))).unwrap_or(0);
        list.get(index)
    }

    /// Fills bytes.
    pub(crate) fn bytes(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let drawn = self.next().to_le_bytes();
            part.copy_from_slice(drawn.get(..part.len()).unwrap_or_default());
        }
    }
}

impl daohu_field::Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.bytes(bytes);
    }
}

impl ServerRandom for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.bytes(bytes);
    }
}
