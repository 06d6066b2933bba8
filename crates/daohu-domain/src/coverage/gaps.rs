//! Which households nobody looks after (帮扶空档; domain 3.5), for those who hand over.

use super::case::{Case, Ground};
use super::days::{DaySpan, date, without};
use super::error::ScenarioError;
use super::holder::holder_on;
use super::roster::Track;
use super::scenario::Scenario;
use serde::{Deserialize, Serialize};

/// A household with days of a gap, open or hidden, in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapRow {
    /// Names the household.
    pub household: String,
    /// Names where it was on its last day in scope.
    pub place: String,
    /// Counts its days without a holder.
    pub gap_days: u64,
    /// Counts its days with a holder in name only.
    pub hidden_days: u64,
    /// Names the first day of the latest gap, `YYYY-MM-DD`: it may lie before the month.
    pub since: String,
    /// Names who held it last, in a hidden gap who still does by name.
    pub last_holder: Option<String>,
    /// Says what the latest gap is.
    pub reason: GapReason,
}

/// What a gap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Nobody is paired.
    NoHolder,
    /// The holder's service has ended, his pairing has not.
    HolderLeft,
}

/// Lists the households of the place asked for with days of a gap in the month, by id.
///
/// # Errors
///
/// Fails if the scenario cannot be counted.
pub fn gaps(scenario: &Scenario) -> Result<Vec<GapRow>, ScenarioError> {
    let ground = Ground::of(scenario)?;
    let case = Case::of(&ground);
    let frame = case.month(scenario.query.month);
    let row = |tally: super::tally::Tally<'_>| {
        let track = &case.tracks[tally.track];
        let days = case.scope_days(track, frame.window);
        let gap = latest_gap(track, case.cuts.over(frame.window))?;
        let last = gap.to - 1;
        let by_name = holder_on(&track.holds, last);
        let before = track.holds.iter().rev().find(|hold| hold.span.to <= last).map(|hold| hold.cadre);
        Some(GapRow {
            household: track.id.to_owned(),
            place: tally.place.to_owned(),
            gap_days: days.gap,
            hidden_days: days.hidden,
            since: date(gap.from).to_string(),
            last_holder: by_name.or(before).map(str::to_owned),
            reason: if by_name.is_some() { GapReason::HolderLeft } else { GapReason::NoHolder },
        })
    };
    Ok(case.listed(&frame).into_iter().filter_map(row).collect())
}

/// Returns the latest stretch of days in scope without a real holder that reaches into a window, up to its end.
fn latest_gap(track: &Track<'_>, window: DaySpan) -> Option<DaySpan> {
    let real = without(&track.held, &track.hidden);
    let open = without(&track.scope, &real);
    let cut = |gap: &DaySpan| DaySpan { from: gap.from, to: gap.to.min(window.to) };
    open.iter().rev().map(cut).find(|gap| gap.shared(window).days() > 0)
}
