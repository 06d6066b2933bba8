//! Secrets in free text: telephone and identity numbers, which must never enter a document that cannot forget.

use crate::calendar::Day;

/// Weights of the first seventeen digits of an identity number (GB 11643).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters by the weighted sum modulo 11.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// Says whether a text holds a mobile number (a run of exactly eleven digits that begins 13 to 19) or an identity
/// number (eighteen characters with a valid check digit and a date in digits 7 to 14).
///
/// Household numbers of sixteen digits and place numbers of twelve pass. Full-width digits count as digits. An
/// identity number is found inside a longer run too: the number on a disability card begins with it.
#[must_use]
pub fn secret_in_text(text: &str) -> bool {
    let letters: Vec<char> = text.chars().map(narrow).collect();
    let mut at = 0;
    while at < letters.len() {
        let run = letters.iter().skip(at).take_while(|letter| letter.is_ascii_digit()).count();
        if run == 0 {
            at += 1;
            continue;
        }
        let digits = letters.get(at..at + run).unwrap_or_default();
        let next = letters.get(at + run).copied();
        if is_mobile(digits) || holds_id_number(digits, next) {
            return true;
        }
        at += run;
    }
    false
}

/// Says whether a text is an identity number: eighteen characters, a valid check digit, a date of birth.
#[must_use]
pub fn is_id_number(text: &str) -> bool {
    let letters: Vec<char> = text.trim().chars().map(narrow).collect();
    letters.len() == 18 && is_id(&letters)
}

/// Says whether a text is a mobile number: eleven digits that begin 13 to 19.
#[must_use]
pub fn is_mobile_number(text: &str) -> bool {
    let letters: Vec<char> = text.trim().chars().map(narrow).collect();
    letters.iter().all(char::is_ascii_digit) && is_mobile(&letters)
}

/// Returns the ASCII form of a full-width digit, letter or sign.
#[must_use]
pub fn narrow(letter: char) -> char {
    match letter {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        '\u{3000}' => ' ',
        other => other,
    }
}

fn is_mobile(digits: &[char]) -> bool {
    digits.len() == 11 && digits.first() == Some(&'1') && digits.get(1).is_some_and(|second| ('3'..='9').contains(second))
}

fn holds_id_number(digits: &[char], next: Option<char>) -> bool {
    let mut run = digits.to_vec();
    run.extend(next.filter(|letter| matches!(letter, 'x' | 'X')));
    run.windows(18).any(is_id)
}

/// Says whether eighteen characters are an identity number.
fn is_id(letters: &[char]) -> bool {
    let Some((last, body)) = letters.split_last() else { return false };
    if body.len() != WEIGHTS.len() || !body.iter().all(char::is_ascii_digit) {
        return false;
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight).sum();
    let expected = usize::try_from(sum % 11).ok().and_then(|at| CHECKS.get(at)).copied();
    Some(last.to_ascii_uppercase()) == expected && is_date(body.get(6..14).unwrap_or_default())
}

fn is_date(digits: &[char]) -> bool {
    let number = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .unwrap_or_default()
            .iter()
            .fold(0_i16, |sum, digit| sum * 10 + digit.to_digit(10).and_then(|d| i16::try_from(d).ok()).unwrap_or(0))
    };
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    matches!((i8::try_from(month), i8::try_from(day)), (Ok(month), Ok(day)) if year > 0 && Day::new(year, month, day).is_ok())
}
