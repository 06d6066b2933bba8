//! The visits that reached the server, with all that does not depend on the cut.

use super::case::Index;
use super::days::number;
use super::scenario::{RecordAct, Scenario, Visit, VisitAct};
use super::visit_state::{Step, sort};
use super::visit_time::visit_time;
use crate::calendar::{Instant, Month};
use std::collections::HashMap;

/// One visit that reached the server.
#[derive(Debug)]
pub(super) struct VisitTrack<'a> {
    pub(super) visit: &'a Visit,
    /// Lists the households it may count for (D13), the visited one first.
    pub(super) counts_for: Vec<usize>,
    /// The household it was made to, if the roster has it.
    pub(super) owner: Option<usize>,
    pub(super) day: i64,
    pub(super) manner: Manner,
    /// Says that nobody was met (D9).
    pub(super) is_attempt: bool,
    pub(super) is_backfill: bool,
    /// The month it counts in: that of its day, never that of its arrival (domain E11).
    pub(super) month: Month,
    pub(super) end: Instant,
    pub(super) received: Instant,
    pub(super) is_trusted: bool,
    /// Says that it begins with its time in doubt (D8).
    pub(super) is_in_doubt: bool,
    /// Says that nothing can verify it (D8).
    pub(super) is_never_verified: bool,
    /// The visit it repeats, if that one arrived (D10).
    pub(super) original: Option<usize>,
    pub(super) steps: Vec<Step<'a>>,
}

/// How a visit met people (domain 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Where they live or work: 入户, 务工地走访.
    InPerson,
    /// By picture and sound: a contact that may stand for a visit.
    Video,
    /// By phone, or in the village office.
    Contact,
    /// None of these, such as a gathering.
    Other,
}

impl Manner {
    fn of(mode: &str) -> Self {
        match mode {
            "home" | "worksite" => Self::InPerson,
            "video" => Self::Video,
            "phone" | "village_office" => Self::Contact,
            _ => Self::Other,
        }
    }
}

/// Passes of month records, by household and month.
type Passes<'a> = HashMap<(&'a str, Month), Vec<Instant>>;

/// Builds the tracks of all visits that reached the server; one still on its phone (no arrival) has none.
pub(super) fn visit_tracks<'a>(scenario: &'a Scenario, households: &Index<'a>) -> Vec<VisitTrack<'a>> {
    let passes = passes(scenario);
    let children = children(scenario, households);
    let mut tracks: Vec<VisitTrack<'a>> = Vec::with_capacity(scenario.visits.len());
    for visit in &scenario.visits {
        let Some(received) = visit.received_at else { continue };
        let mut track = track(visit, received, &passes);
        track.owner = households.get(&visit.household);
        track.counts_for.extend(track.owner);
        let inherits = |name: &&String| children.get(visit.household.as_str()).is_some_and(|those| those.contains(&name.as_str()));
        for name in visit.names.iter().filter(inherits) {
            track.counts_for.extend(households.get(name).filter(|at| !track.counts_for.contains(at)));
        }
        tracks.push(track);
    }
    link_originals(&mut tracks);
    tracks
}

/// Finds the visit that each duplicate repeats. Duplicates are rare: without one the ids are not even indexed.
fn link_originals(tracks: &mut [VisitTrack<'_>]) {
    if tracks.iter().all(|track| track.visit.duplicate_of.is_none()) {
        return;
    }
    let ids: HashMap<&str, usize> = tracks.iter().enumerate().map(|(at, track)| (track.visit.id.as_str(), at)).collect();
    for track in tracks {
        track.original = track.visit.duplicate_of.as_deref().and_then(|id| ids.get(id)).copied();
    }
}

fn track<'a>(visit: &'a Visit, received: Instant, passes: &Passes<'a>) -> VisitTrack<'a> {
    let time = visit_time(visit, received);
    let original_date = visit.backfill.as_ref().map(|backfill| backfill.original_date);
    let day = original_date.map_or_else(|| time.day(), number);
    let month = original_date.map_or_else(|| time.start.month(), Month::of);
    let is_backfill = original_date.is_some();
    VisitTrack {
        visit,
        counts_for: Vec::new(),
        owner: None,
        day,
        manner: Manner::of(&visit.mode),
        is_attempt: visit.absent_reason.is_some(),
        is_backfill,
        month,
        end: time.end,
        received,
        is_trusted: time.is_trusted,
        is_in_doubt: !is_backfill && !time.is_trusted,
        is_never_verified: !is_backfill && time.is_month_open,
        original: None,
        steps: steps(visit, month, received, passes),
    }
}

/// Lists what happened to a visit: its own log, and the passes of its month record that came after it (D6).
fn steps<'a>(visit: &'a Visit, month: Month, received: Instant, passes: &Passes<'a>) -> Vec<Step<'a>> {
    let own = visit.log.iter().map(|event| Step {
        at: event.at,
        is_by_record: false,
        act: event.act,
        rule: event.rule.as_deref().unwrap_or_default(),
    });
    let by_record = passes.get(&(visit.household.as_str(), month)).into_iter().flatten().filter(|at| received < **at);
    let by_record = by_record.map(|at| Step { at: *at, is_by_record: true, act: VisitAct::Pass, rule: "" });
    let mut steps: Vec<Step<'a>> = own.chain(by_record).collect();
    sort(&mut steps);
    steps
}

fn passes(scenario: &Scenario) -> Passes<'_> {
    let mut passes: Passes<'_> = HashMap::new();
    for record in &scenario.records {
        for event in record.log.iter().filter(|event| event.act == RecordAct::Pass) {
            passes.entry((&record.household, record.month)).or_default().push(event.at);
        }
    }
    passes
}

/// Lists the children of each household that ended in a split or merge (D13; domain E7).
fn children<'a>(scenario: &'a Scenario, households: &Index<'a>) -> HashMap<&'a str, Vec<&'a str>> {
    let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
    for household in scenario.households.iter().filter(|household| households.get(&household.id).is_some()) {
        for parent in &household.parents {
            children.entry(parent).or_default().push(&household.id);
        }
    }
    children
}
