//! How a rate is printed (domain section 3).

/// Returns a rate with one decimal, rounded half up.
///
/// All is said only when all is done: a rate below one never prints `100.0%`, one above zero never `0.0%`. Of
/// nothing there is no rate: a dash.
#[must_use]
pub fn percent(num: u64, den: u64) -> String {
    if den == 0 {
        return "—".to_owned();
    }
    let (num, den) = (u128::from(num), u128::from(den));
    let rounded = (num * 2000 + den) / (den * 2);
    let tenths = if num == 0 || num >= den { rounded } else { rounded.clamp(1, 999) };
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn half_of_a_tenth_is_rounded_up() {
        assert_eq!(percent(1, 16), "6.3%");
        assert_eq!(percent(1, 2000), "0.1%");
        assert_eq!(percent(1249, 20_000), "6.2%");
        assert_eq!(percent(412, 450), "91.6%");
        assert_eq!(percent(462, 1000), "46.2%");
    }

    #[test]
    fn almost_all_is_not_all_and_almost_nothing_is_not_nothing() {
        assert_eq!(percent(9999, 10_000), "99.9%");
        assert_eq!(percent(1, 10_000), "0.1%");
        assert_eq!(percent(1, 2001), "0.1%");
        assert_eq!((percent(7, 7), percent(0, 7)), ("100.0%".to_owned(), "0.0%".to_owned()));
        assert_eq!(percent(u64::MAX - 1, u64::MAX), "99.9%");
    }

    #[test]
    fn of_nothing_there_is_no_rate() {
        assert_eq!(percent(0, 0), "—");
    }
}
