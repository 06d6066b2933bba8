//! Conflicts: where two people wrote different things, both are shown, and a person chooses.

use crate::{
    edit::EditReport,
    error::FieldError,
    ledger::Ledger,
    pen::Concerns,
    project,
    store::{Connection, access, in_transaction, projection},
    twins,
};
use daohu_domain::{calendar::Instant, id::Id, kind::Json, kinds::month_record};
use daohu_record::{Said, View};
use serde::Serialize;

/// A field on which two people disagree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictView {
    /// The record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// The field.
    pub field: String,
    /// What was said, in an order that is the same on every device.
    pub values: Vec<ConflictValue>,
}

/// One of the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictValue {
    /// Its number, to be taken by.
    pub n: u64,
    /// The value.
    pub value: Json,
    /// The name of who said it, where it is known, else the person's id.
    pub by: Option<String>,
    /// The device.
    pub device: Id,
    /// When that device's clock said it was written.
    pub claimed_at: Instant,
    /// The change, hex.
    pub change: String,
}

impl Ledger {
    /// Returns every open conflict on this device; several month records of one household and month are one record.
    ///
    /// # Errors
    /// `store_damaged` when a record cannot be read.
    pub fn conflicts(&self) -> Result<Vec<ConflictView>, FieldError> {
        all(&self.connection)
    }

    /// Ends a conflict by taking value number `take`; the other stays in the history.
    ///
    /// # Errors
    /// `not_found`, also where there is no such conflict or value; `forbidden_writer`.
    pub fn resolve(&mut self, record: Id, field: &str, take: usize) -> Result<EditReport, FieldError> {
        let pen = self.pen()?;
        in_transaction(&mut self.connection, |connection| pen.resolve(connection, record, field, take))?;
        Ok(EditReport::changed(record, vec![field.to_owned()]))
    }
}

/// Returns every open conflict, in order of the records.
pub(crate) fn all(connection: &Connection) -> Result<Vec<ConflictView>, FieldError> {
    let mut conflicts = Vec::new();
    for row in projection::in_conflict(connection)?.into_iter().filter(|row| row.kind != month_record::KIND.name) {
        if let Some(known) = project::known(connection, row.id)? {
            conflicts.extend(of_view(connection, &known.view)?);
        }
    }
    for (household, month) in projection::months_in_conflict(connection)? {
        if let Some(view) = twins::shown(&twins::of_month(connection, household, &month)?) {
            conflicts.extend(of_view(connection, &view)?);
        }
    }
    conflicts.sort_by_key(|conflict| conflict.record);
    Ok(conflicts)
}

/// Shows the conflicts of a record.
pub(crate) fn of_view(connection: &Connection, view: &View) -> Result<Vec<ConflictView>, FieldError> {
    let mut shown = Vec::new();
    for conflict in &view.conflicts {
        let values = conflict.values.iter().zip(1..).map(|(said, n)| value(connection, said, n));
        shown.push(ConflictView {
            record: view.header.id,
            kind: view.header.kind.clone(),
            household: view.header.subject_or_self(),
            field: conflict.field.clone(),
            values: values.collect::<Result<_, _>>()?,
        });
    }
    Ok(shown)
}

/// Shows one value of a conflict.
fn value(connection: &Connection, said: &Said, n: usize) -> Result<ConflictValue, FieldError> {
    Ok(ConflictValue {
        n: n as u64,
        value: said.value.clone(),
        by: by(connection, said.actor)?,
        device: said.actor,
        claimed_at: Instant(said.claimed_at_ms),
        change: hex::encode(said.change),
    })
}

/// Returns who a device belongs to: the name, else the id.
pub(crate) fn by(connection: &Connection, device: Id) -> Result<Option<String>, FieldError> {
    let owner = access::owner(connection, device)?;
    Ok(owner.map(|(person, name)| if name.is_empty() { person.to_string() } else { name }))
}
