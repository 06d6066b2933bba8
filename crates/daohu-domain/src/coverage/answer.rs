//! The figures as they are printed: the keys and the order of lists that others rely on.

use crate::calendar::Month;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rate as a pair: so many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Rate(
    /// Counts what was done.
    pub u64,
    /// Counts what was to be done.
    pub u64,
);

/// Households that came to be met, and that ceased to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moved(
    /// Counts the gained.
    pub u64,
    /// Counts the lost.
    pub u64,
);

/// All figures of one place in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Names the place asked for.
    pub place: String,
    /// Names the month.
    pub month: Month,
    /// Says that the month is frozen.
    pub frozen: bool,
    /// Prints coverage, declared and verified.
    pub percent: Percent,
    /// Sums over the households.
    pub sums: Sums,
    /// Compares the first figure with the revised one.
    pub report: Report,
    /// Counts what came in time.
    pub timeliness: Timeliness,
    /// Lists the households in scope, by id.
    pub households: Vec<HouseholdRow>,
    /// Lists the cadres with duty, by id.
    pub cadres: Vec<CadreRow>,
    /// Lists the assistants with duty, by id.
    pub assistants: Vec<AssistantRow>,
    /// Lists the units assigned or with duty here, by id.
    pub units: Vec<UnitRow>,
    /// Lists changes of holder, by household and day.
    pub takeovers: Vec<TakeoverRow>,
    /// Lists how long visits were under way, by village.
    pub delays: Vec<DelayRow>,
    /// Lists the posts here, by id.
    pub posts: Vec<PostRow>,
    /// Counts the secretary's tour.
    pub tour: Tour,
    /// Sums the year so far.
    pub ytd: YearToDate,
}

/// Coverage, printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percent {
    /// Prints the declared count (申报).
    pub declared: String,
    /// Prints the verified count (核实).
    pub verified: String,
}

/// Sums over the households of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// Counts households with a day in scope.
    pub households: u64,
    /// Counts households with a need.
    pub due: u64,
    /// Counts the met, declared, after the cap on equivalents.
    pub met_declared: u64,
    /// Counts the met, verified, after the cap on equivalents.
    pub met_verified: u64,
    /// Counts those met only thanks to backfilled visits.
    pub backfill: u64,
    /// Counts those met only thanks to equivalents.
    pub equivalent: u64,
    /// Counts those over the cap.
    pub equivalent_excess: u64,
    /// Counts due households with a valid visit or a contact.
    pub contacted: u64,
    /// Counts due households nobody answers for.
    pub gap_households: u64,
    /// Counts days in scope.
    pub in_scope_days: u64,
    /// Counts days in scope without a holder.
    pub gap_days: u64,
    /// Counts days in scope with a holder in name only.
    pub hidden_days: u64,
}

/// First and revised figures, in both counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Reports the declared count.
    pub declared: ReportSide,
    /// Reports the verified count.
    pub verified: ReportSide,
}

/// First (首报) and revised (修订) figure, and what lies between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSide {
    /// Gives the figure at the freeze; none before it.
    pub first: Option<Rate>,
    /// Gives the figure as of the question.
    pub revised: Rate,
    /// Says why they differ, by household and before the cap.
    pub reasons: BTreeMap<Reason, Moved>,
}

/// Why a household's figure moved after the freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A visit arrived after the freeze (迟到同步).
    LateSync,
    /// A visit was returned, resubmitted, passed, flagged … after the freeze (更正).
    Correction,
    /// A visit was voided (作废).
    Void,
    /// A backfill was approved (补录批准).
    BackfillApproved,
    /// The roster was changed after the freeze; only where first figures are kept.
    Roster,
    /// The cap on equivalents lets more or fewer through than at the freeze; only where first figures are kept.
    Cap,
}

/// What came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeliness {
    /// Counts visits submitted within 48 hours of their end.
    pub visit_48h: Rate,
    /// Counts due households whose month record was submitted in time.
    pub record_on_time: Rate,
    /// Counts, of these, the ones reviewed in time.
    pub review_on_time: Rate,
}

/// What a household-month has come to, declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HouseholdState {
    /// Nothing was needed.
    NotDue,
    /// The need was met.
    Met,
    /// It was met after the freeze only.
    Late,
    /// Nobody answers for it.
    Gap,
    /// The need was not met.
    Unmet,
}

/// One household in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRow {
    /// Names the household.
    pub id: String,
    /// Names where it was on its last day in scope.
    pub place: String,
    /// Counts the days with a visit it needs.
    pub need: u64,
    /// Counts its days in scope in the period judged.
    pub scope_days: u64,
    /// Names who answers for it: a cadre, `GAP`, nobody if it needs nothing.
    pub attributed: Option<String>,
    /// Says that its holder was on a long leave.
    pub on_leave: bool,
    /// Counts its valid visits.
    pub visits: u64,
    /// Counts their days.
    pub visit_days: u64,
    /// Counts the days of the verified ones.
    pub visit_days_verified: u64,
    /// Says that the declared visits meet the need.
    pub met_declared: bool,
    /// Says that the verified ones do.
    pub met_verified: bool,
    /// Says that it is met only thanks to backfilled visits.
    pub backfill: bool,
    /// Says that it is met only thanks to equivalents.
    pub equivalent: bool,
    /// Counts its days without a holder.
    pub gap_days: u64,
    /// Counts its days with a holder in name only.
    pub hidden_days: u64,
    /// Sums it up.
    pub state: HouseholdState,
}

/// One cadre with duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CadreRow {
    /// Names the cadre.
    pub cadre: String,
    /// Counts the met among his households.
    pub cov_duty: Rate,
    /// Counts those he visited himself.
    pub cov_self: Rate,
}

/// One assistant with duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantRow {
    /// Names the cadre.
    pub cadre: String,
    /// Counts the households he kept in touch with.
    pub cov_duty: Rate,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRow {
    /// Names the unit.
    pub unit: String,
    /// Counts the obliged who have a pairing.
    pub fulfil: Rate,
    /// Counts the met among the households of its staff here.
    pub cov_unit: Rate,
}

/// One change of holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverRow {
    /// Names the household.
    pub household: String,
    /// Names the new holder.
    pub cadre: String,
    /// Names his first day, `YYYY-MM-DD`.
    pub from: String,
    /// Counts the days to his first valid visit; none yet: null.
    pub first_visit_days: Option<u64>,
}

/// How long the visits of a village were under way: an indicator of connectivity, not of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelayRow {
    /// Names the village.
    pub place: String,
    /// Counts the visits.
    pub visits: u64,
    /// Gives the median in minutes.
    pub median_min: u64,
    /// Gives the 90th percentile in minutes.
    pub p90_min: u64,
}

/// One post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostRow {
    /// Names the post.
    pub id: String,
    /// Counts the days on which it was needed and empty.
    pub gap_days: u64,
}

/// The secretary's tour (遍访) since 1 January.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tour {
    /// Counts the households seen, of those in scope at the end of the month.
    pub households: Rate,
    /// Counts their villages.
    pub villages: u64,
}

/// The year so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct YearToDate {
    /// Counts the household-months met, of those due.
    pub declared: Rate,
    /// Counts days in scope.
    pub in_scope_days: u64,
    /// Counts days in scope without a holder.
    pub gap_days: u64,
    /// Counts days in scope with a holder in name only.
    pub hidden_days: u64,
}
