//! What came in time (D18) and how long it was under way (D19; domain 3.6).

use super::answer::{DelayRow, Rate, Timeliness};
use super::cuts::deadline;
use super::judge::Judgement;
use super::scenario::{MonthRecord, RecordAct};
use super::visit_state::VisitState;
use crate::calendar::Instant;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The time after its end within which a visit is submitted in time.
const SUBMIT_MS_MAX: i64 = 48 * 3_600_000;

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

impl<'a> Judgement<'_, 'a> {
    /// Counts the visits, records and reviews that came in time.
    pub(super) fn timeliness(&self) -> Timeliness {
        let visits = self.told_here();
        let in_time = visits.iter().filter(|(at, _)| {
            let told = &self.case.visits[*at];
            submitted(told.visit.submitted_at, told.received).0.saturating_sub(told.end.0) <= SUBMIT_MS_MAX
        });
        let visit_48h = Rate(in_time.count() as u64, visits.len() as u64);
        let (record_on_time, review_on_time) = self.records_on_time();
        Timeliness { visit_48h, record_on_time, review_on_time }
    }

    /// Lists how long visits were under way, by village.
    ///
    /// Backfilled and untrusted visits say nothing about the network and are left out.
    pub(super) fn delays(&self) -> Vec<DelayRow> {
        let mut minutes: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (at, village) in self.told_here() {
            let told = &self.case.visits[at];
            if !told.is_backfill && told.is_trusted {
                let under_way = told.received.0.saturating_sub(told.end.0).div_euclid(MINUTE_MS);
                minutes.entry(village).or_default().push(u64::try_from(under_way).unwrap_or(0));
            }
        }
        minutes.into_iter().map(|(village, minutes)| delay_row(village, minutes)).collect()
    }

    /// Lists the visits of the month with their village: any mode, not draft, voided or duplicate, each once (D13).
    ///
    /// A visit counts where its household does; if that one is not listed here, where the first it names does.
    fn told_here(&self) -> Vec<(usize, &'a str)> {
        let villages: HashMap<usize, &'a str> = self.households.iter().map(|judged| (judged.tally.track, judged.tally.village)).collect();
        let mut seen = HashSet::new();
        let mut told = Vec::new();
        for judged in &self.households {
            let track = &self.case.tracks[judged.tally.track];
            for at in self.case.visits_in(track, self.frame.window) {
                let standing = &self.now.standings[at];
                let is_told = standing.state.is_some_and(|state| !matches!(state, VisitState::Draft | VisitState::Voided));
                if is_told && !standing.is_duplicate && seen.insert(at) {
                    let owner = self.case.visits[at].owner.and_then(|owner| villages.get(&owner));
                    told.push((at, owner.copied().unwrap_or(judged.tally.village)));
                }
            }
        }
        told
    }

    /// Counts the due households with a record in time, and of these the ones with a review in time.
    fn records_on_time(&self) -> (Rate, Rate) {
        let (config, month) = (&self.case.scenario.config, self.frame.month);
        let (record_end, review_end) = (deadline(month, config.record_day), deadline(month, config.review_day));
        let as_of = self.case.cuts.as_of;
        let mut records: HashMap<&str, Vec<(&MonthRecord, Instant)>> = HashMap::new();
        for record in self.case.scenario.records.iter().filter(|record| record.month == month) {
            if let Some(received) = record.received_at.filter(|received| *received < as_of) {
                records.entry(&record.household).or_default().push((record, received));
            }
        }
        let (mut due, mut in_time, mut reviewed) = (0, 0, 0);
        for judged in self.households.iter().filter(|judged| judged.is_due()) {
            due += 1;
            let of_household = records.get(self.case.tracks[judged.tally.track].id).map_or(&[][..], Vec::as_slice);
            if of_household.iter().any(|(record, received)| submitted(record.submitted_at, *received) < record_end) {
                in_time += 1;
                reviewed += u64::from(of_household.iter().any(|(record, _)| is_reviewed(record, review_end.min(as_of))));
            }
        }
        (Rate(in_time, due), Rate(reviewed, in_time))
    }
}

/// Returns the submit time: what the device says, but nothing is submitted after its arrival.
fn submitted(claimed: Option<Instant>, received: Instant) -> Instant {
    claimed.map_or(received, |claimed| claimed.min(received))
}

/// Says whether a record was reviewed before an instant: passed, returned or referred.
fn is_reviewed(record: &MonthRecord, end: Instant) -> bool {
    record.log.iter().any(|event| matches!(event.act, RecordAct::Pass | RecordAct::Return | RecordAct::Refer) && event.at < end)
}

/// Sums up the minutes of a village by nearest rank: the ⌈p·n⌉-th.
fn delay_row(village: &str, mut minutes: Vec<u64>) -> DelayRow {
    minutes.sort_unstable();
    let rank = |tenths: usize| minutes.get((minutes.len() * tenths).div_ceil(10).saturating_sub(1)).copied().unwrap_or(0);
    DelayRow { place: village.to_owned(), visits: minutes.len() as u64, median_min: rank(5), p90_min: rank(9) }
}

#[cfg(test)]
mod tests {
    use super::delay_row;

    #[test]
    fn ranks_are_the_nearest() {
        let ranks = |n: u64| {
            let row = delay_row("v", (1..=n).rev().collect());
            (row.visits, row.median_min, row.p90_min)
        };
        assert_eq!([ranks(1), ranks(2), ranks(3), ranks(4)], [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4)]);
        assert_eq!([ranks(9), ranks(10), ranks(11), ranks(20)], [(9, 5, 9), (10, 5, 9), (11, 6, 10), (20, 10, 18)]);
    }
}
