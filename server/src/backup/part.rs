//! The folder in which a backup or a restore is written until it is whole, and how one that was killed is told from one that is at work.
//!
//! It holds a mark that its writer keeps locked. A mark that nobody holds was left by a kill: such a folder is ours and nobody needs it, and
//! it may hold keys, so whoever writes beside it next takes it away. A folder without the mark is somebody else's and is left.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failed;
use crate::error::OfficeError;

/// The mark in a folder that is being written.
pub(super) const MARK: &str = ".daohu-part";

/// Where keys lie in it.
const KEYS: &str = "keys";

/// What such folders end in.
const ENDING: &str = ".part";

/// A folder that is being written. Dropped before it was [kept](Part::keep), it is taken away with all that is in it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) folder: PathBuf,
    /// Held as long as this process writes.
    _mark: File,
    kept: bool,
}

impl Part {
    /// Makes the folder, readable by its owner alone, after taking away those in `above` that a kill left.
    ///
    /// # Errors
    /// `already_there` where a folder of that name is at work or not ours.
    pub(super) fn begin(above: &Path, name: &str) -> Result<Self, OfficeError> {
        sweep(above)?;
        let folder = above.join(format!("{name}{ENDING}"));
        // Empty: it was killed while it took the folder away, or before it marked it.
        let _emptied = fs::remove_dir(&folder);
        DirBuilder::new().mode(0o700).create(&folder).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => OfficeError::Refused { code: "already_there", detail: json!({ "file": folder }) },
            _ => failed(error),
        })?;
        let marked = mark(&folder);
        if marked.is_err() {
            let _left = take_away(&folder);
        }
        Ok(Self { folder, _mark: marked.map_err(failed)?, kept: false })
    }

    /// Lets the folder stay: it has its name, or what was in it has been moved.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // What was begun is worth nothing; where even this fails, its name says so.
            let _left = take_away(&self.folder);
        }
    }
}

/// Marks a folder. Another one that sweeps before the lock is held takes the folder away, and this one fails having written nothing.
fn mark(folder: &Path) -> std::io::Result<File> {
    let mut mark = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(MARK))?;
    mark.lock()?;
    writeln!(mark, "half written; daohu takes it away")?;
    mark.sync_all()?;
    Ok(mark)
}

/// Takes a folder away, its mark last: killed meanwhile, it is still known for what it is. Keys go first.
fn take_away(folder: &Path) -> std::io::Result<()> {
    for path in in_order(super::names_of(folder)?).iter().map(|name| folder.join(name)) {
        if fs::symlink_metadata(&path)?.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    fs::remove_dir(folder)
}

fn in_order(mut names: Vec<OsString>) -> Vec<OsString> {
    names.sort_by_key(|name| (name == MARK, name != KEYS));
    names
}

/// Takes away what killed backups and restores left in a folder.
pub(super) fn sweep(above: &Path) -> Result<(), OfficeError> {
    for name in super::names_of(above).map_err(failed)? {
        let folder = above.join(&name);
        let is_folder = fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
        if is_folder
            && name.as_encoded_bytes().ends_with(ENDING.as_bytes())
            && let Some(_held) = left_by_a_kill(&folder)
        {
            take_away(&folder).map_err(failed)?;
        }
    }
    Ok(())
}

/// Returns the mark of a folder whose writer was killed, held so that no other sweeps it too.
fn left_by_a_kill(folder: &Path) -> Option<File> {
    let mark = folder.join(MARK);
    fs::symlink_metadata(&mark).ok().filter(fs::Metadata::is_file)?;
    File::open(mark).ok().filter(|mark| mark.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{MARK, in_order};

    #[test]
    fn keys_are_taken_away_first_and_the_mark_last() {
        let names = [MARK, "backup.json", "daohu.db", "keys"].map(Into::into).to_vec();
        assert_eq!(in_order(names), ["keys", "backup.json", "daohu.db", MARK]);
    }
}
