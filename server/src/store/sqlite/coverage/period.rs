//! Periods of tiers: a household that needs a visit a quarter is judged by the calendar quarter.

use std::collections::BTreeSet;

use daohu_domain::calendar::Month;
use daohu_domain::config::Rules;

/// The last months of the periods in which a month lies: its own, and those of longer tiers.
pub(super) fn ends_of(rules: &Rules, month: Month) -> BTreeSet<Month> {
    let mut ends = BTreeSet::from([month]);
    ends.extend(rules.duty.tiers.values().map(|tier| end_of_period(month, tier.months)));
    ends
}

/// The last month of the calendar period of `length` months in which a month lies.
fn end_of_period(month: Month, length: u32) -> Month {
    let length = i32::try_from(length).unwrap_or(1).max(1);
    let over = i32::from(month.number()).rem_euclid(length);
    if over == 0 { month } else { month.plus(length - over) }
}

/// The first month of the longest period in which a month lies.
pub(super) fn first_of_period(rules: &Rules, month: Month) -> Month {
    let start = |months: u32| end_of_period(month, months).plus(1 - i32::try_from(months).unwrap_or(1).max(1));
    rules.duty.tiers.values().map(|tier| start(tier.months)).fold(month, Month::min)
}

#[cfg(test)]
mod tests {
    use super::{end_of_period, first_of_period};
    use daohu_domain::calendar::Month;
    use daohu_domain::config::Rules;

    fn month(number: i8) -> Month {
        Month::new(2019, number).unwrap()
    }

    #[test]
    fn a_quarter_ends_in_march_june_september_and_december() {
        assert_eq!(end_of_period(month(1), 3), month(3));
        assert_eq!(end_of_period(month(3), 3), month(3));
        assert_eq!(end_of_period(month(11), 3), month(12));
        assert_eq!(end_of_period(month(12), 12), month(12));
    }

    #[test]
    fn the_longest_tier_says_how_far_back_visits_count() {
        let mut rules = Rules::default();
        rules.set("tiers.quarterly.months", "3").unwrap();
        assert_eq!(first_of_period(&rules, month(5)), month(4));
        rules.set("tiers.yearly.months", "12").unwrap();
        assert_eq!(first_of_period(&rules, month(5)), month(1));
        rules.set("tiers", "{\"monthly\":{\"months\":1,\"need\":1}}").unwrap();
        assert_eq!(first_of_period(&rules, month(5)), month(5));
    }
}
