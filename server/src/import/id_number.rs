//! Identity numbers as they stand in 证件号码: the national 18 characters, the longer ones of 残疾人证, other papers.

use super::cell;
use daohu_domain::secret::is_id_number;

/// Lengths of the number of a 残疾人证 and of its replacement: an identity number and what follows it.
const DISABILITY_LENGTHS: [usize; 2] = [20, 22];
/// The longest number of any other document.
const OTHER_LENGTH_MAX: usize = 18;

/// Reads an identity number; `document` is the cell 证件类型, where there is one. Spaces go, x becomes X.
///
/// A passport or a permit has no rule of its own here, so it is taken when 证件类型 says that it is one.
#[must_use]
pub fn read_id_number(text: &str, document: Option<&str>) -> Option<String> {
    let number = cell::plain(text).to_ascii_uppercase();
    let is_other = document.is_some_and(|name| !cell::is_empty(name) && !name.contains("身份证") && !name.contains("残疾"));
    let is_right = match number.len() {
        18 if is_id_number(&number) => true,
        length if DISABILITY_LENGTHS.contains(&length) => number.get(..18).is_some_and(is_id_number),
        length => is_other && (1..=OTHER_LENGTH_MAX).contains(&length) && number.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    if is_right { Some(number) } else { None }
}

#[cfg(test)]
mod tests {
    use super::read_id_number;

    #[test]
    fn the_check_digit_decides() {
        assert_eq!(read_id_number("61080019800202537x", None).as_deref(), Some("61080019800202537X"));
        assert_eq!(read_id_number("610800198002025371", None), None);
    }

    #[test]
    fn full_width_digits_and_spaces_are_read() {
        assert_eq!(read_id_number(" ６１０８００１９８００２０２５３７Ｘ ", None).as_deref(), Some("61080019800202537X"));
    }

    #[test]
    fn a_disability_card_is_an_identity_number_with_two_or_four_digits_behind_it() {
        assert!(read_id_number("61080019800202537X43", None).is_some());
        assert!(read_id_number("61080019800202537X43B1", None).is_some());
        assert!(read_id_number("61080019800202537X4", None).is_none());
        assert!(read_id_number("61080019800202537043", None).is_none());
    }

    #[test]
    fn a_passport_is_taken_only_where_the_document_is_named() {
        assert!(read_id_number("E12345678", Some("护照")).is_some());
        assert!(read_id_number("E12345678", Some("居民身份证")).is_none());
        assert!(read_id_number("E12345678", None).is_none());
    }
}
