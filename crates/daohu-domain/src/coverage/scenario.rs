//! A scenario: the question, the rules in force, the roster and what reached the server.
//!
//! It is what a vector of the agreed examples holds, and what a server builds from its tables for the figure of
//! today. Ids are texts; days are dates at +08:00; spans are half-open. The order of lists means nothing.

mod roster;
mod text;
mod told;

use super::error::ScenarioError;
use crate::calendar::{Day, Instant, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use roster::{
    Cadre, Household, Leave, Obliged, Pairing, PairingRole, PlaceSpan, Post, PostTerm, Region, Span, StatusSpan, Term, TierSpan, TourVisit,
    Unit,
};
pub use told::{Backfill, MonthRecord, RecordAct, RecordEvent, TimeEvidence, Visit, VisitAct, VisitEvent};

/// Everything a figure of coverage depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Asks for a place, a month and an instant.
    pub query: Query,
    /// Sets the thresholds; absent keys have their defaults.
    #[serde(default)]
    pub config: Config,
    /// Lists the places and their history.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Lists the units that send helpers.
    #[serde(default)]
    pub units: Vec<Unit>,
    /// Lists the cadres and their service.
    #[serde(default)]
    pub cadres: Vec<Cadre>,
    /// Lists the households.
    #[serde(default)]
    pub households: Vec<Household>,
    /// Lists who was paired with whom.
    #[serde(default)]
    pub pairings: Vec<Pairing>,
    /// Lists approved leaves.
    #[serde(default)]
    pub leaves: Vec<Leave>,
    /// Lists the secretary's tours.
    #[serde(default)]
    pub tours: Vec<TourVisit>,
    /// Lists posts that must be filled.
    #[serde(default)]
    pub posts: Vec<Post>,
    /// Lists the visits.
    #[serde(default)]
    pub visits: Vec<Visit>,
    /// Lists the month records (月纪实).
    #[serde(default)]
    pub records: Vec<MonthRecord>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Names the place whose figures are wanted, with all below it.
    pub place: String,
    /// Names the month.
    pub month: Month,
    /// Cuts off what the server learned at or after this instant.
    pub as_of: Instant,
}

/// The thresholds of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Sets the days in scope below which a household is not due; at least 7.
    pub k_min: u32,
    /// Sets the last day, in the next month, before the figures freeze.
    pub freeze_day: u32,
    /// Sets the last day, in the next month, for month records.
    pub record_day: u32,
    /// Sets the last day, in the next month, for reviews.
    pub review_day: u32,
    /// Names the tiers; given ones replace the defaults altogether.
    pub tiers: BTreeMap<String, Tier>,
    /// Says whether a video call may count as a visit, and how often.
    pub equivalents: Equivalents,
    /// Gives assistants a duty of their own, if set.
    pub assistant: Option<AssistantDuty>,
}

impl Default for Config {
    fn default() -> Self {
        let tiers = [("monthly", Tier { months: 1, need: 1 }), ("quarterly", Tier { months: 3, need: 1 })];
        Self {
            k_min: 10,
            freeze_day: 10,
            record_day: 3,
            review_day: 8,
            tiers: tiers.into_iter().map(|(name, tier)| (name.to_owned(), tier)).collect(),
            equivalents: Equivalents::default(),
            assistant: None,
        }
    }
}

/// How often a household must be visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Sets the length of a period in months.
    pub months: u32,
    /// Sets the days with a visit that a period needs.
    pub need: u32,
}

/// Whether a video call may stand for a visit (等效走访).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Equivalents {
    /// Allows them.
    pub allowed: bool,
    /// Caps the share of a village's due households met only by them, in per cent.
    pub cap_pct: u32,
}

impl Default for Equivalents {
    fn default() -> Self {
        Self { allowed: false, cap_pct: 20 }
    }
}

/// The duty of assistants (协帮扶).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantDuty {
    /// Sets the days with a contact of their own that a month needs.
    pub need: u32,
    /// Lists the modes that count.
    #[serde(default)]
    pub modes: Vec<String>,
}

impl Scenario {
    /// Asks a question of an empty roster; the lists are filled in afterwards.
    #[must_use]
    pub fn asking(place: impl Into<String>, month: Month, as_of: Instant) -> Self {
        Self {
            query: Query { place: place.into(), month, as_of },
            config: Config::default(),
            regions: Vec::new(),
            units: Vec::new(),
            cadres: Vec::new(),
            households: Vec::new(),
            pairings: Vec::new(),
            leaves: Vec::new(),
            tours: Vec::new(),
            posts: Vec::new(),
            visits: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Takes out every span that ends before it begins, and returns how many there were.
    ///
    /// A roster in use may hold such a slip; the figures of a township must not wait for its correction.
    pub fn drop_backward_spans(&mut self) -> usize {
        let mut dropped = 0;
        keep_forward(&mut self.regions, |region| (region.from, region.to), &mut dropped);
        for unit in &mut self.units {
            keep_forward(&mut unit.obliged, |one| (Some(one.from), one.to), &mut dropped);
        }
        for cadre in &mut self.cadres {
            keep_forward(&mut cadre.terms, |term| (Some(term.from), term.to), &mut dropped);
        }
        for household in &mut self.households {
            keep_forward(&mut household.status, |span| (Some(span.from), span.to), &mut dropped);
            keep_forward(&mut household.tier, |span| (Some(span.from), span.to), &mut dropped);
            keep_forward(&mut household.places, |span| (Some(span.from), span.to), &mut dropped);
            keep_forward(&mut household.away, |span| (Some(span.from), span.to), &mut dropped);
        }
        keep_forward(&mut self.pairings, |pairing| (Some(pairing.from), pairing.to), &mut dropped);
        keep_forward(&mut self.leaves, |leave| (Some(leave.from), leave.to), &mut dropped);
        keep_forward(&mut self.posts, |post| (Some(post.from), post.to), &mut dropped);
        for post in &mut self.posts {
            keep_forward(&mut post.terms, |term| (Some(term.from), term.to), &mut dropped);
        }
        dropped
    }

    /// Reads a scenario, bare or under the key `scenario`.
    ///
    /// # Errors
    ///
    /// Fails with `bad_month` if the month asked for is none, with `usage` if the rest is not a scenario.
    pub fn read(value: &serde_json::Value) -> Result<Self, ScenarioError> {
        let bare = value.get("scenario").unwrap_or(value);
        let month = bare.get("query").and_then(|query| query.get("month"));
        if month.is_some_and(|month| Month::deserialize(month).is_err()) {
            return Err(ScenarioError::BadMonth);
        }
        Self::deserialize(bare).map_err(|why| ScenarioError::NotAScenario { why: why.to_string() })
    }
}

/// Keeps the entries whose span does not end before it begins.
fn keep_forward<T>(entries: &mut Vec<T>, span: fn(&T) -> (Option<Day>, Option<Day>), dropped: &mut usize) {
    let before = entries.len();
    entries.retain(|entry| !matches!(span(entry), (Some(from), Some(to)) if to < from));
    *dropped += before - entries.len();
}
