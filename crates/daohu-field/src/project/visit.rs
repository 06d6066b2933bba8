//! Visits as rows: the day that counts, the state, the promises.

use super::{Known, past, text};
use crate::{
    error::FieldError,
    store::{
        Connection,
        change::{self, ChangeRow, state as at},
        projection::{
            self,
            visit::{self as rows, PromiseRow, VisitRow},
        },
    },
};
use daohu_domain::{
    calendar::Instant,
    id::Id,
    kind::{Fields, Json},
    kinds::visit::began_at,
    state::{PastReview, VisitFold, fold_visit, rules_on_arrival},
    time::{Evidence, Stamp, best, evidence_of_claim, skew_ms},
    validate::{self, day_of, has, instant_of},
};
use daohu_record::EventView;

/// Ways of visiting that count as a visit in person (domain 3.3).
const IN_PERSON: [&str; 2] = ["home", "worksite"];

/// States in which a visit counts; submitted is what has not reached the server yet.
const COUNTED: [&str; 4] = ["submitted", "received", "flagged", "passed"];

/// When a visit began, as well as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisitTime {
    /// The instant to reckon with.
    pub(crate) start: Instant,
    /// The day to reckon with: of a backfilled visit the declared one.
    pub(crate) day: daohu_domain::calendar::Day,
    pub(crate) trusted: bool,
    pub(crate) skew_ms: Option<i64>,
}

/// Writes a visit and returns its state.
pub(crate) fn put(connection: &Connection, known: &Known) -> Result<String, FieldError> {
    let fold = folded(connection, known)?;
    let Some(household) = known.view.header.subject else { return Ok(fold.state) };
    let fields = &known.view.fields;
    let time = time_of(connection, known)?;
    let mode = text(fields, "mode");
    let counts = IN_PERSON.contains(&mode.as_str())
        && COUNTED.contains(&fold.state.as_str())
        && !has(fields, "absent_reason")
        && !has(fields, "duplicate_of");
    let day = time.day.to_string();
    rows::put(
        connection,
        &VisitRow {
            id: known.view.header.id,
            household,
            month: day.chars().take(7).collect(),
            day,
            start_ms: time.start.0,
            recorder: super::id(fields, "recorder").unwrap_or(known.view.header.by),
            mode,
            state: fold.state.clone(),
            counts,
            persons: persons(fields, known.view.header.by),
            absent: validate::text_of(fields, "absent_reason").map(str::to_owned),
            confirmed: fields.get("household_confirmed").and_then(Json::as_bool).unwrap_or(false),
            backfill: has(fields, "original_date"),
            duplicate: has(fields, "duplicate_of"),
            received_ms: known.changes.first().and_then(|row| row.received_ms),
        },
    )?;
    rows::refresh_last(connection, household)?;
    Ok(fold.state)
}

/// Returns who took part: the participants, else the recorder.
fn persons(fields: &Fields, author: Id) -> Vec<Id> {
    let listed = super::ids(fields, "participants");
    if listed.is_empty() { vec![super::id(fields, "recorder").unwrap_or(author)] } else { listed }
}

/// Folds a visit with the reviews that name it and those that pass its month record.
pub(crate) fn folded(connection: &Connection, known: &Known) -> Result<VisitFold, FieldError> {
    let header = &known.view.header;
    let took_part = past::took_part(&known.view.fields, header.by);
    let mut reviews = past::reviews(connection, known, &took_part)?;
    let time = time_of(connection, known)?;
    let month = time.day.to_string().chars().take(7).collect::<String>();
    if let Some(household) = header.subject {
        for record in projection::of_household(connection, household, "month_record")? {
            if text(&record.fields, "month") == month
                && let Some(record) = super::known(connection, record.id)?
            {
                let passes = past::reviews(connection, &record, &took_part)?.into_iter().filter(|review| review.result == "pass");
                reviews.extend(passes.map(|review| PastReview { of_month: true, ..review }));
            }
        }
    }
    let received = known.changes.first().and_then(|row| row.received_ms).map(Instant);
    // Before the server has it, its time is not in doubt but not yet known: an anchor may still come.
    let rules = rules_on_arrival(time.trusted || received.is_none());
    Ok(fold_visit(&past::events(connection, known)?, &reviews, received, rules))
}

/// Returns when a visit began: of one of this device from its clocks, of another from the server's word.
pub(crate) fn time_of(connection: &Connection, known: &Known) -> Result<VisitTime, FieldError> {
    let fields = &known.view.fields;
    let claimed = instant_of(fields, "start").unwrap_or_default();
    let first = known.changes.first();
    let submitted = known.view.events.iter().find(|event| event.name == "submit");
    let evidence = match (first, submitted) {
        (Some(row), _) if matches!(row.state, at::FOREIGN | at::RECEIVED) => match (row.start_from, row.start_to) {
            (Some(from), Some(to)) if from == to => Evidence::Trusted(Instant(from)),
            (Some(from), Some(to)) => Evidence::Between(Instant(from), Instant(to)),
            _ => Evidence::None,
        },
        (Some(_), Some(event)) => start_of(connection, claimed, event)?,
        _ => Evidence::None,
    };
    Ok(time_from(claimed, &evidence, fields))
}

/// Returns what is known of the start of a visit that was handed in by this event of this device.
fn start_of(connection: &Connection, claimed: Instant, submitted: &EventView) -> Result<Evidence, FieldError> {
    match began_at(&submitted.fields, claimed) {
        Some(began) => past::evidence_of(connection, &began),
        None => claim_of(connection, claimed, &submitted.stamp),
    }
}

/// Returns what is known of an instant that was claimed at a stamp of this device.
pub(crate) fn claim_of(connection: &Connection, claimed: Instant, stamp: &Stamp) -> Result<Evidence, FieldError> {
    Ok(evidence_of_claim(claimed, stamp, &past::evidence_of(connection, stamp)?))
}

/// Returns the time of a visit from its claim and what is known of it. A backfilled visit has its declared day and
/// no doubt.
pub(crate) fn time_from(claimed: Instant, evidence: &Evidence, fields: &Fields) -> VisitTime {
    let claim = Stamp { wall_ms: claimed.0, mono_ms: 0, boot: 0 };
    let start = best(&claim, evidence);
    let declared = day_of(fields, "original_date");
    let trusted = declared.is_some() || matches!(evidence, Evidence::Trusted(_));
    VisitTime { start, day: declared.unwrap_or_else(|| start.day()), trusted, skew_ms: skew_ms(&claim, evidence) }
}

/// Returns the visits of a household in a month.
pub(crate) fn of_household_month(connection: &Connection, household: Option<Id>, month: &str) -> Result<Vec<Id>, FieldError> {
    let Some(household) = household else { return Ok(Vec::new()) };
    let visits = rows::of_household(connection, household)?;
    Ok(visits.into_iter().filter(|visit| visit.month == month).map(|visit| visit.id).collect())
}

/// Names a promise: the visit in which it was made, and its number there.
pub(crate) fn promise_key(visit: Id, n: u32) -> String {
    format!("{visit}.{n}")
}

/// Writes the promises of a visit, and which of the household's are kept by now.
pub(crate) fn put_promises(connection: &Connection, known: &Known) -> Result<(), FieldError> {
    let fields = &known.view.fields;
    let Some(household) = known.view.header.subject else { return Ok(()) };
    rows::remove_promises(connection, known.view.header.id)?;
    if !has(fields, "promises") && !has(fields, "kept") {
        return Ok(());
    }
    let visits = projection::of_household(connection, household, "visit")?;
    let standing = || visits.iter().filter(|visit| !matches!(visit.state.as_str(), "voided" | "draft"));
    let kept: Vec<&str> = standing().filter_map(|visit| visit.fields.get("kept")?.as_array()).flatten().filter_map(Json::as_str).collect();
    for visit in standing() {
        let promises = visit.fields.get("promises").and_then(Json::as_array);
        for (n, promise) in (1_u32..).zip(promises.into_iter().flatten()) {
            rows::put_promise(
                connection,
                &PromiseRow {
                    visit: visit.id,
                    n,
                    household,
                    text: promise.get("text").and_then(Json::as_str).unwrap_or_default().to_owned(),
                    due_day: promise.get("day").and_then(Json::as_str).map(str::to_owned),
                    kept: kept.contains(&promise_key(visit.id, n).as_str()),
                },
            )?;
        }
    }
    Ok(())
}

/// Says whether the newest event of a visit had no effect where it stands.
pub(crate) fn refused_last(connection: &Connection, visit: Id) -> Result<bool, FieldError> {
    let Some(known) = super::known(connection, visit)? else { return Ok(false) };
    let fold = folded(connection, &known)?;
    Ok(known.view.events.last().is_some_and(|event| fold.refused.contains(&event.key)))
}

/// Fixes what is known of the start of a visit when the server has received it: the batch says no more than what was
/// known when it was sealed, and later anchors must not move a figure.
pub(crate) fn fix_start(connection: &Connection, item: &ChangeRow) -> Result<(), FieldError> {
    let Some(known) = super::known(connection, item.record)?.filter(|known| known.kind.name == "visit") else { return Ok(()) };
    let submitted = known.view.events.iter().find(|event| event.name == "submit");
    let is_first = known.changes.first().is_some_and(|row| row.hash == item.hash && row.start_from.is_none());
    let (Some(submitted), true) = (submitted, is_first) else { return Ok(()) };
    let claimed = instant_of(&known.view.fields, "start").unwrap_or_default();
    match start_of(connection, claimed, submitted)? {
        Evidence::Trusted(at) => change::fix_start(connection, item.key(), at.0, at.0),
        Evidence::Between(from, to) => change::fix_start(connection, item.key(), from.0, to.0),
        Evidence::None => Ok(()),
    }
}
