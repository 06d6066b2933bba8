//! Editing: what one may write is written; a fact that the village keeps is asked for by a task.

use crate::{
    error::FieldError,
    ledger::Ledger,
    pen::{Concerns, NewRecord, refuse},
    project,
    store::in_transaction,
};
use daohu_domain::{
    id::Id,
    kind::{Fields, Json, Kind},
    kinds,
    permission::{Act, may, may_propose},
    validate::read_text,
};
use serde::Serialize;
use serde_json::json;

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditReport {
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Id>,
    /// The fields that were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// The task that asks for the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Json>,
}

impl EditReport {
    /// Reports fields that were written.
    pub(crate) fn changed(record: Id, fields: Vec<String>) -> Self {
        Self { record: Some(record), changed: Some(fields), task: None }
    }
}

impl Ledger {
    /// Writes fields given as `(field, text)`; an empty text takes a value away.
    ///
    /// A field that this user may only ask for becomes a task for the village.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`, `sealed`, `invalid_record`, `secret_in_text`: nothing is written then.
    pub fn edit(&mut self, record: Id, pairs: &[(String, String)]) -> Result<EditReport, FieldError> {
        let known = project::known(&self.connection, record)?.ok_or_else(|| FieldError::new("not_found"))?;
        let header = &known.view.header;
        let writes = read_pairs(known.kind, pairs)?;
        let pen = self.pen()?;
        let household = header.subject_or_self();
        let own = |field: &String| may(known.kind, Act::Edit(field), &pen.me.grants, header.place, household);
        let asked = |field: &String| may_propose(known.kind, field, &pen.me.grants, header.place, household);
        let (direct, others): (Vec<_>, Vec<_>) = writes.iter().partition(|(field, _)| own(field));
        if others.is_empty() || !others.iter().all(|(field, _)| asked(field)) {
            let changed = in_transaction(&mut self.connection, |connection| pen.edit(connection, record, &writes))?;
            return Ok(EditReport::changed(record, changed));
        }
        let direct: Fields = direct.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let tasks: Vec<(Id, Fields)> = others.iter().map(|(field, value)| (self.new_id(), proposal(&known, field, value))).collect();
        let place = header.place;
        let changed = in_transaction(&mut self.connection, |connection| {
            for (id, fields) in &tasks {
                let kind = kinds::find("task").ok_or_else(|| FieldError::new("unknown_kind"))?;
                let grants = &pen.me.grants;
                pen.create(connection, NewRecord { id: *id, kind, place, household, fields: fields.clone(), event: None, grants })?;
            }
            if direct.is_empty() { Ok(Vec::new()) } else { pen.edit(connection, record, &direct) }
        })?;
        let shown: Vec<Json> = tasks.into_iter().map(|(id, fields)| json!({ "id": id, "fields": fields })).collect();
        let changed = (!changed.is_empty()).then_some(changed);
        Ok(EditReport { record: Some(record), changed, task: shown.into_iter().next() })
    }
}

fn proposal(known: &project::Known, field: &str, value: &Json) -> Fields {
    let label = known.kind.field(field).map_or(field, |field| field.zh);
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Null => "（空）".to_owned(),
        other => other.to_string(),
    };
    Fields::from_iter([
        ("title".to_owned(), json!(format!("建议修改“{label}”"))),
        ("kind".to_owned(), json!("proposal")),
        ("target".to_owned(), json!(known.view.header.id)),
        ("target_kind".to_owned(), json!(known.kind.name)),
        ("field".to_owned(), json!(field)),
        ("value".to_owned(), json!(text)),
    ])
}

/// Reads `(field, text)` by the declaration of a kind.
pub(crate) fn read_pairs(kind: &Kind, pairs: &[(String, String)]) -> Result<Fields, FieldError> {
    let mut fields = Fields::new();
    let mut wrong = Vec::new();
    for (key, text) in pairs {
        match kind.field(key).map(|field| read_text(field, text)) {
            Some(Ok(value)) => {
                fields.insert(key.clone(), value);
            }
            Some(Err(violation)) => wrong.push(violation),
            None => wrong.push(daohu_domain::validate::problem(key, "没有这一项。", "there is no such field")),
        }
    }
    refuse(wrong)?;
    Ok(fields)
}
