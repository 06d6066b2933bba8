//! Batch files: what cannot be sent is written into a file that somebody carries, and the office's receipts come back the same way.
//!
//! Exported is not received: a batch stays open, and goes by network too where there is one, until a receipt verifies
//! with the server's pinned key. The office knows a batch by device, number and hash, so that both ways together are one.

use crate::{
    error::FieldError,
    ledger::Ledger,
    me::Me,
    project,
    store::{
        Connection, change, count, in_transaction,
        meta::{self, key},
        outbox,
    },
    sync::{
        RefusedItem,
        apply::{self, Applied},
        catch_up, seal,
    },
};
use daohu_wire::{
    Batch, BatchStatus, Receipt, batch_file,
    limits::{BATCH_FILE_BYTES_MAX, BATCH_FILE_PARTS_MAX, BATCHES_PER_REQUEST_MAX, MAX_BYTES_START},
    receipt,
};
use serde::Serialize;

/// What was written into a batch file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchFile {
    /// How many batches.
    pub batches: u64,
    /// How many items they have.
    pub items: u64,
    /// The size of the file.
    pub bytes: u64,
    /// There is more than one file holds: hand this one in, take its receipt, export again.
    pub more: bool,
    /// The number of its last batch, for [`Ledger::note_exported`]; 0 where nothing waits.
    #[serde(skip)]
    pub last_batch: u64,
    /// The file, sealed to the server; empty where nothing waits.
    #[serde(skip)]
    pub content: Vec<u8>,
}

/// What the receipts of a file settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReceiptsTaken {
    /// Batches of this device whose receipts verified, those that were known before too.
    pub batches: u64,
    /// Items that are received now and were not before.
    pub items: u64,
    /// The size of the file.
    pub bytes: u64,
    /// Items that the office refused; they wait in quarantine.
    pub refused: Vec<RefusedItem>,
    /// Receipts that are for another phone or do not verify.
    pub others: u64,
}

impl Ledger {
    /// Seals everything unsent and returns it as a batch file; nothing counts as sent or exported by that. The host writes the file, and says
    /// so by [`note_exported`](Self::note_exported) once it lies on the disk.
    ///
    /// # Errors
    /// `not_enrolled`; `moved` and `restored` for a store as which another one speaks; `disk_full` or `store_failed` when a batch cannot be
    /// stored first.
    pub fn export_batches(&mut self) -> Result<BatchFile, FieldError> {
        let me = self.me()?;
        self.is_the_device()?;
        let now = self.stamp()?;
        let to = meta::bytes32(&self.connection, key::SEAL_KEY)?.ok_or_else(|| FieldError::new("not_enrolled"))?;
        let parts_max = BATCH_FILE_PARTS_MAX;
        let batches_max = u32::try_from(parts_max * BATCHES_PER_REQUEST_MAX).unwrap_or(u32::MAX);
        let random = self.random.as_ref();
        in_transaction(&mut self.connection, |connection| {
            // Where the server cannot be asked what it holds, what an earlier enrolment left goes along as it is.
            catch_up::without_asking(connection, &me, now)?;
            seal::seal_all(connection, &me, now, MAX_BYTES_START)?;
            let mut file = BatchFile { batches: 0, items: 0, bytes: 0, more: false, last_batch: 0, content: Vec::new() };
            let (mut part, mut raw, mut parts) = (Vec::new(), 0, 0);
            let mut write = |part: &mut Vec<Batch>, file: &mut BatchFile| -> Result<bool, FieldError> {
                let mut drawn = [0; 32];
                random.fill(&mut drawn);
                let bytes = batch_file::to_part(&to, part, &drawn)?;
                let fits = parts < parts_max && file.content.len() + bytes.len() <= BATCH_FILE_BYTES_MAX;
                if fits {
                    parts += 1;
                    file.content.extend(bytes);
                    file.batches += part.len() as u64;
                    file.items += part.iter().map(|batch| batch.items.len() as u64).sum::<u64>();
                    let last = part.iter().filter_map(|batch| batch.header().ok()).map(|header| header.number).max();
                    file.last_batch = file.last_batch.max(last.unwrap_or(0));
                }
                part.clear();
                Ok(fits)
            };
            for row in outbox::open_batches(connection, me.device, batches_max)? {
                let batch = seal::stored(connection, &row)?;
                let size: usize = batch.items.iter().map(|item| item.bytes.len()).sum();
                let is_full = raw + size > PART_RAW_BYTES_MAX || part.len() == BATCHES_PER_REQUEST_MAX;
                if is_full && !part.is_empty() {
                    raw = 0;
                    if !write(&mut part, &mut file)? {
                        file.more = true;
                        break;
                    }
                }
                raw += size;
                part.push(batch);
            }
            if !part.is_empty() && !file.more {
                file.more = !write(&mut part, &mut file)?;
            }
            file.bytes = file.content.len() as u64;
            Ok(file)
        })
    }

    /// Notes that a batch file is written and flushed: what is in it counts as exported in [`status`](Self::status), and as received only
    /// once the receipt is back.
    ///
    /// # Errors
    /// `disk_full`, `store_failed`; then it is not noted, and the file is as good as it is.
    pub fn note_exported(&mut self, last_batch: u64) -> Result<(), FieldError> {
        in_transaction(&mut self.connection, |connection| {
            let noted = count(meta::number(connection, key::EXPORTED)?).max(last_batch);
            meta::set(connection, key::EXPORTED, &noted.to_string())
        })
    }

    /// Takes the receipts that came back as a file. Each must verify with the server's pinned key before anything counts as received.
    ///
    /// # Errors
    /// `receipt_invalid` where the file holds no receipt for this phone that verifies: nothing is changed then.
    pub fn import_receipts(&mut self, file: &[u8]) -> Result<ReceiptsTaken, FieldError> {
        let me = self.me()?;
        let receipts = receipt::from_file(file).map_err(|error| FieldError::new("receipt_invalid").because(error))?;
        in_transaction(&mut self.connection, |connection| {
            let mut taken = ReceiptsTaken { bytes: file.len() as u64, ..ReceiptsTaken::default() };
            let mut applied = Applied::default();
            for receipt in &receipts {
                if take(connection, &me, receipt, &mut applied)? {
                    taken.batches += 1;
                } else {
                    taken.others += 1;
                }
            }
            if taken.batches == 0 {
                return Err(FieldError::new("receipt_invalid"));
            }
            project::records(connection, &applied.touched)?;
            taken.items = applied.pushed;
            taken.refused = applied.refused;
            Ok(taken)
        })
    }
}

/// How many raw bytes go into one part: as many as surely fit into a request, even where they do not compress.
const PART_RAW_BYTES_MAX: usize = 384 * 1024;

/// Takes one receipt; says whether it is one of ours that verifies.
fn take(connection: &Connection, me: &Me, receipt: &Receipt, applied: &mut Applied) -> Result<bool, FieldError> {
    let Some(batch) = outbox::find(connection, me.device, receipt.batch())? else { return Ok(false) };
    if batch.done {
        // The receipt that is here stays: one that was long under way may be of a log that is gone.
        return apply::proves(connection, me, &batch, receipt);
    }
    let items = change::of_batch(connection, me.device, batch.number)?;
    let changes: Vec<bool> = items.iter().map(|item| item.typ == change::TYP_CHANGE).collect();
    // The codes are signed by nobody; how many were accepted is.
    if !receipt.codes_fit(&changes) || !apply::keep_receipt(connection, me, &batch, receipt)? {
        return Ok(false);
    }
    keep_head(connection, receipt)?;
    let ok = u32::try_from(items.len().saturating_sub(receipt.codes.len())).unwrap_or(u32::MAX);
    let status = BatchStatus { batch: batch.number, ok, items: receipt.codes.clone() };
    apply::settle_items(connection, me, (&status, receipt.leaf.received_at_ms), applied)?;
    Ok(true)
}

/// Keeps the head of a carried receipt until an exchange proves that the server's log goes on from it: a server that was restored to before
/// the file came has a log that goes on from every head that this device has heard of, and lacks the batch all the same.
fn keep_head(connection: &Connection, receipt: &Receipt) -> Result<(), FieldError> {
    let head = receipt.head.head();
    if head.size > count(meta::number(connection, key::CARRIED_SIZE)?) {
        meta::set(connection, key::CARRIED_SIZE, &head.size.to_string())?;
        meta::set_bytes(connection, key::CARRIED_ROOT, &head.root)?;
    }
    Ok(())
}

/// Counts the items that are in a batch file and not received.
pub(crate) fn count_exported(connection: &Connection) -> Result<u64, FieldError> {
    let Some(device) = meta::id(connection, key::DEVICE)? else { return Ok(0) };
    outbox::count_open_items(connection, device, count(meta::number(connection, key::EXPORTED)?))
}
