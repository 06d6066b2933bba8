//! Batch files: what phones could not send comes on a stick, sealed to this office, and is taken in like any other batch.
//!
//! In any order, as often as one likes. What is bad in a file is named and left out; the good beside it goes through.

use std::collections::BTreeMap;

use daohu_domain::id::Id;
use daohu_wire::batch_file::{open_part, parts};
use daohu_wire::receipt::to_file;
use daohu_wire::{Batch, Receipt, WireError};

use crate::error::OfficeError;
use crate::intake::{self, Taken};
use crate::office::Office;
use crate::sync::{SyncRefusal, admit_carried, grown, refusal_of_batch, status_of};

/// A batch that came in a file.
#[derive(Debug, Clone)]
pub struct CarriedBatch {
    /// The device that signed it.
    pub device: Id,
    /// Its number.
    pub number: u64,
    /// How many items have which code.
    pub statuses: BTreeMap<String, u64>,
    /// The receipt that goes back to the phone.
    pub receipt: Receipt,
}

/// Something in a file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedRefusal {
    /// Which of the files, from 0.
    pub file: usize,
    /// Which part of it, from 1.
    pub part: usize,
    /// Device and number of the batch, where they could be read.
    pub batch: Option<(Id, u64)>,
    /// The stable code.
    pub code: &'static str,
}

/// What became of files.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// The batches that the office holds now, by device and number.
    pub batches: Vec<CarriedBatch>,
    /// What was not taken.
    pub refused: Vec<CarriedRefusal>,
}

impl Office {
    /// Takes in batch files, each given as its bytes.
    ///
    /// # Errors
    /// When the store fails. What was taken before stays taken; importing the same files again goes on from there.
    pub fn import_batch_files(&self, files: &[Vec<u8>]) -> Result<Carried, OfficeError> {
        let mut carried = Carried::default();
        let mut taken = BTreeMap::new();
        for (file, bytes) in files.iter().enumerate() {
            let found = parts(bytes);
            for (part, sealed) in (1..).zip(&found.sealed) {
                let refuse = |batch, code| CarriedRefusal { file, part, batch, code };
                match open_part(self.seal(), sealed) {
                    Ok(batches) => self.take_part(batches, &mut taken, &mut |batch, code| carried.refused.push(refuse(batch, code)))?,
                    Err(why) => carried.refused.push(refuse(None, why.code())),
                }
            }
            let rest = found.rest.map(|why: WireError| why.code());
            carried.refused.extend(rest.map(|code| CarriedRefusal { file, part: found.sealed.len() + 1, batch: None, code }));
        }
        let head = self.head()?;
        for ((device, number), batch) in taken {
            // Asked once more at the end: what waited for a later batch of the same files is in by now.
            let batch = intake::again(self, device, number)?.unwrap_or(batch);
            let mut receipt = self.receipt(batch.leaf, &head, true)?;
            receipt.codes = status_of(&batch).items;
            let mut statuses = BTreeMap::new();
            batch.codes.into_iter().for_each(|code| *statuses.entry(code).or_insert(0) += 1);
            carried.batches.push(CarriedBatch { device, number, statuses, receipt });
        }
        Ok(carried)
    }

    fn take_part(
        &self,
        mut batches: Vec<Batch>,
        taken: &mut BTreeMap<(Id, u64), Taken>,
        refuse: &mut dyn FnMut(Option<(Id, u64)>, &'static str),
    ) -> Result<(), OfficeError> {
        batches.sort_by_key(|batch| batch.header().map(|header| (header.device, header.number)).ok());
        for batch in batches {
            let header = match batch.header() {
                Ok(header) => header,
                Err(why) => {
                    refuse(None, why.code());
                    continue;
                }
            };
            let named = (header.device, header.number);
            match self.take_carried(&batch, header.device) {
                Ok(one) => {
                    self.retry_missing(&grown(std::slice::from_ref(&one)))?;
                    taken.insert(named, one);
                }
                // The store is full or busy: that is no fault of the file.
                Err(refusal) if refusal.status >= 500 => return Err(OfficeError::refused(refusal.code)),
                Err(refusal) => refuse(Some(named), refusal.code),
            }
        }
        Ok(())
    }

    fn take_carried(&self, batch: &Batch, device: Id) -> Result<Taken, SyncRefusal> {
        let admitted = admit_carried(self, device)?;
        intake::take(self, &admitted.sender(), batch).map_err(refusal_of_batch)
    }
}

/// Returns the receipt files of what came in: one a device, with the name that tells whose and which batches.
#[must_use]
pub fn receipt_files(batches: &[CarriedBatch]) -> Vec<(Id, String, Vec<u8>)> {
    let mut by_device: BTreeMap<Id, Vec<&CarriedBatch>> = BTreeMap::new();
    for batch in batches {
        by_device.entry(batch.device).or_default().push(batch);
    }
    let file = |(device, batches): (Id, Vec<&CarriedBatch>)| {
        let numbers = batches.iter().map(|batch| batch.number);
        let (first, last) = (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0));
        let receipts: Vec<Receipt> = batches.into_iter().map(|batch| batch.receipt.clone()).collect();
        (device, format!("receipt-{device}-{first:06}-{last:06}.dhr"), to_file(&receipts))
    };
    by_device.into_iter().map(file).collect()
}
