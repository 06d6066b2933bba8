//! What is carried by hand: batch files out, receipt files in.

use crate::{
    print::Answer,
    run::{answer, beside},
};
use daohu_field::{FieldError, Ledger};
use serde_json::json;
use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

/// No receipt file of ours is bigger.
const RECEIPT_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Writes what is unsent into a file; where nothing waits, no file is written.
pub(crate) fn export(ledger: &mut Ledger, file: &Path) -> Result<Answer, FieldError> {
    let exported = ledger.export_batches()?;
    if exported.batches > 0 {
        // Beside it first: a full stick must not leave half a file under the name.
        let part = beside(file, ".part");
        let written = write_flushed(&part, &exported.content).and_then(|()| fs::rename(&part, file)).and_then(|()| sync_folder_of(file));
        written.map_err(|error| {
            let _gone = fs::remove_file(&part);
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            FieldError::new(if full { "disk_full" } else { "file_not_written" }).because(error)
        })?;
        // Only now: what is not on the disk was not exported.
        ledger.note_exported(exported.last_batch)?;
    }
    let shown = json!({ "batches": exported.batches, "items": exported.items, "bytes": exported.bytes, "more": exported.more,
        "file": (exported.batches > 0).then(|| file.to_string_lossy()) });
    answer("exported", &shown)
}

fn write_flushed(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder_of(file: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let above = file.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(above)?.sync_all()?;
    }
    Ok(())
}

/// Takes a receipt file.
pub(crate) fn import(ledger: &mut Ledger, file: &Path) -> Result<Answer, FieldError> {
    let mut bytes = Vec::new();
    let opened = fs::File::open(file).map_err(|error| FieldError::new("not_found").because(error))?;
    let read = opened.take(RECEIPT_FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| FieldError::new("receipt_invalid").because(error))?;
    answer("receipt_file", &ledger.import_receipts(&bytes)?)
}
