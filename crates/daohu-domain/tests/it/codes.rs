//! The table of codes: every stable code has its two sentences, once, and none of them blames or counts people.

use crate::kinds::NEVER;
use daohu_domain::codes;
use std::collections::BTreeSet;

/// The codes of items, as the contracts list them.
const ITEMS: &str = "ok ok_newer duplicate missing_dep compressed_chunk too_big unreadable panics not_canonical not_reloadable actor_taken \
    forbidden_place forbidden_writer sealed_touched event_edited invalid_record unknown_kind secret_in_text";

/// The codes of the HTTP doors.
const DOORS: &str = "code_unknown code_expired code_used too_many_tries bad_frame bad_merkle_root bad_signature unknown_device device_revoked \
    batch_fork too_big too_old busy server_full bad_login locked bad_month bad_place bad_cursor not_our_server";

/// The codes of the commands.
const COMMANDS: &str = "code_unknown code_expired code_used device_revoked bad_signature batch_fork unknown_kind too_old too_new not_a_workbook \
    unknown_table bad_month bad_place not_found forbidden_writer own_visit sealed needs_reason disk_full store_damaged wrong_key offline \
    not_our_server server_busy clock_behind usage";

/// The refusals and warnings of imports.
const IMPORTS: &str = "missing_key unknown_place unknown_household unknown_cadre ambiguous_cadre bad_date bad_number bad_id_number duplicate_key \
    overlap too_long exit_year_differs both_education_fields not_a_workbook unknown_table";

/// The refusals of photos and files.
const EVIDENCE: &str = "not_a_picture heic too_many_pixels unreadable_picture too_big copy_not_clean";

#[test]
fn every_code_of_the_contracts_has_two_sentences() {
    for code in [ITEMS, DOORS, COMMANDS, IMPORTS, EVIDENCE].into_iter().flat_map(str::split_whitespace) {
        let (zh, en) = codes::sentence(code).unwrap_or_else(|| panic!("{code} has no sentence"));
        assert!(zh.ends_with('。') && zh.chars().any(|letter| letter > '\u{4e00}'), "{code}: {zh}");
        assert!(en.ends_with('.') && en.is_ascii(), "{code}: {en}");
    }
}

#[test]
fn no_code_stands_twice() {
    let all: Vec<&str> = codes::all().map(|(code, _, _)| code).collect();
    let distinct: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn sentences_are_short_plain_and_free_of_forbidden_words() {
    for (code, zh, en) in codes::all() {
        let words = format!("{zh} {en}").to_lowercase();
        let found: Vec<&str> = NEVER.into_iter().filter(|word| words.contains(word)).collect();
        assert!(found.is_empty(), "{code}: {found:?}");
        assert!(zh.matches('。').count() <= 2, "{code}: at most two sentences a notice");
        assert!(zh.split(['。', '，', '；']).all(|part| part.chars().filter(|letter| !letter.is_ascii()).count() <= 20), "{code}: {zh}");
        assert!(!zh.contains(['(', ')', ',', ';', ':']), "{code}: full-width signs: {zh}");
    }
}

#[test]
fn an_unknown_code_still_says_that_nothing_is_lost() {
    assert_eq!(codes::sentence("no_such_code"), None);
    assert!(codes::sentence_or_plain("no_such_code").1.contains("safe"));
    assert_eq!(Some(codes::sentence_or_plain("offline")), codes::sentence("offline"));
}
