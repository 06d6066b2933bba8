//! Duty and coverage (走访覆盖率): who had to visit which household in a month, and whether it was done.
//!
//! Everything is a pure function of a [`Scenario`]: the roster (places, households, pairings, people), the
//! visits and month records that reached the server, and one question (place, month, as of when). Nothing is
//! looked up, no clock is read. The rules carry the numbers D1 to D23 of the agreed decisions, and the sections
//! of the domain brief, in the module that holds them:
//!
//! | decision | module | decision | module |
//! |---|---|---|---|
//! | D1 cuts, freeze | `cuts` | D12 equivalents, cap | `valid`, `tally` |
//! | D2 tiers, need | `need` | D13 split, merge | `visit`, `timeliness` |
//! | D3 overlap of pairings | `holder` | D14 place, village | `tree` |
//! | D4, D5 attribution, leave | `attribution` | D15 hidden gap | `holder` |
//! | D6 visit states | `visit_state` | D16 running month | `cuts`, `tally` |
//! | D7, D8 time of a visit | `visit_time` | D17 state, reasons | `judge`, `report` |
//! | D9 nobody met | `valid` | D18, D19 timeliness, delay | `timeliness` |
//! | D10 duplicates | `standing` | D20, D21 units, assistants | `people` |
//! | D11 backfill | `standing` | D22, D23 takeover, tour, posts, year | `surroundings` |
//!
//! [`gaps`] lists what D15 and section 3.5 find for those who hand over; [`first_figures`],
//! [`with_stored_first`], [`figures`] and [`sum_of`] serve a store that keeps figures.
//!
//! A place of a whole township costs a few milliseconds: every list is indexed by household once, and days are
//! counted as overlaps of spans, not one by one.

mod answer;
mod attribution;
mod case;
mod cuts;
mod days;
mod error;
mod first;
mod gaps;
mod holder;
mod judge;
mod need;
mod people;
mod percent;
mod report;
mod roster;
pub mod scenario;
mod standing;
mod surroundings;
mod tally;
mod timeliness;
mod tree;
mod valid;
mod visit;
mod visit_state;
mod visit_time;

pub use answer::{
    AssistantRow, CadreRow, Coverage, DelayRow, HouseholdRow, HouseholdState, Moved, Percent, PostRow, Rate, Reason, Report, ReportSide,
    Sums, TakeoverRow, Timeliness, Tour, UnitRow, YearToDate,
};
pub use cuts::deadline;
pub use error::ScenarioError;
pub use first::{FigureSums, HouseholdFigure, LiveCoverage, figures, first_figures, sum_of, with_stored_first};
pub use gaps::{GapReason, GapRow, gaps};
pub use judge::coverage;
pub use percent::percent;
pub use scenario::Scenario;

/// Stands for a household without a responsible cadre, in place of a cadre's id (空档).
pub const GAP: &str = "GAP";
