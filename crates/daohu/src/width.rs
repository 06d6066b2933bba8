//! How many columns a text takes on a terminal: Chinese characters and full-width punctuation take two.

/// Returns the columns of a text.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum()
}

/// Fills a text with spaces up to a number of columns.
pub(crate) fn padded(text: &str, wanted: usize) -> String {
    let missing = wanted.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

fn is_wide(letter: char) -> bool {
    matches!(u32::from(letter), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

#[cfg(test)]
mod tests {
    use super::{columns, padded};

    #[test]
    fn chinese_takes_two_columns_and_digits_one() {
        assert_eq!(columns("左界村31/36"), 11);
        assert_eq!(padded("左界", 6), "左界  ");
        assert_eq!(padded("左界村", 3), "左界村", "never cut");
    }
}
