//! The state of a visit, step by step.

use daohu_domain::{
    Fields,
    calendar::Instant,
    role::Role,
    state::{PastEvent, PastReview, TIME_DOUBT, VisitFold, fold_visit},
};
use std::slice::from_ref;

const HOUR_MS: i64 = 3_600_000;
const START: i64 = 1_557_600_000_000;

/// An instant some hours after the visit was first submitted.
fn hour(hours: i64) -> Instant {
    Instant(START + hours * HOUR_MS)
}

fn event(name: &str, hours: i64) -> PastEvent {
    PastEvent {
        name: name.to_owned(),
        by_author: true,
        roles: vec![Role::Helper],
        at: hour(hours),
        key: format!("{name}@{hours}"),
        fields: Fields::new(),
    }
}

fn by_another(event: PastEvent, role: Role) -> PastEvent {
    PastEvent { by_author: false, roles: vec![role], ..event }
}

fn review(result: &str, hours: i64) -> PastReview {
    let roles = vec![if matches!(result, "approve_backfill" | "restore") { Role::TownOffice } else { Role::VillageSecretary }];
    PastReview {
        result: result.to_owned(),
        rule: None,
        roles,
        at: hour(hours),
        key: format!("{result}@{hours}"),
        own: false,
        of_month: false,
    }
}

fn about(review: PastReview, rule: &str) -> PastReview {
    PastReview { rule: Some(rule.to_owned()), ..review }
}

/// Folds a visit that the server received an hour after its submission.
fn folded(events: &[PastEvent], reviews: &[PastReview]) -> VisitFold {
    fold_visit(events, reviews, Some(hour(1)), &[])
}

fn state(events: &[PastEvent], reviews: &[PastReview]) -> String {
    folded(events, reviews).state
}

#[test]
fn a_visit_is_submitted_on_the_phone_and_received_at_the_server() {
    assert_eq!(fold_visit(&[], &[], None, &[]).state, "draft");
    assert_eq!(fold_visit(&[event("submit", 0)], &[], None, &[]).state, "submitted");
    assert_eq!(state(&[event("submit", 0)], &[]), "received");
}

#[test]
fn a_visit_passes_returns_and_comes_again() {
    let submit = event("submit", 0);
    assert_eq!(state(from_ref(&submit), &[review("pass", 5)]), "passed");
    let returned = review("return", 5);
    assert_eq!(state(from_ref(&submit), from_ref(&returned)), "returned");
    assert_eq!(state(&[submit.clone(), event("correct", 6)], from_ref(&returned)), "correcting");
    let again = folded(&[submit.clone(), event("correct", 6), event("resubmit", 7)], from_ref(&returned));
    assert_eq!((again.state.as_str(), again.version, again.refused.len()), ("received", 2, 0));
    assert_eq!(state(&[submit.clone(), event("resubmit", 7)], &[returned.clone(), review("pass", 9)]), "passed");
    assert_eq!(state(from_ref(&submit), &[review("pass", 5), review("return", 6)]), "returned", "a passed one can be returned");
    let refused = folded(&[submit], &[returned, review("pass", 6)]);
    assert_eq!((refused.state.as_str(), refused.refused), ("returned", vec!["pass@6".to_owned()]));
}

#[test]
fn an_author_takes_back_within_a_day_what_nobody_has_reviewed() {
    let submit = event("submit", 0);
    assert_eq!(state(&[submit.clone(), event("withdraw", 24)], &[]), "draft");
    let late = folded(&[submit.clone(), event("withdraw", 25)], &[]);
    assert_eq!((late.state.as_str(), late.refused), ("received", vec!["withdraw@25".to_owned()]));
    let reviewed = folded(&[submit.clone(), event("withdraw", 6)], &[review("pass", 5)]);
    assert_eq!((reviewed.state.as_str(), reviewed.refused.len()), ("passed", 1));
    let looked_at = folded(&[submit.clone(), event("withdraw", 6)], &[review("refer", 5)]);
    assert_eq!((looked_at.state.as_str(), looked_at.refused.len()), ("received", 1), "a doubt is a review too");
    let another = folded(&[submit.clone(), by_another(event("withdraw", 6), Role::FirstSecretary)], &[]);
    assert_eq!((another.state.as_str(), another.refused.len()), ("received", 1));
    let again = folded(&[submit, event("withdraw", 20), event("resubmit", 30), event("withdraw", 53)], &[]);
    assert_eq!((again.state.as_str(), again.version), ("draft", 2), "a day counts from the last submission");
}

#[test]
fn a_lead_keeps_a_visit_from_passing_until_its_explanation_is_accepted() {
    let submit = [event("submit", 0)];
    let flag = about(review("flag", 2), "AR-05");
    let flagged = folded(&submit, &[flag.clone(), review("pass", 3)]);
    assert_eq!((flagged.state.as_str(), flagged.refused), ("flagged", vec!["pass@3".to_owned()]));
    assert!(flagged.open_rules.contains("AR-05"));
    let accept = about(review("accept", 4), "AR-05");
    assert_eq!(state(&submit, &[flag.clone(), accept.clone()]), "passed");
    let second = about(review("flag", 3), "AR-07");
    assert_eq!(state(&submit, &[flag.clone(), second, accept]), "flagged", "the other lead is still open");
    let twice = folded(&submit, &[flag.clone(), about(review("flag", 3), "AR-05")]);
    assert_eq!(twice.refused.len(), 1, "an open lead is not opened again");
    let resubmitted = folded(&[submit[0].clone(), event("resubmit", 6)], &[flag, review("return", 5)]);
    assert_eq!(resubmitted.state, "flagged", "leads survive a resubmission");
}

#[test]
fn a_visit_is_voided_objected_to_and_restored() {
    let submit = event("submit", 0);
    assert_eq!(state(from_ref(&submit), &[review("pass", 2), review("void", 3)]), "voided");
    let appealed = [submit.clone(), event("appeal", 3 + 15 * 24)];
    assert_eq!(state(&appealed, &[review("void", 3)]), "appealed");
    assert_eq!(state(&appealed, &[review("void", 3), review("restore", 500)]), "passed");
    assert_eq!(state(&appealed, &[review("void", 3), review("void", 500)]), "voided");
    let late = folded(&[submit.clone(), event("appeal", 3 + 15 * 24 + 1)], &[review("void", 3)]);
    assert_eq!((late.state.as_str(), late.refused.len()), ("voided", 1));
    let flagged = [about(review("flag", 1), "AR-05"), review("void", 3), review("restore", 5)];
    let restored = folded(from_ref(&submit), &flagged);
    assert_eq!((restored.state.as_str(), restored.open_rules.len()), ("passed", 0));
    let voided_flag = folded(&[submit], &[review("void", 3), about(review("flag", 4), "AR-05")]);
    assert_eq!((voided_flag.state.as_str(), voided_flag.refused.len()), ("voided", 1));
}

#[test]
fn an_author_voids_only_what_nobody_has_judged() {
    let submit = event("submit", 0);
    assert_eq!(state(&[submit.clone(), event("void", 100)], &[]), "voided");
    assert_eq!(state(&[submit.clone(), event("void", 6)], &[review("pass", 5)]), "passed");
    assert_eq!(state(&[submit.clone(), event("void", 6)], &[about(review("flag", 5), "AR-05")]), "flagged");
    assert_eq!(state(&[submit, by_another(event("void", 6), Role::Helper)], &[]), "received");
}

#[test]
fn a_passed_month_record_passes_the_visits_received_before_it() {
    let submit = [event("submit", 0)];
    let month = PastReview { of_month: true, ..review("pass", 5) };
    assert_eq!(state(&submit, from_ref(&month)), "passed");
    assert_eq!(fold_visit(&submit, from_ref(&month), Some(hour(5)), &[]).state, "received", "received at that instant");
    assert_eq!(fold_visit(&submit, from_ref(&month), None, &[]).state, "submitted");
    let flag_at_once = about(review("flag", 5), "AR-05");
    let folded = folded(&submit, &[month.clone(), flag_at_once]);
    assert_eq!((folded.state.as_str(), folded.acts.len()), ("flagged", 1), "acts on the visit come first of an instant");
    let back = [submit[0].clone(), event("withdraw", 5)];
    assert_eq!(state(&back, &[month]), "draft", "its own events too");
}

#[test]
fn own_reviews_and_results_beyond_a_role_have_no_effect() {
    let submit = [event("submit", 0)];
    let own = PastReview { own: true, ..review("pass", 5) };
    assert_eq!(state(&submit, &[own]), "received");
    let by_village = PastReview { roles: vec![Role::VillageSecretary], ..review("approve_backfill", 5) };
    let fold = folded(&submit, &[by_village]);
    assert!(!fold.backfill_approved && fold.refused.len() == 1);
    let by_helper = PastReview { roles: vec![Role::Helper], ..review("pass", 5) };
    assert_eq!(state(&submit, &[by_helper]), "received");
    let unknown = PastReview { roles: Vec::new(), ..review("pass", 5) };
    assert_eq!(state(&submit, &[unknown]), "passed", "intake has checked it");
}

#[test]
fn backfills_are_opened_and_approved() {
    let fold = folded(&[event("submit", 0)], &[review("open_paper", 3), review("approve_backfill", 4)]);
    assert!(fold.paper_opened && fold.backfill_approved);
    assert_eq!(fold.state, "received");
    let acts: Vec<&str> = fold.acts.iter().map(|act| act.does.as_str()).collect();
    assert_eq!(acts, ["open_paper", "approve_backfill"]);
}

#[test]
fn others_join_and_corrections_of_a_passed_visit_stay_notes() {
    let submit = event("submit", 0);
    let join = by_another(event("join", 3), Role::AssistantHelper);
    let fold = folded(&[submit.clone(), join, event("correct", 8), event("explain", 9)], &[review("pass", 5)]);
    assert_eq!((fold.state.as_str(), fold.refused.len()), ("passed", 0));
    let stranger = by_another(event("join", 3), Role::Inspector);
    assert_eq!(folded(&[submit.clone(), stranger], &[]).refused.len(), 1);
    assert_eq!(folded(&[submit.clone(), event("submit", 2)], &[]).refused.len(), 1, "submitted once only");
    assert_eq!(folded(&[submit, event("unheard_of", 2)], &[]).refused.len(), 1);
}

#[test]
fn the_order_of_reviews_in_the_list_means_nothing_and_that_of_events_does() {
    let submit = event("submit", 0);
    let mut reviews =
        vec![about(review("flag", 2), "AR-05"), about(review("accept", 4), "AR-05"), review("return", 6), review("open_paper", 5)];
    let forward = folded(from_ref(&submit), &reviews);
    reviews.reverse();
    assert_eq!(folded(from_ref(&submit), &reviews), forward);
    // The clock of one device is behind: its event still comes after what it was written on.
    let events = [submit, event("resubmit", 4)];
    assert_eq!(state(&events, &[review("return", 6)]), "returned", "it was written before the return came");
}

#[test]
fn only_acts_with_an_effect_are_counted() {
    let events = [event("submit", 0), event("withdraw", 30), event("explain", 31)];
    let fold = folded(&events, &[review("pass", 40), review("pass", 41)]);
    let acts: Vec<(&str, Instant)> = fold.acts.iter().map(|act| (act.does.as_str(), act.at)).collect();
    assert_eq!(acts, [("pass", hour(40))]);
    assert_eq!(fold.refused, ["withdraw@30", "pass@41"]);
}

#[test]
fn a_visit_whose_time_is_in_doubt_comes_with_an_open_lead() {
    let submit = [event("submit", 0)];
    let with = |reviews: &[PastReview]| fold_visit(&submit, reviews, Some(hour(1)), &[TIME_DOUBT]).state;
    assert_eq!(with(&[]), "flagged");
    assert_eq!(with(&[review("pass", 3)]), "flagged");
    assert_eq!(with(&[about(review("accept", 3), TIME_DOUBT)]), "passed");
}
