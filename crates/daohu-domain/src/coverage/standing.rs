//! What counts at a cut: states (D1, D6), duplicates (D10), backfill (D11).

use super::case::Case;
use super::cuts::deadline;
use super::visit::VisitTrack;
use super::visit_state::{Folded, VisitState};
use crate::calendar::Instant;

/// The most duplicates of duplicates that are followed; beyond it a chain ends as if its last visit repeated nothing.
const CHAIN_MAX: usize = 16;

/// All visits as they stood at one cut, in the order of the case.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) standings: Vec<Standing<'a>>,
}

/// One visit at one cut.
#[derive(Debug, Clone)]
pub(super) struct Standing<'a> {
    /// The state; `None` before the arrival.
    pub(super) state: Option<VisitState>,
    /// Says that it counts by itself: received or passed, and a backfill in time or approved.
    is_countable: bool,
    /// Says that it would be verified if it counts.
    is_verified: bool,
    /// Says that it repeats a visit that counts.
    pub(super) is_duplicate: bool,
    /// Says when a backfill was approved.
    pub(super) approved_at: Option<Instant>,
    /// Lists who came in by duplicates of it.
    joined: Vec<&'a str>,
}

impl Standing<'_> {
    /// Says whether the visit counts in the declared figures.
    pub(super) const fn counts(&self) -> bool {
        self.is_countable && !self.is_duplicate
    }

    /// Says whether it counts in the verified figures: passed, nothing open, and D8, D11.
    pub(super) const fn is_verified(&self) -> bool {
        self.counts() && self.is_verified
    }
}

impl<'a> View<'a> {
    /// Looks at the visits as the server knew them just before `cut`.
    pub(super) fn at(case: &Case<'a>, cut: Instant) -> Self {
        let standings = case.visits.iter().map(|track| standing(track, cut, case.scenario.config.freeze_day)).collect();
        let mut view = Self { standings };
        view.settle_duplicates(&case.visits);
        view
    }

    /// Says whether a cadre took part; a recorder who is not listed did not (D10).
    pub(super) fn took_part(&self, case: &Case<'a>, visit: usize, cadre: &str) -> bool {
        participants(&case.visits[visit]).any(|one| one == cadre) || self.standings[visit].joined.contains(&cadre)
    }

    /// Lets each duplicate of a visit that counts bring its people there and count for nothing itself (D10).
    fn settle_duplicates(&mut self, tracks: &[VisitTrack<'a>]) {
        for at in 0..tracks.len() {
            let Some(original) = self.counting_original(tracks, at) else { continue };
            self.standings[at].is_duplicate = true;
            if self.standings[at].is_countable {
                let people: Vec<&'a str> = participants(&tracks[at]).collect();
                self.standings[original].joined.extend(people);
            }
        }
    }

    /// Returns the countable visit that `at` repeats: in a chain of duplicates the first of them.
    ///
    /// Two phones may each call the other's visit the original. In such a ring the least id is the original.
    fn counting_original(&self, tracks: &[VisitTrack<'a>], at: usize) -> Option<usize> {
        let mut chain = vec![at];
        let mut next = tracks[at].original;
        while let Some(original) = next.filter(|_| chain.len() <= CHAIN_MAX) {
            if let Some(ring_start) = chain.iter().position(|seen| *seen == original) {
                let ring = chain[ring_start..].iter().copied().filter(|seen| self.standings[*seen].is_countable);
                let first = ring.min_by_key(|seen| tracks[*seen].visit.id.as_str());
                return first.map_or_else(|| self.first_countable(&chain), |first| Some(first).filter(|first| *first != at));
            }
            chain.push(original);
            next = tracks[original].original;
        }
        self.first_countable(&chain)
    }

    /// Returns the countable visit farthest up a chain that begins with the duplicate itself.
    fn first_countable(&self, chain: &[usize]) -> Option<usize> {
        chain[1..].iter().rev().copied().find(|seen| self.standings[*seen].is_countable)
    }
}

fn standing<'a>(track: &VisitTrack<'a>, cut: Instant, freeze_day: u32) -> Standing<'a> {
    if track.received >= cut {
        let (is_countable, is_verified, is_duplicate) = (false, false, false);
        return Standing { state: None, is_countable, is_verified, is_duplicate, approved_at: None, joined: Vec::new() };
    }
    let mut folded = Folded::received(track.is_in_doubt);
    for step in track.steps.iter().take_while(|step| step.at < cut) {
        folded.apply(step);
    }
    let is_backfill = track.is_backfill;
    let approved_at = folded.approved_at.filter(|_| is_backfill);
    let is_admitted = !is_backfill || approved_at.is_some() || track.received < deadline(track.month, freeze_day);
    Standing {
        state: Some(folded.state),
        is_countable: is_admitted && matches!(folded.state, VisitState::Received | VisitState::Passed),
        is_verified: folded.state == VisitState::Passed
            && folded.is_clean()
            && !track.is_never_verified
            && (!is_backfill || folded.is_paper_seen),
        is_duplicate: false,
        approved_at,
        joined: Vec::new(),
    }
}

/// Lists who took part by the visit's own account.
fn participants<'a>(track: &VisitTrack<'a>) -> impl Iterator<Item = &'a str> {
    let visit = track.visit;
    let alone = visit.participants.is_empty().then_some(visit.recorder.as_str());
    visit.participants.iter().map(String::as_str).chain(alone)
}
