//! One sync: what a device pushes is taken in first, then it is told what is new, so that one exchange leaves both sides level.

mod door;
mod pack;
mod policy;
mod pull;
mod repair;

use daohu_domain::id::Id;
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{BatchStatus, ItemStatus, SignedHead, SyncAnswer, SyncRequest, WireError, limits, request as frame};

use crate::disk::DiskState;
use crate::error::OfficeError;
use crate::intake::{self, BatchRefusal, Sender, Taken};
use crate::office::{InFlight, Office};
use crate::store::StoreError;
use crate::store::account::{AccountChange, DeviceQuery, GrantRow};

pub use door::SyncRefusal;
pub(crate) use door::{Admitted, Standing, admit, admit_carried};
pub(crate) use pack::PackDesk;
pub use pack::{PackSizes, PackedChunk};
pub(crate) use policy::{devices, policy_of};

impl Office {
    /// Answers `POST /v1/sync`: the body as sent, the header `daohu-signature`, and the path without query.
    ///
    /// # Errors
    /// With the status and code of the contracts. Batches that were accepted before a later one was refused stay accepted.
    pub fn sync(&self, body: &[u8], signature: &str, path: &str) -> Result<Vec<u8>, SyncRefusal> {
        let admitted = door::admit(self, signature, SeenRequest { method: "POST", path, body })?;
        let _in_flight = InFlight::begin(self, admitted.device.id).map_err(SyncRefusal::later)?;
        let request = SyncRequest::decode(body)?;
        if request.device != admitted.device.id {
            return Err(WireError::BadSignature("the request is another device's").into());
        }
        if request.batches.is_empty() {
            // Pushing is open to every version that ever was; only pulling may ask for a newer one.
            request.version()?;
        }
        if !request.batches.is_empty() && self.disk().0 == DiskState::Full {
            // Before anything is written: the device keeps all of it and comes again.
            return Err(StoreError::Full.into());
        }
        let taken = take_all(self, &admitted, &request)?;
        self.retry_missing(&grown(&taken))?;
        let answer = answer(self, &admitted, &request, &taken)?;
        self.note_contact(&admitted)?;
        Ok(answer.encode()?)
    }

    /// Notes that a device spoke; not at every sync, so that one with nothing new writes nothing.
    fn note_contact(&self, admitted: &Admitted) -> Result<(), StoreError> {
        let (device, now) = (&admitted.device, self.now());
        if (device.last_contact_at.0 - now.0).abs() < crate::limits::CONTACT_MS {
            return Ok(());
        }
        self.store().apply(&AccountChange::Contact { device: device.id, at: now, counter: admitted.counter })
    }
}

fn take_all(office: &Office, admitted: &Admitted, request: &SyncRequest) -> Result<Vec<Taken>, SyncRefusal> {
    let sender = admitted.sender();
    let mut taken = Vec::with_capacity(request.batches.len());
    for batch in &request.batches {
        taken.push(intake::take(office, &sender, batch).map_err(refusal_of_batch)?);
    }
    Ok(taken)
}

impl Admitted {
    /// Returns who hands in what this device signed.
    pub(crate) fn sender(&self) -> Sender {
        Sender { device: self.device.id, public_key: self.device.public_key, person: self.account.person(), rights: self.rights.clone() }
    }
}

pub(crate) fn refusal_of_batch(refusal: BatchRefusal) -> SyncRefusal {
    match refusal {
        BatchRefusal::Wire(error) => error.into(),
        BatchRefusal::Store(error) => error.into(),
    }
}

fn answer(office: &Office, admitted: &Admitted, request: &SyncRequest, taken: &[Taken]) -> Result<SyncAnswer, OfficeError> {
    let head = office.head()?;
    let mut answer = SyncAnswer::new(office.epoch(), office.now().0, head.clone(), limits::MAX_BYTES_CEILING);
    for batch in taken {
        answer.receipts.push(office.receipt(batch.leaf, &head, false)?);
        answer.statuses.push(status_of(batch));
    }
    let missed = missed(office, admitted.device.id, request)?;
    for batch in &missed {
        answer.receipts.push(office.receipt(batch.leaf, &head, true)?);
        answer.statuses.push(status_of(batch));
    }
    answer.consistency = consistency(office, request, &head)?;
    if request.version().is_err() {
        return Ok(answer);
    }
    let account = admitted.account.id;
    let grants = office.store().settle_grants(account, &admitted.rights.pull, office.now())?;
    let rev = policy::revision(office, account, admitted.standing)?;
    let is_new = rev != request.policy_rev;
    match admitted.standing {
        Standing::Enrolled => {
            let (packs, others_wait) = pack::offers(office, &grants, request, &head)?;
            // Whoever lacks batches of its own lacks their items too.
            let wants_own = !missed.is_empty() || request.caps & frame::CAP_WANT_OWN != 0;
            let page = pull::pull(office, &grants, request, ((!wants_own).then_some(admitted.device.id), &packs))?;
            (answer.pulled, answer.more, answer.packs) = (page.pulled, page.more || others_wait, packs);
            if request.caps & frame::CAP_WANT_DIGEST != 0 && !answer.more && knows_all(&grants, request) {
                answer.digest = Some(repair::holdings(office, &grants)?.digest());
            }
            answer.policy = is_new.then(|| policy_of(office, account, &grants)).transpose()?;
        }
        Standing::Left(at) => answer.policy = is_new.then(|| policy::policy_of_left(office, rev, &grants, at)).transpose()?,
    }
    Ok(answer)
}

/// Returns the batches of a device after the last one that it knows of, oldest first: its store is a copy from before them.
fn missed(office: &Office, device: Id, request: &SyncRequest) -> Result<Vec<Taken>, StoreError> {
    let Some(known) = request.last_batch else { return Ok(Vec::new()) };
    let row = office.store().devices(DeviceQuery::Id(device))?.into_iter().next();
    let last = row.map_or(0, |row| row.last_batch);
    let mut missed = Vec::new();
    for number in (known.saturating_add(1)..=last).take(MISSED_BATCHES_MAX) {
        missed.extend(intake::again(office, device, number)?);
    }
    Ok(missed)
}

/// How many batches that a copy lacks are named in one answer.
const MISSED_BATCHES_MAX: usize = 32;

/// Says whether the device asked for each of its grants; of one that it does not know yet it holds nothing.
fn knows_all(grants: &[GrantRow], request: &SyncRequest) -> bool {
    let mut open = grants.iter().filter(|row| row.grant.ended_at.is_none());
    open.all(|row| request.cursors.iter().any(|cursor| cursor.grant == row.id))
}

pub(crate) fn status_of(taken: &Taken) -> BatchStatus {
    let others = (0_u32..).zip(&taken.codes).filter(|(_, code)| *code != "ok");
    let items: Vec<ItemStatus> = others.map(|(index, code)| ItemStatus { index, code: code.clone() }).collect();
    let ok = u32::try_from(taken.codes.len() - items.len()).unwrap_or(u32::MAX);
    BatchStatus { batch: taken.number, ok, items }
}

/// A device checks that the log goes on from the head it knows. Where that head is none of this log the proof stays empty, which tells the
/// device that this store was restored from a backup.
fn consistency(office: &Office, request: &SyncRequest, head: &SignedHead) -> Result<Vec<daohu_wire::Hash>, OfficeError> {
    match request.head {
        Some(old) => Ok(office.consistency(old, head)?.unwrap_or_default()),
        None => Ok(Vec::new()),
    }
}

/// Returns the records that batches let grow.
pub(crate) fn grown(taken: &[Taken]) -> Vec<Id> {
    taken.iter().flat_map(|taken| taken.grown.iter().copied()).collect()
}
