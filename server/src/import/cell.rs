//! One cell of an office's table: what counts as empty, and what a spreadsheet does to numbers and days.

use daohu_domain::{
    calendar::Day,
    validate::{self, day_of_serial},
};

/// Words and marks that offices write into a cell that has no value.
const EMPTY: [&str; 11] = ["", "无", "/", "-", "--", "—", "——", "－", "／", "\\", "空"];
/// Marks that say "as in the row above".
const DITTO: [&str; 7] = ["同上", "〃", "″", "\"", "”", "''", "上同"];
/// What a spreadsheet shows where a formula failed.
const FAILED: [&str; 8] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"];
/// Serial days that are read as days: 1927-05-18 to 2099-12-31. Shorter numbers are years or counts.
const SERIALS: std::ops::RangeInclusive<i32> = 10_000..=73_050;
/// Years in which a day of an office's table can lie.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;
/// From here on a spreadsheet has lost the last digits of a whole number.
const EXACT_BELOW: f64 = 1e15;

fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}')
}

/// Takes away spaces of every width, the wrapping of `="0123"` and a leading apostrophe.
#[must_use]
pub fn unwrap_text(text: &str) -> &str {
    let text = text.trim_matches(is_space);
    let wrapped = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = wrapped.unwrap_or(text);
    text.strip_prefix('\'').filter(|rest| !rest.starts_with('\'')).unwrap_or(text).trim_matches(is_space)
}

/// Returns the text of a number cell; a whole number that has lost digits is written with an exponent, see [`has_lost_digits`].
#[must_use]
pub fn float_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        return format!("{number:.0}");
    }
    if number.abs() >= EXACT_BELOW {
        return format!("{number:E}").replace('E', "E+");
    }
    // Ten decimals, so that 0.1 + 0.2 is 0.3 again.
    let text = format!("{number:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Says whether a cell has no value.
#[must_use]
pub fn is_empty(text: &str) -> bool {
    EMPTY.contains(&text)
}

/// Says whether a cell repeats the one above it.
#[must_use]
pub fn is_ditto(text: &str) -> bool {
    DITTO.contains(&text)
}

/// Says whether a formula failed in this cell.
#[must_use]
pub fn is_failed_formula(text: &str) -> bool {
    FAILED.contains(&text)
}

/// Turns full-width digits and letters into plain ones and leaves punctuation alone.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => narrow(character),
            other => other,
        })
        .collect()
}

/// Turns every full-width character into its plain form and drops spaces.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().filter(|character| !is_space(*character)).map(narrow).collect()
}

fn narrow(character: char) -> char {
    match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '。' => '.',
        '—' | '–' | '−' => '-',
        other => other,
    }
}

/// Says whether a number was saved as 6.10802E+15: its last digits are gone.
#[must_use]
pub fn has_lost_digits(text: &str) -> bool {
    let text = plain(text).to_ascii_lowercase();
    let Some((mantissa, exponent)) = text.split_once('e') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(exponent.trim_start_matches('+')) && mantissa.split('.').all(digits)
}

/// Reads a day as the domain does, and the serial number that is left of a date where a spreadsheet kept no date format.
#[must_use]
pub fn read_day(text: &str) -> Option<Day> {
    let text = plain(text);
    let days = text.split_once('.').filter(|(_, rest)| !rest.is_empty()).map_or(text.as_str(), |(days, _)| days);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.matches('.').count() <= 1;
    if days.len() == 5 && is_number {
        return days.parse::<i32>().ok().filter(|serial| SERIALS.contains(serial)).and_then(|serial| day_of_serial(f64::from(serial)));
    }
    // A time behind the day has lost its space: 2019-06-0400:00:00.
    let text = text.split_once(':').map_or(text.as_str(), |(head, _)| head.get(..head.len().saturating_sub(2)).unwrap_or(head));
    validate::read_day(text)
}

/// Says whether a text names a month and no day in it: 2019年6月 is read as its first day.
#[must_use]
pub fn lacks_day(text: &str) -> bool {
    let text = plain(text);
    let parts = text.split(|character: char| !character.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    let is_serial = text.split('.').next().is_some_and(|days| days.len() == 5);
    parts == 2 && !is_serial || (parts == 1 && text.len() == 6)
}

/// Reads the year at the front of 2019, 2019年, 201912 or 2018年12月.
#[must_use]
pub fn read_year(text: &str) -> Option<i16> {
    let text = plain(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let year = text.get(..4).filter(|_| matches!(digits, 4 | 6 | 8))?;
    year.parse().ok().filter(|year| YEARS.contains(year))
}

/// Writes a number with an exponent out: 1.36E+4 is 13600. Any other text is returned as it is.
#[must_use]
pub fn without_exponent(text: &str) -> String {
    let wide = || {
        let plain = plain(text).to_ascii_lowercase();
        let (mantissa, exponent) = plain.split_once('e')?;
        let exponent: usize = exponent.trim_start_matches('+').parse().ok().filter(|exponent| *exponent <= 30)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let point = whole.len() + exponent;
        let padded = format!("{digits:0<point$}");
        let (whole, fraction) = padded.split_at_checked(point)?;
        Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
    };
    wide().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{float_text, has_lost_digits, read_day, read_year, unwrap_text, without_exponent};

    fn day(text: &str) -> Option<String> {
        read_day(text).map(|day| day.to_string())
    }

    #[test]
    fn a_day_is_read_in_every_way_that_offices_write_it() {
        for text in [
            "2019.6.4",
            "2019-06-04",
            "2019/6/4",
            "2019年6月4日",
            "20190604",
            "２０１９．６．４",
            " 2019-6-4 ",
            "2019-06-04 00:00:00",
            "43620",
            "43620.5",
        ] {
            assert_eq!(day(text).as_deref(), Some("2019-06-04"), "{text}");
        }
        assert_eq!(day("2019年6月").as_deref(), Some("2019-06-01"));
    }

    #[test]
    fn a_day_that_is_in_no_calendar_is_none() {
        for text in ["2019.13.4", "2019-02-29", "2019", "19.6.4", "4月1日", "99999", "今天", "2019-06-04-05", ":", "1:"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_cell_keeps_its_digits_or_says_that_it_lost_them() {
        assert_eq!(float_text(43_620.0), "43620");
        assert_eq!(float_text(0.1 + 0.2), "0.3");
        assert_eq!(float_text(-12.5), "-12.5");
        assert!(has_lost_digits(&float_text(6_108_022_090_000_001.0)));
        assert!(has_lost_digits("6.10802E+15"));
        assert!(!has_lost_digits("6108022090000001"));
        assert!(!has_lost_digits("E12345678"));
        assert_eq!(without_exponent("1.36E+4"), "13600");
        assert_eq!(without_exponent("1.36055E+4"), "13605.5");
        assert_eq!(without_exponent("E4"), "E4");
    }

    #[test]
    fn the_wrapping_of_a_text_cell_goes() {
        assert_eq!(unwrap_text("=\"6108022090000001\""), "6108022090000001");
        assert_eq!(unwrap_text("\u{3000}左界村\u{a0} "), "左界村");
        assert_eq!(unwrap_text("'0912"), "0912");
        assert_eq!(unwrap_text("''"), "''", "a ditto mark is no wrapping");
    }

    #[test]
    fn a_year_may_have_its_month_behind_it() {
        assert_eq!(read_year("2019"), Some(2019));
        assert_eq!(read_year("201912"), Some(2019));
        assert_eq!(read_year("２０１９年度"), Some(2019));
        assert_eq!(read_year("2018年12月"), Some(2018));
        assert_eq!(read_year("19"), None);
        assert_eq!(read_year("20191"), None);
        assert_eq!(read_year("年"), None);
    }
}
