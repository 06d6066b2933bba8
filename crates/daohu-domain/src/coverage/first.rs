//! First figures that a store keeps, and the figures of today beside them.
//!
//! A scenario has one roster. A store writes the first figure of a month once, at the freeze, and it never moves;
//! where the roster was corrected afterwards, the kept figure and the one worked out today differ, and the
//! difference has a reason of its own.

use super::GAP;
use super::answer::{Coverage, Moved, Rate, Reason, ReportSide};
use super::case::{Case, Ground};
use super::error::ScenarioError;
use super::judge::{Judged, Judgement};
use super::scenario::Scenario;
use super::standing::View;
use super::tally::{Both, Capped, Met};
use crate::calendar::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one household comes to in a month, as a store keeps it: at the freeze, where it never moves, or as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdFigure {
    /// Names the household.
    pub household: String,
    /// Names the village it counted in.
    pub village: String,
    /// Names who answered for it: a cadre, `GAP`, nobody if it needed nothing.
    pub attributed: Option<String>,
    /// Says that it needed a visit.
    pub due: bool,
    /// Says that the declared visits met the need.
    pub met_declared: bool,
    /// Says that the verified ones did.
    pub met_verified: bool,
    /// Says that only equivalents met it, declared: the cap looks at these.
    #[serde(default)]
    pub equivalent_declared: bool,
    /// Says that only equivalents met it, verified.
    #[serde(default)]
    pub equivalent_verified: bool,
}

/// The figures of today with the first figures a store kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCoverage {
    /// Holds the figures; `report` compares with the kept first figures and may name the reasons `roster` and `cap`.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Lists who answered for each household at the freeze, by id; null before it.
    pub first_roster: Option<Vec<(String, Option<String>)>>,
}

/// Works out the first figures of the place and month asked for: every household in scope, as known at the freeze.
///
/// The instant asked for does not matter, only the freeze does. Both follow the roster as the scenario has it.
///
/// # Errors
///
/// Fails if the scenario cannot be counted.
pub fn first_figures(scenario: &Scenario) -> Result<Vec<HouseholdFigure>, ScenarioError> {
    figures_at(scenario, |case| case.cuts.freeze)
}

/// Works out the same as of the instant asked for. No household's figure depends on another household.
///
/// # Errors
///
/// Fails if the scenario cannot be counted.
pub fn figures(scenario: &Scenario) -> Result<Vec<HouseholdFigure>, ScenarioError> {
    figures_at(scenario, |case| case.cuts.as_of)
}

fn figures_at(scenario: &Scenario, cut: fn(&Case<'_>) -> Instant) -> Result<Vec<HouseholdFigure>, ScenarioError> {
    let ground = Ground::of(scenario)?;
    let case = Case::of(&ground);
    let frame = case.month(scenario.query.month);
    let view = View::at(&case, cut(&case));
    let figure = |tally: super::tally::Tally<'_>| {
        let (track, need) = (&case.tracks[tally.track], tally.need);
        let met = case.seen(track, need.period, &view).met(need.days);
        let is_due = need.days > 0;
        let attributed = is_due.then(|| case.attribute(track, &need, &view).cadre.unwrap_or(GAP).to_owned());
        HouseholdFigure {
            household: track.id.to_owned(),
            village: tally.village.to_owned(),
            attributed,
            due: is_due,
            met_declared: met.declared.is_met,
            met_verified: met.verified.is_met,
            equivalent_declared: met.declared.is_by_equivalents,
            equivalent_verified: met.verified.is_by_equivalents,
        }
    };
    Ok(case.listed(&frame).into_iter().map(figure).collect())
}

/// What the households of a place come to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FigureSums {
    /// Counts the due households.
    pub due: u64,
    /// Counts the met, declared, after the cap on equivalents of each village.
    pub met_declared: u64,
    /// Counts the met, verified, after the cap.
    pub met_verified: u64,
    /// Counts the due households nobody answers for.
    pub gap_households: u64,
}

/// Sums up the figures of households; `cap_pct` is the most percent of a village's due households that equivalents may meet (D12).
#[must_use]
pub fn sum_of(figures: &[HouseholdFigure], cap_pct: u32) -> FigureSums {
    let (mut declared, mut verified) = (Capped::default(), Capped::default());
    let mut gap_households = 0;
    for figure in figures {
        let kept = Kept::of(figure);
        declared.add(kept.village, kept.is_due, kept.met.declared);
        verified.add(kept.village, kept.is_due, kept.met.verified);
        gap_households += u64::from(figure.attributed.as_deref() == Some(GAP));
    }
    FigureSums { due: declared.due(), met_declared: declared.met(cap_pct), met_verified: verified.met(cap_pct), gap_households }
}

/// Works out all figures with the first ones taken from a store.
///
/// `stored` holds the kept first figures of the place asked for; empty means that none are kept, and the first
/// figure is then worked out as [`super::coverage`] does. On both sides of the report the first figure, plus what
/// was gained, less what was lost, over all reasons, is the revised one.
///
/// # Errors
///
/// Fails if the scenario cannot be counted.
pub fn with_stored_first(scenario: &Scenario, stored: &[HouseholdFigure]) -> Result<LiveCoverage, ScenarioError> {
    let ground = Ground::of(scenario)?;
    let case = Case::of(&ground);
    let judgement = Judgement::of(&case);
    let mut coverage = judgement.coverage();
    if !case.cuts.frozen {
        return Ok(LiveCoverage { coverage, first_roster: None });
    }
    let cap_pct = scenario.config.equivalents.cap_pct;
    let kept: Vec<Kept<'_>> = if stored.is_empty() {
        judgement.households.iter().map(|judged| judgement.kept(judged)).collect()
    } else {
        stored.iter().map(Kept::of).collect()
    };
    let worked_out: BTreeMap<&str, Both<Met>> =
        judgement.households.iter().map(|judged| (case.tracks[judged.tally.track].id, judged.then.unwrap_or_default())).collect();
    amend(&mut coverage.report.declared, &kept, &worked_out, (|both| both.declared, cap_pct));
    amend(&mut coverage.report.verified, &kept, &worked_out, (|both| both.verified, cap_pct));
    let first_roster = (!stored.is_empty()).then(|| first_roster(stored));
    Ok(LiveCoverage { coverage, first_roster })
}

/// What a first figure says of one household.
#[derive(Debug, Clone, Copy)]
struct Kept<'k> {
    household: &'k str,
    village: &'k str,
    is_due: bool,
    met: Both<Met>,
}

impl<'k> Kept<'k> {
    fn of(stored: &'k HouseholdFigure) -> Self {
        let met = |is_met, is_by_equivalents| Met { is_met, is_by_equivalents: is_met && is_by_equivalents };
        Self {
            household: &stored.household,
            village: &stored.village,
            is_due: stored.due,
            met: Both {
                declared: met(stored.met_declared, stored.equivalent_declared),
                verified: met(stored.met_verified, stored.equivalent_verified),
            },
        }
    }
}

impl<'a> Judgement<'_, 'a> {
    /// Takes the worked-out first figure of a household for the kept one.
    fn kept(&self, judged: &Judged<'a>) -> Kept<'a> {
        Kept {
            household: self.case.tracks[judged.tally.track].id,
            village: judged.tally.village,
            is_due: judged.is_due(),
            met: judged.then.unwrap_or_default(),
        }
    }
}

/// Replaces the first figure of one side by the kept one, and names what the roster and the cap moved.
fn amend(side: &mut ReportSide, kept: &[Kept<'_>], worked_out: &BTreeMap<&str, Both<Met>>, (pick, cap_pct): (fn(&Both<Met>) -> Met, u32)) {
    let mut sum = Capped::default();
    let mut roster = Moved::default();
    let mut left: BTreeMap<&str, bool> = worked_out.iter().map(|(household, met)| (*household, pick(met).is_met)).collect();
    for household in kept {
        let met = pick(&household.met);
        sum.add(household.village, household.is_due, met);
        match (met.is_met, left.remove(household.household).unwrap_or(false)) {
            (false, true) => roster.0 += 1,
            (true, false) => roster.1 += 1,
            _ => {}
        }
    }
    roster.0 += left.values().map(|is_met| u64::from(*is_met)).sum::<u64>();
    side.first = Some(Rate(sum.met(cap_pct), sum.due()));
    if roster != Moved::default() {
        side.reasons.insert(Reason::Roster, roster);
    }
    // Reasons are counted before the cap, figures after it: what the cap alone moved is named too.
    let cap = unexplained(side);
    if cap != Moved::default() {
        side.reasons.insert(Reason::Cap, cap);
    }
}

/// Returns what lies between the first and the revised figure beyond the reasons named.
fn unexplained(side: &ReportSide) -> Moved {
    let gained: u64 = side.reasons.values().map(|moved| moved.0).sum();
    let lost: u64 = side.reasons.values().map(|moved| moved.1).sum();
    let explained = side.first.unwrap_or_default().0 + gained;
    let reached = side.revised.0 + lost;
    Moved(reached.saturating_sub(explained), explained.saturating_sub(reached))
}

fn first_roster(stored: &[HouseholdFigure]) -> Vec<(String, Option<String>)> {
    let mut roster: Vec<(String, Option<String>)> =
        stored.iter().map(|figure| (figure.household.clone(), figure.attributed.clone())).collect();
    roster.sort_unstable();
    roster
}
