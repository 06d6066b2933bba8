//! A visit as it is shown, draft or record.

use super::{VisitAnswer, draft as steps};
use crate::{
    error::FieldError,
    ledger::Ledger,
    project::{self, visit as projected},
    store::{
        Connection, access, draft,
        draft::DraftRow,
        projection::{self, visit::PromiseRow},
        quarantine,
    },
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    id::Id,
    kind::{Fields, Json},
    time::Evidence,
    validate::{has, instant_of},
};
use serde::Serialize;

/// A visit as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitView {
    /// The record.
    pub id: Id,
    /// The household.
    pub household: Id,
    /// Where it stands, by slug.
    pub state: String,
    /// The month in which it counts.
    pub month: Month,
    /// The day on which it counts.
    pub occurred_day: Day,
    /// `trusted` or `doubtful`.
    pub time: String,
    /// How far the wall clock was ahead, in seconds; null without evidence.
    pub skew_s: Option<i64>,
    /// It was written down later than it was made, and says so.
    pub backfill: bool,
    /// Who recorded it.
    pub recorder: Id,
    /// The recorder's name, where it is known.
    pub recorder_name: Option<String>,
    /// What it says.
    pub fields: Fields,
    /// Later texts that stand beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Who confirmed to have taken part, from another phone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Id>,
    /// When the server received it.
    pub received_at: Option<Instant>,
    /// The code with which the server refused it, until it is handed in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A later text of a visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correction {
    /// When its writer's clock said it was written.
    pub claimed_at: Instant,
    /// What was changed and why.
    pub reason: Option<String>,
    /// The text.
    pub narrative: Option<String>,
}

/// Something promised to a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseView {
    /// Names it for `--kept`.
    pub key: String,
    /// What was promised.
    pub text: String,
    /// By when.
    pub day: Option<String>,
    /// It is kept.
    pub kept: bool,
}

impl From<PromiseRow> for PromiseView {
    fn from(row: PromiseRow) -> Self {
        Self { key: projected::promise_key(row.visit, row.n), text: row.text, day: row.due_day, kept: row.kept }
    }
}

impl Ledger {
    /// Shows a visit, draft or record.
    ///
    /// # Errors
    /// `not_found`.
    pub fn visit(&self, id: Id) -> Result<VisitAnswer, FieldError> {
        if let Some(known) = project::known(&self.connection, id)?.filter(|known| known.kind.name == "visit") {
            return Ok(VisitAnswer { visit: of_record(&self.connection, &known)?, hints: None });
        }
        let row = draft::find(&self.connection, id)?.ok_or_else(|| FieldError::new("not_found"))?;
        Ok(VisitAnswer { visit: self.visit_of_draft(&row)?, hints: None })
    }
}

/// Shows a draft.
pub(crate) fn of_draft(connection: &Connection, row: &DraftRow, now_ms: i64) -> Result<VisitView, FieldError> {
    let kept = draft::fields(connection, row.id)?;
    let me = crate::me::Me::read(connection)?;
    let claimed = instant_of(&kept, "start").unwrap_or(Instant(now_ms));
    let evidence = match steps::clocks_of(&kept, steps::START) {
        Some(stamp) => project::past::evidence_of(connection, &stamp)?,
        None => Evidence::None,
    };
    let mut time = projected::time_from(claimed, &evidence, &kept);
    // Nothing is claimed yet, so nothing can be in doubt.
    time.trusted |= !kept.contains_key("start");
    let refused = kept.get(steps::REFUSED).and_then(Json::as_str).map(str::to_owned);
    let fields = kept.into_iter().filter(|(key, _)| !key.starts_with('_')).collect();
    let shown = Shown { id: row.id, household: row.household, state: row.state.clone(), time, recorder: me.person, fields };
    Ok(VisitView { refused, ..shown.view(connection)? })
}

/// Shows a record.
pub(crate) fn of_record(connection: &Connection, known: &project::Known) -> Result<VisitView, FieldError> {
    let header = &known.view.header;
    let state = projection::find(connection, header.id)?.map_or_else(String::new, |record| record.state);
    let shown = Shown {
        id: header.id,
        household: header.subject.unwrap_or(header.id),
        state,
        time: projected::time_of(connection, known)?,
        recorder: project::id(&known.view.fields, "recorder").unwrap_or(header.by),
        fields: known.view.fields.clone(),
    };
    let events = &known.view.events;
    let corrected = events.iter().filter(|event| matches!(event.name.as_str(), "correct" | "resubmit") && !event.fields.is_empty());
    let corrections = corrected.map(|event| Correction {
        claimed_at: Instant(event.stamp.wall_ms),
        reason: event.fields.get("reason").and_then(Json::as_str).map(str::to_owned),
        narrative: event.fields.get("narrative").and_then(Json::as_str).map(str::to_owned),
    });
    let joined = events.iter().filter(|event| event.name == "join").filter_map(|event| project::id(&event.fields, "cadre"));
    Ok(VisitView {
        corrections: corrections.collect(),
        joined: joined.collect(),
        received_at: known.changes.first().and_then(|row| row.received_ms).map(Instant),
        refused: quarantine::code_of(connection, header.id)?,
        ..shown.view(connection)?
    })
}

struct Shown {
    id: Id,
    household: Id,
    state: String,
    time: projected::VisitTime,
    recorder: Id,
    fields: Fields,
}

impl Shown {
    fn view(self, connection: &Connection) -> Result<VisitView, FieldError> {
        let Self { id, household, state, time, recorder, fields } = self;
        Ok(VisitView {
            id,
            household,
            state,
            month: Month::of(time.day),
            occurred_day: time.day,
            time: (if time.trusted { "trusted" } else { "doubtful" }).to_owned(),
            skew_s: time.skew_ms.map(|skew| skew.div_euclid(1000)),
            backfill: has(&fields, "original_date"),
            recorder,
            recorder_name: name_of(connection, recorder)?,
            fields,
            corrections: Vec::new(),
            joined: Vec::new(),
            received_at: None,
            refused: None,
        })
    }
}

/// Returns the name of a person, as far as this device knows it.
pub(crate) fn name_of(connection: &Connection, person: Id) -> Result<Option<String>, FieldError> {
    if let Some(record) = projection::find(connection, person)?.filter(|record| record.kind == "cadre") {
        return Ok(record.fields.get("name").and_then(Json::as_str).map(str::to_owned));
    }
    access::name_of_person(connection, person)
}
