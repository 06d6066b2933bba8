//! The state of what others judge: a visit or month record is folded from its own events and the reviews that name it, by the rules of
//! `daohu_domain::state`, inside the transaction that brought either.

use std::collections::{BTreeSet, HashMap};

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::id::Id;
use daohu_domain::permission::own_visit;
use daohu_domain::role::{self, Role};
use daohu_domain::state::{MonthRecordFacts, PastEvent, PastReview, fold_month_record, fold_visit, rules_on_arrival};
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::convert;
use crate::store::plan::{DocumentPlan, Fact};

/// The instant that never comes: a month record is stored as it stands, and read with the freeze of the day.
const NEVER: Instant = Instant(i64::MAX);

/// The instant before that, by which everything has happened.
const AT_LAST: Instant = Instant(i64::MAX - 1);

/// Returns the visits and month records whose state the documents of a plan may change.
///
/// A visit that just came is folded with the document, since nothing can have judged it; only where a review arrived first is it folded
/// again.
pub(super) fn judged(connection: &Connection, documents: &[DocumentPlan], expect: &HashMap<Id, u32>) -> Result<BTreeSet<Id>, Error> {
    let mut targets = BTreeSet::new();
    let mut early = connection.prepare_cached("SELECT 1 FROM review_fact WHERE target = ?1")?;
    for document in documents {
        let is_new = expect.get(&document.record).copied().unwrap_or(0) == 0;
        match &document.fact {
            Fact::Review(review) => {
                targets.insert(review.target);
                targets.extend(visits_of_month(connection, review.target)?);
            }
            Fact::Visit(_) | Fact::Month(_) if !is_new || early.exists([document.record.as_bytes()])? => {
                targets.insert(document.record);
            }
            _ => {}
        }
    }
    Ok(targets)
}

/// Folds these records again and writes their state and which of their events had no effect.
pub(super) fn restate(connection: &Connection, targets: &BTreeSet<Id>) -> Result<(), Error> {
    for target in targets {
        if let Some(visit) = visit(connection, *target)? {
            let events = events(connection, *target)?;
            let reviews = reviews_of_visit(connection, *target, &visit)?;
            let fold = fold_visit(&events, &reviews, Some(visit.received_at), rules_on_arrival(visit.is_trusted));
            write(connection, *target, &fold.state, &fold.refused)?;
        } else if is_month_record(connection, *target)? {
            let events = events(connection, *target)?;
            let reviews = reviews(connection, *target, &[], false)?;
            let facts = MonthRecordFacts { events: &events, reviews: &reviews, freeze: NEVER, now: AT_LAST, due: true };
            let fold = fold_month_record(&facts);
            write(connection, *target, &fold.state, &fold.refused)?;
        }
    }
    Ok(())
}

/// What the fold needs of a visit.
#[derive(Debug)]
struct JudgedVisit {
    household: Id,
    month: Month,
    took_part: Vec<Id>,
    received_at: Instant,
    is_trusted: bool,
}

fn visit(connection: &Connection, record: Id) -> Result<Option<JudgedVisit>, Error> {
    connection
        .prepare_cached(
            "SELECT household, recorder, participants, coalesce(trusted_ms, max(min(start_ms, before_ms), after_ms), start_ms), \
             received_at_ms, original_day, trusted_ms IS NOT NULL OR original_day IS NOT NULL FROM visit_fact WHERE record = ?1",
        )?
        .query_row([record.as_bytes()], |row| {
            let mut took_part = convert::ids(row, 2)?;
            took_part.push(convert::id(row, 1)?);
            let month = convert::instant(row, 3)?.month();
            Ok(JudgedVisit {
                household: convert::id(row, 0)?,
                month: convert::day_or_none(row, 5)?.map_or(month, Month::of),
                took_part,
                received_at: convert::instant(row, 4)?,
                is_trusted: row.get(6)?,
            })
        })
        .optional()
}

fn is_month_record(connection: &Connection, record: Id) -> Result<bool, Error> {
    connection.prepare_cached("SELECT 1 FROM month_fact WHERE record = ?1")?.exists([record.as_bytes()])
}

/// Returns the visits that a review of this month record judges with it; none where it is no month record.
fn visits_of_month(connection: &Connection, month_record: Id) -> Result<Vec<Id>, Error> {
    let found = connection
        .prepare_cached("SELECT household, month FROM month_fact WHERE record = ?1")?
        .query_row([month_record.as_bytes()], |row| Ok((convert::id(row, 0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let Some((household, month)) = found else { return Ok(Vec::new()) };
    let mut ask = connection.prepare_cached("SELECT record FROM visit_fact WHERE household = ?1")?;
    let visits = ask.query_map([household.as_bytes()], |row| convert::id(row, 0))?.collect::<Result<Vec<_>, _>>()?;
    let mut of_month = Vec::new();
    for record in visits {
        if visit(connection, record)?.is_some_and(|visit| visit.month.to_string() == month) {
            of_month.push(record);
        }
    }
    Ok(of_month)
}

fn reviews_of_visit(connection: &Connection, record: Id, visit: &JudgedVisit) -> Result<Vec<PastReview>, Error> {
    let mut all = reviews(connection, record, &visit.took_part, false)?;
    let mut ask = connection.prepare_cached("SELECT record FROM month_fact WHERE household = ?1 AND month = ?2")?;
    let months = ask
        .query_map(params![visit.household.as_bytes(), visit.month.to_string()], |row| convert::id(row, 0))?
        .collect::<Result<Vec<_>, _>>()?;
    for month_record in months {
        let passes = reviews(connection, month_record, &[], true)?;
        all.extend(passes.into_iter().filter(|review| review.result == "pass"));
    }
    Ok(all)
}

/// Returns the reviews of a record; those of who took part are marked as their own.
pub(super) fn reviews(connection: &Connection, target: Id, took_part: &[Id], of_month: bool) -> Result<Vec<PastReview>, Error> {
    let mut ask = connection.prepare_cached(
        "SELECT record, result, rule, roles, author, received_at_ms FROM review_fact WHERE target = ?1 ORDER BY received_at_ms, record",
    )?;
    let rows = ask.query_map([target.as_bytes()], |row| {
        Ok(PastReview {
            key: convert::id(row, 0)?.to_string(),
            result: row.get(1)?,
            rule: row.get(2)?,
            roles: roles(row.get_ref(3)?.as_str_or_null()?),
            own: own_visit(took_part, convert::id(row, 4)?),
            at: convert::instant(row, 5)?,
            of_month,
        })
    })?;
    rows.collect()
}

fn events(connection: &Connection, record: Id) -> Result<Vec<PastEvent>, Error> {
    let mut ask = connection
        .prepare_cached("SELECT key, name, by_author, roles, received_at_ms, fields FROM event_fact WHERE record = ?1 ORDER BY ord")?;
    let rows = ask.query_map([record.as_bytes()], |row| {
        Ok(PastEvent {
            key: row.get(0)?,
            name: row.get(1)?,
            by_author: row.get(2)?,
            roles: roles(row.get_ref(3)?.as_str_or_null()?),
            at: convert::instant(row, 4)?,
            fields: convert::fields(row, 5)?,
        })
    })?;
    rows.collect()
}

/// Reads roles by comma. What the office wrote itself has none written down and may do what any role may.
fn roles(text: Option<&str>) -> Vec<Role> {
    text.map_or_else(|| role::ALL.to_vec(), |text| text.split(',').filter_map(|slug| slug.parse().ok()).collect())
}

fn write(connection: &Connection, record: Id, state: &str, refused: &[String]) -> Result<(), Error> {
    connection.prepare_cached("UPDATE doc SET state = ?2 WHERE record = ?1 AND state <> ?2")?.execute(params![record.as_bytes(), state])?;
    connection
        .prepare_cached(
            "UPDATE event_fact SET refused = key IN (SELECT value FROM json_each(?2)) \
             WHERE record = ?1 AND refused <> (key IN (SELECT value FROM json_each(?2)))",
        )?
        .execute(params![record.as_bytes(), serde_json::json!(refused).to_string()])?;
    Ok(())
}
