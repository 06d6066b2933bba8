//! One household in one month at one cut: was it met, and thanks to what; and the cap of a village (D12).

use super::case::{Case, MonthFrame};
use super::days::{DaySpan, count, count_both};
use super::need::Need;
use super::roster::Track;
use super::standing::View;
use std::collections::BTreeMap;

/// The days of a household, over so far (D16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ScopeDays {
    pub(super) in_scope: u64,
    /// In scope without a holder.
    pub(super) gap: u64,
    /// In scope with a holder in name only.
    pub(super) hidden: u64,
}

/// Valid visits of a household in its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    pub(super) visits: u64,
    /// Days with a visit: at most one visit a day counts (domain 3.3).
    pub(super) days: u64,
    pub(super) days_verified: u64,
    days_captured: u64,
    days_in_person: u64,
    days_in_person_verified: u64,
}

/// What a household comes to, in one of the two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Met {
    pub(super) is_met: bool,
    /// Says that only equivalents met it: the cap may take it out of sums.
    pub(super) is_by_equivalents: bool,
}

/// The declared (申报) and the verified (核实) count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Both<T> {
    pub(super) declared: T,
    pub(super) verified: T,
}

/// One household of the place asked for, in one month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally<'a> {
    pub(super) track: usize,
    pub(super) place: &'a str,
    pub(super) village: &'a str,
    pub(super) need: Need,
}

impl<'a> Case<'a> {
    /// Lists the households of the place asked for, by id: those with a day in scope in the month, where they were
    /// on the last such day (D14).
    pub(super) fn listed(&self, frame: &MonthFrame<'a>) -> Vec<Tally<'a>> {
        let of_track = |(at, track): (usize, &Track<'a>)| {
            let code = track.place_on(track.last_in_scope(frame.window)?)?;
            let spot = frame.spots[code];
            if !spot.is_here {
                return None;
            }
            Some(Tally { track: at, place: self.code(code), village: spot.village, need: self.need(track, frame)? })
        };
        self.tracks.iter().enumerate().filter_map(of_track).collect()
    }

    /// Counts the days of a household in a month that are over.
    pub(super) fn scope_days(&self, track: &Track<'_>, month: DaySpan) -> ScopeDays {
        let window = self.cuts.over(month);
        let in_scope = count(&track.scope, window);
        let held = count_both(&track.scope, &track.held, window);
        ScopeDays { in_scope, gap: in_scope - held, hidden: count_both(&track.scope, &track.hidden, window) }
    }

    /// Counts the valid visits of a household in a period at a cut.
    pub(super) fn seen(&self, track: &Track<'a>, period: DaySpan, view: &View<'a>) -> Seen {
        let mut seen = Seen::default();
        let mut last = [None; 5];
        for valid in self.valid(track, period, view) {
            seen.visits += 1;
            let kinds = [true, valid.is_verified, !valid.is_backfill, !valid.is_equivalent, valid.is_verified && !valid.is_equivalent];
            let counts = [
                &mut seen.days,
                &mut seen.days_verified,
                &mut seen.days_captured,
                &mut seen.days_in_person,
                &mut seen.days_in_person_verified,
            ];
            for ((is_of_kind, count), last) in kinds.into_iter().zip(counts).zip(&mut last) {
                if is_of_kind && *last != Some(valid.day) {
                    (*count, *last) = (*count + 1, Some(valid.day));
                }
            }
        }
        seen
    }
}

impl Seen {
    /// Says what the visits come to for a need.
    pub(super) fn met(&self, need: u64) -> Both<Met> {
        let met = |days: u64, in_person: u64| {
            let is_met = need > 0 && days >= need;
            Met { is_met, is_by_equivalents: is_met && in_person < need }
        };
        Both { declared: met(self.days, self.days_in_person), verified: met(self.days_verified, self.days_in_person_verified) }
    }

    /// Says whether the need was met only thanks to backfilled visits.
    pub(super) fn is_by_backfill(&self, need: u64) -> bool {
        self.met(need).declared.is_met && self.days_captured < need
    }
}

/// Sums over the villages of a place, with the cap of each (D12).
#[derive(Debug, Default)]
pub(super) struct Capped<'a> {
    villages: BTreeMap<&'a str, VillageSum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct VillageSum {
    due: u64,
    met: u64,
    by_equivalents: u64,
}

impl<'a> Capped<'a> {
    /// Adds a household.
    pub(super) fn add(&mut self, village: &'a str, is_due: bool, met: Met) {
        let sum = self.villages.entry(village).or_default();
        sum.due += u64::from(is_due);
        sum.met += u64::from(met.is_met);
        sum.by_equivalents += u64::from(met.is_by_equivalents);
    }

    /// Counts the due households.
    pub(super) fn due(&self) -> u64 {
        self.villages.values().map(|sum| sum.due).sum()
    }

    /// Counts the met households that may be shown as met: of those met only by equivalents no more than the cap.
    pub(super) fn met(&self, cap_pct: u32) -> u64 {
        self.villages.values().map(|sum| sum.met).sum::<u64>() - self.excess(cap_pct)
    }

    /// Counts the households over the cap.
    pub(super) fn excess(&self, cap_pct: u32) -> u64 {
        self.villages.values().map(|sum| sum.by_equivalents.saturating_sub(sum.due * u64::from(cap_pct) / 100)).sum()
    }

    /// Counts the households met only by equivalents.
    pub(super) fn by_equivalents(&self) -> u64 {
        self.villages.values().map(|sum| sum.by_equivalents).sum()
    }
}
