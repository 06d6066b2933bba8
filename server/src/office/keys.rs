//! The key files of a data folder: `log.key` signs tree heads, `seal.key` opens what devices seal, `master.key` wraps the keys of secrets.
//!
//! Each is 32 bytes in hex, readable by its owner alone, made once and never made anew: a store whose keys are gone is not opened with
//! others, because nobody could tell it from a forged one.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use daohu_wire::{DeviceKey, SealKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::OfficeError;
use crate::random::{self, Random};

/// Purpose under which the key of the server's own device is drawn from the log's key.
const OWN_DEVICE: &[u8] = b"daohu/own-device/1";

/// The names of the key files.
pub(crate) const NAMES: [&str; 3] = ["log.key", "seal.key", "master.key"];

/// The keys of a data folder.
pub(super) struct Keys {
    pub(super) log: DeviceKey,
    pub(super) seal: SealKey,
    pub(super) own: DeviceKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(log {:02x?})", self.log.id())
    }
}

impl Keys {
    /// Reads the keys; makes those that are missing where the store is new, the master key (see `master`) among them.
    ///
    /// # Errors
    /// `wrong_key` where an old store has lost one.
    pub(super) fn open(folder: &Path, is_new: bool, random: &dyn Random) -> Result<Self, OfficeError> {
        let key = |name: &str| read_or_make(&folder.join(name), is_new, random);
        let (log, seal) = (key("log.key")?, key("seal.key")?);
        if is_new {
            key("master.key")?;
        }
        let own = keyed_hash(&log, OWN_DEVICE, &[]);
        Ok(Self { log: DeviceKey::from_seed(&log), seal: SealKey::from_bytes(&seal)?, own: DeviceKey::from_seed(&own) })
    }

    /// Returns the name of the seal key.
    pub(super) fn seal_name(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = daohu_wire::merkle::sha256(&[&self.seal.public()]);
        [a, b, c, d, e, f, g, h]
    }
}

/// Returns HMAC-SHA256 over purpose and content; a purpose never begins with another one.
pub(super) fn keyed_hash(key: &[u8; 32], purpose: &[u8], content: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail; a zero hash would only fail to match.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(purpose);
        mac.update(content);
        mac.finalize().into_bytes().into()
    })
}

/// Makes a folder that only its owner reads, with those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), OfficeError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| OfficeError::Folder { action: "make the data folder", source })
}

fn read_or_make(path: &Path, may_make: bool, random: &dyn Random) -> Result<[u8; 32], OfficeError> {
    match fs::read_to_string(path) {
        Ok(text) => read_key(&text),
        Err(error) if error.kind() == ErrorKind::NotFound && may_make => make(path, random),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(OfficeError::refused("wrong_key")),
        Err(source) => Err(OfficeError::Folder { action: "read a key", source }),
    }
}

pub(super) fn read_key(text: &str) -> Result<[u8; 32], OfficeError> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| OfficeError::refused("wrong_key"))?;
    Ok(key)
}

/// Writes a new key beside its name and links it there: another process that starts now gets the whole key or makes it itself, and the
/// first one to link wins.
fn make(path: &Path, random: &dyn Random) -> Result<[u8; 32], OfficeError> {
    let failed = |source| OfficeError::Folder { action: "make a key", source };
    let beside = path.with_extension(format!("{}.part", hex::encode(random::bytes::<8>(random))));
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        writeln!(file, "{}", hex::encode(random::bytes::<32>(random)))?;
        file.sync_all()?;
        match fs::hard_link(&beside, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        fs::remove_file(&beside)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    written().map_err(failed)?;
    read_key(&fs::read_to_string(path).map_err(failed)?)
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use crate::random::SystemRandom;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_made_once_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), true, &SystemRandom).unwrap();

        let second = Keys::open(folder.path(), true, &SystemRandom).unwrap();

        assert_eq!(first.log.public(), second.log.public());
        for name in ["log.key", "seal.key", "master.key"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside the keys");
    }

    #[test]
    fn an_old_store_without_its_keys_is_not_given_new_ones() {
        let folder = tempfile::tempdir().unwrap();

        let refused = Keys::open(folder.path(), false, &SystemRandom).unwrap_err();

        assert_eq!(refused.code(), "wrong_key");
    }
}
