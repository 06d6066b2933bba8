//! Reviews: the village judges, nobody judges his own, the author answers.

use crate::phone::{DAY, HOUR, MAY_5, World, input};
use daohu_domain::calendar::Instant;
use daohu_field::{MonthInput, ReviewInput, Until, VisitInput};

fn result(result: &str, reason: Option<&str>) -> ReviewInput {
    ReviewInput { result: result.to_owned(), reason: reason.map(str::to_owned), ..ReviewInput::default() }
}

#[test]
fn a_passed_visit_is_passed_on_every_phone() {
    let mut world = World::new(1);
    let (mut helper, mut secretary) = (world.helper(), world.secretary());
    let visit = helper.visit(world.households[0], "核对了收入台账。");
    world.server.now_ms += 1000;
    helper.sync(&mut world.server);
    secretary.sync(&mut world.server);

    let review = secretary.ledger.review(visit, &result("pass", None)).unwrap();

    assert_eq!(review.target_state, "passed");
    world.server.now_ms += 1000;
    secretary.sync(&mut world.server);
    helper.sync(&mut world.server);
    assert_eq!(helper.ledger.visit(visit).unwrap().visit.state, "passed");
    assert_eq!(helper.ledger.withdraw_visit(visit).unwrap_err().code(), "bad_state");
}

#[test]
fn a_returned_visit_is_corrected_and_handed_in_again_and_the_first_text_stays() {
    let mut world = World::new(1);
    let (mut helper, mut secretary) = (world.helper(), world.secretary());
    let visit = helper.visit(world.households[0], "核对了收入台账。");
    helper.sync(&mut world.server);
    secretary.sync(&mut world.server);
    assert_eq!(secretary.ledger.review(visit, &result("return", None)).unwrap_err().code(), "needs_reason");
    world.server.now_ms += 1000;
    secretary.clock.advance(1000);
    secretary.ledger.review(visit, &result("return", Some("太空"))).unwrap();
    secretary.sync(&mut world.server);
    helper.sync(&mut world.server);
    assert_eq!(helper.ledger.visit(visit).unwrap().visit.state, "returned");
    helper.clock.advance(2000);
    world.server.now_ms += 2000;

    let text = VisitInput { narrative: Some("核对了收入台账,羊两只。".to_owned()), ..VisitInput::default() };
    assert_eq!(helper.ledger.correct_visit(visit, &text).unwrap().visit.state, "correcting");
    let again = helper.ledger.submit_visit(visit).unwrap().visit;

    assert_eq!(again.state, "received");
    assert_eq!(again.fields["narrative"], "核对了收入台账。");
    assert_eq!(again.corrections[0].narrative.as_deref(), Some("核对了收入台账,羊两只。"));
    helper.sync(&mut world.server);
    secretary.sync(&mut world.server);
    assert_eq!(secretary.ledger.visit(visit).unwrap().visit.state, "received");
}

#[test]
fn nobody_reviews_his_own_visit_and_a_helper_reviews_none() {
    let mut world = World::new(1);
    let (mut helper, mut secretary) = (world.helper(), world.secretary());
    let own = secretary.visit(world.households[0], "书记走访,核对了台账。");
    assert_eq!(secretary.ledger.review(own, &result("pass", None)).unwrap_err().code(), "own_visit");
    secretary.sync(&mut world.server);
    helper.sync(&mut world.server);
    assert_eq!(helper.ledger.review(own, &result("pass", None)).unwrap_err().code(), "forbidden_writer");
}

#[test]
fn a_visit_is_taken_back_within_a_day_and_handed_in_again_with_another_text() {
    let mut world = World::new(1);
    let mut helper = world.helper();
    let visit = helper.visit(world.households[0], "核对了收入台账。");
    helper.sync(&mut world.server);
    assert_eq!(helper.ledger.withdraw_visit(visit).unwrap().visit.state, "draft");
    let text = VisitInput { narrative: Some("改过的记录。".to_owned()), ..VisitInput::default() };
    helper.ledger.set_visit(visit, &text).unwrap();
    let again = helper.ledger.submit_visit(visit).unwrap().visit;
    assert_eq!((again.state.as_str(), again.corrections.len()), ("received", 1));
    assert_eq!(helper.ledger.submit_visit(visit).unwrap_err().code(), "bad_state");

    let old = helper.visit(world.households[0], "第二天的走访,核对台账。");
    world.advance(&[&helper], 2 * DAY);
    assert_eq!(helper.ledger.withdraw_visit(old).unwrap_err().code(), "too_late");
    assert_eq!(helper.ledger.visit(old).unwrap().visit.state, "submitted");
}

#[test]
fn a_voided_visit_is_kept_and_counts_for_nothing() {
    let mut world = World::new(1);
    let mut helper = world.helper();
    let visit = helper.visit(world.households[0], "走错户了。");
    assert_eq!(helper.ledger.void_visit(visit, "走错户").unwrap().visit.state, "voided");
    assert_eq!(helper.ledger.due(None).unwrap().counts.met, 0);
    assert_eq!(helper.ledger.visit(visit).unwrap().visit.fields["narrative"], "走错户了。");
}

#[test]
fn somebody_elses_visit_is_neither_taken_back_nor_corrected() {
    let mut world = World::new(1);
    let (mut helper, mut assistant) = (world.helper(), world.assistant());
    let visit = helper.visit(world.households[0], "核对了收入台账。");
    helper.sync(&mut world.server);
    assistant.sync(&mut world.server);
    assert_eq!(assistant.ledger.withdraw_visit(visit).unwrap_err().code(), "forbidden_writer");
    let text = VisitInput { narrative: Some("别人的。".to_owned()), ..VisitInput::default() };
    assert_eq!(assistant.ledger.correct_visit(visit, &text).unwrap_err().code(), "forbidden_writer");
    assert_eq!(assistant.ledger.correct_visit(visit, &input("全改。")).unwrap_err().code(), "sealed");
}

#[test]
fn a_visit_whose_time_is_in_doubt_is_held_until_a_reviewer_accepts_it() {
    let mut world = World::new(1);
    let (mut helper, mut secretary) = (world.helper(), world.secretary());
    let at = |ms: i64| Some(Instant(ms).to_string());
    let week = VisitInput { start: at(MAY_5 - 7 * DAY), end: at(MAY_5 - 7 * DAY + HOUR), ..input("上周的走访,核对台账。") };
    let visit = helper.ledger.new_visit(&world.households[0].to_string(), &week, Until::Submit).unwrap().visit;
    assert_eq!((visit.state.as_str(), visit.time.as_str()), ("submitted", "doubtful"), "an anchor may still come");
    helper.sync(&mut world.server);
    secretary.sync(&mut world.server);
    assert_eq!(secretary.ledger.visit(visit.id).unwrap().visit.state, "flagged");
    world.advance(&[&helper, &secretary], 1000);

    assert_eq!(secretary.ledger.review(visit.id, &result("pass", None)).unwrap().target_state, "flagged");
    world.advance(&[&helper, &secretary], 1000);
    let accept = ReviewInput { rule: Some("time_doubt".to_owned()), ..result("accept", None) };
    assert_eq!(secretary.ledger.review(visit.id, &accept).unwrap().target_state, "passed");

    secretary.sync(&mut world.server);
    helper.sync(&mut world.server);
    assert_eq!(helper.ledger.visit(visit.id).unwrap().visit.state, "passed");
    assert_eq!(helper.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn a_pass_of_the_village_and_one_of_the_township_are_told_apart_on_every_phone() {
    let mut world = World::new(1);
    let (mut helper, mut secretary, mut office) = (world.helper(), world.secretary(), world.official(0x70, "乡办", "town_office"));
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    let submit = MonthInput { submit: true, reason: Some("自然灾害".to_owned()), ..MonthInput::default() };
    let record = helper.ledger.month_record(&household, may, &submit).unwrap().id.unwrap();
    helper.sync(&mut world.server);

    for (reviewer, state) in [(&mut secretary, "village_reviewed"), (&mut office, "town_reviewed")] {
        reviewer.sync(&mut world.server);
        world.server.now_ms += 1000;
        reviewer.clock.advance(1000);
        assert_eq!(reviewer.ledger.review(record, &result("pass", None)).unwrap().target_state, state);
        reviewer.sync(&mut world.server);
        helper.sync(&mut world.server);
        assert_eq!(helper.ledger.month_record(&household, may, &MonthInput::default()).unwrap().state, state);
    }
    assert_eq!(secretary.ledger.review(record, &result("return", Some("太空"))).unwrap().target_state, "returned", "not synced yet");
    world.server.now_ms += 1000;
    secretary.sync(&mut world.server);
    assert_eq!(secretary.ledger.month_record(&household, may, &MonthInput::default()).unwrap().state, "town_reviewed");
}
