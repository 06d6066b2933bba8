//! Writes records by the server's own device: signed batches in the same log as everybody's, all of one call in one transaction.
//!
//! Imports, corrections by the office, pairings and leaves all come through here. Rights are not asked: whoever runs a command on the
//! data folder, or was let through by a route's permit, has them.

use std::collections::BTreeMap;

use daohu_domain::id::Id;
use daohu_domain::kind::{Fields, Json, Kind};
use daohu_domain::place::Place;
use daohu_domain::validate::{self, Violation};
use daohu_record::{Change, Document, Header, RecordError};
use daohu_wire::{Batch, BatchHeader, Item};
use serde_json::json;

use crate::error::OfficeError;
use crate::intake::{Touched, Work};
use crate::limits::{OWN_BATCH_BYTES_MAX, OWN_BATCH_ITEMS_MAX, PLAN_TRIES_MAX};
use crate::office::Office;
use crate::secret;
use crate::store::StoreError;
use crate::store::account::{AuditRow, DeviceQuery};
use crate::store::plan::{BatchPlan, ChangePlan, Fate, IntakePlan, ItemPlan};
use crate::store::rows::{Arrival, ImportedRow};

/// A record to make or change.
#[derive(Debug, Clone)]
pub struct RecordWrite {
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its place; of a known record the place it has.
    pub place: Place,
    /// The household it belongs to; a household belongs to itself.
    pub subject: Option<Id>,
    /// Whether it is made now.
    pub is_new: bool,
    /// Fields to write; null deletes. Secrets may stand among them.
    pub fields: Fields,
}

/// What one transaction of the office writes.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// Records, in order.
    pub records: Vec<RecordWrite>,
    /// What an import remembers of its rows.
    pub imported: Vec<ImportedRow>,
    /// What must be told later.
    pub audit: Vec<AuditRow>,
    /// The person on whose behalf it is written; the server's own device where there is none.
    pub by: Option<Id>,
}

impl Office {
    /// Writes records, all or nothing. A record that is written as it stands already is left alone.
    ///
    /// # Errors
    /// `invalid_record` and `secret_in_text` with the fields in the detail, `not_found` for an unknown record, `sealed` for a field
    /// that never changes, or a failure of the store.
    pub fn write_records(&self, writes: &Writes) -> Result<(), OfficeError> {
        for _ in 0..PLAN_TRIES_MAX {
            let plan = plan(self, writes)?;
            match self.store().commit(&plan) {
                Ok(_) => return Ok(()),
                // Another process wrote one of these records, or took the number of the batch.
                Err(StoreError::Stale | StoreError::Fork) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }
}

fn plan(office: &Office, writes: &Writes) -> Result<IntakePlan, OfficeError> {
    let mut plan = office.new_plan();
    plan.imported.clone_from(&writes.imported);
    plan.audit.clone_from(&writes.audit);
    let mut work = Work::load(office.store(), writes.records.iter().map(|record| record.id))?;
    let mut items = Vec::new();
    for record in &writes.records {
        let made = write(office, writes, record, (&mut work, &mut plan))?;
        items.extend(made.map(|change| item(office, record, change)));
    }
    let arrival = |_: &Touched| Arrival { received_at: plan.now, person: None, roles: None };
    let documents = work.projections(&[], &arrival);
    plan.documents = documents;
    plan.expect = work.expectations();
    plan.batches = sign(office, plan.now.0, items)?;
    Ok(plan)
}

/// Makes the change of one record; none where nothing differs.
fn write(
    office: &Office,
    writes: &Writes,
    record: &RecordWrite,
    (work, plan): (&mut Work, &mut IntakePlan),
) -> Result<Option<Change>, OfficeError> {
    let kind = record.kind;
    let (mut fields, secrets) = validate::split_secrets(kind, &record.fields);
    check(kind, &record.fields, record.is_new)?;
    if record.is_new {
        fields.retain(|_, value| !value.is_null());
    }
    for (field, value) in secrets {
        let commitment = if value.is_null() {
            plan.erased.push((record.id, field.clone()));
            Json::Null
        } else {
            let row = secret::seal(office, record.id, &field, &value);
            let commitment = json!({ "hash": hex::encode(row.commitment) });
            plan.secrets.push(row);
            commitment
        };
        if !(record.is_new && commitment.is_null()) {
            fields.insert(field, commitment);
        }
    }
    let at_ms = plan.now.0;
    let made = match (record.is_new, work.current(record.id)) {
        (true, None) => Some(create(office, writes, record, &fields, at_ms)?),
        (true, Some(_)) => return Err(OfficeError::about("already_taken", "id")),
        (false, None) => return Err(OfficeError::not_found("record")),
        (false, Some(document)) => edit(office, document.clone(), kind, &fields, at_ms)?,
    };
    let Some((document, change)) = made else { return Ok(None) };
    let header = document.header()?;
    let touched = Touched { kind, place: header.place, household: header.subject };
    work.grow(record.id, document, touched, Vec::new());
    Ok(Some(change))
}

fn check(kind: &Kind, fields: &Fields, whole: bool) -> Result<(), OfficeError> {
    let mut violations = validate::check(kind, fields, whole);
    if !whole {
        // What must be there cannot be taken away either.
        let emptied = |violation: &Violation| {
            kind.field(&violation.field).is_some_and(|field| field.required) && fields.get(&violation.field).is_some_and(Json::is_null)
        };
        violations.extend(validate::check(kind, fields, true).into_iter().filter(emptied));
    }
    let unknown = fields.keys().filter(|key| kind.field(key).is_none());
    violations.extend(unknown.map(|key| validate::problem(key, "没有这个字段。", "there is no such field.")));
    if violations.is_empty() { Ok(()) } else { Err(OfficeError::Invalid(violations)) }
}

fn create(office: &Office, writes: &Writes, record: &RecordWrite, fields: &Fields, at_ms: i64) -> Result<(Document, Change), OfficeError> {
    let by = writes.by.unwrap_or(office.own_device());
    let subject = record.subject.filter(|_| record.kind.subject.may_be());
    if !record.kind.subject.takes(subject.is_some()) {
        return Err(missing_household());
    }
    let header = Header { id: record.id, kind: record.kind.name.to_owned(), place: record.place, subject, by };
    Ok(Document::create(&header, record.kind, fields, None, office.own_device(), at_ms)?)
}

/// Refuses a record of a household that names none.
pub(super) fn missing_household() -> OfficeError {
    let violation: Violation = validate::problem("household", "要写明是哪一户。", "name the household.");
    OfficeError::Invalid(vec![violation])
}

fn edit(
    office: &Office,
    mut document: Document,
    kind: &'static Kind,
    fields: &Fields,
    at_ms: i64,
) -> Result<Option<(Document, Change)>, OfficeError> {
    let change = match document.edit(kind, fields, office.own_device(), at_ms) {
        Ok(change) => change,
        Err(RecordError::NothingChanged) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let broken = (kind.check)(&document.view(kind).fields);
    if broken.is_empty() { Ok(Some((document, change))) } else { Err(OfficeError::Invalid(broken)) }
}

/// An item of the own device with its place in the plan.
#[derive(Debug)]
pub(crate) struct OwnItem {
    pub(crate) item: Item,
    pub(crate) change: ChangePlan,
    pub(crate) code: &'static str,
}

fn item(office: &Office, record: &RecordWrite, change: Change) -> OwnItem {
    let plan = ChangePlan {
        bytes: change.bytes.clone(),
        author: office.own_device(),
        kind: record.kind.name.to_owned(),
        household: record.subject.filter(|_| record.kind.subject.may_be()),
        reference: record.kind.reference,
        roles: None,
    };
    OwnItem { item: Item::change(record.id, record.place, change.bytes), change: plan, code: "ok" }
}

/// Signs items as batches of the server's own device, one after the other.
///
/// The number is taken under no lock: where another process took it first, `commit` says so and the plan is made anew.
pub(crate) fn sign(office: &Office, now_ms: i64, items: Vec<OwnItem>) -> Result<Vec<BatchPlan>, OfficeError> {
    let own = office.store().devices(DeviceQuery::Own)?.into_iter().next().ok_or(StoreError::Damaged)?;
    let (mut number, mut previous) = (own.last_batch, own.last_hash);
    let mut batches = Vec::new();
    for part in parts(items) {
        number += 1;
        let header = BatchHeader::new(own.id, number, previous, now_ms, Vec::new());
        let (items, plans): (Vec<Item>, Vec<ItemPlan>) = part.into_iter().map(own_item).unzip();
        let batch = Batch::seal(office.own_key(), header, items)?;
        let body_hash = batch.body_hash();
        batches.push(BatchPlan { device: own.id, number, previous, cose: batch.cose, body_hash, items: plans });
        previous = body_hash;
    }
    Ok(batches)
}

fn own_item(own: OwnItem) -> (Item, ItemPlan) {
    let OwnItem { item, change, code } = own;
    let plan = ItemPlan { typ: item.typ, record: item.record, place: item.place, hash: item.hash, code, fate: Fate::Accepted(change) };
    (item, plan)
}

/// Cuts items into batches within the wire's limits.
fn parts(items: Vec<OwnItem>) -> Vec<Vec<OwnItem>> {
    let mut parts: Vec<Vec<OwnItem>> = Vec::new();
    let mut bytes = 0;
    let mut places: BTreeMap<Place, ()> = BTreeMap::new();
    for item in items {
        bytes += item.item.bytes.len();
        places.insert(item.item.place, ());
        let fits = |part: &Vec<OwnItem>| {
            part.len() < OWN_BATCH_ITEMS_MAX && bytes <= OWN_BATCH_BYTES_MAX && places.len() <= daohu_wire::limits::PLACES_PER_BATCH_MAX
        };
        match parts.last_mut().filter(|part| fits(part)) {
            Some(part) => part.push(item),
            None => {
                bytes = item.item.bytes.len();
                places = BTreeMap::from([(item.item.place, ())]);
                parts.push(vec![item]);
            }
        }
    }
    parts
}
