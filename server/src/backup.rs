//! Backups: the data folder of one moment, copied while others use it, checked as a whole, with a list of what is in it.
//!
//! A backup is a folder that daohu could open: the store, the keys unless they are left out, and whatever else the data folder holds. It
//! is written under another name, checked, and takes its own name last; the list `backup.json` names every file with its hash. So
//! a half-written backup has another name and no list, and is never taken for whole.

mod restore;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::OfficeError;
use crate::office::keys::{NAMES, make_folder};
use crate::office::{Office, check_keys};
use crate::store::sqlite::SqliteStore;
use crate::verify::{self, LogCheck};

pub use restore::restore;

/// The list of a backup.
const LIST: &str = "backup.json";

/// The version of the list that this build writes, and the highest it reads.
const FORMAT: u32 = 1;

/// Bytes of a list: a county's evidence is some hundred thousand files.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes copied at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct List {
    format: u32,
    program: String,
    made_at: String,
    tree_size: u64,
    root: String,
    /// The log's public key, by which the keys can be told to belong to it.
    server_key: String,
    /// The key files that are in it; none where they were left out.
    keys: Vec<String>,
    files: Vec<Listed>,
}

/// One file of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Listed {
    path: String,
    bytes: u64,
    sha256: String,
}

impl List {
    fn to_json(&self, name: &'static str, folder: &Path) -> Value {
        let missing: Vec<String> = if self.keys.is_empty() { NAMES.iter().map(|key| format!("keys/{key}")).collect() } else { Vec::new() };
        json!({
            name: folder, "made_at": self.made_at, "tree_size": self.tree_size, "root": self.root, "files": self.files.len(),
            "bytes": self.files.iter().map(|file| file.bytes).sum::<u64>(), "keys": !self.keys.is_empty(), "missing": missing,
        })
    }
}

impl Office {
    /// Copies the data folder as it is now into a new folder, and checks the copy whole before it takes its name.
    ///
    /// # Errors
    /// `already_there` where something of that name exists, `log_damaged` where the copy does not check (then the store itself is damaged),
    /// `disk_full`. Nothing is left of a backup that failed.
    pub fn backup(&self, to: &Path, with_keys: bool) -> Result<Value, OfficeError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(OfficeError::refused("already_there"));
        }
        let part = beside(to, ".part");
        remove_folder(&part)?;
        let made = self.write_backup(&part, with_keys).and_then(|list| {
            take_name(&part, to)?;
            Ok(list)
        });
        if made.is_err() {
            // What was begun is no backup; where even this fails, its name says so.
            let _left = remove_folder(&part);
        }
        Ok(made?.to_json("backup", to))
    }

    fn write_backup(&self, part: &Path, with_keys: bool) -> Result<List, OfficeError> {
        make_folder(part)?;
        let _no_rotation = self.hold_keys()?;
        // The store first: whatever it names was there before it, so everything else is copied after it.
        self.store().copy_to(&part.join("daohu.db"))?;
        if with_keys {
            make_folder(&part.join("keys"))?;
            for name in NAMES {
                copy(&self.folder().join("keys").join(name), &part.join("keys").join(name))?;
            }
        }
        copy_rest(self.folder(), part)?;
        let checked = checked(part, with_keys)?;
        let mut files = Vec::new();
        list_files(part, part, &mut files)?;
        let list = List {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: self.now().to_string(),
            tree_size: checked.tree_size,
            root: hex::encode(checked.root),
            server_key: hex::encode(self.server_key()),
            keys: if with_keys { NAMES.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() },
            files,
        };
        let text = serde_json::to_string_pretty(&list).map_err(|error| failed(io::Error::other(error)))?;
        write_new(&part.join(LIST), format!("{text}\n").as_bytes())?;
        Ok(list)
    }
}

/// Opens a copied store, checks all of it, and that the keys beside it are its own.
fn checked(folder: &Path, with_keys: bool) -> Result<LogCheck, OfficeError> {
    let store = SqliteStore::open(folder)?;
    if with_keys {
        check_keys(&folder.join("keys"), &store)?;
    }
    let check = verify::check(&store)?;
    match &check.first_bad {
        None => Ok(check),
        Some(bad) => Err(OfficeError::Refused { code: "log_damaged", detail: json!({ "batch": bad.batch, "reason": bad.reason }) }),
    }
}

/// Copies what lies in the folder beside the store and the keys. What is being written (`.part`) and earlier copies of the store are left.
fn copy_rest(from: &Path, to: &Path) -> Result<(), OfficeError> {
    for name in names(from)? {
        if name == "keys" || name.starts_with("daohu.db") {
            continue;
        }
        copy_tree(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), OfficeError> {
    let about = match fs::symlink_metadata(from) {
        Ok(about) => about,
        // Taken away since it was seen, as packs are.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if about.is_dir() {
        make_folder(to)?;
        for name in names(from)? {
            if !name.ends_with(".part") {
                copy_tree(&from.join(&name), &to.join(&name))?;
            }
        }
        return Ok(());
    }
    if !about.is_file() || from.extension().is_some_and(|ending| ending == "part") {
        return Ok(());
    }
    match copy(from, to) {
        Err(OfficeError::Folder { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map(drop),
    }
}

/// Copies a file, readable by its owner alone, and returns its length and hash.
fn copy(from: &Path, to: &Path) -> Result<Listed, OfficeError> {
    let mut source = File::open(from).map_err(failed)?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let (bytes, sha256) = read_through(&mut source, |chunk| target.write_all(chunk)).map_err(failed)?;
    target.sync_all().map_err(failed)?;
    Ok(Listed { path: String::new(), bytes, sha256 })
}

fn read_through(from: &mut impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, String)> {
    let (mut hasher, mut length, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
    loop {
        let read = from.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok((length, hex::encode(hasher.finalize())));
        }
        length += chunk.len() as u64;
        hasher.update(chunk);
        each(chunk)?;
    }
}

/// Lists every file below a folder in order of its path, with its hash as it lies on the disk.
fn list_files(root: &Path, folder: &Path, into: &mut Vec<Listed>) -> Result<(), OfficeError> {
    for name in names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            list_files(root, &path, into)?;
            continue;
        }
        let mut file = File::open(&path).map_err(failed)?;
        let (bytes, sha256) = read_through(&mut file, |_| Ok(())).map_err(failed)?;
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        into.push(Listed { path: shown, bytes, sha256 });
    }
    Ok(())
}

/// Returns the names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, OfficeError> {
    let found = fs::read_dir(folder).map_err(failed)?;
    let mut names = Vec::new();
    for entry in found {
        let name = entry.map_err(failed)?.file_name();
        names.push(name.into_string().map_err(|_| failed(io::Error::other("a file name that is no text")))?);
    }
    names.sort();
    Ok(names)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), OfficeError> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// Gives a finished folder its name, once everything in it is on the disk.
fn take_name(part: &Path, to: &Path) -> Result<(), OfficeError> {
    sync_folders(part)?;
    fs::rename(part, to).map_err(failed)?;
    let above = to.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(above).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn sync_folders(folder: &Path) -> Result<(), OfficeError> {
    for name in names(folder)? {
        let path = folder.join(name);
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn remove_folder(folder: &Path) -> Result<(), OfficeError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn failed(source: io::Error) -> OfficeError {
    OfficeError::Folder { action: "copy the data folder", source }
}
