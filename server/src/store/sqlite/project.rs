//! Writes documents' projections: the doc row, its events, and the narrow rows that figures, lists and grants read.

use std::collections::HashMap;

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, OptionalExtension, Transaction, params};
use serde_json::Value;

use super::{Failed, blob, convert, revision, state};
use crate::store::plan::{DocumentPlan, Fact, IntakePlan, Moved, PairingFact, RegionFact, ReviewFact, StartEvidence, VisitFact};

/// Kinds whose change every device's policy part must show: names of places and people, and the rules.
const POLICY_KINDS: [&str; 3] = ["cadre", "config", "region"];

/// Writes every document of a plan and tells what that moved.
pub(super) fn write_documents(transaction: &Transaction<'_>, plan: &IntakePlan) -> Result<Moved, Failed> {
    let expect: HashMap<Id, u32> = plan.expect.iter().copied().collect();
    let mut moved = Moved::default();
    let mut policy = false;
    for document in &plan.documents {
        let is_new = expect.get(&document.record).copied().unwrap_or(0) == 0;
        if !is_new {
            // A correction may take a visit out of a month: what it was counts too.
            note_visit(transaction, document.record, &mut moved)?;
            note_month(transaction, document.record, &mut moved)?;
        }
        write_document(transaction, document, is_new)?;
        note_moved(transaction, document, &mut moved)?;
        policy |= POLICY_KINDS.contains(&document.kind.as_str());
    }
    state::restate(transaction, &state::judged(transaction, &plan.documents, &expect)?)?;
    if policy {
        revision::bump(transaction, plan.now)?;
    }
    Ok(moved)
}

/// Writes one document's rows.
pub(super) fn write_document(connection: &Connection, document: &DocumentPlan, is_new: bool) -> Result<(), Error> {
    let sql = if is_new {
        "INSERT INTO doc (record, kind, place, household, author, changes, heads, snapshot, state, fields, conflicts, search, \
         natural_key, newer, received_at_ms, changed_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    } else {
        "UPDATE doc SET kind = ?2, place = ?3, household = ?4, author = ?5, changes = ?6, heads = ?7, snapshot = ?8, state = ?9, \
         fields = ?10, conflicts = ?11, search = ?12, natural_key = ?13, newer = ?14, received_at_ms = ?15, changed_at_ms = ?16 \
         WHERE record = ?1"
    };
    let written = connection.prepare_cached(sql)?.execute(params![
        document.record.as_bytes(),
        document.kind,
        convert::of_place(document.place),
        document.household.as_ref().map(Id::as_bytes),
        document.author.as_bytes(),
        document.changes,
        document.heads.concat(),
        document.snapshot,
        document.state,
        convert::of_fields(&document.fields)?,
        document.conflicts.as_ref().map(Value::to_string),
        document.search,
        document.natural_key,
        document.newer,
        document.received_at.0,
        document.changed_at.0
    ])?;
    if written != 1 {
        return Err(Error::StatementChangedRows(written));
    }
    write_events(connection, document, is_new)?;
    write_fact(connection, document)
}

fn write_events(connection: &Connection, document: &DocumentPlan, is_new: bool) -> Result<(), Error> {
    if !is_new {
        connection.prepare_cached("DELETE FROM event_fact WHERE record = ?1")?.execute([document.record.as_bytes()])?;
    }
    if document.events.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO event_fact (record, ord, key, name, device, person, by_author, change, received_at_ms, claimed_at_ms, roles, \
         refused, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (ord, event) in document.events.iter().enumerate() {
        insert.execute(params![
            document.record.as_bytes(),
            convert::of_size(ord),
            event.key,
            event.name,
            event.device.as_bytes(),
            event.person.as_ref().map(Id::as_bytes),
            event.by_author,
            event.change,
            event.received_at.0,
            event.claimed_at.0,
            event.roles,
            event.refused,
            convert::of_fields(&event.fields)?
        ])?;
    }
    Ok(())
}

fn write_fact(connection: &Connection, document: &DocumentPlan) -> Result<(), Error> {
    match &document.fact {
        Fact::None | Fact::Roster => Ok(()),
        Fact::Visit(visit) => write_visit(connection, document, visit),
        Fact::Review(review) => write_review(connection, document, review),
        Fact::Month(month) => connection
            .prepare_cached("INSERT OR REPLACE INTO month_fact (record, place, household, month, submitted_ms, received_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                document.record.as_bytes(),
                convert::of_place(document.place),
                month.household.as_bytes(),
                month.month,
                month.submitted_at.map(|at| at.0),
                document.received_at.0
            ])
            .map(|_| ()),
        Fact::Pairing(pairing) => write_pairing(connection, document, pairing),
        Fact::Evidence(evidence) => blob::write_uses(connection, document, evidence),
        Fact::Region(region) => write_region(connection, document, region),
    }
}

fn write_visit(connection: &Connection, document: &DocumentPlan, visit: &VisitFact) -> Result<(), Error> {
    let (trusted, after, before) = match visit.evidence {
        StartEvidence::Trusted(at) => (Some(at.0), None, None),
        StartEvidence::Between(after, before) => (None, Some(after.0), Some(before.0)),
        StartEvidence::None => (None, None, None),
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO visit_fact (record, place, household, recorder, participants, mode, start_ms, end_ms, trusted_ms, \
             after_ms, before_ms, submitted_ms, received_at_ms, absent_reason, original_day, backfill_reason, duplicate_of, confirmed, \
             names) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            document.record.as_bytes(),
            convert::of_place(document.place),
            visit.household.as_bytes(),
            visit.recorder.as_bytes(),
            convert::of_ids(&visit.participants),
            visit.mode,
            visit.start.0,
            visit.end.0,
            trusted,
            after,
            before,
            visit.submitted_at.map(|at| at.0),
            visit.received_at.0,
            visit.absent_reason,
            visit.original_day.map(|day| day.to_string()),
            visit.backfill_reason,
            visit.duplicate_of.as_ref().map(Id::as_bytes),
            visit.confirmed,
            convert::of_ids(&visit.names)
        ])
        .map(|_| ())
}

fn write_review(connection: &Connection, document: &DocumentPlan, review: &ReviewFact) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO review_fact (record, target, target_kind, result, rule, roles, place, household, author, \
             received_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            document.record.as_bytes(),
            review.target.as_bytes(),
            review.target_kind,
            review.result,
            review.rule,
            review.roles,
            convert::of_place(document.place),
            document.household.as_ref().map(Id::as_bytes),
            document.author.as_bytes(),
            document.received_at.0
        ])
        .map(|_| ())
}

fn write_pairing(connection: &Connection, document: &DocumentPlan, pairing: &PairingFact) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO pairing_fact (record, place, household, cadre, role, from_day, to_day, unit, changed_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            document.record.as_bytes(),
            convert::of_place(document.place),
            pairing.household.as_bytes(),
            pairing.cadre.as_bytes(),
            pairing.role,
            pairing.from.to_string(),
            pairing.to.map(|day| day.to_string()),
            pairing.unit.as_ref().map(Id::as_bytes),
            document.changed_at.0
        ])
        .map(|_| ())
}

/// One place has one row: that of the record with the highest id, so that the order of arrival does not matter.
fn write_region(connection: &Connection, document: &DocumentPlan, region: &RegionFact) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO region_fact (place, record, name, level, parent) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (place) DO UPDATE \
             SET record = excluded.record, name = excluded.name, level = excluded.level, parent = excluded.parent \
             WHERE excluded.record >= region_fact.record",
        )?
        .execute(params![
            convert::of_place(region.code),
            document.record.as_bytes(),
            region.name,
            region.level,
            region.parent.map(convert::of_place)
        ])
        .map(|_| ())
}

/// Notes what a document touches as it is now.
fn note_moved(connection: &Connection, document: &DocumentPlan, moved: &mut Moved) -> Result<(), Error> {
    match &document.fact {
        Fact::None | Fact::Evidence(_) => {}
        Fact::Visit(visit) => moved.months.extend(months_of(visit)),
        Fact::Month(month) => moved.months.extend(month.month.parse().ok().map(|parsed| (month.household, parsed))),
        Fact::Review(review) => {
            note_visit(connection, review.target, moved)?;
            note_month(connection, review.target, moved)?;
        }
        Fact::Pairing(_) => {
            moved.rosters.insert(document.place);
        }
        Fact::Roster if document.kind == "household" => {
            moved.rosters.insert(document.place);
            let spans = document.fields.get("places").and_then(Value::as_array);
            let places = spans.into_iter().flatten().filter_map(|span| span.get("value")?.as_str()?.parse::<Place>().ok());
            moved.rosters.extend(places);
        }
        Fact::Roster | Fact::Region(_) => moved.everywhere = true,
    }
    Ok(())
}

/// A visit touches its household and those it names, in every month that it may count in.
fn months_of(visit: &VisitFact) -> impl Iterator<Item = (Id, Month)> {
    let instants = match visit.evidence {
        StartEvidence::Trusted(at) => [Some(visit.start), Some(at), None],
        StartEvidence::Between(after, before) => [Some(visit.start), Some(after), Some(before)],
        StartEvidence::None => [Some(visit.start), None, None],
    };
    let months = instants.into_iter().flatten().map(Instant::month).chain(visit.original_day.map(Month::of));
    let households = visit.names.iter().copied().chain([visit.household]);
    households.flat_map(move |household| months.clone().map(move |month| (household, month)))
}

/// Notes what a visit touched as it is stored.
fn note_visit(connection: &Connection, record: Id, moved: &mut Moved) -> Result<(), Error> {
    let mut ask = connection.prepare_cached(
        "SELECT household, names, start_ms, trusted_ms, after_ms, before_ms, original_day FROM visit_fact WHERE record = ?1",
    )?;
    let found = ask.query_row([record.as_bytes()], |row| {
        let mut households = convert::ids(row, 1)?;
        households.push(convert::id(row, 0)?);
        let mut months: Vec<Month> = Vec::new();
        for column in 2..=5 {
            months.extend(convert::instant_or_none(row, column)?.map(Instant::month));
        }
        months.extend(convert::day_or_none(row, 6)?.map(Month::of));
        Ok((households, months))
    });
    let Some((households, months)) = found.optional()? else { return Ok(()) };
    for household in households {
        moved.months.extend(months.iter().map(|month| (household, *month)));
    }
    Ok(())
}

fn note_month(connection: &Connection, record: Id, moved: &mut Moved) -> Result<(), Error> {
    let mut ask = connection.prepare_cached("SELECT household, month FROM month_fact WHERE record = ?1")?;
    let found = ask.query_row([record.as_bytes()], |row| Ok((convert::id(row, 0)?, row.get_ref(1)?.as_str()?.parse::<Month>().ok())));
    if let Some((household, Some(month))) = found.optional()? {
        moved.months.insert((household, month));
    }
    Ok(())
}
