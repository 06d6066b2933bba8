//! The opened data folder: what every command and every request works on.
//!
//! A clone is the same office. Nothing that is stored is kept in memory, because other processes work on the same folder: `serve` and
//! one-shot commands at once.

pub(crate) mod keys;
mod limiter;
mod master;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_wire::{ClockKind, DeviceKey, Leaf, SealKey, ServerConfig};
use sha2::{Digest, Sha256};

use crate::blobs::{Shelf, ShelfPlace, UPLOADS};
use crate::clock::ServerClock;
use crate::disk::{Disk, DiskBounds, FreeSpace, SystemSpace};
use crate::error::OfficeError;
use crate::random::{self, Random};
use crate::store::account::{AccountChange, DeviceQuery, DeviceRow};
use crate::store::plan::{IntakePlan, NotePlan};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use crate::sync::PackDesk;

pub(crate) use limiter::{InFlight, Limiter};

use keys::Keys;
use master::Held;

pub use master::replace_lost_master;

/// What a device of the server's own is called.
const OWN_LABEL: &str = "server";

/// The opened data folder; cheap to clone.
#[derive(Debug, Clone)]
pub struct Office(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    store: Box<dyn Store>,
    clock: ServerClock,
    random: Box<dyn Random>,
    keys: Keys,
    master: Mutex<Held>,
    own: Id,
    disk: Disk,
    shelf: Shelf,
    // Protects this process only; it orders nothing that is stored.
    limiter: Mutex<Limiter>,
    packs: Mutex<PackDesk>,
}

impl Office {
    /// Opens a data folder and makes it where there is none: store, keys, the server's own device.
    ///
    /// # Errors
    /// `too_new` for a folder of a newer daohu, `wrong_key` where a store has lost its key files.
    pub fn open(folder: &Path, clock: ServerClock, random: impl Random + 'static) -> Result<Self, OfficeError> {
        Self::open_on(folder, clock, random, (Box::new(SystemSpace), DiskBounds::default()))
    }

    /// Opens a data folder on a disk of which somebody else says how full it is.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub fn open_on(
        folder: &Path,
        clock: ServerClock,
        random: impl Random + 'static,
        (space, bounds): (Box<dyn FreeSpace>, DiskBounds),
    ) -> Result<Self, OfficeError> {
        for name in ["", "keys", "blobs", "packs", "log", UPLOADS] {
            keys::make_folder(&folder.join(name))?;
        }
        let store = SqliteStore::open(folder)?;
        let random: Box<dyn Random> = Box::new(random);
        let is_new = own_device(&store)?.is_none();
        let keys = Keys::open(&folder.join("keys"), is_new, &*random)?;
        let own = match own_device(&store)? {
            Some(device) => check_own(&device, &keys)?,
            None => make_own_device(&store, &clock, &*random, &keys)?,
        };
        let master = open_master(&folder.join("keys"), &store, &keys)?;
        let office = Self(Arc::new(Inner {
            folder: folder.to_path_buf(),
            store: Box::new(store),
            clock,
            random,
            keys,
            master: Mutex::new(master),
            own,
            disk: Disk::new(space, bounds),
            shelf: Shelf::open(ShelfPlace::of(folder)?)?,
            limiter: Mutex::new(Limiter::default()),
            packs: Mutex::new(PackDesk::default()),
        }));
        let tree = office.store().tree(&[])?;
        if tree.size == 0 {
            office.note_start()?;
        } else if office.0.clock.is_set() && !tree.clock_set {
            // Whatever is done under a clock that was set, even if it writes nothing else, marks the store for ever.
            office.store().commit(&office.new_plan())?;
        }
        Ok(office)
    }

    /// Begins to serve: refuses a clock that is behind the log, notes the start in the log, and lets in what waited for this version.
    ///
    /// # Errors
    /// `clock_behind`, or a failure of the store.
    pub fn begin_serving(&self) -> Result<(), OfficeError> {
        let last = self.last_entry_at()?;
        if last.is_some_and(|last| self.now() < last) {
            let at = last.map(|at| at.to_string());
            return Err(OfficeError::Refused { code: "clock_behind", detail: serde_json::json!({ "last_entry_at": at }) });
        }
        self.write_first_figures()?;
        self.note_start()?;
        self.retry_unknown_kinds()
    }

    /// Returns when the log's last entry was received.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_entry_at(&self) -> Result<Option<Instant>, OfficeError> {
        Ok(self.store().tree(&[])?.last_at)
    }

    /// Returns the data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.0.clock
    }

    /// Returns the wall time now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// Returns the port of randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// Makes a new id for a record, a user or an item in quarantine.
    #[must_use]
    pub fn new_id(&self) -> Id {
        random::new_id(self.random(), self.now().0)
    }

    /// Returns the server's own device: the actor of everything the office writes.
    #[must_use]
    pub fn own_device(&self) -> Id {
        self.0.own
    }

    /// Returns the log's public key.
    #[must_use]
    pub fn server_key(&self) -> [u8; 32] {
        self.0.keys.log.public()
    }

    /// Returns the public half of the key that devices seal to.
    #[must_use]
    pub fn seal_key(&self) -> [u8; 32] {
        self.0.keys.seal.public()
    }

    /// Returns the epoch of this store; another one tells devices that the store was begun anew.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        let hash = Sha256::digest([b"daohu/epoch/1".as_slice(), self.0.own.as_bytes()].concat());
        // Four bytes are enough to tell stores apart and short in every request; 0 means "none known".
        hash.iter().take(4).fold(0, |epoch, byte| (epoch << 8) | u64::from(*byte)) | 1
    }

    /// Returns `system`, or `set` for a store that was ever opened with a clock that was set.
    ///
    /// # Errors
    /// When the store fails.
    pub fn clock_kind(&self) -> Result<ClockKind, OfficeError> {
        let set = self.0.clock.is_set() || self.store().tree(&[])?.clock_set;
        Ok(if set { ClockKind::Set } else { ClockKind::System })
    }

    /// Returns what the server says about itself to anyone who asks.
    ///
    /// # Errors
    /// When the store fails.
    pub fn server_config(&self) -> Result<ServerConfig, OfficeError> {
        Ok(ServerConfig::new(&self.server_key(), &self.seal_key(), self.epoch(), self.clock_kind()?, self.now().0))
    }

    /// Returns a keyed hash of a text: the same text gives the same hash in this folder and in no other.
    ///
    /// An import recognises a cadre by that of his identity number without the number being kept.
    #[must_use]
    pub fn keyed_hash(&self, text: &str) -> [u8; 32] {
        self.with_master(|held| keys::keyed_hash(&held.match_key, b"daohu/match/1", text.as_bytes()))
    }

    /// Returns a keyed hash for a purpose of its own; a purpose never begins with another one.
    pub(crate) fn keyed_hash_for(&self, purpose: &[u8], content: &[u8]) -> [u8; 32] {
        self.with_master(|held| keys::keyed_hash(&held.match_key, purpose, content))
    }

    /// Returns where the files lie that records name.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    pub(crate) fn disk_port(&self) -> &Disk {
        &self.0.disk
    }

    pub(crate) fn log_key(&self) -> &DeviceKey {
        &self.0.keys.log
    }

    pub(crate) fn own_key(&self) -> &DeviceKey {
        &self.0.keys.own
    }

    pub(crate) fn seal(&self) -> &SealKey {
        &self.0.keys.seal
    }

    pub(crate) fn master_key(&self) -> [u8; 32] {
        self.with_master(|held| held.key)
    }

    pub(crate) fn pack_desk(&self) -> &Mutex<PackDesk> {
        &self.0.packs
    }

    pub(crate) fn with_limiter<T>(&self, ask: impl FnOnce(&mut Limiter) -> T) -> T {
        ask(&mut self.0.limiter.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins a plan of what is written now.
    pub(crate) fn new_plan(&self) -> IntakePlan {
        let master = Some(master::name_of(&self.master_key()));
        IntakePlan { now: self.now(), clock_set: self.0.clock.is_set(), master, ..IntakePlan::default() }
    }

    fn note_start(&self) -> Result<(), OfficeError> {
        let mut plan = self.new_plan();
        let clock = if self.0.clock.is_set() { ClockKind::Set } else { ClockKind::System };
        let leaf = Leaf::server_start(plan.now.0, self.0.own, self.server_key(), clock);
        plan.notes.push(NotePlan { typ: 3, bytes: leaf.to_cbor(), detail: None });
        self.store().commit(&plan)?;
        Ok(())
    }
}

fn own_device(store: &SqliteStore) -> Result<Option<DeviceRow>, StoreError> {
    use crate::store::ports::AccountStore;
    Ok(store.devices(DeviceQuery::Own)?.into_iter().next())
}

/// Checks that the keys in a folder are those of a store.
///
/// # Errors
/// `wrong_key` where one is missing or another store's.
pub(crate) fn check_keys(folder: &Path, store: &SqliteStore) -> Result<(), OfficeError> {
    let device = own_device(store)?.ok_or(StoreError::Damaged)?;
    let keys = Keys::open(folder, false, &random::SystemRandom)?;
    check_own(&device, &keys)?;
    open_master(folder, store, &keys).map(drop)
}

/// Reads the master key and checks it and the seal key against the names in the store, which a store of an earlier version is given.
fn open_master(folder: &Path, store: &SqliteStore, keys: &Keys) -> Result<Held, OfficeError> {
    use crate::store::ports::KeyStore;
    let ring = store.key_ring()?;
    let held = Held::read(folder, &ring)?;
    if ring.seal.is_some_and(|name| name != keys.seal_name()) {
        return Err(OfficeError::refused("wrong_key"));
    }
    if !master::is_of(store, &ring, &held.key) {
        return Err(OfficeError::refused("wrong_key"));
    }
    if ring.master.is_none() {
        store.name_keys(master::name_of(&held.key), keys.seal_name())?;
    }
    Ok(held)
}

fn check_own(device: &DeviceRow, keys: &Keys) -> Result<Id, OfficeError> {
    if device.public_key == keys.own.public() { Ok(device.id) } else { Err(OfficeError::refused("wrong_key")) }
}

/// Makes the server's own device; where another process was faster, takes that one.
fn make_own_device(store: &SqliteStore, clock: &ServerClock, random: &dyn Random, keys: &Keys) -> Result<Id, OfficeError> {
    use crate::store::ports::AccountStore;
    let now = clock.now();
    let device = DeviceRow {
        id: random::new_id(random, now.0),
        account: None,
        public_key: keys.own.public(),
        label: OWN_LABEL.to_owned(),
        enrolled_at: now,
        last_contact_at: now,
        last_batch: 0,
        last_hash: [0; 32],
        last_counter: 0,
        revoked_at: None,
        reason: None,
        store_key: None,
    };
    match store.apply(&AccountChange::Enrol(Box::new(device), String::new())) {
        Ok(()) | Err(StoreError::Taken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let device = own_device(store)?.ok_or(StoreError::Damaged)?;
    check_own(&device, keys)
}
