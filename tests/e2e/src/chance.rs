//! Random choices that a seed repeats.

use crate::Outcome;

/// Random numbers of a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

impl Chance {
    /// Returns a number below a limit that is above 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(daohu_mutate::STEP);
        daohu_mutate::mixed(self.0) % limit
    }

    /// Returns one of several.
    ///
    /// # Errors
    /// When there is none.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Outcome<T> {
        let at = usize::try_from(self.below(u64::try_from(all.len())?))?;
        all.get(at).copied().ok_or_else(|| "nothing to choose from".into())
    }
}
