//! Content-addressed bytes in a folder: `blobs/ab/cdef…`, written beside and renamed, so that no reader sees half of one.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{SqliteStore, StoreError};
use crate::store::ports::BlobStore;

impl BlobStore for SqliteStore {
    fn keep(&self, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let path = self.blob_path(&hash);
        if path.exists() {
            return Ok(hash);
        }
        let written = || -> std::io::Result<()> {
            let folder = path.parent().unwrap_or(&self.blobs);
            std::fs::create_dir_all(folder)?;
            // Two writers of the same content write the same bytes, so the last rename wins without harm.
            let beside = path.with_extension("part");
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)?;
            File::open(folder)?.sync_all()
        };
        written().map(|()| hash).map_err(failure)
    }

    fn blob(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        match std::fs::read(self.blob_path(hash)) {
            Ok(bytes) if Sha256::digest(&bytes).as_slice() == hash => Ok(Some(bytes)),
            Ok(_) => Err(StoreError::Damaged),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }
}

impl SqliteStore {
    fn blob_path(&self, hash: &[u8; 32]) -> PathBuf {
        let name = hex::encode(hash);
        let (folder, rest) = name.split_at(2);
        self.blobs.join(folder).join(rest)
    }
}

fn failure(error: std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Backend { action: "keep a blob", source: Box::new(error) },
    }
}
