//! What happens to a visit after it was handed in: taken back, corrected, voided, explained, appealed.
//!
//! Nothing is edited: each is an event beside the first version, which stays readable.

use super::{VisitAnswer, VisitInput};
use crate::{
    error::FieldError,
    ledger::Ledger,
    store::{draft, in_transaction, projection},
};
use daohu_domain::{id::Id, kind::Fields};
use serde_json::json;

impl Ledger {
    /// Takes a visit back within a day, as long as nobody has reviewed it.
    ///
    /// # Errors
    /// `not_found`; `forbidden_writer` for somebody else's; `bad_state` or `too_late`.
    pub fn withdraw_visit(&mut self, id: Id) -> Result<VisitAnswer, FieldError> {
        self.append_to_visit(id, "withdraw", Fields::new(), Some("draft"))
    }

    /// Corrects the text of a visit: the new text stands beside the first one.
    ///
    /// # Errors
    /// `sealed` for anything but text (void it and write a new one); `not_found`, `forbidden_writer`, `bad_state`.
    pub fn correct_visit(&mut self, id: Id, input: &VisitInput) -> Result<VisitAnswer, FieldError> {
        if draft::find(&self.connection, id)?.is_some() {
            return self.set_visit(id, input);
        }
        if input.is_more_than_text() {
            return Err(FieldError::new("sealed"));
        }
        let mut fields = Fields::new();
        for (key, text) in [("narrative", &input.narrative), ("reason", &input.reason)] {
            if let Some(text) = text {
                fields.insert(key.to_owned(), json!(text));
            }
        }
        if fields.is_empty() {
            return Err(FieldError::new("needs_reason"));
        }
        let state = projection::find(&self.connection, id)?.map(|record| record.state);
        if state.as_deref() == Some("draft") {
            return self.set_withdrawn(id, input);
        }
        self.append_to_visit(id, "correct", fields, None)
    }

    /// Voids a visit of one's own: a duplicate, the wrong household, a test.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`; `invalid_record` for an unknown reason; `bad_state` once it is judged.
    pub fn void_visit(&mut self, id: Id, reason: &str) -> Result<VisitAnswer, FieldError> {
        let field = daohu_domain::kinds::visit::KIND.event("void").and_then(|event| event.fields.first());
        let value = field.map(|field| daohu_domain::validate::read_text(field, reason));
        let Some(value) = value else { return Err(FieldError::new("bad_state")) };
        let value = value.map_err(|violation| FieldError::new("invalid_record").saying(&violation.zh, &violation.en))?;
        self.append_to_visit(id, "void", Fields::from_iter([("reason".to_owned(), value)]), Some("voided"))
    }

    /// Explains a visit that a lead questions.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`, `bad_state`.
    pub fn explain_visit(&mut self, id: Id, text: &str) -> Result<VisitAnswer, FieldError> {
        self.append_to_visit(id, "explain", Fields::from_iter([("text".to_owned(), json!(text))]), None)
    }

    /// Objects to the voiding of a visit, within fifteen days.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`; `bad_state` or `too_late`.
    pub fn appeal_visit(&mut self, id: Id, text: &str) -> Result<VisitAnswer, FieldError> {
        self.append_to_visit(id, "appeal", Fields::from_iter([("text".to_owned(), json!(text))]), Some("appealed"))
    }

    /// Appends an event and keeps it only if it had its effect.
    fn append_to_visit(&mut self, id: Id, name: &str, fields: Fields, leads_to: Option<&str>) -> Result<VisitAnswer, FieldError> {
        let pen = self.pen()?;
        let before = projection::find(&self.connection, id)?.filter(|record| record.kind == "visit");
        let before = before.ok_or_else(|| FieldError::new("not_found"))?;
        in_transaction(&mut self.connection, |connection| {
            pen.append(connection, id, name, fields)?;
            if crate::project::visit::refused_last(connection, id)? {
                let fits = daohu_domain::kinds::visit::KIND
                    .events
                    .iter()
                    .any(|event| event.name == name && event.from.contains(&raw_state(&before.state)));
                // The move exists, so it was the clock or a review that came before it.
                return Err(FieldError::new(if fits { "too_late" } else { "bad_state" }).with(json!({ "state": before.state })));
            }
            let after = projection::find(connection, id)?.map(|record| record.state);
            match leads_to {
                Some(state) if after.as_deref() != Some(state) => Err(FieldError::new("bad_state").with(json!({ "state": after }))),
                _ => Ok(()),
            }
        })?;
        self.visit(id)
    }
}

/// Returns the state as the moves of the kind name it: received and flagged are shades of submitted.
fn raw_state(state: &str) -> &str {
    if matches!(state, "received" | "flagged") { "submitted" } else { state }
}
