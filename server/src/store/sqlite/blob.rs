//! Files that records name, and uploads, in SQL.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use rusqlite::{Connection, Error, OptionalExtension, Row, Transaction, params};

use super::{Failed, SqliteStore, StoreError, convert};
use crate::store::blob::{Begun, BlobRole, BlobRow, BlobUseRow, Swept, UploadQuota, UploadRow, UploadState, UploadStep};
use crate::store::plan::{DocumentPlan, EvidenceFact};
use crate::store::ports::BlobStore;

impl BlobStore for SqliteStore {
    fn blob(&self, hash: &[u8; 32]) -> Result<Option<BlobRow>, StoreError> {
        self.read("read a file's row", |connection| blob(connection, hash))
    }

    fn blobs(&self, after: Option<&[u8; 32]>, limit: usize) -> Result<Vec<BlobRow>, StoreError> {
        self.read("read files' rows", |connection| {
            // No hash is shorter than 32 bytes, so that the empty one is before them all.
            let after = after.map_or(&[][..], |hash| hash);
            connection
                .prepare_cached("SELECT hash, size FROM blob WHERE hash > ?1 ORDER BY hash LIMIT ?2")?
                .query_map(params![after, convert::of_size(limit)], blob_from_row)?
                .collect()
        })
    }

    fn blob_uses(&self, hash: &[u8; 32]) -> Result<Vec<BlobUseRow>, StoreError> {
        self.read("read who names a file", |connection| {
            connection
                .prepare_cached("SELECT record, role, place, household, media_type FROM blob_use WHERE hash = ?1 ORDER BY record, role")?
                .query_map([hash], |row| {
                    Ok(BlobUseRow {
                        record: convert::id(row, 0)?,
                        role: role(row, 1)?,
                        place: convert::place(row, 2)?,
                        household: convert::id_or_none(row, 3)?,
                        media_type: row.get(4)?,
                    })
                })?
                .collect()
        })
    }

    fn begin_upload(&self, row: &UploadRow, quota: &UploadQuota) -> Result<Begun, StoreError> {
        self.write("begin an upload", |transaction| begin(transaction, row, quota))
    }

    fn upload(&self, id: Id) -> Result<Option<UploadRow>, StoreError> {
        self.read("read an upload", |connection| {
            connection
                .prepare_cached(
                    "SELECT id, device, record, role, hash, length, received, state, began_at_ms, expires_at_ms FROM upload WHERE id = ?1",
                )?
                .query_row([id.as_bytes()], upload_from_row)
                .optional()
        })
    }

    fn step_upload(&self, id: Id, step: &UploadStep) -> Result<(), StoreError> {
        self.write("take an upload further", |transaction| take_further(transaction, id, step))
    }

    fn sweep(&self, now: Instant, announced_ms: i64) -> Result<Swept, StoreError> {
        // Nearly every look finds nothing, and must not take the file's write lock for that.
        if self.read("look for what is over", |connection| over(connection, now, announced_ms))?.is_empty() {
            return Ok(Swept::default());
        }
        self.write("sweep", |transaction| sweep(transaction, now, announced_ms))
    }
}

/// Writes which files a record names; the fields are sealed, so what is there stays.
pub(super) fn write_uses(connection: &Connection, document: &DocumentPlan, evidence: &EvidenceFact) -> Result<(), Error> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO blob_use (hash, record, role, place, household, media_type) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (role, hash) in &evidence.files {
        insert.execute(params![
            hash,
            document.record.as_bytes(),
            role.name(),
            convert::of_place(document.place),
            document.household.as_ref().map(Id::as_bytes),
            evidence.media_type
        ])?;
    }
    Ok(())
}

fn blob(connection: &Connection, hash: &[u8; 32]) -> Result<Option<BlobRow>, Error> {
    connection.prepare_cached("SELECT hash, size FROM blob WHERE hash = ?1")?.query_row([hash], blob_from_row).optional()
}

fn begin(transaction: &Transaction<'_>, row: &UploadRow, quota: &UploadQuota) -> Result<Begun, Failed> {
    let there = blob(transaction, &row.hash)?;
    if there.is_some_and(|blob| blob.size != row.length) {
        return Ok(Begun::OtherLength);
    }
    let (open, all, bytes) = transaction
        .prepare_cached("SELECT count(*) FILTER (WHERE state = 'open'), count(*), coalesce(sum(cost), 0) FROM upload WHERE device = ?1")?
        .query_row([row.device.as_bytes()], |row| Ok((convert::small(row, 0)?, convert::small(row, 1)?, convert::count(row, 2)?)))?;
    let cost = if there.is_some() { 0 } else { row.length };
    if all >= quota.day_max || (there.is_none() && open >= quota.open_max) || bytes.saturating_add(cost) > quota.day_bytes_max {
        return Ok(Begun::TooMuch);
    }
    let (received, state) = if there.is_some() { (row.length, UploadState::Done) } else { (0, UploadState::Open) };
    transaction
        .prepare_cached(
            "INSERT INTO upload (id, device, record, role, hash, length, cost, received, state, began_at_ms, expires_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            row.id.as_bytes(),
            row.device.as_bytes(),
            row.record.as_bytes(),
            row.role.name(),
            row.hash,
            convert::of_count(row.length),
            convert::of_count(cost),
            convert::of_count(received),
            of_state(state),
            row.began_at.0,
            row.expires_at.0
        ])?;
    Ok(if there.is_some() { Begun::Done } else { Begun::Open })
}

fn take_further(transaction: &Transaction<'_>, id: Id, step: &UploadStep) -> Result<(), Failed> {
    let written = match step {
        UploadStep::Received { from, to, expires_at } => transaction
            .prepare_cached("UPDATE upload SET received = ?3, expires_at_ms = ?4 WHERE id = ?1 AND received = ?2 AND state = 'open'")?
            .execute(params![id.as_bytes(), convert::of_count(*from), convert::of_count(*to), expires_at.0])?,
        UploadStep::Finished { at, expires_at } => {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO blob (hash, size, kept_at_ms) SELECT hash, length, ?2 FROM upload WHERE id = ?1")?
                .execute(params![id.as_bytes(), at.0])?;
            transaction
                .prepare_cached(
                    "UPDATE upload SET state = 'done', expires_at_ms = ?2 WHERE id = ?1 AND state = 'open' AND received = length",
                )?
                .execute(params![id.as_bytes(), expires_at.0])?
        }
        UploadStep::Ended => {
            transaction.prepare_cached("UPDATE upload SET state = 'gone' WHERE id = ?1 AND state <> 'gone'")?.execute([id.as_bytes()])?
        }
    };
    // An error ends the transaction, so that a row of a file without its upload is not kept either.
    if written == 1 { Ok(()) } else { Err(StoreError::Stale.into()) }
}

/// Uploads that are over: their time is up, or the record they were announced for did not come. One that arrived waits for a record that is
/// in quarantine, since the office may let it in.
const OVER: &str = "SELECT id, hash FROM upload WHERE (expires_at_ms <= ?1 OR (began_at_ms <= ?2 AND NOT EXISTS (SELECT 1 FROM blob_use \
     WHERE blob_use.hash = upload.hash AND blob_use.record = upload.record))) AND NOT (state = 'done' AND EXISTS \
     (SELECT 1 FROM quarantine WHERE quarantine.record = upload.record AND released_at_ms IS NULL))";

/// A file that no record names and no upload brings. Only where an upload is forgotten can a file have become one.
const FORGET_UNNAMED: &str = "DELETE FROM blob WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.hash = ?1) \
     AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.hash = ?1)";

fn over(connection: &Connection, now: Instant, announced_ms: i64) -> Result<Vec<(Id, [u8; 32])>, Error> {
    let began = now.0.saturating_sub(announced_ms);
    let mut ask = connection.prepare_cached(OVER)?;
    ask.query_map([now.0, began], |row| Ok((convert::id(row, 0)?, convert::fixed(row, 1)?)))?.collect()
}

fn sweep(transaction: &Transaction<'_>, now: Instant, announced_ms: i64) -> Result<Swept, Failed> {
    let mut swept = Swept::default();
    let mut forget = transaction.prepare_cached("DELETE FROM upload WHERE id = ?1")?;
    let mut forget_unnamed = transaction.prepare_cached(FORGET_UNNAMED)?;
    for (id, hash) in over(transaction, now, announced_ms)? {
        forget.execute([id.as_bytes()])?;
        swept.uploads.push(id);
        if forget_unnamed.execute([hash])? > 0 {
            swept.blobs.push(hash);
        }
    }
    Ok(swept)
}

fn blob_from_row(row: &Row<'_>) -> Result<BlobRow, Error> {
    Ok(BlobRow { hash: convert::fixed(row, 0)?, size: convert::count(row, 1)? })
}

fn upload_from_row(row: &Row<'_>) -> Result<UploadRow, Error> {
    Ok(UploadRow {
        id: convert::id(row, 0)?,
        device: convert::id(row, 1)?,
        record: convert::id(row, 2)?,
        role: role(row, 3)?,
        hash: convert::fixed(row, 4)?,
        length: convert::count(row, 5)?,
        received: convert::count(row, 6)?,
        state: match row.get_ref(7)?.as_str()? {
            "open" => UploadState::Open,
            "done" => UploadState::Done,
            _ => UploadState::Gone,
        },
        began_at: convert::instant(row, 8)?,
        expires_at: convert::instant(row, 9)?,
    })
}

fn role(row: &Row<'_>, column: usize) -> Result<BlobRole, Error> {
    // A role of a newer program is nothing that this one gives out as a picture.
    Ok(BlobRole::find(row.get_ref(column)?.as_str()?).unwrap_or(BlobRole::Original))
}

const fn of_state(state: UploadState) -> &'static str {
    match state {
        UploadState::Open => "open",
        UploadState::Done => "done",
        UploadState::Gone => "gone",
    }
}
