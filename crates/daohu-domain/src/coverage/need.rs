//! What a household needs in a month (D2; domain 3.2).

use super::case::{Case, MonthFrame};
use super::days::{DaySpan, count};
use super::roster::Track;

/// The need of one household in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// The days judged: the month, or the longer period of a tier that ends with it.
    pub(super) period: DaySpan,
    /// The months of that period.
    pub(super) months: u32,
    /// The days in scope in the period.
    pub(super) scope_days: u64,
    /// The days with a visit that are needed; 0: not due.
    pub(super) days: u64,
}

impl Case<'_> {
    /// Works out the need of a household that has a day in scope in the month; `None` without one.
    ///
    /// The tier is that of the first day in scope: who leaves poverty inside a month keeps its need (domain E2). A
    /// tier of several months is due only in calendar months divisible by them, and then judged as a whole. Too few
    /// days in scope, or an unknown tier, need nothing.
    pub(super) fn need(&self, track: &Track<'_>, frame: &MonthFrame<'_>) -> Option<Need> {
        let first = track.first_in_scope(frame.window)?;
        let name = track.tiers.iter().find(|(span, _)| span.contains(first)).map(|(_, name)| *name);
        let tier = name.and_then(|name| self.scenario.config.tiers.get(name)).copied();
        let due = tier.filter(|tier| u32::try_from(frame.month.number()).is_ok_and(|month| month % tier.months == 0));
        let months = due.map_or(1, |tier| tier.months);
        let period = frame.period(i64::from(months));
        let scope_days = count(&track.scope, period);
        let days = due.filter(|_| scope_days >= u64::from(self.scenario.config.k_min)).map_or(0, |tier| u64::from(tier.need));
        Some(Need { period, months, scope_days, days })
    }
}
