//! A copy of the whole store in one file, for the village's computer or for another phone.
//!
//! The file is the store as it lies on the phone, encrypted under its own key, and that key sealed under a passphrase (argon2id). A store
//! that was restored is another device: it syncs only once it has enrolled anew, and then hands in what was unsent. A move closes
//! the old store first, so that the new one goes on as the same device and needs no code.

use crate::{
    error::FieldError,
    ledger::Ledger,
    port::Random,
    store::{
        StoreKey, change, draft, in_transaction,
        meta::{self, key},
        migrate,
        open::{beside, unlock},
        salvage,
    },
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// How the file begins; the last sign is its version.
const MAGIC: [u8; 4] = *b"DHP1";
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// The store key and its tag.
const SEALED_BYTES: usize = 32 + 16;
/// Least letters of a passphrase.
const PASSPHRASE_CHARS_MIN: usize = 12;
const CHUNK_BYTES: usize = 64 * 1024;

/// What a backup or a restore came to.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// The file, or the store that was made.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Changes in it that no receipt covers.
    pub unsent: u64,
    /// Drafts in it.
    pub drafts: u64,
    /// Whether the device goes on there and is closed here.
    pub moved: bool,
}

impl Ledger {
    /// Writes the whole store into a file under a passphrase. With `moving` this store is closed once the file is whole and flushed, and
    /// before it has its name: a closed store shows what it holds and writes and sends nothing any more, unless it enrols anew. A move that
    /// failed leaves the store open; one that was killed leaves it open, or closed with the whole file as `FILE.part`: it is simply
    /// done again, as a closed store may be moved as often as one likes.
    ///
    /// # Errors
    /// `weak_password`, `already_there` for a file of that name, `moved` for a copy of a store that was moved away, `disk_full`,
    /// `store_damaged`; `store_busy` where another process wrote into the store meanwhile.
    pub fn backup(&mut self, to: &Path, passphrase: &str, store_key: &StoreKey, moving: bool) -> Result<BackupReport, FieldError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(FieldError::new("weak_password"));
        }
        if fs::symlink_metadata(to).is_ok() {
            return Err(FieldError::new("already_there"));
        }
        if !moving {
            self.not_moved()?;
        }
        let seen = meta::writes_of_others(&self.connection)?;
        let (unsent, drafts) = (change::count_unsent(&self.connection)?, draft::all(&self.connection)?.len());
        let (part, store) = (beside(to, ".part"), beside(to, ".store"));
        let written = migrate::copy(&self.connection, &store).and_then(|()| {
            let bytes = seal(&store, &part, (passphrase, moving), store_key, self.random.as_ref())?;
            // What cannot be opened again is no backup.
            let trial = beside(to, ".trial");
            let opened = unseal(&part, &trial, passphrase).and_then(|opened| unlock(&trial, &opened.key).map(drop));
            forget(&trial);
            opened?;
            sync_folder_of(to)?;
            let closed = if moving { self.close(seen)? } else { false };
            if let Err(error) = fs::rename(&part, to) {
                // No file, no move: first the file is gone, then the store is open again.
                if closed && fs::remove_file(&part).is_ok() {
                    meta::forget(&self.connection, key::MOVED)?;
                }
                return Err(failed(error));
            }
            // Where this fails the file lies there all the same, under one name or the other.
            let _synced = sync_folder_of(to);
            Ok(bytes)
        });
        forget(&store);
        let _left = fs::remove_file(&part);
        Ok(BackupReport { file: to.to_owned(), bytes: written?, unsent, drafts: drafts as u64, moved: moving })
    }

    /// Closes this store, unless another process wrote into it since `seen`; says whether it was open.
    fn close(&mut self, seen: i64) -> Result<bool, FieldError> {
        let now_ms = self.clock.wall_ms();
        in_transaction(&mut self.connection, |connection| {
            if meta::writes_of_others(connection)? != seen {
                return Err(FieldError::new("store_busy"));
            }
            let is_open = meta::text(connection, key::MOVED)?.is_none();
            if is_open {
                meta::set(connection, key::MOVED, &now_ms.to_string())?;
            }
            Ok(is_open)
        })
    }

    /// Makes a store at `to` from a backup and returns its key. `keep` is given the key before the store has its name, and keeps it: a store
    /// whose key was never kept opens no more.
    ///
    /// # Errors
    /// `already_there` where a store lies at `to`, `not_a_backup`, `backup_damaged`, `wrong_key` for another passphrase, and what `keep`
    /// says. Nothing is left then, but what `keep` kept.
    pub fn restore(
        from: &Path,
        to: &Path,
        passphrase: &str,
        keep: impl FnOnce(&StoreKey) -> Result<(), FieldError>,
    ) -> Result<(StoreKey, BackupReport), FieldError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(FieldError::new("already_there"));
        }
        let part = beside(to, ".restoring");
        forget(&part);
        let made = unseal(from, &part, passphrase).and_then(|opened| {
            let report = settle(&part, to, &opened)?;
            keep(&opened.key)?;
            fs::rename(&part, to).map_err(failed)?;
            Ok((opened.key, report))
        });
        forget(&part);
        made
    }

    /// Refuses what a store that was moved to another phone must not do any more.
    pub(crate) fn not_moved(&self) -> Result<(), FieldError> {
        if meta::text(&self.connection, key::MOVED)?.is_some() { Err(FieldError::new("moved")) } else { Ok(()) }
    }

    /// Refuses to speak as a device that another store may be.
    pub(crate) fn is_the_device(&self) -> Result<(), FieldError> {
        self.not_moved()?;
        if meta::text(&self.connection, key::RESTORED)?.is_some() { Err(FieldError::new("restored")) } else { Ok(()) }
    }
}

/// Marks what a restored store is, and makes it ask for everything.
fn settle(part: &Path, to: &Path, opened: &Opened) -> Result<BackupReport, FieldError> {
    let mut connection = unlock(part, &opened.key)?;
    migrate::migrate(&mut connection, part)?;
    in_transaction(&mut connection, |connection| {
        meta::forget(connection, key::MOVED)?;
        if opened.moved {
            return Ok(());
        }
        meta::set(connection, key::RESTORED, "1")?;
        salvage::ask_for_all(connection)
    })?;
    let (unsent, drafts) = (change::count_unsent(&connection)?, draft::all(&connection)?.len());
    connection.close().map_err(|(_, error)| FieldError::from(error))?;
    let bytes = fs::metadata(part).map_err(failed)?.len();
    Ok(BackupReport { file: to.to_owned(), bytes, unsent, drafts: drafts as u64, moved: opened.moved })
}

struct Opened {
    key: StoreKey,
    moved: bool,
}

/// Writes the file: what begins it, the sealed key, the hash of the store, the store.
fn seal(store: &Path, to: &Path, (passphrase, moved): (&str, bool), key: &StoreKey, random: &dyn Random) -> Result<u64, FieldError> {
    let hash = hash_of(store)?;
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
    random.fill(&mut salt);
    random.fill(&mut nonce);
    let aad = aad(moved, &hash);
    let cipher = ChaCha20Poly1305::new(&Key::from(stretched(passphrase, &salt)?));
    let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: key, aad: &aad }).map_err(|_| FieldError::new("store_failed"))?;
    let mut file = private(to)?;
    for bytes in [MAGIC.as_slice(), &[u8::from(moved)], &salt, &nonce, &sealed, &hash] {
        file.write_all(bytes).map_err(failed)?;
    }
    io::copy(&mut File::open(store).map_err(failed)?, &mut file).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    Ok(file.metadata().map_err(failed)?.len())
}

/// Opens the key and writes the store beside; checks that it is the one that was sealed.
fn unseal(from: &Path, to: &Path, passphrase: &str) -> Result<Opened, FieldError> {
    let mut file = File::open(from).map_err(|error| FieldError::new("not_a_backup").because(error))?;
    let mut read = |bytes: &mut [u8]| file.read_exact(bytes).map_err(|error| FieldError::new("not_a_backup").because(error));
    let (mut magic, mut moved, mut salt, mut nonce) = ([0; 4], [0; 1], [0; SALT_BYTES], [0; NONCE_BYTES]);
    let (mut sealed, mut hash) = ([0; SEALED_BYTES], [0; 32]);
    for bytes in [&mut magic[..], &mut moved, &mut salt, &mut nonce, &mut sealed, &mut hash] {
        read(bytes)?;
    }
    if magic != MAGIC {
        return Err(FieldError::new("not_a_backup"));
    }
    let moved = moved != [0];
    let cipher = ChaCha20Poly1305::new(&Key::from(stretched(passphrase, &salt)?));
    let opened = cipher.decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad: &aad(moved, &hash) });
    let key = opened.ok().and_then(|key| StoreKey::try_from(key).ok()).ok_or_else(|| FieldError::new("wrong_key"))?;
    let copied = private(to).and_then(|mut store| {
        io::copy(&mut file, &mut store).and_then(|_| store.sync_all()).map_err(failed)?;
        if hash_of(to)? == hash { Ok(()) } else { Err(FieldError::new("backup_damaged")) }
    });
    if copied.is_err() {
        forget(to);
    }
    copied.map(|()| Opened { key, moved })
}

fn aad(moved: bool, hash: &[u8; 32]) -> Vec<u8> {
    [MAGIC.as_slice(), &[u8::from(moved)], hash].concat()
}

fn stretched(passphrase: &str, salt: &[u8]) -> Result<[u8; 32], FieldError> {
    let mut key = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(|_| FieldError::new("store_failed"))?;
    Ok(key)
}

fn hash_of(path: &Path) -> Result<[u8; 32], FieldError> {
    let (mut file, mut hasher, mut buffer) = (File::open(path).map_err(failed)?, Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Puts on the disk which files lie in the folder of one.
fn sync_folder_of(file: &Path) -> Result<(), FieldError> {
    if cfg!(unix) {
        let above = file.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

/// Makes a file that only its owner reads, in the place of one that an earlier try left; a link there is taken away and not followed.
fn private(path: &Path) -> Result<File, FieldError> {
    let _earlier = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(failed)
}

fn forget(store: &Path) {
    for ending in ["", "-wal", "-shm", ".head"] {
        let _gone = fs::remove_file(beside(store, ending));
    }
}

fn failed(error: io::Error) -> FieldError {
    let code = if error.kind() == io::ErrorKind::StorageFull { "disk_full" } else { "store_failed" };
    FieldError::new(code).because(error)
}
