//! Restores a backup into a data folder that is not there yet.

use std::fs;
use std::path::{Component, Path};

use serde_json::{Value, json};

use super::{FORMAT, LIST, LIST_BYTES_MAX, List, beside, checked, copy, failed, remove_folder, take_name};
use crate::error::OfficeError;
use crate::office::keys::{NAMES, make_folder};

/// Copies a backup into `data`, checks every file against the list and the whole log against the root in it, and only then lets the folder
/// have its name. Keys that were left out of the backup are taken from `keys`, or named in `missing`.
///
/// # Errors
/// `folder_not_empty` where `data` has anything in it, `not_a_backup` where there is no whole backup, `backup_damaged` with the file that is
/// not what the list says, `wrong_key` where the keys are another store's. Nothing is left of a restore that failed.
pub fn restore(from: &Path, data: &Path, keys: Option<&Path>) -> Result<Value, OfficeError> {
    if fs::read_dir(data).map_or_else(|_| fs::symlink_metadata(data).is_ok(), |mut inside| inside.next().is_some()) {
        return Err(OfficeError::refused("folder_not_empty"));
    }
    let mut list = read_list(from)?;
    let part = beside(data, ".part");
    remove_folder(&part)?;
    if let Some(above) = data.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above).map_err(failed)?;
    }
    let made = fill(from, &part, &mut list, keys).and_then(|()| take_name(&part, data));
    if made.is_err() {
        // What was begun is no data folder; where even this fails, its name says so.
        let _left = remove_folder(&part);
    }
    made?;
    Ok(list.to_json("data", data))
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
    for folder in ["", "keys", "blobs", "packs", "log"] {
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
    let check = checked(part, !list.keys.is_empty())?;
    if (check.tree_size, hex::encode(check.root)) != (list.tree_size, list.root.clone()) {
        return Err(OfficeError::Refused { code: "backup_damaged", detail: json!({ "file": "daohu.db" }) });
    }
    Ok(())
}
