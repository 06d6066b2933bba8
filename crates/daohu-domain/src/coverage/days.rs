//! Days as numbers, and half-open spans of them.
//!
//! Dates are compared and counted as days since 1970 at +08:00, so that a month of a household is a handful of
//! subtractions. An open end is the largest number, an open beginning the smallest.

use crate::calendar::{DAY_MS, Day, Instant, Month};

/// Marks a span that has no beginning.
const ALWAYS: i64 = i64::MIN;

/// Marks a span that has no end.
const FOREVER: i64 = i64::MAX;

/// Days from 1 January of year 1 to 1 January 1970.
const DAYS_BEFORE_1970: i64 = 719_162;

/// Milliseconds by which +08:00 runs ahead of UTC.
const OFFSET_MS: i64 = 8 * 3_600_000;

/// Days before each month of a common year.
const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A half-open span of day numbers; empty when `to` is not after `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DaySpan {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl DaySpan {
    /// Makes a span from dates; an absent end is open.
    pub(super) fn new(from: Day, to: Option<Day>) -> Self {
        Self { from: number(from), to: to.map_or(FOREVER, number) }
    }

    /// Makes a span whose both ends may be open.
    pub(super) fn open(from: Option<Day>, to: Option<Day>) -> Self {
        Self { from: from.map_or(ALWAYS, number), to: to.map_or(FOREVER, number) }
    }

    /// Returns the part that both spans share.
    pub(super) fn shared(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Says whether the day lies inside.
    pub(super) const fn contains(self, day: i64) -> bool {
        self.from <= day && day < self.to
    }

    /// Counts the days.
    pub(super) fn days(self) -> u64 {
        u64::try_from(self.to.saturating_sub(self.from)).unwrap_or(0)
    }
}

/// Returns the number of a date.
pub(super) fn number(day: Day) -> i64 {
    days_before_year(i64::from(day.year())) + i64::from(day.day_of_year()) - 1
}

/// Returns the date of a number, for printing.
pub(super) fn date(number: i64) -> Day {
    Instant(number.saturating_mul(DAY_MS).saturating_sub(OFFSET_MS)).day()
}

/// Returns the number of the day at +08:00 in which an instant lies.
pub(super) fn number_at(instant: Instant) -> i64 {
    instant.0.saturating_add(OFFSET_MS).div_euclid(DAY_MS)
}

/// Returns the first instant of a day at +08:00.
pub(super) const fn start_of(number: i64) -> Instant {
    Instant(number.saturating_mul(DAY_MS).saturating_sub(OFFSET_MS))
}

/// Returns the first day of the month that lies `plus` months after `month`.
pub(super) fn first_of(month: Month, plus: i64) -> i64 {
    let index = i64::from(month.year()) * 12 + i64::from(month.number()) - 1 + plus;
    let (year, zero_based) = (index.div_euclid(12), index.rem_euclid(12));
    let before = usize::try_from(zero_based).ok().and_then(|at| DAYS_BEFORE_MONTH.get(at)).copied().unwrap_or(0);
    let leap_day = i64::from(zero_based > 1 && is_leap(year));
    days_before_year(year) + before + leap_day
}

/// Returns the days of a month.
pub(super) fn span_of(month: Month) -> DaySpan {
    DaySpan { from: first_of(month, 0), to: first_of(month, 1) }
}

/// Sorts spans and joins those that touch or overlap.
pub(super) fn joined(mut spans: Vec<DaySpan>) -> Vec<DaySpan> {
    spans.retain(|span| span.from < span.to);
    spans.sort_unstable();
    let mut out: Vec<DaySpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => out.push(span),
        }
    }
    out
}

/// Counts the days of disjoint `spans` inside `window`.
pub(super) fn count(spans: &[DaySpan], window: DaySpan) -> u64 {
    spans.iter().map(|span| span.shared(window).days()).sum()
}

/// Counts the days that lie in both lists of disjoint spans and inside `window`.
pub(super) fn count_both(left: &[DaySpan], right: &[DaySpan], window: DaySpan) -> u64 {
    left.iter().map(|span| count(right, span.shared(window))).sum()
}

/// Returns the days of disjoint `spans` that lie in none of `holes`, which are disjoint and in order.
pub(super) fn without(spans: &[DaySpan], holes: &[DaySpan]) -> Vec<DaySpan> {
    let mut out = Vec::new();
    for span in spans {
        let mut from = span.from;
        for hole in holes.iter().map(|hole| hole.shared(*span)).filter(|hole| hole.from < hole.to) {
            out.push(DaySpan { from, to: hole.from });
            from = hole.to;
        }
        out.push(DaySpan { from, to: span.to });
    }
    out.retain(|span| span.from < span.to);
    out
}

/// Splits `window` at the ends of `spans` and hands out each piece, in order.
pub(super) fn pieces(window: DaySpan, spans: impl Iterator<Item = DaySpan>) -> Vec<DaySpan> {
    let mut edges = vec![window.from, window.to];
    edges.extend(spans.flat_map(|span| [span.from, span.to]).filter(|edge| window.from < *edge && *edge < window.to));
    edges.sort_unstable();
    edges.dedup();
    edges.windows(2).map(|pair| DaySpan { from: pair[0], to: pair[1] }).collect()
}

/// Returns the number of 1 January of a year.
const fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    365 * past + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - DAYS_BEFORE_1970
}

const fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

#[cfg(test)]
mod tests {
    use super::{DaySpan, count, count_both, date, first_of, joined, number, number_at, pieces, span_of, start_of, without};
    use crate::calendar::{Day, Instant, Month};

    fn span(from: i64, to: i64) -> DaySpan {
        DaySpan { from, to }
    }

    #[test]
    fn every_day_of_two_centuries_has_the_next_number() {
        let mut day = jiff::civil::date(1899, 12, 31);
        let mut expected = number(day);
        for _ in 0..80_000 {
            day = day.tomorrow().unwrap();
            expected += 1;
            assert_eq!((number(day), date(expected)), (expected, day));
            let first = first_of(Month::of(day), 0);
            assert_eq!(first, expected - i64::from(day.day()) + 1);
        }
        assert_eq!(number(jiff::civil::date(1970, 1, 1)), 0);
    }

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        let midnight: Instant = "2019-06-01T00:00:00+08:00".parse().unwrap();
        let day = number(jiff::civil::date(2019, 6, 1));
        assert_eq!((number_at(midnight), number_at(Instant(midnight.0 - 1))), (day, day - 1));
        assert_eq!(start_of(day), midnight);
    }

    #[test]
    fn a_month_is_found_across_the_turn_of_the_year() {
        let december: Month = "2019-12".parse().unwrap();
        assert_eq!(date(first_of(december, 1)), jiff::civil::date(2020, 1, 1));
        assert_eq!(date(first_of(december, 3)), jiff::civil::date(2020, 3, 1));
        assert_eq!(date(first_of(december, -12)), jiff::civil::date(2018, 12, 1));
        assert_eq!(span_of("2020-02".parse().unwrap()).days(), 29);
        assert_eq!(span_of("2100-02".parse().unwrap()).days(), 28);
    }

    #[test]
    fn spans_that_touch_are_one_and_empty_ones_are_none() {
        assert_eq!(joined(vec![span(5, 9), span(1, 3), span(3, 5), span(10, 10), span(12, 13)]), vec![span(1, 9), span(12, 13)]);
    }

    #[test]
    fn a_span_without_end_is_counted_inside_its_window() {
        let open = DaySpan::open(None, None);
        assert_eq!(count(&[open], span(10, 20)), 10);
        assert_eq!(count_both(&[open], &[span(0, 12), span(15, 16)], span(10, 20)), 3);
        let day: Day = "2019-06-05".parse().unwrap();
        assert!(DaySpan::new(day, None).contains(number(day)) && !DaySpan::new(day, Some(day)).contains(number(day)));
    }

    #[test]
    fn a_window_is_cut_only_at_edges_inside_it() {
        assert_eq!(pieces(span(0, 10), [span(3, 10), span(-5, 3)].into_iter()), vec![span(0, 3), span(3, 10)]);
    }

    #[test]
    fn holes_are_taken_out_of_each_span() {
        let spans = [span(0, 10), span(20, 30)];
        assert_eq!(without(&spans, &[span(-5, 2), span(4, 6), span(9, 22), span(30, 40)]), vec![span(2, 4), span(6, 9), span(22, 30)]);
        assert_eq!((without(&spans, &[]), without(&spans, &[span(0, 30)])), (spans.to_vec(), Vec::new()));
    }
}
