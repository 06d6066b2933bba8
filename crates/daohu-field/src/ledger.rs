//! The ledger of one user on one device: the one thing that hosts hold.
//!
//! It is synchronous and asks the host for nothing but a clock and randomness. Each use case is a method in a file
//! of its own beside this one.

use crate::{
    error::FieldError,
    me::Me,
    port::{Clock, Random},
    store::{
        Connection, StoreKey, meta,
        meta::key,
        open,
        salvage::{self, Salvaged},
        time,
    },
};
use daohu_domain::{id::Id, time::Stamp};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The ledger, opened.
pub struct Ledger {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Box<dyn Random>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens a ledger, or makes an empty one where there is none.
    ///
    /// # Errors
    /// `wrong_key`; `too_new` for a store of a newer version; `disk_full`; `store_damaged`: call [`Ledger::salvage`].
    /// In every case the file is as it was.
    pub fn open(path: &Path, key: &StoreKey, clock: Box<dyn Clock>, random: Box<dyn Random>) -> Result<Self, FieldError> {
        let connection = open::open(path, key)?;
        if clock.is_set() && meta::text(&connection, key::CLOCK_SET)?.is_none() {
            meta::set(&connection, key::CLOCK_SET, "1")?;
        }
        Ok(Self { connection, path: path.to_owned(), clock, random })
    }

    /// Sets a damaged store aside and brings what can be read of it into a new one.
    ///
    /// # Errors
    /// `disk_full` or `store_failed` when the new file cannot be written; the damaged one is kept in any case.
    pub fn salvage(path: &Path, key: &StoreKey, now_ms: i64) -> Result<Salvaged, FieldError> {
        let salvaged = salvage::salvage(path, key, now_ms)?;
        let mut connection = open::open(path, key)?;
        crate::rebuild::rebuild(&mut connection)?;
        Ok(salvaged)
    }

    /// Returns the clocks of this moment, as events keep them.
    pub(crate) fn stamp(&self) -> Result<Stamp, FieldError> {
        let boot = time::boot_number(&self.connection, &self.clock.boot())?;
        Ok(Stamp { wall_ms: self.clock.wall_ms(), mono_ms: self.clock.mono_ms(), boot })
    }

    /// Draws a new id.
    pub(crate) fn new_id(&self) -> Id {
        let mut random = [0; 10];
        self.random.fill(&mut random);
        Id::v7(self.clock.wall_ms(), random)
    }

    /// Returns who this device is.
    pub(crate) fn me(&self) -> Result<Me, FieldError> {
        Me::read(&self.connection)
    }
}
