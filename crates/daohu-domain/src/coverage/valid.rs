//! Which visits are valid for a household (domain 3.3), and what stands for one.
//!
//! In person and somebody met: valid. With a reason why nobody was met it is an attempt: neither valid nor contact
//! (D9). A confirmed video call to a household that is away may be an equivalent (D12).

use super::case::Case;
use super::days::{DaySpan, span_of};
use super::roster::Track;
use super::standing::View;
use super::visit::Manner;

/// The reason of an attempt that shows a household to be away.
const MIGRANT_WORK: &str = "migrant_work";

/// The days with such an attempt that it takes.
const ATTEMPT_DAYS_MIN: usize = 2;

/// One visit that is valid for a household at a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Valid {
    pub(super) visit: usize,
    pub(super) day: i64,
    pub(super) is_verified: bool,
    pub(super) is_equivalent: bool,
    pub(super) is_backfill: bool,
}

impl<'a> Case<'a> {
    /// Lists the valid visits of a household in a window, by day.
    pub(super) fn valid<'b>(&'b self, track: &'b Track<'a>, window: DaySpan, view: &'b View<'a>) -> impl Iterator<Item = Valid> + 'b {
        self.visits_in(track, window).filter_map(move |at| self.as_valid(track, at, view))
    }

    /// Lists all visits that may count for a household in a window, by day.
    pub(super) fn visits_in<'b>(&'b self, track: &'b Track<'a>, window: DaySpan) -> impl Iterator<Item = usize> + 'b {
        let first = track.visits.partition_point(|at| self.visits[*at].day < window.from);
        track.visits[first..].iter().copied().take_while(move |at| self.visits[*at].day < window.to)
    }

    /// Judges one visit of a household.
    pub(super) fn as_valid(&self, track: &Track<'a>, at: usize, view: &View<'a>) -> Option<Valid> {
        let (told, standing) = (&self.visits[at], &view.standings[at]);
        if !standing.counts() || told.is_attempt {
            return None;
        }
        let is_in_person = told.manner == Manner::InPerson;
        if !is_in_person && !self.is_equivalent(track, at, view) {
            return None;
        }
        Some(Valid {
            visit: at,
            day: told.day,
            is_verified: standing.is_verified(),
            is_equivalent: !is_in_person,
            is_backfill: told.is_backfill,
        })
    }

    /// Says whether a visit is at least a contact: a valid one, a call, a meeting in the village office.
    pub(super) fn is_contact(&self, track: &Track<'a>, at: usize, view: &View<'a>) -> bool {
        let told = &self.visits[at];
        let is_call = matches!(told.manner, Manner::Video | Manner::Contact) && !told.is_attempt && view.standings[at].counts();
        is_call || self.as_valid(track, at, view).is_some()
    }

    /// Says whether a counted visit is a video call that stands for one (D12).
    fn is_equivalent(&self, track: &Track<'a>, at: usize, view: &View<'a>) -> bool {
        let told = &self.visits[at];
        self.scenario.config.equivalents.allowed
            && told.manner == Manner::Video
            && told.visit.household_confirmed
            && (track.away.iter().any(|away| away.contains(told.day)) || self.is_shown_away(track, at, view))
    }

    /// Says whether attempts on enough days of that month, up to that day, found the household away.
    fn is_shown_away(&self, track: &Track<'a>, at: usize, view: &View<'a>) -> bool {
        let told = &self.visits[at];
        let window = DaySpan { from: span_of(told.month).from, to: told.day.saturating_add(1) };
        let is_attempt = |at: &usize| {
            let told = &self.visits[*at];
            view.standings[*at].counts() && told.manner == Manner::InPerson && told.visit.absent_reason.as_deref() == Some(MIGRANT_WORK)
        };
        let mut days: Vec<i64> = self.visits_in(track, window).filter(is_attempt).map(|at| self.visits[at].day).collect();
        days.dedup();
        days.len() >= ATTEMPT_DAYS_MIN
    }
}
