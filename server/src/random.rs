//! Randomness as a port: the machine's own, or a seeded one in tests.

use std::fmt;

use daohu_domain::id::Id;

/// Fills bytes that nobody can guess.
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

/// Takes randomness from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without the operating system's randomness no key may be made and no code given out: stopping is the only safe answer.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// Returns `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut out = [0; N];
    random.fill(&mut out);
    out
}

/// Makes a new id (`UUIDv7`) of an instant.
pub fn new_id(random: &dyn Random, at_ms: i64) -> Id {
    Id::v7(at_ms, bytes(random))
}
