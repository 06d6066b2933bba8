//! The roster sorted by household: one track per household, built once per question.

use super::case::Index;
use super::days::{DaySpan, joined};
use super::holder::{Hold, Primary, Service, hidden, holders};
use super::scenario::{Household, PairingRole, Scenario};
use std::collections::HashMap;

/// The statuses that carry duty (domain 3.2): 未脱贫, 脱贫享受政策, 监测中, 风险消除观察期.
const IN_DUTY: [&str; 4] = ["poor", "exited_with_policy", "monitored", "observed"];

/// All that the rules ask of one household.
#[derive(Debug)]
pub(super) struct Track<'a> {
    pub(super) id: &'a str,
    /// Lists the days in scope.
    pub(super) scope: Vec<DaySpan>,
    pub(super) tiers: Vec<(DaySpan, &'a str)>,
    /// Lists where it lived, as indexes into the codes of the case.
    pub(super) places: Vec<(DaySpan, usize)>,
    pub(super) away: Vec<DaySpan>,
    pub(super) primaries: Vec<Primary<'a>>,
    /// Lists who held it when.
    pub(super) holds: Vec<Hold<'a>>,
    /// Lists the days on which it was held.
    pub(super) held: Vec<DaySpan>,
    /// Lists the days of a hidden gap (D15).
    pub(super) hidden: Vec<DaySpan>,
    pub(super) assistants: Vec<(&'a str, DaySpan)>,
    /// Lists the visits that may count for it (D13), by day.
    pub(super) visits: Vec<usize>,
}

/// Service of every cadre.
pub(super) type Services<'a> = HashMap<&'a str, Vec<Service<'a>>>;

/// Sorts the service on record by cadre.
pub(super) fn services(scenario: &Scenario) -> Services<'_> {
    let mut out: Services<'_> = HashMap::new();
    for cadre in &scenario.cadres {
        let terms = cadre.terms.iter().map(|term| Service { span: DaySpan::new(term.from, term.to), unit: &term.unit });
        out.entry(&cadre.id).or_default().extend(terms);
    }
    out
}

/// Builds the tracks, sorted by id, and the index of their ids.
pub(super) fn tracks<'a>(scenario: &'a Scenario, codes: &mut Index<'a>) -> (Vec<Track<'a>>, Index<'a>) {
    let mut tracks: Vec<Track<'a>> = scenario.households.iter().map(|household| bare_track(household, codes)).collect();
    tracks.sort_unstable_by_key(|track| track.id);
    let mut ids = Index::default();
    for track in &tracks {
        ids.number(track.id);
    }
    for pairing in &scenario.pairings {
        let Some(track) = ids.get(&pairing.household).and_then(|at| tracks.get_mut(at)) else { continue };
        let span = DaySpan::new(pairing.from, pairing.to);
        match pairing.role {
            PairingRole::Primary => track.primaries.push(Primary { span, cadre: &pairing.cadre, unit: pairing.unit.as_deref() }),
            PairingRole::Assistant => track.assistants.push((&pairing.cadre, span)),
            PairingRole::Other => {}
        }
    }
    (tracks, ids)
}

/// Works out who held each household when, after the pairings are in.
pub(super) fn settle_holders<'a>(tracks: &mut [Track<'a>], services: &'a Services<'a>) {
    let of_cadre = |cadre: &str| services.get(cadre).map_or(&[][..], Vec::as_slice);
    for track in tracks {
        track.holds = holders(&track.primaries);
        track.held = joined(track.holds.iter().map(|hold| hold.span).collect());
        track.hidden = hidden(&track.holds, &track.primaries, &of_cadre);
    }
}

fn bare_track<'a>(household: &'a Household, codes: &mut Index<'a>) -> Track<'a> {
    let in_duty = household.status.iter().filter(|span| IN_DUTY.contains(&span.status.as_str()));
    Track {
        id: &household.id,
        scope: joined(in_duty.map(|span| DaySpan::new(span.from, span.to)).collect()),
        tiers: household.tier.iter().map(|span| (DaySpan::new(span.from, span.to), span.tier.as_str())).collect(),
        places: household.places.iter().map(|span| (DaySpan::new(span.from, span.to), codes.number(&span.place))).collect(),
        away: joined(household.away.iter().map(|span| DaySpan::new(span.from, span.to)).collect()),
        primaries: Vec::new(),
        holds: Vec::new(),
        held: Vec::new(),
        hidden: Vec::new(),
        assistants: Vec::new(),
        visits: Vec::new(),
    }
}

impl Track<'_> {
    /// Returns the first day in scope inside a window.
    pub(super) fn first_in_scope(&self, window: DaySpan) -> Option<i64> {
        self.scope.iter().map(|span| span.shared(window)).find(|span| span.days() > 0).map(|span| span.from)
    }

    /// Returns the last day in scope inside a window.
    pub(super) fn last_in_scope(&self, window: DaySpan) -> Option<i64> {
        self.scope.iter().rev().map(|span| span.shared(window)).find(|span| span.days() > 0).map(|span| span.to - 1)
    }

    /// Returns the code's index of the place on a day.
    pub(super) fn place_on(&self, day: i64) -> Option<usize> {
        self.places.iter().find(|(span, _)| span.contains(day)).map(|(_, code)| *code)
    }
}
