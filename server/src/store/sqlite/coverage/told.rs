//! Reads what reached the server into a scenario: visits and month records, with what was done to them.

use std::collections::{BTreeMap, BTreeSet};

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::coverage::scenario::{Backfill, MonthRecord, RecordAct, RecordEvent, TimeEvidence, Visit, VisitAct, VisitEvent};
use daohu_domain::id::Id;
use daohu_domain::permission::own_visit;
use rusqlite::{Connection, Error, Row, params};

use super::super::convert;

/// Returns the visits of these households that arrived at or after `since`.
pub(super) fn visits(connection: &Connection, households: &BTreeSet<Id>, since: Instant) -> Result<Vec<Visit>, Error> {
    let mut ask = connection.prepare_cached(
        "SELECT record, household, recorder, participants, mode, start_ms, end_ms, trusted_ms, after_ms, before_ms, submitted_ms, \
         received_at_ms, absent_reason, original_day, backfill_reason, duplicate_of, confirmed, names FROM visit_fact \
         WHERE household = ?1 AND received_at_ms >= ?2",
    )?;
    let mut found = Vec::new();
    for household in households {
        for visit in ask.query_map(params![household.as_bytes(), since.0], visit_from_row)? {
            let (record, took_part, mut visit) = visit?;
            visit.log = visit_log(connection, record, &took_part)?;
            found.push(visit);
        }
    }
    Ok(found)
}

fn visit_from_row(row: &Row<'_>) -> Result<(Id, Vec<Id>, Visit), Error> {
    let (record, recorder, participants) = (convert::id(row, 0)?, convert::id(row, 2)?, convert::ids(row, 3)?);
    let time = match (convert::instant_or_none(row, 7)?, convert::instant_or_none(row, 8)?, convert::instant_or_none(row, 9)?) {
        (Some(trusted), _, _) => Some(TimeEvidence::Trusted(trusted)),
        (None, Some(after), Some(before)) => Some(TimeEvidence::Between([after, before])),
        _ => None,
    };
    let backfill = match convert::day_or_none(row, 13)? {
        Some(original_date) => Some(Backfill { original_date, reason: row.get::<_, Option<String>>(14)?.unwrap_or_default() }),
        None => None,
    };
    let visit = Visit {
        id: record.to_string(),
        household: convert::id(row, 1)?.to_string(),
        recorder: recorder.to_string(),
        participants: participants.iter().map(Id::to_string).collect(),
        mode: row.get(4)?,
        start: convert::instant(row, 5)?,
        end: convert::instant(row, 6)?,
        time,
        submitted_at: convert::instant_or_none(row, 10)?,
        received_at: Some(convert::instant(row, 11)?),
        log: Vec::new(),
        backfill,
        duplicate_of: convert::id_or_none(row, 15)?.map(|id| id.to_string()),
        absent_reason: row.get(12)?,
        household_confirmed: row.get(16)?,
        names: convert::ids(row, 17)?.iter().map(Id::to_string).collect(),
    };
    let mut took_part = participants;
    took_part.push(recorder);
    Ok((record, took_part, visit))
}

/// The author's own moves and the reviews, by the server's clock. A review of one's own visit has no effect.
fn visit_log(connection: &Connection, record: Id, took_part: &[Id]) -> Result<Vec<VisitEvent>, Error> {
    let mut own = connection.prepare_cached(
        "SELECT received_at_ms, name FROM event_fact WHERE record = ?1 AND refused = 0 AND name IN ('withdraw', 'resubmit', 'void') ORDER BY ord",
    )?;
    let mut log = own
        .query_map([record.as_bytes()], |row| {
            Ok(VisitEvent { at: convert::instant(row, 0)?, act: visit_act(row.get_ref(1)?.as_str()?), rule: None })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut reviews = connection
        .prepare_cached("SELECT received_at_ms, result, rule, author FROM review_fact WHERE target = ?1 ORDER BY received_at_ms, record")?;
    let told = reviews.query_map([record.as_bytes()], |row| {
        let event = VisitEvent { at: convert::instant(row, 0)?, act: visit_act(row.get_ref(1)?.as_str()?), rule: row.get(2)? };
        Ok((convert::id(row, 3)?, event))
    })?;
    for review in told {
        let (author, event) = review?;
        if !own_visit(took_part, author) {
            log.push(event);
        }
    }
    log.sort_by_key(|event| event.at);
    Ok(log)
}

fn visit_act(name: &str) -> VisitAct {
    match name {
        "flag" => VisitAct::Flag,
        "accept" => VisitAct::Accept,
        "pass" => VisitAct::Pass,
        "return" => VisitAct::Return,
        "withdraw" => VisitAct::Withdraw,
        "resubmit" => VisitAct::Resubmit,
        "void" => VisitAct::Void,
        "restore" => VisitAct::Restore,
        "open_paper" => VisitAct::OpenPaper,
        "approve_backfill" => VisitAct::ApproveBackfill,
        _ => VisitAct::Other,
    }
}

/// Returns the month records of these households from `since` on. Two documents of one household and month are one record: submitted by
/// the first submission, judged by all reviews.
pub(super) fn month_records(connection: &Connection, households: &BTreeSet<Id>, since: Month) -> Result<Vec<MonthRecord>, Error> {
    let mut ask = connection.prepare_cached("SELECT record, month FROM month_fact WHERE household = ?1 AND month >= ?2 ORDER BY record")?;
    let mut found: BTreeMap<(Id, Month), MonthRecord> = BTreeMap::new();
    for household in households {
        let rows =
            ask.query_map(params![household.as_bytes(), since.to_string()], |row| Ok((convert::id(row, 0)?, row.get::<_, String>(1)?)))?;
        for row in rows {
            let (record, month) = row?;
            let Ok(month) = month.parse::<Month>() else { continue };
            let entry = found.entry((*household, month)).or_insert_with(|| MonthRecord {
                household: household.to_string(),
                month,
                submitted_at: None,
                received_at: None,
                log: Vec::new(),
            });
            add_events(connection, record, entry)?;
        }
    }
    Ok(found.into_values().filter(|record| record.received_at.is_some()).collect())
}

fn add_events(connection: &Connection, record: Id, entry: &mut MonthRecord) -> Result<(), Error> {
    let mut own = connection.prepare_cached(
        "SELECT name, claimed_at_ms, received_at_ms FROM event_fact WHERE record = ?1 AND refused = 0 AND name IN ('submit', 'resubmit') ORDER BY ord",
    )?;
    let events =
        own.query_map([record.as_bytes()], |row| Ok((row.get::<_, String>(0)?, convert::instant(row, 1)?, convert::instant(row, 2)?)))?;
    for event in events {
        let (name, claimed, received) = event?;
        if name == "submit" && entry.received_at.is_none_or(|first| received < first) {
            entry.received_at = Some(received);
            entry.submitted_at = Some(claimed);
        } else {
            entry.log.push(RecordEvent { at: received, act: RecordAct::Resubmit });
        }
    }
    let mut reviews =
        connection.prepare_cached("SELECT received_at_ms, result FROM review_fact WHERE target = ?1 ORDER BY received_at_ms, record")?;
    let told = reviews.query_map([record.as_bytes()], |row| {
        let act = match row.get_ref(1)?.as_str()? {
            "pass" => RecordAct::Pass,
            "return" => RecordAct::Return,
            "refer" => RecordAct::Refer,
            _ => RecordAct::Other,
        };
        Ok(RecordEvent { at: convert::instant(row, 0)?, act })
    })?;
    entry.log.extend(told.collect::<Result<Vec<_>, _>>()?);
    entry.log.sort_by_key(|event| event.at);
    Ok(())
}
