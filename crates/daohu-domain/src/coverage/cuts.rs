//! What was known when (D1), and which days are over (D16).
//!
//! A fact the server learned counts if it was learned strictly before the cut. The first figure (首报) has its cut
//! at the freeze, the revised one (修订) at the instant asked for. The roster has one time axis: it is not cut.

use super::days::{DaySpan, first_of, number_at, start_of};
use super::scenario::Scenario;
use crate::calendar::{Instant, Month};

/// The cuts of one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    /// Cuts the first figure.
    pub(super) freeze: Instant,
    /// Cuts the revised figure.
    pub(super) as_of: Instant,
    /// Says that the month was frozen by then (domain 3.6).
    pub(super) frozen: bool,
    /// The day of the question: the first day that is not over.
    today: i64,
}

impl Cuts {
    /// Reads the cuts of a question.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let as_of = scenario.query.as_of;
        let freeze = deadline(scenario.query.month, scenario.config.freeze_day);
        Self { freeze, as_of, frozen: as_of >= freeze, today: number_at(as_of) }
    }

    /// Returns the days of `window` that are over: those before the day of the question (D16).
    pub(super) fn over(&self, window: DaySpan) -> DaySpan {
        DaySpan { from: window.from, to: window.to.min(self.today) }
    }
}

/// Returns the end of day `last_day` of the month after `month`: what comes at that instant comes too late.
#[must_use]
pub fn deadline(month: Month, last_day: u32) -> Instant {
    start_of(first_of(month, 1) + i64::from(last_day))
}

#[cfg(test)]
mod tests {
    use super::{Cuts, deadline};
    use crate::calendar::{Instant, Month};
    use crate::coverage::days::span_of;
    use crate::coverage::scenario::Scenario;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn june() -> Month {
        "2019-06".parse().unwrap()
    }

    #[test]
    fn the_tenth_is_still_before_the_freeze() {
        assert_eq!(deadline(june(), 10), at("2019-07-11T00:00:00+08:00"));
        assert_eq!(deadline("2019-01".parse().unwrap(), 30), at("2019-03-03T00:00:00+08:00"));
    }

    #[test]
    fn a_month_is_frozen_from_the_instant_of_its_freeze() {
        let frozen = |as_of| Cuts::of(&Scenario::asking("61", june(), as_of)).frozen;
        let freeze = at("2019-07-11T00:00:00+08:00");
        assert!(frozen(freeze) && !frozen(Instant(freeze.0 - 1)));
    }

    #[test]
    fn the_day_of_the_question_is_not_over() {
        let over = |as_of| Cuts::of(&Scenario::asking("61", june(), at(as_of))).over(span_of(june())).days();
        assert_eq!(over("2019-06-21T00:00:00+08:00"), 20);
        assert_eq!(over("2019-06-20T23:59:59+08:00"), 19);
        assert_eq!((over("2019-05-02T00:00:00+08:00"), over("2019-09-01T00:00:00+08:00")), (0, 30));
    }
}
