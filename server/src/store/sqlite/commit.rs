//! Writes an [`IntakePlan`] in one transaction: checks that it is still true, then batches, logs, leaves, projections, figures.

use std::collections::{BTreeMap, HashMap};

use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_wire::{Leaf, PlaceRange};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::tree::NewLeaf;
use super::{Failed, SqliteStore, StoreError, convert, coverage, key, project, secret, tree};
use crate::store::plan::{BatchPlan, ChangePlan, Committed, Fate, IntakePlan, ItemPlan};
use crate::store::rows::{ImportedRow, ItemRow};

impl SqliteStore {
    /// Writes a plan; see the port.
    pub(super) fn commit_plan(&self, plan: &IntakePlan) -> Result<Vec<Committed>, StoreError> {
        self.write("commit", |transaction| {
            coverage::tick(transaction, plan.now)?;
            refuse_stale(transaction, plan)?;
            if plan.master.is_some() && !plan.secrets.is_empty() && key::master(transaction)? != plan.master {
                // The master key was replaced since: what it wraps could never be read.
                return Err(StoreError::Stale.into());
            }
            let mut devices = Devices::default();
            let mut committed = Vec::with_capacity(plan.batches.len() + plan.notes.len());
            for batch in &plan.batches {
                committed.push(write_batch(transaction, plan, batch, &mut devices)?);
            }
            let moved = project::write_documents(transaction, plan)?;
            write_beside(transaction, plan)?;
            for note in &plan.notes {
                committed.push(append(transaction, plan, note.typ, &note.bytes, note.detail.as_deref())?);
            }
            if plan.clock_set {
                transaction.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('clock_set', x'01')", [])?;
            }
            coverage::after(transaction, &moved, plan.now)?;
            Ok(committed)
        })
    }
}

/// A record that has another number of changes than the plan saw was written by somebody else meanwhile.
fn refuse_stale(transaction: &Transaction<'_>, plan: &IntakePlan) -> Result<(), Failed> {
    let mut ask = transaction.prepare_cached("SELECT changes FROM doc WHERE record = ?1")?;
    for (record, expected) in &plan.expect {
        let now = ask.query_row([record.as_bytes()], |row| convert::small(row, 0)).optional()?.unwrap_or(0);
        if now != *expected {
            return Err(StoreError::Stale.into());
        }
    }
    Ok(())
}

/// Row numbers of devices, asked once a transaction.
#[derive(Debug, Default)]
struct Devices(HashMap<Id, i64>);

impl Devices {
    fn number(&mut self, connection: &Connection, device: Id) -> Result<i64, rusqlite::Error> {
        if let Some(n) = self.0.get(&device) {
            return Ok(*n);
        }
        let n = connection.prepare_cached("SELECT n FROM device WHERE id = ?1")?.query_row([device.as_bytes()], |row| row.get(0))?;
        self.0.insert(device, n);
        Ok(n)
    }
}

fn write_batch(transaction: &Transaction<'_>, plan: &IntakePlan, batch: &BatchPlan, devices: &mut Devices) -> Result<Committed, Failed> {
    let device = devices.number(transaction, batch.device)?;
    refuse_fork(transaction, device, batch)?;
    let ranges = take_numbers(transaction, batch)?;
    let leaf = Leaf::batch(batch.body_hash, plan.now.0, ranges.values().copied().collect(), batch.device, batch.number);
    let committed = append(transaction, plan, 1, &leaf.to_cbor(), None)?;
    let n = insert_batch(transaction, plan, batch, (device, committed.leaf))?;
    let mut next: BTreeMap<Place, u64> = ranges.iter().map(|(place, range)| (*place, range.first_seq)).collect();
    for (index, item) in batch.items.iter().enumerate() {
        match &item.fate {
            Fate::Known | Fate::Secret => {}
            Fate::Accepted(change) => {
                let author = devices.number(transaction, change.author)?;
                let seq = next.entry(item.place).or_default();
                insert_change(transaction, plan, (item, change), &Numbers { batch: n, item: index, author, sender: device, seq: *seq })?;
                *seq += 1;
            }
            Fate::Quarantined { id, kind, bytes } => {
                transaction
                    .prepare_cached(
                        "INSERT INTO quarantine (id, batch, item, type, record, place, kind, code, received_at_ms, bytes)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    )?
                    .execute(params![
                        id.as_bytes(),
                        n,
                        convert::of_size(index),
                        item.typ,
                        item.record.as_bytes(),
                        convert::of_place(item.place),
                        kind,
                        item.code,
                        plan.now.0,
                        bytes
                    ])?;
            }
        }
    }
    Ok(committed)
}

/// Refuses a number that is taken and a chain that does not fit its neighbours; files may bring batches in any order.
fn refuse_fork(transaction: &Transaction<'_>, device: i64, batch: &BatchPlan) -> Result<(), Failed> {
    let mut ask = transaction.prepare_cached("SELECT body_hash, cose FROM batch WHERE device = ?1 AND number = ?2")?;
    let mut stored = |number: u64| {
        ask.query_row(params![device, convert::of_count(number)], |row| Ok((convert::fixed::<32>(row, 0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()
    };
    if let Some((body_hash, _)) = stored(batch.number)? {
        return Err(if body_hash == batch.body_hash { StoreError::Stale.into() } else { StoreError::Fork.into() });
    }
    let before = if batch.number == 1 { Some([0; 32]) } else { stored(batch.number - 1)?.map(|(hash, _)| hash) };
    if before.is_some_and(|hash| hash != batch.previous) {
        return Err(StoreError::Fork.into());
    }
    let Some((_, cose)) = stored(batch.number + 1)? else { return Ok(()) };
    let after = daohu_wire::batch::header_of(&cose).map_err(|_| StoreError::Damaged)?;
    if after.previous == batch.body_hash { Ok(()) } else { Err(StoreError::Fork.into()) }
}

/// Takes the numbers of a batch's accepted items in each place's log, in ascending order of places.
fn take_numbers(transaction: &Transaction<'_>, batch: &BatchPlan) -> Result<BTreeMap<Place, PlaceRange>, Failed> {
    let mut counts: BTreeMap<Place, u64> = BTreeMap::new();
    for item in batch.items.iter().filter(|item| matches!(item.fate, Fate::Accepted(_))) {
        *counts.entry(item.place).or_default() += 1;
    }
    let mut take = transaction.prepare_cached(
        "INSERT INTO place_head (place, head) VALUES (?1, ?2) ON CONFLICT (place) DO UPDATE SET head = head + ?2 RETURNING head",
    )?;
    let mut ranges = BTreeMap::new();
    for (place, count) in counts {
        let last_seq = take.query_row(params![convert::of_place(place), convert::of_count(count)], |row| convert::count(row, 0))?;
        ranges.insert(place, PlaceRange { place, first_seq: last_seq + 1 - count, last_seq });
    }
    Ok(ranges)
}

fn append(transaction: &Transaction<'_>, plan: &IntakePlan, typ: u8, bytes: &[u8], detail: Option<&[u8]>) -> Result<Committed, Failed> {
    let new = NewLeaf { typ, bytes, detail, received_at_ms: plan.now.0, clock_set: plan.clock_set };
    let leaf = tree::append(transaction, &new)?;
    Ok(Committed { leaf, bytes: bytes.to_vec(), received_at: plan.now })
}

fn insert_batch(transaction: &Transaction<'_>, plan: &IntakePlan, batch: &BatchPlan, (device, leaf): (i64, u64)) -> Result<i64, Failed> {
    let items: Vec<ItemRow> = batch.items.iter().map(item_row).collect();
    let packed = super::log::pack_items(&items).ok_or(StoreError::Damaged)?;
    transaction
        .prepare_cached(
            "INSERT INTO batch (device, number, leaf, cose, body_hash, received_at_ms, items) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            device,
            convert::of_count(batch.number),
            convert::of_count(leaf),
            batch.cose,
            batch.body_hash,
            plan.now.0,
            packed
        ])?;
    let n = transaction.last_insert_rowid();
    transaction.prepare_cached("UPDATE device SET last_batch = ?2, last_hash = ?3 WHERE n = ?1 AND last_batch < ?2")?.execute(params![
        device,
        convert::of_count(batch.number),
        batch.body_hash
    ])?;
    Ok(n)
}

fn item_row(item: &ItemPlan) -> ItemRow {
    ItemRow { typ: item.typ, record: item.record, place: item.place, hash: item.hash, code: item.code.to_owned() }
}

/// The numbers under which a change is stored.
#[derive(Debug)]
struct Numbers {
    batch: i64,
    item: usize,
    author: i64,
    /// Whose batch brought it: that device has it already, the author of an item that the office let in has not heard of that.
    sender: i64,
    seq: u64,
}

fn insert_change(
    transaction: &Transaction<'_>,
    plan: &IntakePlan,
    (item, change): (&ItemPlan, &ChangePlan),
    numbers: &Numbers,
) -> Result<(), Failed> {
    transaction
        .prepare_cached(
            "INSERT INTO change (record, hash, batch, item, device, received_at_ms, roles, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            item.record.as_bytes(),
            item.hash,
            numbers.batch,
            convert::of_size(numbers.item),
            numbers.author,
            plan.now.0,
            change.roles,
            change.bytes
        ])?;
    let n = transaction.last_insert_rowid();
    transaction
        .prepare_cached("INSERT INTO log (place, seq, change, device, kind, household, reference) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            convert::of_place(item.place),
            convert::of_count(numbers.seq),
            n,
            numbers.sender,
            change.kind,
            change.household.as_ref().map(Id::as_bytes),
            change.reference
        ])?;
    Ok(())
}

/// Writes what goes beside the records: secrets, imported rows, the audit, releases.
fn write_beside(transaction: &Transaction<'_>, plan: &IntakePlan) -> Result<(), Failed> {
    for row in &plan.secrets {
        secret::put(transaction, row)?;
    }
    for (record, field) in &plan.erased {
        secret::erase(transaction, *record, field)?;
    }
    for row in &plan.imported {
        put_imported(transaction, row)?;
    }
    for row in &plan.audit {
        secret::insert_audit(transaction, row)?;
    }
    let mut release = transaction.prepare_cached("UPDATE quarantine SET released_at_ms = ?2 WHERE id = ?1 AND released_at_ms IS NULL")?;
    for id in &plan.released {
        if release.execute(params![id.as_bytes(), plan.now.0])? == 0 {
            return Err(StoreError::Stale.into());
        }
    }
    Ok(())
}

fn put_imported(transaction: &Transaction<'_>, row: &ImportedRow) -> Result<(), Failed> {
    let values = convert::of_fields(&row.values)?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO import_row (kind, key, record, \"values\") VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row.kind, row.key, row.record.as_bytes(), values])?;
    Ok(())
}
