//! Where a household counts (D14; domain 1.1, 3.4).
//!
//! Ancestry is climbed by parents, never read off the digits. The tree of a month is that of its last day; a code
//! that has no row on that day is read by the last row it had before.

use super::days::DaySpan;
use super::scenario::Region;
use std::collections::HashMap;

/// The most levels that are climbed: a ring of parents in a damaged roster must end.
const LEVELS_MAX: usize = 32;

/// The level at which figures are grouped.
const VILLAGE: &str = "village";

/// All rows of all places.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    rows: HashMap<&'a str, Vec<Row<'a>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row<'a> {
    span: DaySpan,
    level: &'a str,
    parent: Option<&'a str>,
}

/// What a place is to the question on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    /// Says that it lies in the place asked for.
    pub(super) is_here: bool,
    /// Names its village: the first ancestor-or-self of that level, else the place itself.
    pub(super) village: &'a str,
}

impl<'a> Tree<'a> {
    /// Sorts the rows by place.
    pub(super) fn of(regions: &'a [Region]) -> Self {
        let mut rows: HashMap<&'a str, Vec<Row<'a>>> = HashMap::new();
        for region in regions {
            let span = DaySpan::open(region.from, region.to);
            rows.entry(&region.code).or_default().push(Row { span, level: &region.level, parent: region.parent.as_deref() });
        }
        rows.values_mut().for_each(|rows| rows.sort_unstable());
        Self { rows }
    }

    /// Looks at place `code` on a day, asked from `place`.
    pub(super) fn spot(&self, code: &'a str, day: i64, place: &str) -> Spot<'a> {
        let (mut is_here, mut village) = (false, None);
        let mut at = Some(code);
        for _ in 0..LEVELS_MAX {
            let Some(here) = at else { break };
            is_here |= here == place;
            let Some(row) = self.row_on(here, day) else { break };
            if row.level == VILLAGE {
                village = village.or(Some(here));
            }
            at = row.parent;
        }
        Spot { is_here, village: village.unwrap_or(code) }
    }

    /// Returns the row of a code on a day, else the last one that had ended by then.
    fn row_on(&self, code: &str, day: i64) -> Option<Row<'a>> {
        let rows = self.rows.get(code)?;
        let current = rows.iter().rev().find(|row| row.span.contains(day));
        current.or_else(|| rows.iter().filter(|row| row.span.to <= day).max_by_key(|row| row.span.to)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use crate::coverage::days::number;
    use crate::coverage::scenario::Region;

    fn region(code: &str, level: &str, parent: Option<&str>, span: [Option<&str>; 2]) -> Region {
        let [from, to] = span.map(|day| day.map(|day| day.parse().unwrap()));
        Region { code: code.to_owned(), level: level.to_owned(), parent: parent.map(str::to_owned), from, to, ..Region::default() }
    }

    fn day(text: &str) -> i64 {
        number(text.parse().unwrap())
    }

    #[test]
    fn a_group_counts_in_the_village_above_it() {
        let rows = [
            region("town", "town", None, [None, None]),
            region("village", "village", Some("town"), [None, None]),
            region("group", "group", Some("village"), [None, None]),
            region("office", "group", Some("town"), [None, None]),
        ];
        let tree = Tree::of(&rows);
        let today = day("2019-06-30");
        assert_eq!(tree.spot("group", today, "town").village, "village");
        assert!(tree.spot("group", today, "village").is_here && tree.spot("group", today, "group").is_here);
        assert!(!tree.spot("village", today, "group").is_here);
        assert_eq!(tree.spot("office", today, "town").village, "office");
        assert_eq!(tree.spot("nowhere", today, "town").village, "nowhere");
    }

    #[test]
    fn a_code_without_a_row_is_read_by_its_last_earlier_one() {
        let rows = [
            region("gone", "village", Some("old"), [None, Some("2018-01-01")]),
            region("gone", "village", Some("new"), [Some("2018-01-01"), Some("2019-01-01")]),
            region("gone", "village", Some("later"), [Some("2020-01-01"), None]),
        ];
        let tree = Tree::of(&rows);
        assert!(tree.spot("gone", day("2017-12-31"), "old").is_here);
        assert!(tree.spot("gone", day("2018-12-31"), "new").is_here);
        assert!(tree.spot("gone", day("2019-01-01"), "new").is_here);
        assert!(tree.spot("gone", day("2019-06-30"), "new").is_here);
        assert!(tree.spot("gone", day("2020-01-01"), "later").is_here);
    }

    #[test]
    fn a_ring_of_parents_ends() {
        let rows = [region("a", "town", Some("b"), [None, None]), region("b", "town", Some("a"), [None, None])];
        assert!(!Tree::of(&rows).spot("a", 0, "c").is_here);
    }
}
