//! Telephone and identity numbers in free text: found at their borders, and nothing else is.

use daohu_domain::secret::{is_id_number, is_mobile_number, secret_in_text};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

/// Gives seventeen digits their check character.
fn with_check(body: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(weights).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
    format!("{body}{}", "10X98765432".chars().nth(usize::try_from(sum % 11).unwrap()).unwrap())
}

#[test]
fn a_mobile_number_is_exactly_eleven_digits_from_13_to_19() {
    for text in ["13800000000", "19977292899", "电话15912345678。", "１３８００００００００", "找13912345678，或村委会"]
    {
        assert!(secret_in_text(text), "{text}");
    }
    for text in
        ["12800000000", "1380000000", "138000000001", "0138000000001", "a1b3c8", "138-0000-0000", "138 0000 0000", "20000000000", ""]
    {
        assert!(!secret_in_text(text), "{text}");
    }
}

#[test]
fn an_identity_number_has_a_check_digit_and_a_date() {
    let id = with_check("61080019790724897");
    assert_eq!(id, "610800197907248979");
    for text in [
        id.clone(),
        format!("证件{id}号"),
        format!("{id}43"),
        format!("1{id}"),
        "61080019800202537X".to_owned(),
        "61080019800202537x".to_owned(),
    ] {
        assert!(secret_in_text(&text), "{text}");
    }
    let wrong_check = "610800197907248970";
    let no_date = with_check("61080019791324897");
    let no_leap_day = with_check("61080019790229897");
    for text in [wrong_check, &no_date, &no_leap_day, "6108001979072489", "61080019800202537", "61080019800202537 X"] {
        assert!(!secret_in_text(text), "{text}");
    }
    assert!(secret_in_text(&with_check("61080019800229897")), "a leap day is a date");
}

#[test]
fn numbers_of_households_people_and_places_pass() {
    for text in [
        "6108022090000001",
        "610802209201",
        "610802209000000101",
        "户编号6108022090000450，村610802209203",
        "6250442458741245",
        "3414008",
        "719000",
    ] {
        assert!(!secret_in_text(text), "{text}");
    }
    for serial in 0..10_000_u32 {
        let household = format!("610802209{serial:07}");
        let person = format!("610802209{serial:07}01");
        assert!(!secret_in_text(&household) && !secret_in_text(&person), "{household} {person}");
    }
}

#[test]
fn a_whole_text_is_an_identity_number_or_not() {
    assert!(is_id_number(" 610800197907248979 ") && is_id_number("61080019800202537x"));
    assert!(!is_id_number("6108001979072489791") && !is_id_number("") && !is_id_number("户610800197907248979"));
    assert!(
        is_mobile_number("13800000000") && !is_mobile_number("138000000000") && !is_mobile_number("电13800000000") && !is_mobile_number("")
    );
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panicking(text in ".{0,200}") {
        let _ = secret_in_text(&text);
    }

    #[test]
    fn any_run_of_digits_that_is_neither_passes(length in 1_usize..=17, seed in "[0-9]{17}") {
        let digits: String = seed.chars().take(length).collect();
        let mobile = length == 11 && digits.starts_with('1') && digits.chars().nth(1).unwrap() >= '3';
        prop_assert_eq!(secret_in_text(&digits), mobile);
    }

    #[test]
    fn every_valid_number_is_found_in_any_words(
        (before, after) in ("[\\p{Han}，a-z ]{0,10}", "[\\p{Han}，a-w ]{0,10}"),
        area in 110_000_u32..660_000,
        day in 0_i32..40_000,
        order in 0_u32..1000,
    ) {
        let birth = jiff::civil::date(1900, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
        let id = with_check(&format!("{area:06}{}{order:03}", birth.strftime("%Y%m%d")));
        let text = format!("{before}{id}{after}");
        prop_assert!(secret_in_text(&text));
        prop_assert!(is_id_number(&id));
    }
}
