//! Handing a visit in: its document is made here, once, in one change with its event.

use super::{Until, VisitAnswer, VisitInput, draft as steps};
use crate::{
    error::FieldError,
    ledger::Ledger,
    me::Me,
    pen::{NewRecord, Pen, refuse},
    store::{
        Connection, attempt,
        draft::{self, DraftRow},
        in_transaction, projection,
    },
};
use daohu_domain::{
    calendar::Instant,
    id::Id,
    kind::{Fields, Json},
    kinds::visit::{KIND, began},
    permission::Grant,
    time::Stamp,
    validate,
};
use serde_json::json;

impl Ledger {
    /// Hands a visit in: a draft for the first time, a returned, corrected or withdrawn one again.
    ///
    /// # Errors
    /// `not_found`; `invalid_record`, `secret_in_text`, `forbidden_writer`, `bad_state`: the draft is as it was.
    pub fn submit_visit(&mut self, id: Id) -> Result<VisitAnswer, FieldError> {
        let Some(row) = draft::find(&self.connection, id)? else { return self.resubmit(id) };
        if projection::find(&self.connection, id)?.is_some() {
            return self.resubmit(id);
        }
        let kept = draft::fields(&self.connection, id)?;
        self.take_further(&row, kept, Until::Submit)??;
        self.visit(id)
    }

    /// Writes a draft and takes it further, in one durable step; where that is refused, it is as open as it was.
    ///
    /// A refused one keeps the moments of this call, since a person has said that it is over; one in progress goes on.
    pub(super) fn take_further(&mut self, row: &DraftRow, mut kept: Fields, until: Until) -> Result<Result<(), FieldError>, FieldError> {
        let pen = self.pen()?;
        let grants = Me::grants_ever(&self.connection)?;
        if row.state != "sealed" && until != Until::Draft {
            kept.extend(steps::ends(&kept, &pen.stamp));
        }
        in_transaction(&mut self.connection, |connection| {
            if row.state != "in_progress" {
                steps::put(connection, row, &kept)?;
            }
            attempt(connection, || match until {
                Until::Draft => Ok(()),
                Until::Seal => seal(connection, &pen, row, &kept),
                Until::Submit => hand_in(connection, &pen, row, (&kept, &grants)),
            })
        })
    }

    /// Keeps text for a visit that was withdrawn or returned, until it is handed in again.
    pub(super) fn set_withdrawn(&mut self, id: Id, input: &VisitInput) -> Result<VisitAnswer, FieldError> {
        let record = projection::find(&self.connection, id)?.filter(|record| record.kind == "visit");
        let record = record.ok_or_else(|| FieldError::new("not_found"))?;
        if input.is_more_than_text() || !matches!(record.state.as_str(), "draft" | "returned" | "correcting") {
            return Err(FieldError::new("sealed"));
        }
        let Some(household) = record.household else { return Err(FieldError::new("not_found")) };
        let mut fields = Fields::new();
        for (key, text) in [("narrative", &input.narrative), ("reason", &input.reason)] {
            if let Some(text) = text {
                fields.insert(key.to_owned(), json!(text));
            }
        }
        let now = self.clock.wall_ms();
        let row = DraftRow { id, household, place: record.place, state: "sealed".to_owned(), changed_ms: now };
        in_transaction(&mut self.connection, |connection| steps::put(connection, &row, &fields))?;
        self.visit(id)
    }

    fn resubmit(&mut self, id: Id) -> Result<VisitAnswer, FieldError> {
        let record = projection::find(&self.connection, id)?.filter(|record| record.kind == "visit");
        let record = record.ok_or_else(|| FieldError::new("not_found"))?;
        if !matches!(record.state.as_str(), "draft" | "returned" | "correcting") {
            return Err(FieldError::new("bad_state").with(json!({ "state": record.state })));
        }
        let pen = self.pen()?;
        let mut carried = draft::fields(&self.connection, id)?;
        carried.retain(|key, _| key == "narrative" || key == "reason");
        in_transaction(&mut self.connection, |connection| {
            pen.append(connection, id, "resubmit", carried)?;
            draft::remove(connection, id)
        })?;
        self.visit(id)
    }
}

/// Seals a draft, unless it lacks what cannot be added afterwards: of a sealed visit only the text can.
fn seal(connection: &Connection, pen: &Pen, row: &DraftRow, kept: &Fields) -> Result<(), FieldError> {
    let mut found = validate::check(&KIND, &whole(pen, kept), true);
    found.retain(|violation| violation.field != "narrative");
    refuse(found)?;
    steps::put(connection, &DraftRow { state: "sealed".to_owned(), changed_ms: pen.stamp.wall_ms, ..row.clone() }, kept)
}

/// Makes the document of a draft and takes the draft away.
fn hand_in(connection: &Connection, pen: &Pen, row: &DraftRow, (kept, grants): (&Fields, &[Grant])) -> Result<(), FieldError> {
    let (id, household) = (row.id, Some(row.household));
    // A start without clocks is a claim: nothing is carried of it.
    let carried = steps::clocks_of(kept, steps::START).map(|start| began(&start, &pen.stamp)).unwrap_or_default();
    let event = Some(("submit", carried));
    let new = NewRecord { id, kind: &KIND, place: row.place, household, fields: whole(pen, kept), event, grants };
    pen.create(connection, new)?;
    draft::remove(connection, id)
}

/// Returns the fields of the document: what was written, who recorded it, and the moments as the event's clocks see
/// them.
fn whole(pen: &Pen, kept: &Fields) -> Fields {
    let mut fields: Fields = kept
        .iter()
        .filter(|(key, value)| !key.starts_with('_') && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, clocks) in [("start", steps::START), ("end", steps::END)] {
        if let Some(captured) = steps::clocks_of(kept, clocks) {
            fields.insert(key.to_owned(), json!(seen_from(&pen.stamp, &captured)));
        }
    }
    fields.insert("recorder".to_owned(), json!(pen.me.person));
    if let Some(Json::Array(others)) = fields.get_mut("participants")
        && !others.contains(&json!(pen.me.person))
    {
        others.insert(0, json!(pen.me.person));
    }
    fields
}

/// Returns a captured moment as it lies before the event on the event's own clocks.
///
/// A reader of the document knows only the event's clocks. Within one boot the distance on the monotonic clock is
/// the true one, whatever was done to the wall clock in between.
fn seen_from(now: &Stamp, captured: &Stamp) -> Instant {
    if captured.boot == now.boot {
        Instant(now.wall_ms.saturating_sub(now.mono_ms.saturating_sub(captured.mono_ms)))
    } else {
        Instant(captured.wall_ms)
    }
}
