//! Drafts: begun, written, sealed. Each call is one durable write.
//!
//! A moment that is captured keeps the clocks it was captured with (`_start`, `_end`): what a person enters as an
//! earlier moment of the same day and boot is moved to them on the monotonic clock.

use super::{Until, VisitAnswer, VisitInput, view};
use crate::{
    error::FieldError,
    ledger::Ledger,
    store::{
        Connection,
        draft::{self, DraftRow},
        in_transaction,
    },
};
use daohu_domain::{
    calendar::{DAY_MS, Instant},
    id::Id,
    kind::Fields,
    kinds::visit::began_at,
    time::Stamp,
};
use serde_json::json;

/// The clocks at which a visit began.
pub(crate) const START: &str = "_start";
/// The clocks at which it ended.
pub(crate) const END: &str = "_end";
/// When it was first written down, by the wall clock.
pub(crate) const FIRST: &str = "_first";
/// The code with which the server refused it.
pub(crate) const REFUSED: &str = "_refused";

impl Ledger {
    /// Begins a visit now; one that is in progress at this household goes on.
    ///
    /// # Errors
    /// `not_found` for an unknown household; `moved` on a store that was moved away.
    pub fn start_visit(&mut self, household: &str) -> Result<VisitAnswer, FieldError> {
        self.not_moved()?;
        let household = self.find_household(household)?;
        let open = draft::all(&self.connection)?.into_iter().find(|row| row.household == household.id && row.state == "in_progress");
        let id = match open {
            Some(row) => row.id,
            None => {
                let (id, now) = (self.new_id(), self.stamp()?);
                let mut fields = Fields::from_iter(moment("start", START, &now));
                fields.insert(FIRST.to_owned(), json!(now.wall_ms));
                let state = "in_progress".to_owned();
                self.write(&DraftRow { id, household: household.id, place: household.place, state, changed_ms: now.wall_ms }, &fields)?;
                id
            }
        };
        self.visit(id)
    }

    /// Writes a visit down and takes it as far as wanted; the draft is durable before anything else is tried.
    ///
    /// # Errors
    /// `not_found` for an unknown household; `invalid_record`, `secret_in_text`, `forbidden_writer` when it cannot be
    /// read, sealed or handed in: what can be read is kept as a draft then, named in the error's detail.
    pub fn new_visit(&mut self, household: &str, input: &VisitInput, until: Until) -> Result<VisitAnswer, FieldError> {
        self.not_moved()?;
        let household = self.find_household(household)?;
        let (mut fields, readable) = input.readable();
        let readable = readable.and(self.add_times(input, &mut fields));
        let (id, now) = (self.new_id(), self.stamp()?);
        fields.insert(FIRST.to_owned(), json!(now.wall_ms));
        let until = if readable.is_ok() { until } else { Until::Draft };
        let state = "draft".to_owned();
        let row = DraftRow { id, household: household.id, place: household.place, state, changed_ms: now.wall_ms };
        let taken = self.take_further(&row, fields, until)?;
        let hints = self.hints_of(id)?;
        match readable.and(taken) {
            Ok(()) => Ok(VisitAnswer { hints: Some(hints), ..self.visit(id)? }),
            Err(error) if error.code() == "disk_full" => Err(error
                .saying("空间满了。文字已存，先腾出一些再接着写。", "The disk is full; the text is saved. Free some room, then go on.")
                .with_more("draft", json!(id))),
            Err(error) => Err(error.with_more("draft", json!(id))),
        }
    }

    /// Writes fields of a draft; of a sealed visit the text only.
    ///
    /// # Errors
    /// `not_found`; `sealed` for what is fixed; `invalid_record` names the field; `moved`.
    pub fn set_visit(&mut self, id: Id, input: &VisitInput) -> Result<VisitAnswer, FieldError> {
        self.not_moved()?;
        let Some(row) = draft::find(&self.connection, id)? else { return self.set_withdrawn(id, input) };
        let mut fields = input.fields()?;
        let was_refused = draft::fields(&self.connection, id)?.contains_key(REFUSED);
        if row.state == "sealed" {
            let moves_time = input.start.is_some() || input.end.is_some();
            if moves_time || (input.is_more_than_text() && !was_refused) {
                return Err(FieldError::new("sealed"));
            }
        } else {
            self.add_times(input, &mut fields)?;
        }
        self.write(&row, &fields)?;
        self.visit(id)
    }

    /// Fixes the times of a visit: what was begun ends now.
    ///
    /// # Errors
    /// `not_found` for what is no draft; `invalid_record` while more than its text is missing: it stays open then.
    pub fn seal_visit(&mut self, id: Id) -> Result<VisitAnswer, FieldError> {
        self.not_moved()?;
        let row = draft::find(&self.connection, id)?.ok_or_else(|| FieldError::new("not_found"))?;
        if row.state == "sealed" {
            return self.visit(id);
        }
        let kept = draft::fields(&self.connection, id)?;
        self.take_further(&row, kept, Until::Seal)??;
        self.visit(id)
    }

    /// Writes the head and fields of a draft in one durable step.
    fn write(&mut self, row: &DraftRow, fields: &Fields) -> Result<(), FieldError> {
        let row = DraftRow { changed_ms: self.clock.wall_ms(), ..row.clone() };
        in_transaction(&mut self.connection, |connection| put(connection, &row, fields))
    }

    /// Adds start and end where a person entered them.
    fn add_times(&self, input: &VisitInput, fields: &mut Fields) -> Result<(), FieldError> {
        let now = self.stamp()?;
        for (text, key, clocks) in [(&input.start, "start", START), (&input.end, "end", END)] {
            let Some(text) = text else { continue };
            let at: Instant = text.parse().map_err(|_| not_an_instant(key))?;
            if at.0 > now.wall_ms {
                return Err(FieldError::new("invalid_record")
                    .saying("时间不能晚于现在。", "the time must not lie after now")
                    .with(json!({ "fields": [{ "field": key }] })));
            }
            let ago = now.wall_ms - at.0;
            let within = ago <= DAY_MS && now.mono_ms - ago >= 0;
            let stamp = Stamp { wall_ms: at.0, mono_ms: now.mono_ms - ago, boot: now.boot };
            fields.insert(key.to_owned(), json!(at));
            // Earlier ones are claims without evidence: no clocks are kept with them.
            fields.insert(clocks.to_owned(), if within { clocks_json(&stamp) } else { serde_json::Value::Null });
        }
        Ok(())
    }

    pub(crate) fn visit_of_draft(&self, row: &DraftRow) -> Result<view::VisitView, FieldError> {
        view::of_draft(&self.connection, row, self.clock.wall_ms())
    }
}

/// Writes the head and fields of a draft.
pub(crate) fn put(connection: &Connection, row: &DraftRow, fields: &Fields) -> Result<(), FieldError> {
    draft::put(connection, row)?;
    for (field, value) in fields {
        draft::set_field(connection, row.id, field, value)?;
    }
    Ok(())
}

/// Returns the moments that end now because nobody has given them before.
pub(super) fn ends(known: &Fields, now: &Stamp) -> Fields {
    let missing = [("start", START), ("end", END)].into_iter().filter(|(key, _)| !known.contains_key(*key));
    missing.flat_map(|(key, clocks)| moment(key, clocks, now)).collect()
}

/// Returns a moment that is captured now: its claim and its clocks.
fn moment(key: &str, clocks: &str, now: &Stamp) -> [(String, serde_json::Value); 2] {
    [(key.to_owned(), json!(Instant(now.wall_ms))), (clocks.to_owned(), clocks_json(now))]
}

fn clocks_json(stamp: &Stamp) -> serde_json::Value {
    json!([stamp.wall_ms, stamp.mono_ms, stamp.boot])
}

/// Reads kept clocks.
pub(crate) fn clocks_of(fields: &Fields, key: &str) -> Option<Stamp> {
    let (wall_ms, mono_ms, boot) = serde_json::from_value(fields.get(key)?.clone()).ok()?;
    Some(Stamp { wall_ms, mono_ms, boot })
}

fn not_an_instant(key: &str) -> FieldError {
    FieldError::new("invalid_record")
        .saying("时间写成 2019-06-05T09:00:00+08:00。", "write a time as 2019-06-05T09:00:00+08:00")
        .with(json!({ "fields": [{ "field": key }] }))
}

/// Writes a refused visit as a draft again, with the clocks it was captured with.
pub(crate) fn again(connection: &Connection, row: &DraftRow, view: &daohu_record::View, code: &str) -> Result<(), FieldError> {
    let mut fields = view.fields.clone();
    if let Some(event) = view.events.first() {
        let at = &event.stamp;
        for (key, clocks) in [("start", START), ("end", END)] {
            let Some(claimed) = daohu_domain::validate::instant_of(&fields, key) else { continue };
            let ago = at.wall_ms - claimed.0;
            if let Some(began) = began_at(&event.fields, claimed).filter(|_| key == "start") {
                fields.insert(clocks.to_owned(), clocks_json(&began));
            } else if (0..=DAY_MS).contains(&ago) && at.mono_ms >= ago {
                let stamp = Stamp { wall_ms: claimed.0, mono_ms: at.mono_ms - ago, boot: at.boot };
                fields.insert(clocks.to_owned(), clocks_json(&stamp));
            }
        }
        fields.insert(FIRST.to_owned(), json!(at.wall_ms));
    }
    // A sealed value is with the server already, or is given again.
    fields.retain(|key, _| daohu_domain::kinds::visit::KIND.field(key).is_none_or(|field| !field.is_secret()));
    fields.insert(REFUSED.to_owned(), json!(code));
    put(connection, row, &fields)
}
