//! Backups: the data folder of one moment, copied while others use it, checked as a whole, with a list of what is in it.
//!
//! A backup is a folder that daohu could open: the store, the keys unless they are left out, and whatever else the data folder holds. It
//! is written under another name, checked, and takes its own name last; the list `backup.json` names every file with its hash. So
//! a half-written backup has another name and no list, and is never taken for whole.

mod part;
mod restore;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::blobs::ShelfPlace;
use crate::error::OfficeError;
use crate::office::keys::{NAMES, make_folder};
use crate::office::{Office, check_keys};
use crate::store::StoreError;
use crate::store::blob::BlobRow;
use crate::store::ports::BlobStore;
use crate::store::sqlite::SqliteStore;
use crate::verify::{self, LogCheck};

use part::{MARK, Part};

pub use restore::restore;

/// What a data folder holds beside the store and the keys. Whatever else lies there is somebody's own and no part of a backup.
const KEPT: [&str; 3] = ["blobs", "packs", "log"];

/// The list of a backup.
const LIST: &str = "backup.json";

/// The version of the list that this build writes, and the highest it reads.
const FORMAT: u32 = 1;

/// Bytes of a list: a county's evidence is some hundred thousand files.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Files looked at at once.
const BLOBS_PAGE: usize = 1_000;

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
    /// The files that records name; none in a list of before there were any.
    #[serde(default)]
    blobs: Option<Blobs>,
}

/// The files that records name, as a backup has them.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Blobs {
    /// `folder`, where they are in the backup, or the bucket where they stayed.
    place: String,
    /// How many records name.
    files: u64,
    /// Those that were missing or damaged when the backup was made, at most `BAD_MAX`.
    bad: Vec<String>,
}

/// Bad files that are named one by one; after so many somebody must look at the disk.
const BAD_MAX: usize = 100;

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
            "blobs": self.blobs.as_ref().map(|blobs| json!({ "place": blobs.place, "files": blobs.files, "bad": blobs.bad })),
        })
    }
}

impl Office {
    /// Copies the data folder as it is now into a new folder, and checks the copy whole before it takes its name. Folders beside it that
    /// a killed backup left are taken away.
    ///
    /// # Errors
    /// `already_there` where something of that name or its `.part` exists, `inside_data_folder` for a place inside the data folder itself,
    /// `log_damaged` where the copy does not check (then the store itself is damaged), `disk_full`. Nothing is left of a backup that failed.
    pub fn backup(&self, to: &Path, with_keys: bool) -> Result<Value, OfficeError> {
        let (above, name) = place_of(to)?;
        if fs::symlink_metadata(above.join(&name)).is_ok() {
            return Err(OfficeError::refused("already_there"));
        }
        if real_place(&above).starts_with(fs::canonicalize(self.folder()).map_err(failed)?) {
            return Err(OfficeError::refused("inside_data_folder"));
        }
        fs::create_dir_all(&above).map_err(failed)?;
        let part = Part::begin(&above, &name)?;
        let list = self.write_backup(&part.folder, with_keys)?;
        take_name(part, &above, &name)?;
        Ok(list.to_json("backup", to))
    }

    fn write_backup(&self, part: &Path, with_keys: bool) -> Result<List, OfficeError> {
        let _no_rotation = self.hold_keys()?;
        // The store first: whatever it names was there before it, so everything else is copied after it.
        self.store().copy_to(&part.join("daohu.db")).map_err(of_the_copy)?;
        if with_keys {
            make_folder(&part.join("keys"))?;
            for name in NAMES {
                copy(&self.folder().join("keys").join(name), &part.join("keys").join(name))?;
            }
        }
        copy_rest(self.folder(), part)?;
        let checked = checked(part, with_keys)?;
        let named = named_blobs(part)?;
        let mut files = Vec::new();
        list_files(part, part, &mut files)?;
        let blobs = Some(blobs_of(self.shelf().place(), &named, &files));
        let list = List {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: self.now().to_string(),
            tree_size: checked.tree_size,
            root: hex::encode(checked.root),
            server_key: hex::encode(self.server_key()),
            keys: if with_keys { NAMES.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() },
            files,
            blobs,
        };
        let text = serde_json::to_string_pretty(&list).map_err(|error| failed(io::Error::other(error)))?;
        write_new(&part.join(LIST), format!("{text}\n").as_bytes())?;
        Ok(list)
    }
}

/// Opens a copied store, checks all of it, and that the keys beside it are its own.
fn checked(folder: &Path, with_keys: bool) -> Result<LogCheck, OfficeError> {
    let store = SqliteStore::open(folder).map_err(of_the_copy)?;
    if with_keys {
        check_keys(&folder.join("keys"), &store)?;
    }
    let check = verify::check(&store)?;
    match &check.first_bad {
        None => Ok(check),
        Some(bad) => Err(OfficeError::Refused { code: "log_damaged", detail: json!({ "batch": bad.batch, "reason": bad.reason }) }),
    }
}

/// Returns the files that records of a copied store name and that had arrived.
fn named_blobs(folder: &Path) -> Result<Vec<BlobRow>, OfficeError> {
    let store = SqliteStore::open(folder).map_err(of_the_copy)?;
    let (mut named, mut after) = (Vec::new(), None);
    loop {
        let page = store.blobs(after.as_ref(), BLOBS_PAGE)?;
        let Some(last) = page.last() else { return Ok(named) };
        after = Some(last.hash);
        for row in page {
            // One that nobody names may have been swept while it was copied, and nobody misses it.
            if !store.blob_uses(&row.hash)?.is_empty() {
                named.push(row);
            }
        }
    }
}

/// Says which of the files that records name are in the list as they should be. A photo that is lost must not keep a backup of all the
/// others from being made, so it is named and not refused.
fn blobs_of(place: &ShelfPlace, named: &[BlobRow], listed: &[Listed]) -> Blobs {
    let files = named.len() as u64;
    match place {
        // They stay where they are; whoever keeps the bucket backs it up.
        ShelfPlace::Bucket(_) => Blobs { place: place.to_string(), files, bad: Vec::new() },
        ShelfPlace::Folder(_) => {
            let paths: HashMap<&str, &Listed> = listed.iter().map(|file| (file.path.as_str(), file)).collect();
            let is_there = |row: &&BlobRow| {
                let name = hex::encode(row.hash);
                let (folder, rest) = name.split_at(2);
                paths.get(format!("blobs/{folder}/{rest}").as_str()).is_some_and(|file| file.bytes == row.size && file.sha256 == name)
            };
            let bad = named.iter().filter(|row| !is_there(row)).take(BAD_MAX).map(|row| hex::encode(row.hash)).collect();
            Blobs { place: place.to_string(), files, bad }
        }
    }
}

/// Copies what a data folder holds beside the store and the keys. What is being written (`.part`) is left.
fn copy_rest(from: &Path, to: &Path) -> Result<(), OfficeError> {
    for name in KEPT {
        copy_tree(&from.join(name), &to.join(name))?;
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
            // What the store of files has half written ends in `#` and a number.
            if !name.ends_with(".part") && !name.contains('#') {
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
    for name in names(folder)?.into_iter().filter(|name| name != MARK) {
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
    let text = |name: OsString| name.into_string().map_err(|_| failed(io::Error::other("a file name that is no text")));
    names_of(folder).map_err(failed)?.into_iter().map(text).collect()
}

fn names_of(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), OfficeError> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// Gives a finished folder its name, once everything in it is on the disk.
fn take_name(part: Part, above: &Path, name: &str) -> Result<(), OfficeError> {
    sync_folders(&part.folder)?;
    let named = above.join(name);
    fs::rename(&part.folder, &named).map_err(failed)?;
    part.keep();
    // The list names every file, so a mark that stays after a kill here harms nothing.
    fs::remove_file(named.join(MARK)).and_then(|()| File::open(&named)?.sync_all()).map_err(failed)?;
    File::open(above).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Returns the folder above a place that may not be there yet, and its name; a slash at the end is as good as none.
fn place_of(to: &Path) -> Result<(PathBuf, String), OfficeError> {
    let whole: PathBuf = path::absolute(to).map_err(failed)?.components().collect();
    let name = whole.file_name().and_then(|name| name.to_str());
    match (whole.parent(), name) {
        (Some(above), Some(name)) => Ok((above.to_path_buf(), name.to_owned())),
        _ => Err(OfficeError::refused("already_there")),
    }
}

/// Returns where a folder truly lies, through links; of one that is not there yet, where it would.
fn real_place(folder: &Path) -> PathBuf {
    match (fs::canonicalize(folder), folder.parent(), folder.file_name()) {
        (Ok(real), _, _) => real,
        (Err(_), Some(above), Some(name)) => real_place(above).join(name),
        _ => folder.to_path_buf(),
    }
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

/// Says of which disk it is that is full: that of the copy, which may be another one than the store's.
fn of_the_copy(error: StoreError) -> OfficeError {
    match error {
        StoreError::Full => OfficeError::refused("disk_full"),
        other => other.into(),
    }
}

fn failed(source: io::Error) -> OfficeError {
    OfficeError::Folder { action: "copy the data folder", source }
}
