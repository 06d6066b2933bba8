//! What holds for every history of a township.

use crate::coverage_histories::{TOWN, VILLAGES, histories, rosters};
use daohu_domain::calendar::{Day, Month, start_of};
use daohu_domain::coverage::scenario::{Household, Pairing, PairingRole, Scenario};
use daohu_domain::coverage::{Coverage, HouseholdState, Rate, Reason, ReportSide, coverage, first_figures, with_stored_first};
use jiff::ToSpan;
use proptest::prelude::{ProptestConfig, TestCaseError, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngSeed, TestRunner};

/// The statuses that carry duty.
const IN_DUTY: [&str; 4] = ["poor", "exited_with_policy", "monitored", "observed"];

/// How many of 300 histories must show each thing at least.
const SHOWN_MIN: u32 = 5;

/// Returns the same histories each time: a failure repeats itself.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(20_190_610), ..ProptestConfig::default() }
}

fn figures(scenario: &Scenario) -> Result<Coverage, TestCaseError> {
    coverage(scenario).map_err(|error| TestCaseError::fail(error.to_string()))
}

/// Returns first + gained − lost, which must be revised.
fn explained(side: &ReportSide) -> Option<u64> {
    let gained: u64 = side.reasons.values().map(|moved| moved.0).sum();
    let lost: u64 = side.reasons.values().map(|moved| moved.1).sum();
    side.first.map(|first| first.0 + gained - lost)
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn each_household_that_is_due_is_somebodys_or_a_gap(scenario in histories()) {
        let figures = figures(&scenario)?;
        let duties: u64 = figures.cadres.iter().map(|row| row.cov_duty.1).sum();
        let due = figures.households.iter().filter(|row| row.need > 0).count() as u64;
        prop_assert_eq!((duties + figures.sums.gap_households, figures.sums.due), (due, due));
        prop_assert!(figures.households.iter().all(|row| (row.need > 0) == row.attributed.is_some()));
        let met: u64 = figures.households.iter().map(|row| u64::from(row.met_declared)).sum();
        prop_assert_eq!(figures.sums.met_declared + figures.sums.equivalent_excess, met);
    }

    #[test]
    fn what_is_verified_is_declared(scenario in histories()) {
        let figures = figures(&scenario)?;
        for row in &figures.households {
            prop_assert!(row.met_declared || !(row.met_verified || row.backfill || row.equivalent));
            prop_assert!(row.visit_days_verified <= row.visit_days && row.visit_days <= row.visits);
        }
        prop_assert!(figures.sums.met_verified <= figures.sums.met_declared);
        prop_assert!(figures.sums.gap_days + figures.sums.hidden_days <= figures.sums.in_scope_days);
    }

    #[test]
    fn the_order_of_lists_means_nothing(scenario in histories(), turn in 1..7usize) {
        let mut turned = scenario.clone();
        turned.households.reverse();
        let (pairings, visits) = (turned.pairings.len(), turned.visits.len());
        turned.pairings.rotate_left(turn.min(pairings));
        turned.pairings.reverse();
        turned.visits.rotate_left(turn.min(visits));
        turned.leaves.reverse();
        turned.cadres.reverse();
        turned.records.reverse();
        turned.regions.reverse();
        turned.posts.reverse();
        turned.units.reverse();
        turned.tours.reverse();
        for household in &mut turned.households {
            household.status.reverse();
            household.tier.reverse();
            household.places.reverse();
        }
        for visit in &mut turned.visits {
            visit.log.reverse();
            visit.participants.reverse();
        }
        prop_assert_eq!(figures(&turned)?, figures(&scenario)?);
    }

    #[test]
    fn reasons_explain_the_revised_figure(mut scenario in histories()) {
        scenario.config.equivalents.allowed = false;
        let figures = figures(&scenario)?;
        for side in [&figures.report.declared, &figures.report.verified] {
            prop_assert_eq!(explained(side), side.first.map(|_| side.revised.0));
            prop_assert_eq!(side.first.is_some(), figures.frozen);
        }
    }

    #[test]
    fn a_kept_first_figure_stands_and_reasons_still_explain_the_revised_one(scenario in histories(), (households, pairings) in rosters()) {
        let stored = first_figures(&scenario).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let before = figures(&scenario)?;
        let mut later = scenario.clone();
        (later.households, later.pairings) = (households, pairings);
        let live = with_stored_first(&later, &stored).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let plain = figures(&later)?;
        let sides = |coverage: &Coverage| [coverage.report.declared.clone(), coverage.report.verified.clone()];
        for ((side, kept), plain) in sides(&live.coverage).iter().zip(sides(&before)).zip(sides(&plain)) {
            prop_assert_eq!(explained(side), side.first.map(|_| side.revised.0));
            if !stored.is_empty() {
                prop_assert_eq!(side.first, kept.first);
            }
            let mut named = side.reasons.clone();
            named.retain(|reason, _| !matches!(reason, Reason::Roster | Reason::Cap));
            prop_assert_eq!(named, plain.reasons);
        }
        prop_assert_eq!(live.first_roster.map(|roster| roster.len()), (plain.frozen && !stored.is_empty()).then_some(stored.len()));
    }

    #[test]
    fn a_township_is_the_sum_of_its_villages(mut scenario in histories()) {
        for visit in &mut scenario.visits {
            visit.names.clear();
        }
        let whole = figures(&scenario)?;
        let mut parts = Vec::new();
        for village in VILLAGES {
            scenario.query.place = village.to_owned();
            parts.push(figures(&scenario)?);
        }
        let sum = |pick: fn(&Coverage) -> Rate| parts.iter().map(pick).fold(Rate(0, 0), |sum, part| Rate(sum.0 + part.0, sum.1 + part.1));
        let rates: [fn(&Coverage) -> Rate; 8] = [
            |one| one.report.declared.revised,
            |one| one.report.verified.first.unwrap_or_default(),
            |one| one.timeliness.visit_48h,
            |one| one.timeliness.review_on_time,
            |one| one.ytd.declared,
            |one| one.tour.households,
            |one| Rate(one.sums.met_verified, one.sums.equivalent_excess),
            |one| Rate(one.ytd.gap_days, one.ytd.hidden_days),
        ];
        for pick in rates {
            prop_assert_eq!(sum(pick), pick(&whole));
        }
        let mut rows: Vec<_> = parts.iter().flat_map(|part| part.households.clone()).collect();
        rows.sort_by(|left, right| left.id.cmp(&right.id));
        prop_assert_eq!(rows, whole.households);
        prop_assert_eq!(whole.place, TOWN);
    }

    #[test]
    fn gaps_are_what_one_finds_day_by_day(scenario in histories()) {
        let figures = figures(&scenario)?;
        let mut in_scope_days = 0;
        for row in &figures.households {
            let household = scenario.households.iter().find(|household| household.id == row.id);
            let (mut gap, mut hidden) = (0, 0);
            for day in over(scenario.query.month, &scenario) {
                if !household.is_some_and(|household| is_in_scope(household, day)) {
                    continue;
                }
                in_scope_days += 1;
                match holder(&scenario, &row.id, day) {
                    None => gap += 1,
                    Some(cadre) => hidden += u64::from(is_hidden(&scenario, &row.id, cadre, day)),
                }
            }
            prop_assert_eq!((row.gap_days, row.hidden_days), (gap, hidden), "{}", &row.id);
        }
        prop_assert_eq!(figures.sums.in_scope_days, in_scope_days);
    }

    #[test]
    fn takeovers_are_what_one_finds_day_by_day(scenario in histories()) {
        let mut expected = Vec::new();
        let figures = figures(&scenario)?;
        for row in &figures.households {
            for day in days_of(scenario.query.month) {
                if let Some(cadre) = holder(&scenario, &row.id, day).filter(|cadre| holder(&scenario, &row.id, day.saturating_sub(1.days())) != Some(*cadre)) {
                    expected.push((row.id.clone(), cadre.to_owned(), day.to_string()));
                }
            }
        }
        let found: Vec<_> = figures.takeovers.iter().map(|row| (row.household.clone(), row.cadre.clone(), row.from.clone())).collect();
        prop_assert_eq!(found, expected);
    }
}

/// The properties above would hold for empty townships too: the histories must show what they are about.
#[test]
fn the_histories_are_not_empty() -> Result<(), TestCaseError> {
    let mut runner = TestRunner::new(config(300));
    let mut shown = [0; 12];
    for _ in 0..300 {
        let scenario = histories().new_tree(&mut runner).map_err(TestCaseError::fail)?.current();
        let figures = figures(&scenario)?;
        let (sums, declared) = (figures.sums, &figures.report.declared);
        let states = |state| figures.households.iter().any(|row| row.state == state);
        let signs = [
            sums.gap_households > 0,
            sums.hidden_days > 0,
            sums.met_verified > 0,
            sums.equivalent_excess > 0,
            sums.backfill > 0,
            states(HouseholdState::Late),
            declared.reasons.values().any(|moved| moved.1 > 0),
            declared.reasons.values().any(|moved| moved.0 > 0),
            figures.frozen,
            !figures.frozen,
            figures.households.iter().any(|row| row.on_leave),
            figures.takeovers.iter().any(|row| row.first_visit_days.is_some()),
        ];
        for (count, sign) in shown.iter_mut().zip(signs) {
            *count += u32::from(sign);
        }
    }
    prop_assert!(shown.iter().all(|count| *count >= SHOWN_MIN), "{shown:?}");
    Ok(())
}

fn days_of(month: Month) -> impl Iterator<Item = Day> {
    (0..31i64).map(move |n| month.first_day().saturating_add(n.days())).take_while(move |day| Month::of(*day) == month)
}

/// Returns the days of a month that are over when the question is asked.
fn over(month: Month, scenario: &Scenario) -> impl Iterator<Item = Day> {
    let as_of = scenario.query.as_of;
    days_of(month).filter(move |day| start_of(day.saturating_add(1.days())) <= as_of)
}

fn covers(from: Day, to: Option<Day>, day: Day) -> bool {
    from <= day && to.is_none_or(|to| day < to)
}

fn is_in_scope(household: &Household, day: Day) -> bool {
    household.status.iter().any(|span| IN_DUTY.contains(&span.status.as_str()) && covers(span.from, span.to, day))
}

fn active<'a>(scenario: &'a Scenario, household: &str, day: Day) -> Vec<&'a Pairing> {
    let primaries = scenario.pairings.iter().filter(|pairing| pairing.role == PairingRole::Primary && pairing.household == household);
    primaries.filter(|pairing| covers(pairing.from, pairing.to, day)).collect()
}

/// Finds the holder by walking back each cadre's unbroken days.
fn holder<'a>(scenario: &'a Scenario, household: &str, day: Day) -> Option<&'a str> {
    let began = |cadre: &str| {
        let mut first = day;
        while active(scenario, household, first.saturating_sub(1.days())).iter().any(|pairing| pairing.cadre == cadre) {
            first = first.saturating_sub(1.days());
        }
        first
    };
    active(scenario, household, day).into_iter().map(|pairing| pairing.cadre.as_str()).max_by_key(|cadre| (began(cadre), *cadre))
}

fn is_hidden(scenario: &Scenario, household: &str, cadre: &str, day: Day) -> bool {
    let terms: Vec<_> = scenario.cadres.iter().filter(|one| one.id == cadre).flat_map(|one| &one.terms).collect();
    active(scenario, household, day).iter().filter(|pairing| pairing.cadre == cadre).all(|pairing| {
        let relevant: Vec<_> = terms.iter().filter(|term| pairing.unit.as_ref().is_none_or(|unit| *unit == term.unit)).collect();
        relevant.iter().any(|term| term.to.is_some_and(|to| to <= day)) && !relevant.iter().any(|term| covers(term.from, term.to, day))
    })
}
