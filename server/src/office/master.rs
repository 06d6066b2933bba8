//! The master key: which file holds it, and how another takes its place.
//!
//! The store notes the name of the key that wraps its secrets. A new key is first written beside the old one (`master.key.next`), then
//! everything is wrapped anew in one transaction that also notes the new name, then the file takes the old one's place. Killed at any moment,
//! the name in the store says which of the two files is the key. Who replaces it holds `keys/.lock` alone; who copies keys shares it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::keys::{self, Keys, keyed_hash};
use super::{Office, check_own, own_device};
use crate::clock::ServerClock;
use crate::error::OfficeError;
use crate::random::{self, Random};
use crate::secret;
use crate::store::StoreError;
use crate::store::account::AuditRow;
use crate::store::ports::{KeyRing, KeyStore, Rewrap, RewrapCount};
use crate::store::sqlite::SqliteStore;

/// Purpose under which a master key is named.
const NAME: &[u8] = b"daohu/key-name/1";

/// The master key as this process last read it.
pub(super) struct Held {
    pub(super) key: [u8; 32],
    /// The key by which an import knows people again: the first master key that the store ever had, so that a new one changes nothing.
    pub(super) match_key: [u8; 32],
    seen: Seen,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({:02x?})", name_of(&self.key))
    }
}

/// By what another key in the file is noticed without reading it.
#[derive(PartialEq, Eq)]
struct Seen {
    file: Option<(u64, i64, i64)>,
    next: bool,
}

impl Seen {
    fn of(folder: &Path) -> Self {
        let about = fs::metadata(folder.join("master.key")).ok();
        Self { file: about.map(|about| (about.ino(), about.mtime(), about.mtime_nsec())), next: next_of(folder).exists() }
    }
}

impl Held {
    /// Reads the key that the store names; a replacement that was killed half-way is finished.
    ///
    /// # Errors
    /// `wrong_key` where neither file holds it.
    pub(super) fn read(folder: &Path, ring: &KeyRing) -> Result<Self, OfficeError> {
        let seen = Seen::of(folder);
        let (kept, next) = (file_of(&folder.join("master.key"))?, file_of(&next_of(folder))?);
        let is_it = |key: &[u8; 32]| ring.master.is_none_or(|name| name == name_of(key));
        let key = match (kept.filter(is_it), next.filter(|next| ring.master == Some(name_of(next)))) {
            (Some(key), _) => key,
            (None, Some(next)) => {
                // Only whoever finds nobody at work finishes it; the key is known in any case.
                if let Ok(_alone) = lock(folder, true) {
                    put_in_place(folder)?;
                }
                next
            }
            (None, None) => return Err(OfficeError::refused("wrong_key")),
        };
        let match_key = match &ring.match_key {
            None => key,
            Some(sealed) => secret::open_match_key(&key, sealed).ok_or(OfficeError::refused("wrong_key"))?,
        };
        Ok(Self { key, match_key, seen })
    }

    fn is_fresh(&self, folder: &Path) -> bool {
        let now = Seen::of(folder);
        !now.next && now == self.seen
    }
}

impl Office {
    /// Gives the master key to `ask`. It is read anew where another process put another one in its place.
    pub(super) fn with_master<T>(&self, ask: impl FnOnce(&Held) -> T) -> T {
        let folder = self.folder().join("keys");
        let mut held = self.0.master.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !held.is_fresh(&folder)
            && let Ok(ring) = self.store().key_ring()
            && let Ok(read) = Held::read(&folder, &ring)
        {
            *held = read;
        }
        ask(&held)
    }

    /// Keeps the master key from being replaced while the answer is held.
    ///
    /// # Errors
    /// `busy` while it is being replaced.
    pub(crate) fn hold_keys(&self) -> Result<File, OfficeError> {
        lock(&self.folder().join("keys"), false)
    }

    /// Puts a new master key in the place of the present one and wraps everything under it anew.
    ///
    /// # Errors
    /// `needs_reason`; `busy` while another process replaces it or copies keys. After any error, and after a kill, all is under the one key
    /// or all under the other, and the folder opens.
    pub fn rotate_master(&self, reason: &str) -> Result<Value, OfficeError> {
        if reason.trim().is_empty() {
            return Err(OfficeError::refused("needs_reason"));
        }
        let folder = self.folder().join("keys");
        let _alone = lock(&folder, true)?;
        let ring = self.store().key_ring()?;
        let old = Held::read(&folder, &ring)?;
        finish_killed(&folder, &ring)?;
        let new = write_next(&folder, self.random())?;
        let random = self.random();
        let count = self.store().rewrap(&Rewrap {
            old: ring.master,
            new: name_of(&new),
            match_key: Some(secret::seal_match_key(&new, &old.match_key, random)),
            secret: &|row| secret::rewrapped(&old.key, &new, row, random),
            second_factor: &|account, sealed| secret::totp_again(&old.key, &new, (account, sealed), random),
            audit: audit(self.now(), "key_rotate", reason),
        })?;
        put_in_place(&folder)?;
        Ok(answer("rotated", &new, count))
    }
}

/// Opens a data folder whose master key is lost and gives it a new one. Records, log, receipts, figures, accounts and devices stay; what the
/// lost key wrapped stays too and is never readable again: identity numbers, telephones, positions, second factors.
///
/// # Errors
/// `key_not_lost` where the master key is there; `wrong_key` where another key is missing too; `needs_reason`; `busy`.
pub fn replace_lost_master(folder: &Path, clock: &ServerClock, random: &dyn Random, reason: &str) -> Result<Value, OfficeError> {
    if reason.trim().is_empty() {
        return Err(OfficeError::refused("needs_reason"));
    }
    if !folder.join("daohu.db").exists() {
        return Err(OfficeError::refused("not_found"));
    }
    let keys_folder = folder.join("keys");
    let store = SqliteStore::open(folder)?;
    let own = own_device(&store)?.ok_or(StoreError::Damaged)?;
    check_own(&own, &Keys::open(&keys_folder, false, random)?)?;
    let _alone = lock(&keys_folder, true)?;
    let ring = store.key_ring()?;
    if Held::read(&keys_folder, &ring).is_ok_and(|held| is_of(&store, &ring, &held.key)) {
        return Err(OfficeError::refused("key_not_lost"));
    }
    let new = write_next(&keys_folder, random)?;
    let count = store.rewrap(&Rewrap {
        old: ring.master,
        new: name_of(&new),
        match_key: None,
        secret: &|_| None,
        second_factor: &|_, _| None,
        audit: audit(clock.now(), "key_lost", reason),
    })?;
    put_in_place(&keys_folder)?;
    Ok(answer("lost", &new, count))
}

/// Returns the name of a master key.
pub(super) fn name_of(key: &[u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = keyed_hash(key, NAME, &[]);
    [a, b, c, d, e, f, g, h]
}

/// Says whether a key that was read is the store's: it has the name that the store noted. A store of an earlier version noted none
/// and is asked for one secret; that is no proof where names are kept, for a secret may be one whose key was lost before.
pub(super) fn is_of(store: &SqliteStore, ring: &KeyRing, key: &[u8; 32]) -> bool {
    let opens_one = || store.any_secret().is_ok_and(|row| row.is_none_or(|row| secret::opens(key, &row)));
    ring.master.map_or_else(opens_one, |name| name == name_of(key))
}

fn answer(what: &str, key: &[u8; 32], count: RewrapCount) -> Value {
    json!({ "key": {
        "done": what, "name": hex::encode(name_of(key)), "secrets": count.secrets, "second_factors": count.second_factors,
        "unreadable": count.unreadable,
    }})
}

fn audit(at: daohu_domain::calendar::Instant, action: &'static str, reason: &str) -> AuditRow {
    AuditRow { at, person: None, action, record: None, field: None, reason: reason.to_owned() }
}

fn next_of(folder: &Path) -> PathBuf {
    folder.join("master.key.next")
}

fn file_of(path: &Path) -> Result<Option<[u8; 32]>, OfficeError> {
    match fs::read_to_string(path) {
        // Half written, or not a key: as good as none.
        Ok(text) => Ok(keys::read_key(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OfficeError::Folder { action: "read a key", source }),
    }
}

/// Writes a new key beside the old one, over what a killed replacement left.
fn write_next(folder: &Path, random: &dyn Random) -> Result<[u8; 32], OfficeError> {
    let key = random::bytes::<32>(random);
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(next_of(folder))?;
        writeln!(file, "{}", hex::encode(key))?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    };
    written().map_err(failed)?;
    Ok(key)
}

/// Puts the present key in its place where a killed replacement left it beside: it must not be written over. For whoever holds the lock.
fn finish_killed(folder: &Path, ring: &KeyRing) -> Result<(), OfficeError> {
    let is_present = file_of(&next_of(folder))?.is_some_and(|next| ring.master == Some(name_of(&next)));
    if is_present { put_in_place(folder) } else { Ok(()) }
}

fn put_in_place(folder: &Path) -> Result<(), OfficeError> {
    fs::rename(next_of(folder), folder.join("master.key")).and_then(|()| File::open(folder)?.sync_all()).map_err(failed)
}

fn lock(folder: &Path, alone: bool) -> Result<File, OfficeError> {
    let path = folder.join(".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    let held = if alone { file.try_lock() } else { file.try_lock_shared() };
    held.map_err(|_| OfficeError::refused("busy"))?;
    Ok(file)
}

fn failed(source: std::io::Error) -> OfficeError {
    OfficeError::Folder { action: "replace the master key", source }
}

#[cfg(test)]
mod tests {
    use super::{finish_killed, name_of, next_of};
    use crate::store::ports::KeyRing;
    use std::fs;

    #[test]
    fn the_present_key_is_put_in_its_place_before_another_is_written_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, beside) = (folder.path().join("master.key"), next_of(folder.path()));
        let line = |byte: u8| format!("{}\n", hex::encode([byte; 32]));
        let ring = |byte: u8| KeyRing { master: Some(name_of(&[byte; 32])), seal: None, match_key: None };
        fs::write(&kept, line(1)).unwrap();
        fs::write(&beside, line(2)).unwrap();

        finish_killed(folder.path(), &ring(1)).unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), line(1), "the one beside it never came to be");

        finish_killed(folder.path(), &ring(2)).unwrap();
        assert_eq!((fs::read_to_string(&kept).unwrap(), beside.exists()), (line(2), false));
    }
}
