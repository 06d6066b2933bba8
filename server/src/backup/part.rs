//! The folder in which a backup or a restore is written until it is whole, and how one that was killed is told from one that is at work.
//!
//! It holds a mark that its writer keeps locked. A mark that nobody holds was left by a kill: such a folder is ours and nobody needs it, and
//! it may hold keys, so whoever writes beside it next takes it away. A folder without the mark is somebody else's and is left.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failed;
use crate::error::OfficeError;

/// The mark in a folder that is being written.
pub(super) const MARK: &str = ".daohu-part";

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
        DirBuilder::new().mode(0o700).create(&folder).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => OfficeError::Refused { code: "already_there", detail: json!({ "file": folder }) },
            _ => failed(error),
        })?;
        let marked = mark(&folder);
        if marked.is_err() {
            let _left = fs::remove_dir_all(&folder);
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
            let _left = fs::remove_dir_all(&self.folder);
        }
    }
}

fn mark(folder: &Path) -> std::io::Result<File> {
    let mut mark = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(MARK))?;
    mark.lock()?;
    writeln!(mark, "half written; daohu takes it away")?;
    mark.sync_all()?;
    Ok(mark)
}

/// Takes away what killed backups and restores left in a folder.
pub(super) fn sweep(above: &Path) -> Result<(), OfficeError> {
    for name in super::names_of(above).map_err(failed)? {
        let folder = above.join(&name);
        let is_folder = fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
        if is_folder && name.as_encoded_bytes().ends_with(ENDING.as_bytes()) && left_by_a_kill(&folder) {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
    }
    Ok(())
}

fn left_by_a_kill(folder: &Path) -> bool {
    let mark = folder.join(MARK);
    let is_file = fs::symlink_metadata(&mark).is_ok_and(|about| about.is_file());
    is_file && File::open(mark).is_ok_and(|mark| mark.try_lock().is_ok())
}
