//! Intake of one signed batch: what it says is checked, every item is judged by itself, and one transaction is planned.
//!
//! A bad item never blocks a good one: it goes to quarantine with its code. Nothing here is written; `commit` of the plan is, and when
//! another transaction came first the plan is made anew.

mod judge;
mod work;

use std::collections::{BTreeSet, HashMap, HashSet};

use daohu_domain::id::Id;
use daohu_wire::item::TYPE_SEALED_VALUE;
use daohu_wire::{Batch, BatchHeader, Item, WireError};

use crate::grants::Rights;
use crate::limits::PLAN_TRIES_MAX;
use crate::office::Office;
use crate::store::StoreError;
use crate::store::plan::{BatchPlan, IntakePlan, ItemPlan};
use crate::store::rows::{Arrival, BatchKey, ItemRow};

pub(crate) use work::{Touched, Work, boots_in, kind_of};

use judge::Judge;

/// Who hands a batch in.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The device that signed it.
    pub(crate) device: Id,
    /// Its public key.
    pub(crate) public_key: [u8; 32],
    /// The person whose device it is.
    pub(crate) person: Id,
    /// What that person may do.
    pub(crate) rights: Rights,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its leaf.
    pub(crate) leaf: u64,
    /// Its number.
    pub(crate) number: u64,
    /// The item codes, in order.
    pub(crate) codes: Vec<String>,
    /// The records whose documents grew.
    pub(crate) grown: Vec<Id>,
}

/// Why a whole batch was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchRefusal {
    /// Its bytes or signature are wrong.
    #[error("the batch was refused")]
    Wire(#[from] WireError),
    /// The store refused or failed.
    #[error("the store did not take the batch")]
    Store(#[from] StoreError),
}

/// Takes in a batch; a batch that is known gives what it gave the first time.
///
/// # Errors
/// When the signature, the root or the chain is wrong, or the store fails; then nothing was written.
pub(crate) fn take(office: &Office, sender: &Sender, batch: &Batch) -> Result<Taken, BatchRefusal> {
    let header = batch.open(&sender.public_key)?;
    if header.device != sender.device {
        return Err(WireError::BadSignature("the batch is another device's").into());
    }
    for _ in 0..PLAN_TRIES_MAX {
        if let Some(known) = known(office, &header, batch)? {
            return Ok(known);
        }
        let (plan, grown) = plan(office, sender, &header, batch)?;
        match office.store().commit(&plan) {
            Ok(committed) => {
                let leaf = committed.first().ok_or(StoreError::Damaged)?.leaf;
                let codes = plan.batches.iter().flat_map(|batch| &batch.items).map(|item| item.code.to_owned()).collect();
                return Ok(Taken { leaf, number: header.number, codes, grown });
            }
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy.into())
}

/// Returns what became of a batch that is stored, as it stands now.
///
/// # Errors
/// When the store fails.
pub(crate) fn again(office: &Office, device: Id, number: u64) -> Result<Option<Taken>, StoreError> {
    let Some(row) = office.store().batch(BatchKey::Number(device, number))? else { return Ok(None) };
    Ok(Some(Taken { leaf: row.leaf, number, codes: codes_now(office, row.items)?, grown: Vec::new() }))
}

fn known(office: &Office, header: &BatchHeader, batch: &Batch) -> Result<Option<Taken>, BatchRefusal> {
    let Some(row) = office.store().batch(BatchKey::Number(header.device, header.number))? else { return Ok(None) };
    if row.body_hash != batch.body_hash() {
        return Err(StoreError::Fork.into());
    }
    let codes = codes_now(office, row.items)?;
    Ok(Some(Taken { leaf: row.leaf, number: header.number, codes, grown: Vec::new() }))
}

/// Returns the codes of the items as they stand now: what waited and was let in since is here, so its author need not wait for it.
fn codes_now(office: &Office, items: Vec<ItemRow>) -> Result<Vec<String>, StoreError> {
    let waited = items.iter().filter(|item| !["ok", "ok_newer", "duplicate"].contains(&item.code.as_str()));
    let waited: Vec<(Id, [u8; 32])> = waited.map(|item| (item.record, item.hash)).collect();
    let here = if waited.is_empty() { HashSet::new() } else { office.store().known(&waited)? };
    let code = |item: ItemRow| if here.contains(&(item.record, item.hash)) { "duplicate".to_owned() } else { item.code };
    Ok(items.into_iter().map(code).collect())
}

/// Makes the plan of a batch and names the records that it lets grow.
fn plan(office: &Office, sender: &Sender, header: &BatchHeader, batch: &Batch) -> Result<(IntakePlan, Vec<Id>), StoreError> {
    let mut plan = office.new_plan();
    let hashes: Vec<(Id, [u8; 32])> = batch.items.iter().map(|item| (item.record, item.hash)).collect();
    let known = office.store().known(&hashes)?;
    let mut homes = HashMap::new();
    let (judge, work, judged) = loop {
        let mut work = Work::load(office.store(), batch.items.iter().map(|item| item.record))?;
        let mut judge = Judge { office, sender, known: known.clone(), homes, believed: BTreeSet::new(), now: plan.now };
        let judge_change = |item: &Item| (item.typ != TYPE_SEALED_VALUE).then(|| judge.judge(item, &mut work));
        let judged: Vec<_> = batch.items.iter().map(judge_change).collect();
        // Where households live is asked once for the whole batch. Only where an item was wrong about it is all judged again.
        let found = office.store().places_of(&judge.believed.iter().map(|(household, _)| *household).collect())?;
        if judge.believed.iter().all(|(household, place)| found.get(household).is_none_or(|home| home == place)) {
            break (judge, work, judged);
        }
        homes = found;
    };
    let mut items = Vec::with_capacity(batch.items.len());
    for (item, judged) in batch.items.iter().zip(judged) {
        let (code, fate) = match judged {
            Some(judged) => judged,
            None => judge.judge_sealed(item, &work, &mut plan.secrets)?,
        };
        items.push(ItemPlan { typ: item.typ, record: item.record, place: item.place, hash: item.hash, code, fate });
    }
    let grown = work.grown();
    let arrival = |touched: &Touched| Arrival {
        received_at: plan.now,
        person: Some(sender.person),
        roles: Some(roles_by_comma(&sender.rights, touched)),
    };
    plan.documents = work.projections(&header.boots, &arrival);
    plan.expect = work.expectations();
    plan.batches.push(BatchPlan {
        device: header.device,
        number: header.number,
        previous: header.previous,
        cose: batch.cose.clone(),
        body_hash: batch.body_hash(),
        items,
    });
    Ok((plan, grown))
}

/// Returns the roles that somebody holds over a record, by comma.
pub(crate) fn roles_by_comma(rights: &Rights, touched: &Touched) -> String {
    let roles = rights.roles_at(touched.place, touched.household);
    roles.iter().map(|role| role.slug()).collect::<Vec<_>>().join(",")
}
