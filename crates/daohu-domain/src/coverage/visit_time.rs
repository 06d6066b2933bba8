//! When a visit happened (D7), and whether that is in doubt (D8; domain 3.1).

use super::days::number_at;
use super::scenario::{TimeEvidence, Visit};
use crate::calendar::Instant;

/// The time of a visit as the rules use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VisitTime {
    /// The start, moved to where the evidence allows it.
    pub(super) start: Instant,
    /// The end, moved with the start.
    pub(super) end: Instant,
    /// Says that the start is known, not claimed.
    pub(super) is_trusted: bool,
    /// Says that even its month is uncertain: it can be declared, never verified.
    pub(super) is_month_open: bool,
}

/// Works out the time of a visit that the server received at `received`.
///
/// An untrusted start is the claimed one, moved to the nearest bound of the evidence; nothing happens after its
/// arrival. Bounds in two months, or none, leave the month open, whatever a reviewer accepts.
pub(super) fn visit_time(visit: &Visit, received: Instant) -> VisitTime {
    let claim = visit.start;
    let (start, is_trusted, is_month_open) = match visit.time {
        Some(TimeEvidence::Trusted(start)) => (start, true, false),
        Some(TimeEvidence::Between([after, before])) => {
            let before = before.min(received);
            (claim.max(after).min(before), false, after.month() != before.month())
        }
        None => (claim.min(received), false, true),
    };
    let moved_ms = start.0.saturating_sub(claim.0);
    VisitTime { start, end: Instant(visit.end.0.saturating_add(moved_ms)), is_trusted, is_month_open }
}

impl VisitTime {
    /// Returns the day of the start: a visit over midnight is of the day it began (domain E8).
    pub(super) fn day(&self) -> i64 {
        number_at(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::visit_time;
    use crate::calendar::Instant;
    use crate::coverage::days::number;
    use crate::coverage::scenario::{TimeEvidence, Visit};

    fn at(text: &str) -> Instant {
        format!("2019-{text}:00+08:00").parse().unwrap()
    }

    fn told(start: &str, time: Option<TimeEvidence>) -> Visit {
        Visit { start: at(start), end: Instant(at(start).0 + 40 * 60_000), time, ..Visit::default() }
    }

    fn between(after: &str, before: &str) -> Option<TimeEvidence> {
        Some(TimeEvidence::Between([at(after), at(before)]))
    }

    #[test]
    fn trusted_time_moves_the_end_too() {
        let visit = told("05-31T08:00", Some(TimeEvidence::Trusted(at("06-06T08:00"))));
        let time = visit_time(&visit, at("06-06T09:00"));
        assert_eq!((time.start, time.end), (at("06-06T08:00"), at("06-06T08:40")));
        assert!(time.is_trusted && !time.is_month_open);
        assert_eq!(time.day(), number("2019-06-06".parse().unwrap()));
    }

    #[test]
    fn an_untrusted_start_goes_to_the_nearest_bound() {
        let starts = |claim| visit_time(&told(claim, between("06-10T18:00", "06-12T08:00")), at("06-20T00:00")).start;
        assert_eq!(starts("05-31T09:00"), at("06-10T18:00"));
        assert_eq!(starts("06-11T09:00"), at("06-11T09:00"));
        assert_eq!(starts("06-13T09:00"), at("06-12T08:00"));
    }

    #[test]
    fn nothing_happens_after_its_arrival() {
        let late = told("06-13T09:00", between("06-10T18:00", "06-14T08:00"));
        let time = visit_time(&late, at("06-12T08:00"));
        assert_eq!((time.start, time.end), (at("06-12T08:00"), at("06-12T08:40")));
        assert_eq!(visit_time(&told("06-13T09:00", None), at("06-12T08:00")).start, at("06-12T08:00"));
        assert_eq!(visit_time(&told("06-11T09:00", None), at("06-12T08:00")).start, at("06-11T09:00"));
        assert_eq!(visit_time(&told("06-11T09:00", between("06-20T00:00", "06-21T00:00")), at("06-12T08:00")).start, at("06-12T08:00"));
    }

    #[test]
    fn bounds_in_two_months_or_none_leave_the_month_open() {
        let open = |time, received| visit_time(&told("05-31T16:00", time), at(received)).is_month_open;
        assert!(open(between("05-30T09:00", "06-02T09:00"), "06-02T09:00"));
        assert!(open(between("05-30T09:00", "06-01T00:00"), "06-02T09:00"));
        assert!(!open(between("05-30T09:00", "05-31T23:59"), "06-02T09:00"));
        assert!(!open(between("05-30T09:00", "06-02T09:00"), "05-31T20:00"));
        assert!(open(None, "06-02T09:00"));
    }
}
