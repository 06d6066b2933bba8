//! What goes by hand: batch files out of phones, in at the office, and receipts back; late, twice, cut, to the wrong phone, or never.

use crate::{
    Outcome,
    phone::Called,
    tally::{Fault, State},
    work::outcome,
    world::World,
};
use daohu_domain::id::Id;
use daohu_server::batch_file::{Carried, receipt_files};
use std::collections::BTreeSet;

/// Files that are under way at once, of either kind; what comes to more is lost.
const UNDER_WAY_MAX: usize = 6;

/// A batch file that somebody carries.
#[derive(Debug, Clone)]
struct Parcel {
    /// The phone that wrote it.
    phone: usize,
    device: Id,
    bytes: Vec<u8>,
    /// It has been delivered before.
    is_known: bool,
}

/// A file of receipts that somebody carries back.
#[derive(Debug, Clone)]
struct Receipts {
    device: Id,
    bytes: Vec<u8>,
    /// It has been delivered before.
    is_known: bool,
}

/// What is under way, and which way each batch has come.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    files: Vec<Parcel>,
    receipts: Vec<Receipts>,
    /// Batches that came in a file, by device and number.
    by_hand: BTreeSet<(Id, u64)>,
    /// Batches that a phone sent itself.
    by_network: BTreeSet<(Id, u64)>,
}

impl World {
    /// Exports from a phone, or something that was exported arrives, or is lost.
    pub(crate) fn courier(&mut self, n: usize) -> Outcome<String> {
        let (has_file, has_receipt) = (!self.courier.files.is_empty(), !self.courier.receipts.is_empty());
        match self.dice.below(10) {
            0..=3 if has_receipt => self.receipt_arrives(),
            0..=6 if has_file => self.file_arrives(),
            _ => {
                // A copy is about to lose its id, and what it has exported then comes from a device that is no more.
                let copies: Vec<usize> =
                    (0..self.phones.len()).filter(|n| self.phones.get(*n).is_some_and(|phone| phone.is_copy)).collect();
                let copy = self.dice.pick(&copies).copied();
                self.export(copy.filter(|_| self.dice.chance(60)).unwrap_or(n))
            }
        }
    }

    /// Notes that a batch went by network.
    pub(crate) fn note_sent(&mut self, batch: (Id, u64)) {
        if self.courier.by_hand.contains(&batch) {
            self.tally.fault(Fault::SentAfterCarried);
        }
        self.courier.by_network.insert(batch);
    }

    /// What is still under way arrives, files before receipts; says whether anything was.
    pub(crate) fn everything_arrives(&mut self) -> Outcome<bool> {
        let mut moved = false;
        while !self.courier.files.is_empty() || !self.courier.receipts.is_empty() {
            moved = true;
            let said = if self.courier.files.is_empty() { self.receipt_arrives()? } else { self.file_arrives()? };
            self.trace.line(format!("  {said}"));
        }
        Ok(moved)
    }

    fn export(&mut self, n: usize) -> Outcome<String> {
        let Some(device) = self.phone(n)?.ledger()?.status()?.device else { return Ok("no device".to_owned()) };
        let called = self.call(n, daohu_field::Ledger::export_batches)?;
        let Called::Ended(Ok(file)) = &called else { return Ok(outcome(&called)) };
        if file.batches == 0 {
            return Ok("nothing to carry".to_owned());
        }
        self.tally.state(State::Exported);
        self.courier.files.push(Parcel { phone: n, device, bytes: file.content.clone(), is_known: false });
        if self.courier.files.len() > UNDER_WAY_MAX {
            self.tally.fault(Fault::FileLost);
            self.courier.files.remove(0);
        }
        Ok(format!("exports {} batches", file.batches))
    }

    fn file_arrives(&mut self) -> Outcome<String> {
        let Some((index, mut parcel)) = drawn(&self.dice, &self.courier.files) else { return Ok("no file".to_owned()) };
        if self.dice.chance(10) {
            self.tally.fault(Fault::FileLost);
            self.courier.files.remove(index);
            return Ok(Fault::FileLost.text().to_owned());
        }
        if parcel.is_known {
            self.tally.fault(Fault::FileTwice);
        }
        let comes_again = !self.is_calm && self.dice.chance(60);
        match self.courier.files.get_mut(index) {
            Some(known) if comes_again => known.is_known = true,
            _ => _ = self.courier.files.remove(index),
        }
        if self.phone(parcel.phone)?.ledger()?.status()?.device != Some(parcel.device) {
            self.tally.fault(Fault::FileOfBefore);
        }
        if self.dice.chance(10) {
            self.tally.fault(Fault::FileCut);
            let keep = self.dice.below(u64::try_from(parcel.bytes.len())?);
            parcel.bytes.truncate(usize::try_from(keep)?);
        }
        let mut files = vec![parcel.bytes.clone()];
        // The same file twice, or another one with it, in whatever order.
        if self.dice.chance(20)
            && let Some((_, other)) = drawn(&self.dice, &self.courier.files)
        {
            files.insert(usize::try_from(self.dice.below(2))?, other.bytes);
        }
        self.take_in(&files)
    }

    /// The office takes files in; it may die over it, and then there is no receipt.
    fn take_in(&mut self, files: &[Vec<u8>]) -> Outcome<String> {
        let mark = self.town.mark()?;
        let carried = match self.town.office()?.import_batch_files(files) {
            Ok(carried) => carried,
            Err(error) => return Err(format!("the office cannot take a file in: {}", error.code()).into()),
        };
        if !self.is_calm && self.dice.chance(10) {
            let cut = self.town.crash(Some(&mark), &self.dice)?;
            self.pass(0);
            self.tally.fault(Fault::ServerCrashInImport);
            return Ok(format!("the server dies over a file, {cut} bytes gone"));
        }
        self.note_carried(&carried);
        for (device, _, bytes) in receipt_files(&carried.batches) {
            self.courier.receipts.push(Receipts { device, bytes, is_known: false });
            if self.courier.receipts.len() > UNDER_WAY_MAX {
                self.tally.fault(Fault::ReceiptLost);
                self.courier.receipts.remove(0);
            }
        }
        let codes: Vec<&str> = carried.refused.iter().map(|one| one.code).collect();
        Ok(format!("the office takes {} batches in, refuses {codes:?}", carried.batches.len()))
    }

    fn note_carried(&mut self, carried: &Carried) {
        for batch in &carried.batches {
            self.tally.state(State::Carried);
            if self.courier.by_network.contains(&(batch.device, batch.number)) {
                self.tally.fault(Fault::CarriedAfterSent);
            }
            self.courier.by_hand.insert((batch.device, batch.number));
        }
        if !carried.refused.is_empty() {
            self.tally.state(State::FileRefused);
        }
    }

    fn receipt_arrives(&mut self) -> Outcome<String> {
        let Some((index, parcel)) = drawn(&self.dice, &self.courier.receipts) else { return Ok("no receipt".to_owned()) };
        if self.dice.chance(15) {
            self.tally.fault(Fault::ReceiptLost);
            self.courier.receipts.remove(index);
            return Ok(Fault::ReceiptLost.text().to_owned());
        }
        if parcel.is_known {
            self.tally.fault(Fault::ReceiptTwice);
        }
        // A phone and its copy may both take it.
        let mut to = Vec::new();
        for n in 0..self.phones.len() {
            if self.phone(n)?.ledger()?.status()?.device == Some(parcel.device) {
                to.push(n);
            }
        }
        let strays = to.is_empty() || self.dice.chance(10);
        let n = if strays { self.any_phone() } else { self.dice.pick(&to).copied().unwrap_or(0) };
        let is_right = to.contains(&n);
        if !is_right {
            self.tally.fault(Fault::ReceiptAstray);
        }
        let comes_again = !self.is_calm && (!is_right || self.dice.chance(30));
        match self.courier.receipts.get_mut(index) {
            Some(known) if comes_again => known.is_known = true,
            _ => _ = self.courier.receipts.remove(index),
        }
        let called = self.call(n, |ledger| ledger.import_receipts(&parcel.bytes))?;
        match &called {
            Called::Ended(Ok(_)) if !is_right => return Err(format!("phone {n} took a receipt that is another device's").into()),
            Called::Ended(Ok(taken)) if taken.items == 0 && taken.refused.is_empty() => self.tally.state(State::ReceiptLate),
            Called::Ended(Ok(_)) => self.tally.state(State::ReceiptTaken),
            // A copy of a phone may not know the batch yet; whose server was restored holds it as it was sealed all the same.
            Called::Ended(Err(error)) if error.code() == "receipt_invalid" && is_right && !self.phone(n)?.is_copy => {
                return Err(format!("phone {n} does not take the receipt of what it exported").into());
            }
            _ => {}
        }
        // Before a phone has heard of it, it cannot know that a server was restored.
        if !self.server_was_restored {
            self.check_received(n)?;
        }
        Ok(format!("a receipt comes to {n}: {}", outcome(&called)))
    }
}

fn drawn<T: Clone>(dice: &crate::dice::Dice, parcels: &[T]) -> Option<(usize, T)> {
    let index = usize::try_from(dice.below(u64::try_from(parcels.len()).ok()?)).ok()?;
    Some((index, parcels.get(index)?.clone()))
}
