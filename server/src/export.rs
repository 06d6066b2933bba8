//! Exports the log for an auditor: a file that the log's public key alone can check (`daohu_wire::log_file`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use daohu_wire::SignedHead;
use daohu_wire::log_file::LogWriter;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::store::StoreError;
use crate::store::rows::BatchKey;

/// Leaves read at once.
const PAGE: usize = 256;

impl Office {
    /// Writes the whole log as it is now into a new file; what is received meanwhile is not in it. It is written as `FILE.part` and takes
    /// its name once it is whole.
    ///
    /// # Errors
    /// `already_there` where a file of that name or its `.part` exists: nothing is replaced. `log_damaged` where leaves are missing or not
    /// those of the tree, `disk_full`; nothing is left of a file that failed.
    pub fn export_log(&self, file: &Path) -> Result<Value, OfficeError> {
        let part = part_of(file);
        for taken in [file, &part] {
            nothing_at(taken)?;
        }
        let head = self.head()?;
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => already_there(&part),
            _ => failed(error),
        })?;
        let written = self.write_log(out, &head).and_then(|bytes| {
            nothing_at(file)?;
            fs::rename(&part, file).map_err(failed)?;
            Ok(bytes)
        });
        if written.is_err() {
            // What could not be written whole is worth nothing; where even this fails, its name says so.
            let _left = fs::remove_file(&part);
        }
        let (told, bytes) = (*head.head(), written?);
        Ok(json!({
            "file": file, "tree_size": told.size, "root": hex::encode(told.root), "server_key": hex::encode(self.server_key()), "bytes": bytes,
        }))
    }

    fn write_log(&self, out: File, head: &SignedHead) -> Result<u64, OfficeError> {
        let mut writer = LogWriter::begin(BufWriter::new(out), self.log_key(), head).map_err(failed)?;
        let (size, mut from) = (head.head().size, 0);
        while from < size {
            let page = self.store().leaves(from, PAGE)?;
            for row in page.iter().take_while(|row| row.n < size) {
                if row.n != from {
                    return Err(OfficeError::refused("log_damaged"));
                }
                from += 1;
                let batch = match row.typ {
                    1 => Some(self.store().batch(BatchKey::Leaf(row.n))?.ok_or(StoreError::Damaged)?.cose),
                    _ => None,
                };
                writer.leaf(&row.bytes, batch.as_deref()).map_err(failed)?;
            }
            if page.is_empty() {
                return Err(OfficeError::refused("log_damaged"));
            }
        }
        if !writer.is_whole() {
            return Err(OfficeError::refused("log_damaged"));
        }
        let (out, bytes) = writer.finish().map_err(failed)?;
        let file: File = out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(bytes)
    }
}

fn nothing_at(path: &Path) -> Result<(), OfficeError> {
    if fs::symlink_metadata(path).is_ok() { Err(already_there(path)) } else { Ok(()) }
}

fn already_there(path: &Path) -> OfficeError {
    OfficeError::Refused { code: "already_there", detail: json!({ "file": path }) }
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn failed(source: io::Error) -> OfficeError {
    OfficeError::Folder { action: "write the log", source }
}
