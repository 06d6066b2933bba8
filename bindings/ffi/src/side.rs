//! One of the two connections of a ledger with its lock: whatever is done with it is done here.

use crate::error::LedgerError;
use daohu_field::{FieldError, Interrupter, Ledger};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Locks, also after a call that panicked: its transaction was rolled back.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection with its lock.
pub(crate) struct Side {
    ledger: Mutex<Option<Ledger>>,
    interrupter: Interrupter,
}

impl Side {
    pub(crate) fn of(ledger: Ledger) -> Self {
        Self { interrupter: ledger.interrupter(), ledger: Mutex::new(Some(ledger)) }
    }

    /// Returns how often an end was asked for: a call notes it before it waits for anything.
    pub(crate) fn asked(&self) -> u64 {
        self.interrupter.asked()
    }

    /// Ends what is under way and may be ended.
    pub(crate) fn interrupt(&self) {
        self.interrupter.interrupt();
    }

    /// Closes the connection once the call under way came to its end.
    pub(crate) fn close(&self) {
        *held(&self.ledger) = None;
    }

    /// Does something that goes to its end, or ends where an interrupt came after `since`. What was read of a damaged page is not shown,
    /// and no panic crosses.
    pub(crate) fn call<T>(&self, since: Option<u64>, work: impl FnOnce(&mut Ledger) -> Result<T, FieldError>) -> Result<T, LedgerError> {
        let mut open = held(&self.ledger);
        let ledger = open.as_mut().ok_or_else(|| LedgerError::of("store_closed"))?;
        let done = catch_unwind(AssertUnwindSafe(|| {
            let answer = match since {
                Some(since) => self.interrupter.during(since, || work(ledger)),
                None => work(ledger),
            };
            ledger.sound()?;
            answer
        }));
        Ok(done.unwrap_or_else(|_| Err(panicked()))?)
    }
}

/// Names a fault of our own.
fn panicked() -> FieldError {
    FieldError::new("internal").saying(
        "程序自己出了错，这一步没做成；以前写的都在。请再试，不行就告诉办公室。",
        "The program itself failed in this step; what was written before is safe. Try again, else tell the office.",
    )
}

#[cfg(test)]
mod tests {
    use super::Side;
    use crate::{
        error::LedgerError,
        host::{LentClock, Shared, SystemRandom},
    };
    use daohu_field::Ledger;

    #[test]
    fn a_panic_does_not_cross_and_the_next_call_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("a.db"), &[7; 32], Box::new(Shared(LentClock::new(None))), Box::new(SystemRandom));
        let side = Side::of(ledger.unwrap());

        let LedgerError::Refused { code, zh, en, .. } = side.call(None, |_| -> Result<(), _> { panic!("a fault of our own") }).unwrap_err();

        assert_eq!((code.as_str(), zh.is_empty(), en.is_empty()), ("internal", false, false));
        assert_eq!(side.call(None, |ledger| ledger.status()).unwrap().unsent, 0);
    }
}
