//! A simulated township: real phones, the real server, and a network, clocks and disks that fail as a seed says.
//!
//! Everything is in one thread and without a socket, so that a seed is the same run every time: `template` makes the township once,
//! `world` is a run of it, `work` is what people do, `mischief`, `network` and `courier` what goes wrong, `check` what must hold at the end.

mod check;
mod courier;
mod dice;
mod disk;
mod hostile;
mod mischief;
mod network;
mod phone;
mod play;
mod tally;
mod template;
mod town;
mod work;
mod world;

pub use play::Run;
pub use tally::Tally;

use std::{
    error::Error,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};
use template::Template;

/// What the simulator itself fails with.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What it returns.
pub type Outcome<T = ()> = Result<T, Failure>;

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Runs {
    /// What they met.
    pub tally: Tally,
    /// The seeds that failed, in order, each with what does not hold.
    pub failures: Vec<(u64, String)>,
}

/// Plays one seed and keeps every step.
///
/// # Errors
/// When the township could not be made.
pub fn one(seed: u64) -> Outcome<Run> {
    play::play(&Template::make()?, seed, true)
}

/// Plays seeds, each in one thread and several at once; stops soon after the first that fails where `stops` says so.
///
/// # Errors
/// When the township could not be made.
pub fn many(seeds: Range<u64>, stops: bool) -> Outcome<Runs> {
    let template = Template::make()?;
    let next = AtomicU64::new(seeds.start);
    let runs = Mutex::new(Runs::default());
    let broken: Mutex<Option<Failure>> = Mutex::new(None);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    match play::play(&template, seed, false) {
                        Ok(run) => {
                            let mut runs = runs.lock().unwrap_or_else(PoisonError::into_inner);
                            runs.tally.add(&run.tally);
                            if let Some(failure) = run.failure {
                                runs.failures.push((seed, failure));
                                if stops {
                                    next.store(seeds.end, Ordering::Relaxed);
                                }
                            }
                        }
                        Err(failure) => {
                            *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                            next.store(seeds.end, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    if let Some(failure) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(failure);
    }
    let mut runs = runs.into_inner().unwrap_or_else(PoisonError::into_inner);
    runs.failures.sort();
    Ok(runs)
}
