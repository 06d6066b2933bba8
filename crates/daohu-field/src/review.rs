//! Reviews (月把关): a record of its own that names what it judges. Nobody reviews his own visit.

use crate::{
    error::FieldError,
    ledger::Ledger,
    pen::NewRecord,
    project::{self, past},
    store::{in_transaction, projection},
};
use daohu_domain::{
    id::Id,
    kind::Fields,
    kinds::review::{KIND, REVIEWERS_AT},
    permission::{Grant, covers, may_decide, own_visit},
    role::Role,
    validate::read_text,
};
use serde::Serialize;
use serde_json::json;

/// What a reviewer decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewInput {
    /// The result, by slug or Chinese label.
    pub result: String,
    /// Why: one of the reasons of a return, or free words.
    pub reason: Option<String>,
    /// The rule of the lead that is opened or closed.
    pub rule: Option<String>,
    /// The evidence that was looked at.
    pub opened: Vec<String>,
}

/// A review as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewView {
    /// The record.
    pub id: Id,
    /// What it judges.
    pub target: Id,
    /// The kind of that.
    pub target_kind: String,
    /// The result, by slug.
    pub result: String,
    /// The words.
    pub reason: Option<String>,
    /// Where the target stands now.
    pub target_state: String,
}

impl Ledger {
    /// Reviews a visit or a month record.
    ///
    /// # Errors
    /// `not_found`; `own_visit`; `forbidden_writer`; `needs_reason` for a return without one; `invalid_record`.
    pub fn review(&mut self, target: Id, input: &ReviewInput) -> Result<ReviewView, FieldError> {
        let known = project::known(&self.connection, target)?.ok_or_else(|| FieldError::new("not_found"))?;
        if !matches!(known.kind.name, "visit" | "month_record") {
            return Err(FieldError::new("not_found"));
        }
        let pen = self.pen()?;
        let header = known.view.header.clone();
        let took_part = past::took_part(&known.view.fields, header.by);
        if own_visit(&took_part, pen.me.person) {
            return Err(FieldError::new("own_visit"));
        }
        let mut fields = fields(target, known.kind.name, input)?;
        let result = project::text(&fields, "result");
        let reaches = |grant: &&Grant| covers(grant, header.place, header.subject) && may_decide(&result, grant.role);
        let deciding: Vec<Role> = pen.me.grants.iter().filter(reaches).map(|grant| grant.role).collect();
        let highest = REVIEWERS_AT.iter().rev().find(|(_, roles)| deciding.iter().any(|role| roles.contains(role)));
        let (level, _) = highest.ok_or_else(|| FieldError::new("forbidden_writer"))?;
        fields.insert("level".to_owned(), json!(level));
        let id = self.new_id();
        in_transaction(&mut self.connection, |connection| {
            let new = NewRecord {
                id,
                kind: &KIND,
                place: header.place,
                household: header.subject,
                fields: fields.clone(),
                event: None,
                grants: &pen.me.grants,
            };
            pen.create(connection, new)
        })?;
        let target_state = projection::find(&self.connection, target)?.map_or_else(String::new, |record| record.state);
        let reason = input.reason.clone();
        Ok(ReviewView { id, target, target_kind: known.kind.name.to_owned(), result, reason, target_state })
    }
}

fn fields(target: Id, target_kind: &str, input: &ReviewInput) -> Result<Fields, FieldError> {
    let mut fields = Fields::from_iter([("target".to_owned(), json!(target)), ("target_kind".to_owned(), json!(target_kind))]);
    let read = |key: &str, text: &str| KIND.field(key).and_then(|field| read_text(field, text).ok()).filter(|value| !value.is_null());
    let result = read("result", &input.result)
        .ok_or_else(|| FieldError::new("invalid_record").with(json!({ "fields": [{ "field": "result" }] })))?;
    let needs_reason = matches!(result.as_str(), Some("return" | "refer" | "void" | "restore"));
    fields.insert("result".to_owned(), result);
    match &input.reason {
        Some(text) => match read("return_reason", text) {
            Some(slug) => drop(fields.insert("return_reason".to_owned(), slug)),
            None => drop(fields.insert("reason".to_owned(), json!(text))),
        },
        None if needs_reason => return Err(FieldError::new("needs_reason")),
        None => {}
    }
    if let Some(rule) = &input.rule {
        fields.insert("rule".to_owned(), json!(rule));
    }
    if !input.opened.is_empty() {
        fields.insert("opened".to_owned(), json!(input.opened));
    }
    Ok(fields)
}
