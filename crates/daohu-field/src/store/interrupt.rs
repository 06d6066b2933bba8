//! Ending a long call from another thread.
//!
//! What may be ended says so ([`Interrupter::during`]) and since when: an interrupt that was asked for before a call began is none of its
//! business, and one that comes while the call waits for its turn ends it as well. Everything else, saving above all, goes to its end.

use super::Connection;
use crate::error::FieldError;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How many steps of SQLite's machine lie between two looks at whether an end is wanted. It counts on through short statements.
const STEPS: i32 = 100;

/// Stands for a call that nothing ends.
const NEVER: u64 = u64::MAX;

/// Ends calls of a ledger that are under way; they are refused with `interrupted` and leave nothing behind.
#[derive(Debug, Clone)]
pub struct Interrupter(Arc<State>);

#[derive(Debug)]
struct State {
    /// How often an end was asked for.
    asked: AtomicU64,
    /// What `asked` was when the call began that is under way; [`NEVER`] where there is none that may be ended.
    since: AtomicU64,
}

impl State {
    fn is_over(&self) -> bool {
        let since = self.since.load(Ordering::SeqCst);
        since != NEVER && self.asked.load(Ordering::SeqCst) != since
    }
}

impl Interrupter {
    /// Makes the one of a connection, which looks at it from now on.
    pub(crate) fn of(connection: &mut Connection) -> Result<Self, FieldError> {
        let state = Arc::new(State { asked: AtomicU64::new(0), since: AtomicU64::new(NEVER) });
        let seen = Arc::clone(&state);
        connection.progress_handler(STEPS, Some(move || seen.is_over()))?;
        Ok(Self(state))
    }

    /// Ends the calls that began before this moment and may be ended, those too that wait for their turn.
    pub fn interrupt(&self) {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns how often an end was asked for: a call notes it when it begins, before it waits for anything.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Does something of a call that began when [`asked`](Self::asked) was `since`, until an end is asked for.
    ///
    /// # Errors
    /// `interrupted`; a transaction that was open is undone then.
    pub fn during<T>(&self, since: u64, work: impl FnOnce() -> Result<T, FieldError>) -> Result<T, FieldError> {
        if self.asked() != since {
            return Err(FieldError::new("interrupted"));
        }
        self.0.since.store(since, Ordering::SeqCst);
        let _end = End(&self.0);
        work()
    }
}

/// Nothing is ended any more, also where the work panicked.
struct End<'a>(&'a State);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.since.store(NEVER, Ordering::SeqCst);
    }
}
