//! A scenario with everything sorted: what the rules read.

use super::cuts::Cuts;
use super::days::{DaySpan, first_of, span_of};
use super::error::{ScenarioError, check};
use super::roster::{Services, Track, services, settle_holders, tracks};
use super::scenario::{Leave, Scenario};
use super::tree::{Spot, Tree};
use super::visit::{VisitTrack, visit_tracks};
use crate::calendar::Month;
use std::collections::HashMap;

/// Numbers texts in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    numbers: HashMap<&'a str, usize>,
    texts: Vec<&'a str>,
}

impl<'a> Index<'a> {
    /// Returns the number of a text, a new one if it has none.
    pub(super) fn number(&mut self, text: &'a str) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    /// Returns the number of a text that has one.
    pub(super) fn get(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    /// Returns the texts by number.
    pub(super) fn texts(&self) -> &[&'a str] {
        &self.texts
    }
}

/// The parts of a scenario that everything else borrows from.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    scenario: &'a Scenario,
    services: Services<'a>,
}

impl<'a> Ground<'a> {
    /// Checks a scenario and sorts what its tracks refer to.
    ///
    /// # Errors
    ///
    /// Fails if the scenario cannot be counted.
    pub(super) fn of(scenario: &'a Scenario) -> Result<Self, ScenarioError> {
        check(scenario)?;
        Ok(Self { scenario, services: services(scenario) })
    }
}

/// A scenario sorted by household.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) cuts: Cuts,
    /// Holds the households, sorted by id.
    pub(super) tracks: Vec<Track<'a>>,
    pub(super) visits: Vec<VisitTrack<'a>>,
    pub(super) services: &'a Services<'a>,
    pub(super) leaves: HashMap<&'a str, Vec<&'a Leave>>,
    tree: Tree<'a>,
    codes: Index<'a>,
}

impl<'a> Case<'a> {
    /// Sorts a scenario.
    pub(super) fn of(ground: &'a Ground<'a>) -> Self {
        let scenario = ground.scenario;
        let mut codes = Index::default();
        let (mut tracks, households) = tracks(scenario, &mut codes);
        settle_holders(&mut tracks, &ground.services);
        let visits = visit_tracks(scenario, &households);
        for (at, visit) in visits.iter().enumerate() {
            for household in &visit.counts_for {
                tracks[*household].visits.push(at);
            }
        }
        for track in &mut tracks {
            track.visits.sort_by_key(|at| visits[*at].day);
        }
        let mut leaves: HashMap<&str, Vec<&Leave>> = HashMap::new();
        for leave in &scenario.leaves {
            leaves.entry(&leave.cadre).or_default().push(leave);
        }
        let (cuts, services) = (Cuts::of(scenario), &ground.services);
        Self { scenario, cuts, tracks, visits, services, leaves, tree: Tree::of(&scenario.regions), codes }
    }

    /// Looks at one month with the tree of its last day (D14).
    pub(super) fn month(&self, month: Month) -> MonthFrame<'a> {
        let window = span_of(month);
        let place = self.scenario.query.place.as_str();
        let spots = self.codes.texts().iter().map(|code| self.tree.spot(code, window.to - 1, place)).collect();
        MonthFrame { month, window, spots }
    }

    /// Says whether a place that is no household's lies in the place asked for.
    pub(super) fn is_here(&self, code: &'a str, frame: &MonthFrame<'_>) -> bool {
        self.tree.spot(code, frame.last_day(), &self.scenario.query.place).is_here
    }

    /// Returns the code of a place by its number.
    pub(super) fn code(&self, number: usize) -> &'a str {
        self.codes.texts()[number]
    }
}

/// One month of the calendar, and where each place of a household lies in it.
#[derive(Debug)]
pub(super) struct MonthFrame<'a> {
    pub(super) month: Month,
    pub(super) window: DaySpan,
    /// Holds what each place is to the question, by the number of its code.
    pub(super) spots: Vec<Spot<'a>>,
}

impl MonthFrame<'_> {
    /// Returns the last day.
    pub(super) const fn last_day(&self) -> i64 {
        self.window.to - 1
    }

    /// Returns the days of `months` months that end with this one.
    pub(super) fn period(&self, months: i64) -> DaySpan {
        DaySpan { from: first_of(self.month, 1 - months), to: self.window.to }
    }
}
