//! Quarantine: items that were not accepted wait here, byte for byte, until a person or a newer version lets them in.
//!
//! What is let in travels as an item of a batch of the server's own device: the office vouches for it, and the log proves that.

use std::collections::{BTreeMap, BTreeSet};

use daohu_domain::id::Id;
use daohu_domain::kind::Kind;
use daohu_domain::permission::Act;
use daohu_record::{Accepted, GuardContext, Header, Limits, guard};
use daohu_wire::Item;
use daohu_wire::item::TYPE_CHANGE;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::grants::Rights;
use crate::intake::{Touched, Work, kind_of, roles_by_comma};
use crate::limits::PLAN_TRIES_MAX;
use crate::office::Office;
use crate::record::{OwnItem, sign};
use crate::store::StoreError;
use crate::store::account::{AccountQuery, AuditRow, DeviceQuery};
use crate::store::plan::{ChangePlan, IntakePlan};
use crate::store::rows::{Arrival, QuarantineQuery, QuarantineRow};

/// Codes about the right to send, or about what was missing then: only such items can be let in. All others are wrong in themselves.
const RELEASABLE: [&str; 4] = ["forbidden_place", "forbidden_writer", "missing_dep", "unknown_kind"];

impl Office {
    /// Returns the items that wait.
    ///
    /// # Errors
    /// When the store fails.
    pub fn quarantine_list(&self) -> Result<Value, OfficeError> {
        let rows = self.store().quarantine(&QuarantineQuery::default())?;
        Ok(Value::Array(rows.iter().map(to_json).collect()))
    }

    /// Returns one item with its bytes in hex.
    ///
    /// # Errors
    /// `not_found`.
    pub fn quarantine_show(&self, id: Id) -> Result<Value, OfficeError> {
        let row = self.quarantined(id)?;
        let mut shown = to_json(&row);
        if let Some(object) = shown.as_object_mut() {
            object.insert("place".to_owned(), json!(row.place));
            object.insert("released_at".to_owned(), json!(row.released_at));
            object.insert("bytes".to_owned(), json!(hex::encode(&row.bytes)));
        }
        Ok(shown)
    }

    /// Lets an item in: the guard looks at it again, without asking for the sender's rights.
    ///
    /// # Errors
    /// `not_found`, `already_released`, `not_releasable`, or the item code that the guard refuses it with now.
    pub fn quarantine_release(&self, id: Id) -> Result<Value, OfficeError> {
        let row = self.quarantined(id)?;
        if row.released_at.is_some() {
            return Err(OfficeError::refused("already_released"));
        }
        if row.typ != TYPE_CHANGE || !RELEASABLE.contains(&row.code.as_str()) {
            return Err(OfficeError::refused("not_releasable"));
        }
        let audit = self.audit_of("release", (row.record, ""), None, &row.code);
        self.let_in(&[row], Some(audit), None)?.map_or(Ok(()), |code| Err(OfficeError::refused(code)))?;
        self.quarantine_show(id)
    }

    /// Lets in what waited for these records to be there, under the sender's own rights.
    pub(crate) fn retry_missing(&self, records: &[Id]) -> Result<(), OfficeError> {
        if records.is_empty() {
            return Ok(());
        }
        let query = QuarantineQuery { records: Some(records.to_vec()), code: Some("missing_dep"), ..QuarantineQuery::default() };
        self.retry(&query)
    }

    /// Lets in what waited for a version that knows its kind, under the sender's own rights.
    pub(crate) fn retry_unknown_kinds(&self) -> Result<(), OfficeError> {
        self.retry(&QuarantineQuery { code: Some("unknown_kind"), ..QuarantineQuery::default() })
    }

    fn retry(&self, query: &QuarantineQuery) -> Result<(), OfficeError> {
        let mut by_device: BTreeMap<Id, Vec<QuarantineRow>> = BTreeMap::new();
        for row in self.store().quarantine(query)? {
            by_device.entry(row.device).or_default().push(row);
        }
        for (device, rows) in by_device {
            let Some(rights) = self.rights_of(device)? else { continue };
            // What is still refused goes on waiting; the reason it got first stays.
            self.let_in(&rows, None, Some(&rights))?;
        }
        Ok(())
    }

    fn rights_of(&self, device: Id) -> Result<Option<Rights>, StoreError> {
        let row = self.store().devices(DeviceQuery::Id(device))?.into_iter().next();
        let Some(account) = row.and_then(|row| row.account) else { return Ok(None) };
        let account = self.store().accounts(&AccountQuery::Id(account))?.into_iter().next();
        account.map(|account| Rights::of(self.store(), &account, self.now())).transpose()
    }

    /// Judges items again and writes those that pass; returns the code of the last one that did not.
    fn let_in(
        &self,
        rows: &[QuarantineRow],
        audit: Option<AuditRow>,
        rights: Option<&Rights>,
    ) -> Result<Option<&'static str>, OfficeError> {
        for _ in 0..PLAN_TRIES_MAX {
            let (mut plan, refused) = plan(self, rows, rights)?;
            if plan.released.is_empty() {
                return Ok(refused);
            }
            plan.audit.extend(audit.clone());
            match self.store().commit(&plan) {
                Ok(_) => return Ok(refused),
                Err(StoreError::Stale | StoreError::Fork) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }

    fn quarantined(&self, id: Id) -> Result<QuarantineRow, OfficeError> {
        let rows = self.store().quarantine(&QuarantineQuery { id: Some(id), ..QuarantineQuery::default() })?;
        rows.into_iter().next().ok_or(OfficeError::refused("not_found"))
    }
}

fn plan(office: &Office, rows: &[QuarantineRow], rights: Option<&Rights>) -> Result<(IntakePlan, Option<&'static str>), OfficeError> {
    let mut plan = office.new_plan();
    let mut work = Work::load(office.store(), rows.iter().map(|row| row.record))?;
    let mut items = Vec::new();
    let mut refused = None;
    for row in rows {
        let accepted = match judge(row, &work, rights).and_then(|accepted| at_home(office, accepted)) {
            Ok(accepted) => accepted,
            Err("duplicate") => {
                plan.released.push(row.id);
                continue;
            }
            Err(code) => {
                refused = Some(code);
                continue;
            }
        };
        let Some(kind) = kind_of(&accepted.header.kind) else { continue };
        let touched = Touched { kind, place: accepted.header.place, household: accepted.header.subject };
        let change = ChangePlan {
            bytes: row.bytes.clone(),
            author: row.device,
            kind: kind.name.to_owned(),
            household: touched.household,
            reference: kind.reference,
            roles: rights.map(|rights| roles_by_comma(rights, &touched)),
        };
        let code = if accepted.newer { "ok_newer" } else { "ok" };
        items.push(OwnItem { item: Item::change(row.record, row.place, row.bytes.clone()), change, code });
        work.grow(row.record, accepted.document, touched, accepted.touched.events);
        plan.released.push(row.id);
    }
    let person = person_behind(office, rows)?;
    let arrival =
        |touched: &Touched| Arrival { received_at: plan.now, person, roles: rights.map(|rights| roles_by_comma(rights, touched)) };
    let documents = work.projections(&[], &arrival);
    plan.documents = documents;
    plan.expect = work.expectations();
    plan.batches = sign(office, plan.now.0, items)?;
    Ok((plan, refused))
}

/// All rows of one plan are of one device.
fn person_behind(office: &Office, rows: &[QuarantineRow]) -> Result<Option<Id>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let row = office.store().devices(DeviceQuery::Id(first.device))?.into_iter().next();
    row.and_then(|row| row.account).map(|account| crate::device::person_of(office, account)).transpose()
}

fn judge(row: &QuarantineRow, work: &Work, rights: Option<&Rights>) -> Result<Accepted, &'static str> {
    if row.typ != TYPE_CHANGE {
        return Err("missing_dep");
    }
    let may = |kind: &Kind, act: Act<'_>, header: &Header| rights.is_none_or(|rights| rights.may(kind, act, header.place, header.subject));
    let context =
        GuardContext { kind_of: &kind_of, device: row.device, record: row.record, place: row.place, may: &may, limits: Limits::default() };
    guard(work.current(row.record), &row.bytes, &context).map_err(|refusal| refusal.code)
}

/// Refuses a new record that names another place than the one where its household lives: nobody who holds the household would get it.
fn at_home(office: &Office, accepted: Accepted) -> Result<Accepted, &'static str> {
    let header = &accepted.header;
    let Some(household) = header.subject.filter(|subject| accepted.is_new && *subject != header.id) else { return Ok(accepted) };
    let homes = office.store().places_of(&BTreeSet::from([household])).map_err(|error| error.code())?;
    if homes.get(&household).is_none_or(|home| *home == header.place) { Ok(accepted) } else { Err("forbidden_place") }
}

fn to_json(row: &QuarantineRow) -> Value {
    let (zh, en) = daohu_domain::codes::sentence_or_plain(&row.code);
    json!({
        "id": row.id,
        "device": row.device,
        "batch": row.batch,
        "record": row.record,
        "kind": row.kind,
        "code": row.code,
        "zh": zh,
        "en": en,
        "received_at": row.received_at,
    })
}
