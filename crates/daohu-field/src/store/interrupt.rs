//! Ending a long call from another thread.

use super::Connection;
use rusqlite::InterruptHandle;
use std::{fmt, sync::Arc};

/// Ends a call of a ledger that is under way; the call is refused with `interrupted` and leaves nothing behind.
#[derive(Clone)]
pub struct Interrupter(Arc<InterruptHandle>);

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupter").finish_non_exhaustive()
    }
}

impl Interrupter {
    /// Makes one for a connection; it may outlive it.
    pub(crate) fn of(connection: &Connection) -> Self {
        Self(Arc::new(connection.get_interrupt_handle()))
    }

    /// Ends the call, if there is one.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}
