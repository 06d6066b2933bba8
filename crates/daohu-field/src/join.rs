//! Joint visits: two phones recorded the same one. It is proposed, and a person confirms.

use crate::{
    error::FieldError,
    ledger::Ledger,
    project,
    store::{
        in_transaction,
        projection::visit::{self as rows, VisitRow},
    },
    visit::VisitAnswer,
};
use daohu_domain::{id::Id, kind::Fields};
use serde::Serialize;
use serde_json::json;

/// Two visits further apart than this are two visits.
const APART_MS_MAX: i64 = 60 * 60 * 1000;

/// Two records that look like one visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JoinProposal {
    /// The record that is kept: the older one.
    pub keep: Id,
    /// The other record.
    pub other: Id,
    /// The household.
    pub household: Id,
    /// The day.
    pub day: String,
}

impl Ledger {
    /// Returns the pairs of visits of a household that look like one: within an hour, by two people, one naming the
    /// other.
    ///
    /// # Errors
    /// `not_found` for an unknown household.
    pub fn join_proposals(&self, household: &str) -> Result<Vec<JoinProposal>, FieldError> {
        let card = self.find_household(household)?;
        let visits = rows::of_household(&self.connection, card.id)?;
        let standing: Vec<&VisitRow> =
            visits.iter().filter(|visit| matches!(visit.state.as_str(), "submitted" | "received" | "flagged" | "passed")).collect();
        let mut proposals = Vec::new();
        for (at, one) in standing.iter().enumerate() {
            for other in standing.iter().skip(at + 1).filter(|other| look_alike(one, other)) {
                let (keep, other) = if one.id < other.id { (one, *other) } else { (other, *one) };
                if !self.has_joined(keep.id, other.recorder)? {
                    proposals.push(JoinProposal { keep: keep.id, other: other.id, household: card.id, day: keep.day.clone() });
                }
            }
        }
        Ok(proposals)
    }

    /// Confirms that two records are one visit: the older one gains the other's recorder, and one's own other record
    /// is voided as a duplicate.
    ///
    /// # Errors
    /// `not_found` when the two are not proposed; `forbidden_writer`.
    pub fn join_visits(&mut self, one: Id, other: Id) -> Result<VisitAnswer, FieldError> {
        let known = project::known(&self.connection, one)?.ok_or_else(|| FieldError::new("not_found"))?;
        let household = known.view.header.subject.ok_or_else(|| FieldError::new("not_found"))?;
        let pairs = self.join_proposals(&household.to_string())?;
        let pair = pairs.into_iter().find(|pair| [pair.keep, pair.other].contains(&one) && [pair.keep, pair.other].contains(&other));
        let pair = pair.ok_or_else(|| FieldError::new("not_found"))?;
        let joined = project::known(&self.connection, pair.other)?.ok_or_else(|| FieldError::new("not_found"))?;
        let cadre = project::id(&joined.view.fields, "recorder").unwrap_or(joined.view.header.by);
        let pen = self.pen()?;
        let is_mine = joined.view.header.by == pen.me.person;
        in_transaction(&mut self.connection, |connection| {
            pen.append(connection, pair.keep, "join", Fields::from_iter([("cadre".to_owned(), json!(cadre))]))?;
            if is_mine {
                pen.append(connection, pair.other, "void", Fields::from_iter([("reason".to_owned(), json!("duplicate"))]))?;
            }
            Ok(())
        })?;
        self.visit(pair.keep)
    }

    fn has_joined(&self, visit: Id, cadre: Id) -> Result<bool, FieldError> {
        let known = project::known(&self.connection, visit)?;
        let events = known.map(|known| known.view.events).unwrap_or_default();
        Ok(events.iter().any(|event| event.name == "join" && project::id(&event.fields, "cadre") == Some(cadre)))
    }
}

fn look_alike(one: &VisitRow, other: &VisitRow) -> bool {
    one.recorder != other.recorder
        && (one.start_ms - other.start_ms).abs() <= APART_MS_MAX
        && (one.persons.contains(&other.recorder) || other.persons.contains(&one.recorder))
}
