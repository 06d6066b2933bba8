//! What evidence is asked for, and what is missing.

use daohu_domain::{
    Fields,
    kinds::{self, find},
    required_evidence::{Completeness, Piece, completeness, slots},
};
use serde_json::json;

fn fields(value: serde_json::Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn issue(asked: &[&str]) -> Fields {
    fields(json!({ "no": "Q19", "problem": "…", "required_evidence": asked, "found_on": "2019-05-07" }))
}

fn piece<'a>(slot: Option<&'a str>, sort: &'a str, day: &str) -> Piece<'a> {
    Piece { slot, sort, event_date: day.parse().ok() }
}

fn of_issue(asked: &[&str], pieces: &[Piece<'_>]) -> Completeness {
    completeness(find("issue").unwrap(), &issue(asked), pieces)
}

fn zh(found: &Completeness) -> Vec<&str> {
    found.missing.iter().map(|slot| slot.zh.as_str()).collect()
}

#[test]
fn an_issue_names_what_closes_it_and_is_told_what_is_missing() {
    let asked = ["会议记录", "照片", "整改台账复印件"];
    let none = of_issue(&asked, &[]);
    assert_eq!((none.filled(), none.required, zh(&none)), (0, 3, asked.to_vec()));
    assert_eq!(none.sentence().unwrap().0, "还缺：会议记录、照片、整改台账复印件（0/3）。");
    assert_eq!(none.sentence().unwrap().1, "missing: minutes, photo, 整改台账复印件 (0/3)");

    let some = of_issue(&asked, &[piece(None, "photo", "2019-05-10"), piece(Some("整改台账复印件"), "ledger", "2019-05-10")]);
    assert_eq!((some.filled(), zh(&some)), (2, vec!["会议记录"]));

    let all = of_issue(&asked[..2], &[piece(None, "minutes", "2019-05-10"), piece(None, "photo", "2019-05-07")]);
    assert_eq!(all.sentence().unwrap().0, "佐证已齐（2/2）。");
    assert_eq!(all.early, []);
}

#[test]
fn one_piece_fills_one_slot_and_two_photos_are_still_no_minutes() {
    let found = of_issue(&["会议记录", "照片"], &[piece(None, "photo", "2019-05-10"), piece(None, "photo", "2019-05-11")]);
    assert_eq!((found.filled(), zh(&found)), (1, vec!["会议记录"]));
    let named = of_issue(&["会议记录", "照片"], &[piece(Some("会议记录"), "photo", "2019-05-10")]);
    assert_eq!(zh(&named), ["照片"], "it says itself what it is");
    assert_eq!(of_issue(&["会议记录"], &[piece(Some("别的"), "minutes", "2019-05-10")]).filled(), 0, "it is evidence of something else");
}

#[test]
fn evidence_of_a_day_before_the_issue_was_found_fills_and_is_pointed_out() {
    let early = of_issue(&["照片"], &[piece(None, "photo", "2019-05-06")]);
    assert_eq!((early.filled(), early.early.len()), (1, 1));
    let and_later = of_issue(&["照片"], &[piece(None, "photo", "2019-05-06"), piece(None, "photo", "2019-05-07")]);
    assert_eq!(and_later.early, []);
    let undated = of_issue(&["照片"], &[piece(None, "photo", "")]);
    assert_eq!((undated.filled(), undated.early.len()), (1, 0));
}

#[test]
fn the_file_of_a_household_asks_for_papers_of_the_exit_once_it_has_left() {
    let household = find("household").unwrap();
    let stays = completeness(household, &fields(json!({ "number": "1" })), &[]);
    let left = completeness(household, &fields(json!({ "number": "1", "exit_year": 2018 })), &[]);
    assert_eq!((stays.required, left.required), (12, 14));
    let with_photo = completeness(household, &fields(json!({})), &[piece(None, "publicity_photo", ""), piece(Some("plan"), "other", "")]);
    assert_eq!(with_photo.filled(), 2);
}

#[test]
fn nothing_else_ever_asks_for_evidence() {
    for kind in kinds::all().iter().filter(|kind| !matches!(kind.name, "issue" | "household")) {
        assert_eq!(slots(kind, &issue(&["照片"])), [], "{}", kind.name);
        assert_eq!(completeness(kind, &Fields::new(), &[]).sentence(), None, "{}", kind.name);
    }
}
