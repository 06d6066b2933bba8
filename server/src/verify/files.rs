//! Checks that every file whose arrival was told is in the blob store with its length. Its bytes are not read: a county's photos take a night,
//! and a backup reads them anyway.

use super::{Bad, PAGE};
use crate::blobs::Shelf;
use crate::error::OfficeError;
use crate::store::Store;

/// Checks every file, a page at a time.
pub(super) fn check(store: &dyn Store, shelf: &Shelf) -> Result<Option<Bad>, OfficeError> {
    let mut after = None;
    loop {
        let page = store.blobs(after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.hash);
        let hashes: Vec<[u8; 32]> = page.iter().map(|row| row.hash).collect();
        for (row, size) in page.iter().zip(shelf.sizes(&hashes)?) {
            let reason = match size {
                Some(size) if size == row.size => continue,
                Some(_) => "blob_size",
                // A sweep may have taken it since the page was read.
                None if store.blob(&row.hash)?.is_none() => continue,
                None => "blob_missing",
            };
            return Ok(Some(Bad { batch: format!("blob {}", hex::encode(row.hash)), reason }));
        }
    }
}
