//! What the overview shows, read from what the office answers: pairs, both measures, both versions, states, gaps.

use daohu_domain::{
    calendar::{Instant, Month},
    place::Place,
};
use serde_json::Value as Json;

use super::text::Lang;

/// A household month's states in the order of their slugs.
pub const STATES: [&str; 5] = ["met", "late", "unmet", "gap", "not_due"];

/// Which visits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// 申报: valid visits received.
    #[default]
    Declared,
    /// 核实: passed, nothing open.
    Verified,
}

/// Which figure of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// 首报: written at the freeze.
    First,
    /// 修订: as of now.
    #[default]
    Revised,
}

impl Measure {
    /// Returns the key of the answer and the value of the address.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Verified => "verified",
        }
    }
}

impl Version {
    /// Returns the key of the answer and the value of the address.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Revised => "revised",
        }
    }
}

/// What the address of the overview chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The place shown.
    pub place: Place,
    /// The month shown.
    pub month: Month,
    /// Which visits count in the grid.
    pub measure: Measure,
    /// Which figure the grid shows.
    pub version: Version,
    /// The language.
    pub lang: Lang,
}

impl Choice {
    /// Returns the address that chooses this.
    #[must_use]
    pub fn address(&self) -> String {
        let lang = if self.lang == Lang::En { "&lang=en" } else { "" };
        format!("/?place={}&month={}&measure={}&version={}{lang}", self.place, self.month, self.measure.slug(), self.version.slug())
    }
}

/// A place and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The code.
    pub place: Place,
    /// The name.
    pub name: String,
}

/// A pair: households visited, households due.
pub type Pair = (u64, u64);

/// Both versions of one measure, and why they differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// The first figure, once it is written.
    pub first: Option<Pair>,
    /// The figure as of now.
    pub revised: Pair,
    /// Reason, households gained, households lost.
    pub reasons: Vec<(String, u64, u64)>,
}

/// How long visits took to arrive at one place, minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// The code of the place, twelve digits.
    pub place: String,
    /// Half of the visits arrived within.
    pub median_min: u64,
    /// Nine of ten arrived within.
    pub p90_min: u64,
}

/// One household of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdLine {
    /// The record id.
    pub id: String,
    /// One of [`STATES`].
    pub state: String,
    /// Days with a valid visit.
    pub visit_days: u64,
    /// Who is responsible: a cadre's id, or nobody.
    pub attributed: Option<String>,
    /// Met only thanks to a backfilled visit.
    pub backfill: bool,
    /// Days without a primary helper.
    pub gap_days: u64,
    /// Days with a helper in name only.
    pub hidden_days: u64,
}

/// The figures of one place and month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Whether the freeze lies behind.
    pub frozen: bool,
    /// 申报.
    pub declared: Side,
    /// 核实.
    pub verified: Side,
    /// Households a state, in the order of [`STATES`].
    pub states: [u64; 5],
    /// Households due.
    pub due: u64,
    /// Households without a primary helper.
    pub gap_households: u64,
    /// The most days that any household had a helper in name only.
    pub longest_hidden: u64,
    /// Month records handed in on time, of those due.
    pub record_on_time: Pair,
    /// Reviews on time, of those due.
    pub review_on_time: Pair,
    /// How long visits took, by village.
    pub delays: Vec<Delay>,
    /// The households, in the order of the answer.
    pub households: Vec<HouseholdLine>,
}

/// One cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The month.
    pub month: Month,
    /// The figure chosen; none when the chosen first figure is not written yet.
    pub figure: Option<Pair>,
    /// Whether a household had no helper.
    pub gap: bool,
    /// Whether the revised figure differs from the first.
    pub revised: bool,
    /// Whether the month is not over or not frozen.
    pub running: bool,
}

/// One row of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridRow {
    /// The place of the row.
    pub place: Named,
    /// One cell a month.
    pub cells: Vec<Cell>,
}

/// Everything the overview shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// What the address chooses.
    pub choice: Choice,
    /// The places above, from the county down.
    pub above: Vec<Named>,
    /// The place shown.
    pub place: Named,
    /// The months one can choose, oldest first; they are the grid's columns too.
    pub months: Vec<Month>,
    /// The instant of a clock that was set; none when it is the system's.
    pub set_clock: Option<Instant>,
    /// Who is signed in, by role.
    pub account: String,
    /// The figures.
    pub figures: Figures,
    /// The grid, in code order.
    pub grid: Vec<GridRow>,
    /// Names of the places of the delays.
    pub names: Vec<Named>,
    /// The households of a village, with what to call them; empty above the village.
    pub households: Vec<HouseholdRow>,
}

/// What somebody with single households sees: those, in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnView {
    /// The month.
    pub month: Month,
    /// The months one can choose, oldest first.
    pub months: Vec<Month>,
    /// The language.
    pub lang: Lang,
    /// The instant of a clock that was set; none when it is the system's.
    pub set_clock: Option<Instant>,
    /// Who is signed in, by role.
    pub account: String,
    /// The households, in the order of their numbers.
    pub households: Vec<HouseholdRow>,
}

/// A household of the list, with what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdRow {
    /// The household's month.
    pub line: HouseholdLine,
    /// 户编号.
    pub number: String,
    /// Its head, masked where the reader must not see the name.
    pub head: String,
    /// Who is responsible, by name.
    pub holder: String,
}

/// Reads the figures out of a coverage answer.
#[must_use]
pub fn figures_from(answer: &Json) -> Figures {
    let households: Vec<HouseholdLine> = answer["households"].as_array().map(|all| all.iter().map(line_from).collect()).unwrap_or_default();
    let count = |state: &str| u64::try_from(households.iter().filter(|line| line.state == state).count()).unwrap_or(0);
    let number = |key: &str| answer["sums"][key].as_u64().unwrap_or(0);
    Figures {
        frozen: answer["frozen"].as_bool().unwrap_or(false),
        declared: side_from(&answer["report"]["declared"]),
        verified: side_from(&answer["report"]["verified"]),
        states: STATES.map(count),
        due: number("due"),
        gap_households: number("gap_households"),
        longest_hidden: households.iter().map(|line| line.hidden_days).max().unwrap_or(0),
        record_on_time: pair_from(&answer["timeliness"]["record_on_time"]).unwrap_or_default(),
        review_on_time: pair_from(&answer["timeliness"]["review_on_time"]).unwrap_or_default(),
        delays: answer["delays"].as_array().map(|all| all.iter().map(delay_from).collect()).unwrap_or_default(),
        households,
    }
}

/// Reads a pair `[met, due]`.
#[must_use]
pub fn pair_from(value: &Json) -> Option<Pair> {
    Some((value.get(0)?.as_u64()?, value.get(1)?.as_u64()?))
}

fn side_from(value: &Json) -> Side {
    let reasons = value["reasons"].as_object().map(|all| {
        let read = all.iter().filter_map(|(reason, moved)| pair_from(moved).map(|(gained, lost)| (reason.clone(), gained, lost)));
        read.collect()
    });
    Side {
        first: pair_from(&value["first"]),
        revised: pair_from(&value["revised"]).unwrap_or_default(),
        reasons: reasons.unwrap_or_default(),
    }
}

fn delay_from(value: &Json) -> Delay {
    let minutes = |key: &str| value[key].as_u64().unwrap_or(0);
    Delay { place: value["place"].as_str().unwrap_or_default().to_owned(), median_min: minutes("median_min"), p90_min: minutes("p90_min") }
}

fn line_from(value: &Json) -> HouseholdLine {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let number = |key: &str| value[key].as_u64().unwrap_or(0);
    HouseholdLine {
        id: text("id").unwrap_or_default(),
        state: text("state").unwrap_or_default(),
        visit_days: number("visit_days"),
        attributed: text("attributed").filter(|who| who != daohu_domain::coverage::GAP),
        backfill: value["backfill"].as_bool().unwrap_or(false),
        gap_days: number("gap_days"),
        hidden_days: number("hidden_days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_keep_pairs_versions_and_reasons_apart() {
        let answer = json!({
            "frozen": true, "sums": {"due": 9, "gap_households": 1},
            "report": {"declared": {"first": [6, 9], "revised": [8, 9], "reasons": {"late_sync": [2, 0]}}, "verified": {"first": null, "revised": [5, 9], "reasons": {}}},
            "timeliness": {"record_on_time": [7, 9], "review_on_time": [3, 9]}, "delays": [{"place": "610802209201", "visits": 8, "median_min": 36, "p90_min": 90}],
            "households": [{"id": "a", "state": "late", "visit_days": 1, "attributed": "c", "backfill": true, "gap_days": 0, "hidden_days": 4},
                {"id": "b", "state": "gap", "visit_days": 0, "attributed": "GAP", "backfill": false, "gap_days": 31, "hidden_days": 0}],
        });

        let figures = figures_from(&answer);

        assert_eq!((figures.declared.first, figures.declared.revised, figures.verified.first), (Some((6, 9)), (8, 9), None));
        assert_eq!(figures.declared.reasons, [("late_sync".to_owned(), 2, 0)]);
        assert_eq!((figures.states, figures.longest_hidden), ([0, 1, 0, 1, 0], 4));
        assert_eq!(figures.households[1].attributed, None, "GAP is nobody");
    }
}
