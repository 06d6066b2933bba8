//! The ledger of one user on one device: the one thing that hosts hold.
//!
//! It is synchronous and asks the host for nothing but a clock and randomness. Each use case is a method in a file
//! of its own beside this one.

use crate::{
    error::FieldError,
    me::Me,
    port::{Bounded, Clock, Random},
    store::{
        self, Connection, StoreKey, access,
        interrupt::Interrupter,
        meta,
        meta::key,
        open, quarantine,
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
    interrupter: Interrupter,
    _open: open::Open,
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
    /// `usage` for a path that names no file; `wrong_key`; `too_new` for a store of a newer version; `disk_full`; `store_busy` while it is
    /// being salvaged; `store_damaged`: call [`Ledger::salvage`]. In every case the file is as it was.
    pub fn open(path: &Path, key: &StoreKey, clock: Box<dyn Clock>, random: Box<dyn Random>) -> Result<Self, FieldError> {
        let opened = open::Open::shared(path)?;
        let mut connection = open::open(path, key)?;
        follow_program(&mut connection)?;
        let clock = Box::new(Bounded(clock));
        if clock.is_set() && meta::text(&connection, key::CLOCK_SET)?.is_none() {
            meta::set(&connection, key::CLOCK_SET, "1")?;
        }
        let interrupter = Interrupter::of(&mut connection)?;
        Ok(Self { connection, path: path.to_owned(), clock, random, interrupter, _open: opened })
    }

    /// Sets a damaged store aside and brings what can be read of it into a new one.
    ///
    /// # Errors
    /// `store_busy` while a ledger holds the store, `wrong_key`, `not_damaged` for one that is whole: nothing is touched then. `disk_full` or `store_failed` when the new file cannot be written; the damaged one is kept in any case.
    pub fn salvage(path: &Path, key: &StoreKey, now_ms: i64) -> Result<Salvaged, FieldError> {
        let _alone = open::Open::alone(path)?;
        let salvaged = salvage::salvage(path, key, now_ms)?;
        let mut connection = open::open(path, key)?;
        crate::rebuild::rebuild(&mut connection)?;
        meta::set(&connection, key::PROGRAM, PROGRAM)?;
        Ok(salvaged)
    }

    /// Returns what ends a long call from another thread.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Says whether everything that was read since the ledger was opened was whole: a host asks after each call, also after one that went
    /// well, before it shows what came of it.
    ///
    /// # Errors
    /// `store_damaged`: call [`Ledger::salvage`].
    pub fn sound(&self) -> Result<(), FieldError> {
        store::sound(&self.connection)
    }

    /// Bounds the file of this ledger, in bytes, or lifts the bound: a phone keeps room for its other work.
    ///
    /// It holds until the ledger is closed. What does not fit is refused with `disk_full`, as on a disk that is full; what was saved
    /// before stays, also where it is more than the bound.
    ///
    /// # Errors
    /// `store_failed`; then the bound is as it was.
    pub fn limit_bytes(&mut self, bytes_max: Option<u64>) -> Result<(), FieldError> {
        open::limit_bytes(&self.connection, bytes_max)
    }

    /// Returns the clocks of this moment, as events keep them.
    pub(crate) fn stamp(&self) -> Result<Stamp, FieldError> {
        // The boot last: a host's clock that fails is left for the system's, which has another.
        let (mono_ms, wall_ms) = (self.clock.mono_ms(), self.clock.wall_ms());
        let boot = time::boot_number(&self.connection, &self.clock.boot())?;
        Ok(Stamp { wall_ms, mono_ms, boot })
    }

    /// Returns the same for who only looks: a boot that nothing was written in yet is not noted.
    pub(crate) fn stamp_seen(&self) -> Result<Stamp, FieldError> {
        // The boot last: a host's clock that fails is left for the system's, which has another.
        let (mono_ms, wall_ms) = (self.clock.mono_ms(), self.clock.wall_ms());
        let boot = time::boot_number_seen(&self.connection, &self.clock.boot())?;
        Ok(Stamp { wall_ms, mono_ms, boot })
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

/// The program that last opened a store, as it names itself.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Makes every projection anew when another version of the program opened the store last: it may know kinds, fields
/// and states that the one before did not. What could not be taken then is asked for once more.
fn follow_program(connection: &mut Connection) -> Result<(), FieldError> {
    let last = meta::text(connection, key::PROGRAM)?;
    if last.as_deref() == Some(PROGRAM) {
        return Ok(());
    }
    crate::rebuild::rebuild(connection)?;
    if quarantine::open(connection)?.iter().any(|row| !row.own) {
        access::reset_cursors(connection)?;
    }
    meta::set(connection, key::PROGRAM, PROGRAM)
}

#[cfg(test)]
mod tests {
    use super::{Ledger, PROGRAM};
    use crate::{
        port::{Random, SetClock},
        store::{access, meta, meta::key, quarantine},
    };
    use daohu_domain::id::Id;

    struct Zeros;

    impl Random for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a_bounded_ledger_refuses_what_does_not_fit_and_keeps_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut ledger = Ledger::open(&path, &[7; 32], Box::new(SetClock::at(0)), Box::new(Zeros)).unwrap();
        meta::set(&ledger.connection, "before", "1").unwrap();

        ledger.limit_bytes(Some(4096)).unwrap();
        let refused = meta::set(&ledger.connection, "long", &"x".repeat(200_000)).unwrap_err();
        let before = meta::text(&ledger.connection, "before").unwrap();
        ledger.limit_bytes(None).unwrap();

        assert_eq!((refused.code(), before.as_deref()), ("disk_full", Some("1")));
        meta::set(&ledger.connection, "long", &"x".repeat(200_000)).unwrap();
    }

    #[test]
    fn another_version_of_the_program_asks_again_for_what_the_one_before_could_not_take() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let open = || Ledger::open(&path, &[7; 32], Box::new(SetClock::at(0)), Box::new(Zeros)).unwrap();
        let ledger = open();
        let grant = access::GrantRow {
            id: 1,
            role: None,
            place: "610802209000".parse().unwrap(),
            household: None,
            reference: true,
            seq: 0,
            state: access::IN_FORCE,
            reason: None,
        };
        access::put_grant(&ledger.connection, &grant).unwrap();
        access::set_cursor(&ledger.connection, 1, 77).unwrap();
        let row = quarantine::QuarantineRow {
            id: 0,
            hash: [1; 32],
            record: Id::from_bytes([2; 16]),
            kind: String::new(),
            batch: None,
            code: "unknown_kind".to_owned(),
            bytes: vec![1],
            received_ms: 0,
            own: false,
        };
        quarantine::put(&ledger.connection, &row).unwrap();
        drop(ledger);
        let seq = |ledger: &Ledger| access::grants(&ledger.connection, access::IN_FORCE).unwrap()[0].seq;
        let same = open();
        assert_eq!(seq(&same), 77);
        meta::set(&same.connection, key::PROGRAM, "0.0.1").unwrap();
        drop(same);

        let newer = open();

        assert_eq!(seq(&newer), 0);
        assert_eq!(meta::text(&newer.connection, key::PROGRAM).unwrap().as_deref(), Some(PROGRAM));
    }
}
