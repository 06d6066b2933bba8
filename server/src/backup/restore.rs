//! Restores a backup into a data folder that is not there yet.

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::part::{self, MARK, Part};
use super::{FORMAT, KEPT, LIST, LIST_BYTES_MAX, List, checked, copy, failed, names, names_of, place_of, sync_folders, take_name};
use crate::error::OfficeError;
use crate::office::keys::{NAMES, make_folder};
use crate::store::StoreError;

/// The folder inside an empty data folder in which a restore is written.
const INSIDE: &str = "restore";

/// Copies a backup into `data`, checks every file against the list and the whole log against the root in it, and only then lets it be a
/// data folder. One that is not there yet is written beside its name; one that is there and empty is written inside, so that it may be a
/// disk of its own or a link. Keys that were left out of the backup are taken from `keys`, or named in `missing`.
///
/// # Errors
/// `folder_not_empty` where `data` has anything in it, `not_a_backup` where there is no whole backup, `backup_damaged` with the file that is
/// not what the list says, `wrong_key` where the keys are another store's. Nothing is left of a restore that failed.
pub fn restore(from: &Path, data: &Path, keys: Option<&Path>) -> Result<Value, OfficeError> {
    let is_there = match fs::symlink_metadata(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        _ => empty(data)?,
    };
    let mut list = read_list(from)?;
    if is_there {
        let part = Part::begin(data, INSIDE)?;
        fill(from, &part.folder, &mut list, keys)?;
        sync_folders(&part.folder)?;
        move_up(&part.folder, data)?;
        // Nothing but the mark is in it now.
        drop(part);
        File::open(data).and_then(|folder| folder.sync_all()).map_err(failed)?;
    } else {
        let (above, name) = place_of(data)?;
        fs::create_dir_all(&above).map_err(failed)?;
        let part = Part::begin(&above, &name)?;
        fill(from, &part.folder, &mut list, keys)?;
        take_name(part, &above, &name)?;
    }
    Ok(list.to_json("data", data))
}

/// Says that a folder is there and empty: nothing but what a killed restore left in it, which is taken away, or what a new disk has.
fn empty(data: &Path) -> Result<bool, OfficeError> {
    let not_empty = || OfficeError::refused("folder_not_empty");
    let inside = |name: &std::ffi::OsString| name != "lost+found";
    if !fs::metadata(data).is_ok_and(|about| about.is_dir()) {
        return Err(not_empty());
    }
    let left = format!("{INSIDE}.part");
    let found = names_of(data).map_err(failed)?;
    if found.iter().filter(|name| inside(name)).all(|name| *name == *left) {
        part::sweep(data)?;
    }
    let found = names_of(data).map_err(failed)?;
    if found.iter().any(inside) { Err(not_empty()) } else { Ok(true) }
}

/// Moves what was restored up into the data folder, the keys last: a store without them does not open, so a restore that is killed here is
/// not taken for whole. Where it fails, what was moved is taken away again.
fn move_up(part: &Path, data: &Path) -> Result<(), OfficeError> {
    let mut names = names(part)?;
    names.retain(|name| name != MARK);
    names.sort_by_key(|name| name == "keys");
    let mut moved: Vec<PathBuf> = Vec::new();
    for name in names {
        let to = data.join(&name);
        if let Err(error) = fs::rename(part.join(&name), &to) {
            for path in moved {
                // Where even this fails, the keys are missing still: the folder does not open.
                let _left = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            }
            return Err(failed(error));
        }
        moved.push(to);
    }
    Ok(())
}

fn read_list(from: &Path) -> Result<List, OfficeError> {
    let path = from.join(LIST);
    let length = fs::metadata(&path).map_err(|_| OfficeError::refused("not_a_backup"))?.len();
    if length > LIST_BYTES_MAX {
        return Err(OfficeError::refused("not_a_backup"));
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    let value: Value = serde_json::from_str(&text).map_err(|_| OfficeError::refused("not_a_backup"))?;
    if value["format"].as_u64().is_some_and(|format| format > u64::from(FORMAT)) {
        return Err(OfficeError::refused("too_new"));
    }
    let list: List = serde_json::from_value(value).map_err(|_| OfficeError::refused("not_a_backup"))?;
    let inside = |path: &str| !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    match list.files.iter().all(|file| inside(&file.path)) {
        true => Ok(list),
        false => Err(OfficeError::refused("not_a_backup")),
    }
}

fn fill(from: &Path, part: &Path, list: &mut List, keys: Option<&Path>) -> Result<(), OfficeError> {
    for folder in KEPT.into_iter().chain(["keys"]) {
        make_folder(&part.join(folder))?;
    }
    for listed in &list.files {
        let to = part.join(&listed.path);
        if let Some(above) = to.parent() {
            make_folder(above)?;
        }
        let damaged = || OfficeError::Refused { code: "backup_damaged", detail: json!({ "file": listed.path }) };
        let copied = match copy(&from.join(&listed.path), &to) {
            Err(OfficeError::Folder { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Err(damaged()),
            other => other?,
        };
        if (copied.bytes, &copied.sha256) != (listed.bytes, &listed.sha256) {
            return Err(damaged());
        }
    }
    if let (Some(keys), true) = (keys, list.keys.is_empty()) {
        for name in NAMES {
            copy(&keys.join(name), &part.join("keys").join(name)).map_err(|_| OfficeError::refused("wrong_key"))?;
        }
        list.keys = NAMES.iter().map(|name| (*name).to_owned()).collect();
    }
    let damaged = || OfficeError::Refused { code: "backup_damaged", detail: json!({ "file": "daohu.db" }) };
    let check = checked(part, !list.keys.is_empty()).map_err(|error| match error {
        // Its hash is right, so it was no store when it was listed.
        OfficeError::Store(StoreError::Damaged) => damaged(),
        other => other,
    })?;
    if (check.tree_size, hex::encode(check.root)) != (list.tree_size, list.root.clone()) {
        return Err(damaged());
    }
    Ok(())
}
