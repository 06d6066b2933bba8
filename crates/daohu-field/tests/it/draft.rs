//! Drafts: durable at every keystroke, fixed when sealed, made into a document only when handed in.

use crate::phone::{HOUR, World, input};
use daohu_field::{Until, VisitInput};

fn text(narrative: &str) -> VisitInput {
    VisitInput { narrative: Some(narrative.to_owned()), ..VisitInput::default() }
}

fn met() -> VisitInput {
    VisitInput { met: vec![("王某某".to_owned(), "本人".to_owned())], ..VisitInput::default() }
}

#[test]
fn a_draft_survives_a_kill_after_every_keystroke() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    let visit = phone.ledger.start_visit(&household).unwrap().visit.id;
    let mut written = String::new();
    for letter in "今天羊增加两只".chars() {
        written.push(letter);
        phone.ledger.set_visit(visit, &text(&written)).unwrap();
        phone = phone.killed();
        let shown = phone.ledger.visit(visit).unwrap().visit;
        assert_eq!(shown.fields["narrative"], written.as_str());
        assert_eq!(shown.state, "in_progress");
    }
}

#[test]
fn starting_again_at_the_same_household_goes_on_with_the_same_visit() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let first = phone.ledger.start_visit(&world.households[0].to_string()).unwrap().visit.id;
    let again = phone.ledger.start_visit(&world.households[0].to_string()).unwrap().visit.id;
    let other = phone.ledger.start_visit(&world.households[1].to_string()).unwrap().visit.id;
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn a_sealed_visit_takes_text_and_nothing_else() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let visit = phone.ledger.new_visit(&world.households[0].to_string(), &input("核对。"), Until::Seal).unwrap().visit;
    assert_eq!(visit.state, "sealed");

    phone.ledger.set_visit(visit.id, &text("核对了台账。")).unwrap();
    let refused = phone.ledger.set_visit(visit.id, &VisitInput { mode: Some("phone".to_owned()), ..VisitInput::default() });

    assert_eq!(refused.unwrap_err().code(), "sealed");
    let shown = phone.ledger.visit(visit.id).unwrap().visit;
    assert_eq!((shown.fields["narrative"].as_str(), shown.fields["mode"].as_str()), (Some("核对了台账。"), Some("home")));
}

#[test]
fn a_sealed_visit_keeps_its_times_until_it_is_handed_in() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let visit = phone.ledger.start_visit(&world.households[0].to_string()).unwrap().visit;
    let start = visit.fields["start"].clone();
    phone.clock.advance(HOUR);
    phone.ledger.set_visit(visit.id, &input("核对了台账。")).unwrap();
    let end = phone.ledger.seal_visit(visit.id).unwrap().visit.fields["end"].clone();
    phone.clock.advance(3 * HOUR);

    let shown = phone.ledger.submit_visit(visit.id).unwrap().visit;

    assert_eq!((&shown.fields["start"], &shown.fields["end"]), (&start, &end));
    assert_eq!((shown.state.as_str(), shown.time.as_str()), ("submitted", "trusted"));
    assert_eq!(phone.ledger.status().unwrap().drafts, 0);
}

#[test]
fn what_cannot_be_handed_in_stays_a_draft_and_says_what_is_missing() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let said = VisitInput { met: Vec::new(), ..input("核对了台账。") };

    let refused = phone.ledger.new_visit(&world.households[0].to_string(), &said, Until::Submit).unwrap_err();

    assert_eq!(refused.code(), "invalid_record");
    assert_eq!(phone.ledger.status().unwrap().drafts, 1);
    let id = refused.json()["error"]["detail"]["draft"].as_str().unwrap().parse().unwrap();
    assert_eq!(phone.ledger.visit(id).unwrap().visit.state, "draft");
    phone.ledger.set_visit(id, &met()).unwrap();
    assert_eq!(phone.ledger.submit_visit(id).unwrap().visit.state, "submitted");
}

#[test]
fn what_cannot_be_read_is_refused_and_the_rest_is_kept_as_a_draft() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    let cases = [
        VisitInput { narrative: Some("电话13812345678，已核对。".to_owned()), ..input("") },
        VisitInput { mode: Some("by_balloon".to_owned()), ..input("核对了台账。") },
        VisitInput { start: Some("2039-05-05T10:00".to_owned()), end: Some("2039-05-05T11:00".to_owned()), ..input("核对了台账。") },
    ];
    for said in cases {
        let refused = phone.ledger.new_visit(&household, &said, Until::Submit).unwrap_err();

        let id = refused.json()["error"]["detail"]["draft"].as_str().unwrap_or_else(|| panic!("no draft: {refused:?}")).parse().unwrap();
        let kept = phone.ledger.visit(id).unwrap().visit;
        assert_eq!((kept.state.as_str(), kept.fields["purpose"].is_array()), ("draft", true));
        assert!(!kept.fields.contains_key("narrative") || !kept.fields["narrative"].to_string().contains("138"));
    }
    assert_eq!(phone.ledger.status().unwrap().drafts, 3);
}

#[test]
fn a_refused_submit_leaves_the_draft_open_with_the_moments_it_captured() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let said = VisitInput { met: Vec::new(), ..input("核对了台账。") };
    let id = phone.ledger.new_visit(&world.households[0].to_string(), &said, Until::Draft).unwrap().visit.id;
    assert_eq!(phone.ledger.submit_visit(id).unwrap_err().code(), "invalid_record");
    let refused = phone.ledger.visit(id).unwrap().visit;
    assert_eq!(refused.state, "draft");
    phone.clock.advance(3 * HOUR);

    phone.ledger.set_visit(id, &met()).unwrap();
    let shown = phone.ledger.submit_visit(id).unwrap().visit;

    assert_eq!((shown.state.as_str(), shown.time.as_str()), ("submitted", "trusted"));
    assert!(refused.fields["start"].is_string());
    assert_eq!(shown.fields["start"], refused.fields["start"]);
}

#[test]
fn a_visit_in_progress_goes_on_after_a_refused_submit_or_seal() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let begun = phone.ledger.start_visit(&world.households[0].to_string()).unwrap().visit;
    assert_eq!(phone.ledger.submit_visit(begun.id).unwrap_err().code(), "invalid_record");
    assert_eq!(phone.ledger.seal_visit(begun.id).unwrap_err().code(), "invalid_record");
    let shown = phone.ledger.visit(begun.id).unwrap().visit;
    assert_eq!((shown.state.as_str(), shown.fields.get("end")), ("in_progress", None));
    phone.clock.advance(HOUR);

    phone.ledger.set_visit(begun.id, &input("核对了台账。")).unwrap();
    let shown = phone.ledger.submit_visit(begun.id).unwrap().visit;

    assert_eq!((shown.state.as_str(), &shown.fields["start"]), ("submitted", &begun.fields["start"]));
    assert_ne!(shown.fields["end"], shown.fields["start"]);
}

#[test]
fn what_lacks_more_than_its_text_is_not_sealed() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    let said = VisitInput { met: Vec::new(), ..input("核对了台账。") };

    let refused = phone.ledger.new_visit(&household, &said, Until::Seal).unwrap_err();

    assert_eq!(refused.code(), "invalid_record");
    let id = refused.json()["error"]["detail"]["draft"].as_str().unwrap().parse().unwrap();
    assert_eq!(phone.ledger.visit(id).unwrap().visit.state, "draft");
    phone.ledger.set_visit(id, &met()).unwrap();
    assert_eq!(phone.ledger.seal_visit(id).unwrap().visit.state, "sealed");
    let without_text = VisitInput { narrative: None, ..input("") };
    assert_eq!(phone.ledger.new_visit(&household, &without_text, Until::Seal).unwrap().visit.state, "sealed");
}

#[test]
fn a_number_of_identity_in_the_text_is_refused_before_it_is_saved_as_a_record() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    let refused = phone.ledger.new_visit(&household, &input("电话13812345678,改日再来。"), Until::Submit).unwrap_err();
    assert_eq!(refused.code(), "secret_in_text");
    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
}

#[test]
fn a_backfilled_visit_says_so_and_counts_on_its_declared_day() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let mut said = input("当天手机没电。");
    said.backfill = true;
    said.original_date = Some("2019-04-28".to_owned());
    said.reason = Some("手机没电".to_owned());

    let shown = phone.ledger.new_visit(&world.households[0].to_string(), &said, Until::Submit).unwrap().visit;

    assert!(shown.backfill);
    assert_eq!((shown.month.to_string().as_str(), shown.occurred_day.to_string().as_str()), ("2019-04", "2019-04-28"));
}

#[test]
fn hints_are_shown_and_never_block() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let answer = phone.ledger.new_visit(&world.households[0].to_string(), &input("好。"), Until::Submit).unwrap();
    assert_eq!(answer.visit.state, "submitted");
    assert_eq!(answer.hints.unwrap()[0].rule, "AR-09");
}
