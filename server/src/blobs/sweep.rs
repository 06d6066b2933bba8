//! What is cleaned away: uploads that nobody goes on with, files whose record never came, and what a crash left of either.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use daohu_domain::id::Id;

use super::UPLOADS;
use super::upload::{failed, remove};
use crate::error::OfficeError;
use crate::limits::DAY_MS;
use crate::office::Office;
use crate::store::blob::{Swept, UploadState};

/// The file whose lock keeps a sweep and the end of an upload apart, in this process and between processes.
const LOCK: &str = ".lock";

impl Office {
    /// Cleans away what is over by the office's clock, and returns what it was. Nothing that a record names is ever taken.
    ///
    /// # Errors
    /// When the store or the disk fails; what was not cleaned is tried again by the next call.
    pub fn sweep_blobs(&self) -> Result<Swept, OfficeError> {
        let lock = open_lock(self)?;
        lock.lock().map_err(failed)?;
        let swept = self.store().sweep(self.now(), DAY_MS)?;
        for hash in &swept.blobs {
            self.shelf().remove(hash)?;
        }
        // With those just forgotten also such as a crash left without a row.
        for entry in fs::read_dir(self.folder().join(UPLOADS)).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse::<Id>().ok()) else { continue };
            if self.store().upload(id)?.is_none_or(|row| row.state != UploadState::Open) {
                remove(self, id).map_err(failed)?;
            }
        }
        Ok(swept)
    }
}

/// Keeps sweeps away while a file goes into the store: one that has no row yet would be taken for one that nobody wants.
///
/// # Errors
/// When the lock cannot be opened.
pub(super) fn hold(office: &Office) -> Result<File, OfficeError> {
    let lock = open_lock(office)?;
    lock.lock_shared().map_err(failed)?;
    Ok(lock)
}

fn open_lock(office: &Office) -> Result<File, OfficeError> {
    let path = office.folder().join(UPLOADS).join(LOCK);
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)
}
