//! Uploads: begun for a record and a hash, taken in parts, whole only when the bytes have that hash.
//!
//! What is told as received is on the disk: the bytes are flushed before the table says so. Each call stands for itself, so that an upload
//! goes on after a cut and after a restart, in this process or in another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kinds;
use daohu_domain::permission::{Act, role_may};
use daohu_wire::limits::{BLOB_BYTES_MAX, THUMB_BYTES_MAX, UPLOAD_DAY_BYTES_MAX, UPLOADS_OPEN_MAX};
use sha2::{Digest, Sha256};

use super::{UPLOADS, file_of, in_a_day, sweep, token};
use crate::disk::DiskState;
use crate::error::OfficeError;
use crate::limits::UPLOADS_DAY_MAX;
use crate::office::Office;
use crate::store::StoreError;
use crate::store::blob::{Begun, BlobRole, UploadQuota, UploadRow, UploadState, UploadStep};
use crate::store::rows::RecordQuery;
use crate::sync::{Admitted, SyncRefusal};

/// Bytes read at once while a file is hashed.
const HASH_CHUNK_BYTES: usize = 256 * 1024;

/// What somebody wants to upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadAsk {
    /// The record that names the file, or will.
    pub record: Id,
    /// As what.
    pub role: BlobRole,
    /// SHA-256 of the whole.
    pub hash: [u8; 32],
    /// Bytes of the whole.
    pub length: u64,
}

/// Bytes of an upload.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// What the server said that it has.
    pub from: u64,
    /// Where these bytes belong: behind `from` where they go on a part of which some were sent before.
    pub at: u64,
    /// The bytes.
    pub bytes: &'a [u8],
    /// Whether they are to count, with all from `from` on. Bytes that do not count are forgotten.
    pub counts: bool,
}

/// How an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadView {
    /// Its id.
    pub id: Id,
    /// Bytes of the whole.
    pub length: u64,
    /// Bytes from the beginning that are surely on the disk.
    pub received: u64,
    /// When it is given up unless more comes.
    pub expires_at: Instant,
}

impl From<&UploadRow> for UploadView {
    fn from(row: &UploadRow) -> Self {
        Self { id: row.id, length: row.length, received: row.received, expires_at: row.expires_at }
    }
}

const GONE: SyncRefusal = SyncRefusal::of(410, "upload_gone");

impl Office {
    /// Begins an upload; one of a file that is there already is complete at once.
    ///
    /// # Errors
    /// 401 and 403 by the token; 404 for a record outside the device's rights; 413 `too_big`; 422 `not_named` for a record that is there and
    /// does not name the file so, `wrong_hash` for a file that is there with another length; 429 `upload_quota`; 507 `server_full`.
    pub fn upload_begin(&self, token: &str, ask: &UploadAsk) -> Result<UploadView, SyncRefusal> {
        let admitted = token::device_of(self, token)?;
        let most = if ask.role == BlobRole::Thumb { THUMB_BYTES_MAX as u64 } else { BLOB_BYTES_MAX };
        if ask.length > most {
            return Err(SyncRefusal::of(413, "too_big"));
        }
        may_send(self, &admitted, ask)?;
        let is_there = self.store().blob(&ask.hash)?.is_some();
        if !is_there && self.disk().0 == DiskState::Full {
            return Err(StoreError::Full.into());
        }
        let now = self.now();
        let row = UploadRow {
            id: self.new_id(),
            device: admitted.device.id,
            record: ask.record,
            role: ask.role,
            hash: ask.hash,
            length: ask.length,
            received: 0,
            state: UploadState::Open,
            began_at: now,
            expires_at: in_a_day(now),
        };
        match self.store().begin_upload(&row, &QUOTA)? {
            Begun::Done => Ok(UploadView { received: row.length, ..UploadView::from(&row) }),
            Begun::Open if row.length == 0 => finish(self, &row),
            Begun::Open => Ok(UploadView::from(&row)),
            Begun::OtherLength => Err(SyncRefusal::of(422, "wrong_hash")),
            Begun::TooMuch => Err(SyncRefusal { status: 429, code: "upload_quota", retry_after_s: Some(QUOTA_RETRY_S) }),
        }
    }

    /// Tells how an upload stands. One whose bytes are all here and which was not finished, because the server stopped, is finished now.
    ///
    /// # Errors
    /// 401 and 403 by the token; 404 for one that is not this device's; 410 for one that was given up.
    pub fn upload_look(&self, token: &str, id: Id) -> Result<UploadView, SyncRefusal> {
        let admitted = token::device_of(self, token)?;
        let row = own(self, &admitted, id)?;
        if row.state == UploadState::Open && row.received == row.length {
            return finish(self, &row);
        }
        if row.state == UploadState::Open {
            // After a restore the row may be here without its bytes.
            let there = fs::metadata(file_of(self, id)).map_or(0, |about| about.len());
            if there < row.received {
                return Err(give_up(self, &row, GONE));
            }
        }
        Ok(UploadView::from(&row))
    }

    /// Takes bytes of an upload, and finishes it with the last. When this returns `Ok`, bytes that count survive a crash.
    ///
    /// # Errors
    /// As [`Office::upload_look`]; 409 `wrong_offset` where the server has other bytes than `from`; 413 `too_big` for more than was said;
    /// 422 `wrong_hash` where the whole is another file: then nothing of it is kept; 507 `server_full`.
    pub fn upload_take(&self, token: &str, id: Id, part: &Part<'_>) -> Result<UploadView, SyncRefusal> {
        let admitted = token::device_of(self, token)?;
        let mut row = own(self, &admitted, id)?;
        if row.received != part.from {
            return Err(SyncRefusal::of(409, "wrong_offset"));
        }
        let to = part.at.saturating_add(part.bytes.len() as u64);
        if to > row.length {
            return Err(SyncRefusal::of(413, "too_big"));
        }
        if row.state == UploadState::Done {
            return Ok(UploadView::from(&row));
        }
        if self.disk().0 == DiskState::Full {
            return Err(StoreError::Full.into());
        }
        write(self, &row, part)?;
        if !part.counts {
            return Ok(UploadView::from(&row));
        }
        let expires_at = in_a_day(self.now());
        match self.store().step_upload(id, &UploadStep::Received { from: part.from, to, expires_at }) {
            Ok(()) => {}
            // Somebody else took bytes of it meanwhile, or gave it up.
            Err(StoreError::Stale) => return Err(SyncRefusal::of(409, "wrong_offset")),
            Err(error) => return Err(error.into()),
        }
        (row.received, row.expires_at) = (to, expires_at);
        if row.received == row.length { finish(self, &row) } else { Ok(UploadView::from(&row)) }
    }

    /// Gives an upload up; a file that is in the store already stays there while a record names it.
    ///
    /// # Errors
    /// As [`Office::upload_look`].
    pub fn upload_end(&self, token: &str, id: Id) -> Result<(), SyncRefusal> {
        let admitted = token::device_of(self, token)?;
        let row = own(self, &admitted, id)?;
        self.store().step_upload(row.id, &UploadStep::Ended)?;
        remove(self, row.id).map_err(|error| failed(error).into())
    }
}

/// What one device may have on its way.
const QUOTA: UploadQuota = UploadQuota { open_max: UPLOADS_OPEN_MAX, day_max: UPLOADS_DAY_MAX, day_bytes_max: UPLOAD_DAY_BYTES_MAX };

/// After how many seconds somebody who sent too much may look again.
const QUOTA_RETRY_S: u32 = 3_600;

/// Checks that the device may write this record, or one that it announces, and that a record that is there names the file.
fn may_send(office: &Office, admitted: &Admitted, ask: &UploadAsk) -> Result<(), SyncRefusal> {
    const NOT_FOUND: SyncRefusal = SyncRefusal::of(404, "not_found");
    let kind = kinds::find("evidence").ok_or(NOT_FOUND)?;
    let query = RecordQuery { record: Some(ask.record), ..RecordQuery::default() };
    let Some(row) = office.store().records(&query)?.into_iter().next() else {
        let writes = admitted.rights.write.iter().any(|grant| role_may(kind, Act::Create, grant.role));
        return if writes { Ok(()) } else { Err(NOT_FOUND) };
    };
    if row.kind != kind.name || !admitted.rights.may(kind, Act::Create, row.place, row.household) {
        return Err(NOT_FOUND);
    }
    let named = office.store().blob_uses(&ask.hash)?;
    let is_named = named.iter().any(|named| (named.record, named.role) == (ask.record, ask.role));
    if is_named { Ok(()) } else { Err(SyncRefusal::of(422, "not_named")) }
}

fn own(office: &Office, admitted: &Admitted, id: Id) -> Result<UploadRow, SyncRefusal> {
    let row = office.store().upload(id)?.filter(|row| row.device == admitted.device.id);
    let row = row.ok_or(SyncRefusal::of(404, "not_found"))?;
    if row.state == UploadState::Gone || row.expires_at <= office.now() { Err(GONE) } else { Ok(row) }
}

/// Writes bytes to their place, and flushes all of the file where they count. What was written and never counted is cut off first.
fn write(office: &Office, row: &UploadRow, part: &Part<'_>) -> Result<(), SyncRefusal> {
    let path = file_of(office, row.id);
    let is_first = row.received == 0 && part.at == 0;
    let written = || -> io::Result<bool> {
        let file = OpenOptions::new().write(true).create(is_first).truncate(false).mode(0o600).open(&path)?;
        if file.metadata()?.len() < part.at {
            return Ok(false);
        }
        file.set_len(part.at)?;
        file.write_all_at(part.bytes, part.at)?;
        if part.counts {
            file.sync_all()?;
            if row.received == 0 {
                File::open(office.folder().join(UPLOADS))?.sync_all()?;
            }
        }
        Ok(true)
    };
    match written() {
        Ok(true) => Ok(()),
        Ok(false) => Err(give_up(office, row, GONE)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(give_up(office, row, GONE)),
        Err(error) => Err(failed(error).into()),
    }
}

/// Puts an upload whose bytes are all here into the store, if they are what was said.
fn finish(office: &Office, row: &UploadRow) -> Result<UploadView, SyncRefusal> {
    let path = file_of(office, row.id);
    if row.length == 0 {
        File::create(&path).and_then(|file| file.sync_all()).map_err(failed)?;
    }
    match hash_of(&path) {
        Ok(hash) if hash == row.hash => {}
        Ok(_) => return Err(give_up(office, row, SyncRefusal::of(422, "wrong_hash"))),
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(give_up(office, row, GONE)),
        Err(error) => return Err(failed(error).into()),
    }
    let now = office.now();
    let expires_at = in_a_day(now);
    {
        let _no_sweep = sweep::hold(office)?;
        office.shelf().keep(&path, &row.hash)?;
        office.store().step_upload(row.id, &UploadStep::Finished { at: now, expires_at })?;
    }
    remove(office, row.id).map_err(failed)?;
    Ok(UploadView { received: row.length, expires_at, ..UploadView::from(row) })
}

fn hash_of(path: &std::path::Path) -> io::Result<[u8; 32]> {
    let (mut file, mut hasher, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; HASH_CHUNK_BYTES]);
    loop {
        let read = file.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(hasher.finalize().into());
        }
        hasher.update(chunk);
    }
}

/// Gives an upload up and returns why.
fn give_up(office: &Office, row: &UploadRow, why: SyncRefusal) -> SyncRefusal {
    match office.store().step_upload(row.id, &UploadStep::Ended) {
        // Given up by somebody else is given up as well.
        Ok(()) | Err(StoreError::Stale) => {}
        Err(error) => return error.into(),
    }
    match remove(office, row.id) {
        Ok(()) => why,
        Err(error) => failed(error).into(),
    }
}

/// Deletes the bytes of an upload; where they are not there, they are deleted.
pub(super) fn remove(office: &Office, id: Id) -> io::Result<()> {
    match fs::remove_file(file_of(office, id)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn failed(source: io::Error) -> OfficeError {
    if source.kind() == ErrorKind::StorageFull {
        return StoreError::Full.into();
    }
    OfficeError::Folder { action: "keep an upload", source }
}
