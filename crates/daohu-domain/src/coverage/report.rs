//! First and revised figure, and why they differ (D17; domain 3.6).

use super::answer::{Moved, Rate, Reason, ReportSide};
use super::judge::{Judged, Judgement};
use super::standing::View;
use super::tally::{Both, Capped, Met};
use super::visit_state::VisitState;
use std::collections::BTreeMap;

/// One of the two counts: how it reads a household, and which valid visits it takes.
#[derive(Debug, Clone, Copy)]
struct Side {
    met: fn(&Both<Met>) -> Met,
    takes: fn(bool) -> bool,
}

/// 申报: all valid visits.
const DECLARED: Side = Side { met: |both| both.declared, takes: |_| true };

/// 核实: the verified ones.
const VERIFIED: Side = Side { met: |both| both.verified, takes: |is_verified| is_verified };

impl<'a> Judgement<'_, 'a> {
    /// Reports the declared count.
    pub(super) fn declared_side(&self) -> ReportSide {
        self.side(DECLARED)
    }

    /// Reports the verified count.
    pub(super) fn verified_side(&self) -> ReportSide {
        self.side(VERIFIED)
    }

    fn side(&self, side: Side) -> ReportSide {
        let cap_pct = self.case.scenario.config.equivalents.cap_pct;
        let figure = |met: &dyn Fn(&Judged<'a>) -> Met| {
            let mut sum = Capped::default();
            for judged in &self.households {
                sum.add(judged.tally.village, judged.is_due(), met(judged));
            }
            Rate(sum.met(cap_pct), sum.due())
        };
        let then = |judged: &Judged<'a>| judged.then.as_ref().map(side.met).unwrap_or_default();
        ReportSide {
            first: self.then.as_ref().map(|_| figure(&then)),
            revised: figure(&|judged| (side.met)(&judged.now)),
            reasons: self.reasons(side),
        }
    }

    /// Counts, before the cap, the households that moved since the freeze, by reason.
    fn reasons(&self, side: Side) -> BTreeMap<Reason, Moved> {
        let mut reasons: BTreeMap<Reason, Moved> = BTreeMap::new();
        let Some(view) = &self.then else { return reasons };
        for judged in &self.households {
            let Some(then) = &judged.then else { continue };
            match ((side.met)(then).is_met, (side.met)(&judged.now).is_met) {
                (false, true) => reasons.entry(self.why_gained(judged, view, side)).or_default().0 += 1,
                (true, false) => reasons.entry(self.why_lost(judged, view, side)).or_default().1 += 1,
                _ => {}
            }
        }
        reasons
    }

    /// Names the reason of a gain: of the visits that count now and did not, the one named first in this order.
    fn why_gained(&self, judged: &Judged<'a>, then: &View<'a>, side: Side) -> Reason {
        let freeze = self.case.cuts.freeze;
        let why = |at: usize| {
            if self.now.standings[at].approved_at.is_some_and(|approved| approved >= freeze) {
                Reason::BackfillApproved
            } else if self.case.visits[at].received >= freeze {
                Reason::LateSync
            } else {
                Reason::Correction
            }
        };
        let new: Vec<Reason> = self.differing(judged, &self.now, then, side).map(why).collect();
        let in_order = [Reason::LateSync, Reason::Correction, Reason::BackfillApproved];
        in_order.into_iter().find(|reason| new.contains(reason)).unwrap_or(Reason::Correction)
    }

    /// Names the reason of a loss: void if one of the visits that counted is voided now.
    fn why_lost(&self, judged: &Judged<'a>, then: &View<'a>, side: Side) -> Reason {
        let is_void = |at: usize| self.now.standings[at].state == Some(VisitState::Voided);
        if self.differing(judged, then, &self.now, side).any(is_void) { Reason::Void } else { Reason::Correction }
    }

    /// Lists the visits of a household's period that count in one view and not in the other.
    fn differing<'b>(
        &'b self,
        judged: &'b Judged<'a>,
        here: &'b View<'a>,
        not_there: &'b View<'a>,
        side: Side,
    ) -> impl Iterator<Item = usize> + 'b {
        let track = &self.case.tracks[judged.tally.track];
        let counts = move |at, view| self.case.as_valid(track, at, view).is_some_and(|valid| (side.takes)(valid.is_verified));
        self.case.visits_in(track, judged.tally.need.period).filter(move |at| counts(*at, here) && !counts(*at, not_there))
    }
}
