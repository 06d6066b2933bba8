//! Month records (月纪实): written up from the visits of the month, so that nothing is typed twice.
//!
//! Two phones may each have made a document for one household and month; one record is shown, the texts of the
//! other as a conflict. What was never written is composed from the visits, ready to be copied or handed in.

use crate::{
    conflict::{self, ConflictView},
    error::FieldError,
    ledger::Ledger,
    pen::NewRecord,
    project::{self, Known},
    store::{
        in_transaction,
        projection::{self, household::HouseholdRow, visit as rows},
    },
    twins,
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    coverage::deadline,
    id::Id,
    kind::Fields,
    kinds::month_record::{KIND, TEXT_KEYS},
    month_text::{self, VisitOfMonth},
    state::{MonthRecordFacts, fold_month_record},
    validate::read_text,
};
use serde::Serialize;
use serde_json::json;

/// What a person enters about a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthInput {
    /// Texts to be set: field and text.
    pub set: Vec<(String, String)>,
    /// Hand it in.
    pub submit: bool,
    /// Why the household was not visited, by slug or Chinese label; other words become the note.
    pub reason: Option<String>,
}

/// A month record as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthRecordView {
    /// The record; null while nothing was written.
    pub id: Option<Id>,
    /// The household.
    pub household: Id,
    /// The month.
    pub month: Month,
    /// Where it stands, by slug.
    pub state: String,
    /// The texts; composed from the visits where nobody has written yet.
    pub fields: Fields,
    /// The fields that are composed, not written.
    pub composed: Vec<String>,
    /// The visits of the month.
    pub visits: Vec<Id>,
    /// All of it as one text, ready to be copied.
    pub text: String,
    /// It was first handed in after the freeze.
    pub late: bool,
    /// Where two people wrote differently.
    pub conflicts: Vec<ConflictView>,
}

/// A visit of the month.
#[derive(Debug)]
struct MonthVisit {
    id: Id,
    day: Day,
    fields: Fields,
}

impl Ledger {
    /// Shows the record of a month, writes texts of it, hands it in.
    ///
    /// # Errors
    /// `not_found`; `needs_reason` when it is handed in without a visit and without a reason; `invalid_record`,
    /// `secret_in_text`, `forbidden_writer`, `bad_state`.
    pub fn month_record(&mut self, household: &str, month: Month, input: &MonthInput) -> Result<MonthRecordView, FieldError> {
        let card = self.find_household(household)?;
        if input.set.is_empty() && !input.submit {
            return self.show_month(&card, month);
        }
        let submission = if input.submit { Some(self.submission(&card, month, input)?) } else { None };
        let shown = self.show_month(&card, month)?;
        let writes = crate::edit::read_pairs(&KIND, &input.set)?;
        let existing = twins::of_month(&self.connection, card.id, &month.to_string())?.into_iter().map(|known| known.view.header.id).next();
        let id = existing.unwrap_or_else(|| self.new_id());
        let pen = self.pen()?;
        in_transaction(&mut self.connection, |connection| {
            if existing.is_none() {
                let grants = &pen.me.grants;
                let fields = first_fields(&shown, &writes, input.submit);
                let event = submission.as_ref().filter(|fields| fields.is_empty()).map(|_| ("submit", Fields::new()));
                let is_whole = event.is_some();
                let household = Some(card.id);
                pen.create(connection, NewRecord { id, kind: &KIND, place: card.place, household, fields, event, grants })?;
                if is_whole {
                    return Ok(());
                }
            } else {
                let mut writes = writes.clone();
                writes.insert("visits".to_owned(), json!(shown.visits));
                match pen.edit(connection, id, &writes) {
                    Err(error) if error.code() == "nothing_changed" => {}
                    other => drop(other?),
                }
            }
            match submission {
                Some(fields) => pen.append(connection, id, "submit", fields),
                None => Ok(()),
            }
        })?;
        let shown = self.show_month(&card, month)?;
        if input.submit && shown.state == "open" {
            return Err(FieldError::new("bad_state"));
        }
        Ok(shown)
    }

    /// Shows the record of a month.
    pub(crate) fn show_month(&self, card: &HouseholdRow, month: Month) -> Result<MonthRecordView, FieldError> {
        let documents = twins::of_month(&self.connection, card.id, &month.to_string())?;
        let visits = self.visits_of_month(card.id, month)?;
        let told: Vec<VisitOfMonth<'_>> = visits.iter().map(|visit| VisitOfMonth { day: visit.day, fields: &visit.fields }).collect();
        let composed = month_text::compose(&told);
        let merged = twins::shown(&documents);
        let mut fields = Fields::new();
        let mut made = Vec::new();
        for key in TEXT_KEYS {
            let written = merged.as_ref().and_then(|view| view.fields.get(key)).filter(|value| value.as_str() != Some(""));
            if let Some(value) = written.or_else(|| composed.get(key)) {
                fields.insert(key.to_owned(), value.clone());
                if written.is_none() {
                    made.push(key.to_owned());
                }
            }
        }
        let (state, late) = self.state_of_month(card, month, &documents)?;
        let conflicts = match &merged {
            Some(view) => conflict::of_view(&self.connection, view)?,
            None => Vec::new(),
        };
        Ok(MonthRecordView {
            id: merged.as_ref().map(|view| view.header.id),
            household: card.id,
            month,
            state,
            text: month_text::copy_text(month, &format!("{} {}", card.number, card.name), &fields),
            fields,
            composed: made,
            visits: visits.iter().map(|visit| visit.id).collect(),
            late,
            conflicts,
        })
    }

    fn state_of_month(&self, card: &HouseholdRow, month: Month, documents: &[Known]) -> Result<(String, bool), FieldError> {
        let (mut events, mut reviews) = (Vec::new(), Vec::new());
        for known in documents {
            events.extend(project::past::events(&self.connection, known)?);
            reviews.extend(project::past::reviews(&self.connection, known, &[])?);
        }
        let now = Instant(self.clock.wall_ms());
        let rules = crate::due::rules(&self.connection, card.place, month.first_day())?;
        let freeze = deadline(month, rules.duty.freeze_day);
        let due = self.need_of(card, month)?.due;
        // A wall clock that lags behind the server's must not hide what the server has said.
        let now = events.iter().map(|event| event.at).chain(reviews.iter().map(|review| review.at)).fold(now, Instant::max);
        let fold = fold_month_record(&MonthRecordFacts { events: &events, reviews: &reviews, freeze, now, due });
        Ok((fold.state, fold.late))
    }

    fn visits_of_month(&self, household: Id, month: Month) -> Result<Vec<MonthVisit>, FieldError> {
        let month = month.to_string();
        let mut visits = Vec::new();
        for row in rows::of_household(&self.connection, household)? {
            if row.month == month
                && !matches!(row.state.as_str(), "voided" | "draft")
                && let Some(record) = projection::find(&self.connection, row.id)?
            {
                let day = row.day.parse().map_err(|error| FieldError::new("store_damaged").because(error))?;
                visits.push(MonthVisit { id: row.id, day, fields: record.fields });
            }
        }
        Ok(visits)
    }

    /// Returns what the submission carries: nothing where the need is met, else a reason.
    fn submission(&self, card: &HouseholdRow, month: Month, input: &MonthInput) -> Result<Fields, FieldError> {
        let need = self.need_of(card, month)?;
        let declared = KIND.event("submit").and_then(|event| event.fields.first());
        match (&input.reason, declared) {
            (Some(text), Some(field)) => Ok(match read_text(field, text) {
                Ok(value) => Fields::from_iter([("reason".to_owned(), value)]),
                Err(_) => Fields::from_iter([("reason".to_owned(), json!("other")), ("note".to_owned(), json!(text))]),
            }),
            _ if need.met || !need.due => Ok(Fields::new()),
            _ => Err(FieldError::new("needs_reason")),
        }
    }
}

/// Returns the fields of a record that is made now: what was entered, and when it is handed in also what was composed.
fn first_fields(shown: &MonthRecordView, writes: &Fields, is_submitted: bool) -> Fields {
    let mut fields = Fields::from_iter([("month".to_owned(), json!(shown.month))]);
    if is_submitted {
        fields.extend(shown.fields.clone());
    }
    fields.extend(writes.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())));
    if !shown.visits.is_empty() {
        fields.insert("visits".to_owned(), json!(shown.visits));
    }
    fields
}
