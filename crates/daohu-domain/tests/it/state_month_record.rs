//! The state of a month record, step by step, around its freeze.

use daohu_domain::{
    Fields,
    calendar::Instant,
    role::Role,
    state::{MonthRecordFacts, MonthRecordFold, PastEvent, PastReview, fold_month_record},
};
use std::slice::from_ref;

/// The freeze lies at day 40; days count from the first of the month.
const FREEZE: i64 = 40;

fn day(days: i64) -> Instant {
    Instant(1_556_640_000_000 + days * 86_400_000)
}

fn event(name: &str, days: i64) -> PastEvent {
    PastEvent {
        name: name.to_owned(),
        by_author: true,
        roles: vec![Role::Helper],
        at: day(days),
        key: format!("{name}@{days}"),
        fields: Fields::new(),
    }
}

fn review(result: &str, role: Role, days: i64) -> PastReview {
    PastReview {
        result: result.to_owned(),
        rule: None,
        roles: vec![role],
        at: day(days),
        key: format!("{result}@{days}"),
        own: false,
        of_month: false,
    }
}

fn folded(events: &[PastEvent], reviews: &[PastReview], now: i64, due: bool) -> MonthRecordFold {
    fold_month_record(&MonthRecordFacts { events, reviews, freeze: day(FREEZE), now: day(now), due })
}

fn state(events: &[PastEvent], reviews: &[PastReview], now: i64) -> String {
    folded(events, reviews, now, true).state
}

#[test]
fn a_record_is_written_submitted_and_reviewed_by_village_and_township() {
    let submit = [event("submit", 31)];
    let village = review("pass", Role::VillageSecretary, 33);
    let town = review("pass", Role::TownOffice, 35);
    assert_eq!(state(&[], &[], 20), "open");
    assert_eq!(state(&submit, &[], 32), "submitted");
    assert_eq!(state(&submit, from_ref(&village), 34), "village_reviewed");
    assert_eq!(state(&submit, &[village.clone(), town.clone()], 36), "town_reviewed");
    assert_eq!(state(&submit, from_ref(&town), 36), "town_reviewed", "the township may come first");
    assert_eq!(state(&submit, &[town.clone(), PastReview { at: day(36), ..village.clone() }], 37), "town_reviewed", "and is not undone");
    assert_eq!(
        state(&submit, &[PastReview { roles: Vec::new(), ..village }], 34),
        "village_reviewed",
        "a reviewer whose role is not known"
    );
    assert_eq!(state(&submit, &[town], 34), "submitted", "what comes later is not there yet");
}

#[test]
fn a_returned_record_is_submitted_again() {
    let returned = review("return", Role::VillageSecretary, 33);
    assert_eq!(state(&[event("submit", 31)], from_ref(&returned), 34), "returned");
    assert_eq!(state(&[event("submit", 31), event("submit", 34)], from_ref(&returned), 35), "submitted");
    assert_eq!(state(&[event("submit", 31), event("withdraw", 32)], &[], 35), "open");
    let town_passed = [review("pass", Role::TownOffice, 32), returned];
    let fold = folded(&[event("submit", 31)], &town_passed, 34, true);
    assert_eq!((fold.state.as_str(), fold.refused.len()), ("town_reviewed", 1), "the village does not return what the township passed");
}

#[test]
fn what_is_handed_in_before_the_freeze_is_archived_and_stays() {
    let submit = event("submit", 31);
    assert_eq!(state(from_ref(&submit), &[], 39), "submitted");
    let fold = folded(from_ref(&submit), &[], FREEZE, true);
    assert_eq!((fold.state.as_str(), fold.reviewed, fold.late), ("archived", false, false), "not reviewed, and archived all the same");
    let after = folded(from_ref(&submit), &[review("return", Role::TownOffice, 41)], 42, true);
    assert_eq!((after.state.as_str(), after.refused.len()), ("archived", 1), "locked");
    let late_pass = folded(from_ref(&submit), &[review("pass", Role::VillageSecretary, 41)], 42, true);
    assert_eq!((late_pass.state.as_str(), late_pass.reviewed), ("archived", true));
    let revised = folded(&[submit, event("submit", 45)], &[], 46, true);
    assert_eq!((revised.state.as_str(), revised.revised), ("archived", true));
}

#[test]
fn what_comes_first_after_the_freeze_is_late_until_the_township_approves() {
    let late = [event("submit", 45)];
    let fold = folded(&late, &[], 46, true);
    assert_eq!((fold.state.as_str(), fold.late), ("submitted", true));
    assert_eq!(folded(&late, &[review("approve_backfill", Role::TownOffice, 47)], 48, true).state, "backfill");
    let village = folded(&late, &[review("approve_backfill", Role::VillageSecretary, 47)], 48, true);
    assert_eq!((village.state.as_str(), village.refused.len()), ("submitted", 1));
    let returned = [review("return", Role::VillageSecretary, 35)];
    assert_eq!(folded(&[event("submit", 31)], &returned, 50, true).state, "returned", "a returned one is not archived");
}

#[test]
fn a_household_that_is_not_due_needs_none() {
    assert_eq!(folded(&[], &[], 20, false).state, "not_due");
    assert_eq!(folded(&[event("submit", 31)], &[], 33, false).state, "submitted", "unless somebody wrote one");
}

#[test]
fn own_reviews_and_unfitting_ones_are_refused() {
    let submit = [event("submit", 31)];
    let own = PastReview { own: true, ..review("pass", Role::VillageSecretary, 33) };
    assert_eq!(state(&submit, &[own], 34), "submitted");
    let early = folded(&[], &[review("pass", Role::VillageSecretary, 33)], 34, true);
    assert_eq!((early.state.as_str(), early.refused), ("open", vec!["pass@33".to_owned()]));
    let doubt = folded(&submit, &[review("refer", Role::VillageSecretary, 33)], 34, true);
    assert_eq!((doubt.state.as_str(), doubt.reviewed), ("submitted", true));
}

#[test]
fn another_helper_of_the_household_may_submit_it() {
    let other = PastEvent { by_author: false, roles: vec![Role::AssistantHelper], ..event("submit", 31) };
    assert_eq!(state(&[other], &[], 32), "submitted");
    let stranger = PastEvent { by_author: false, roles: vec![Role::TownLeader], ..event("submit", 31) };
    assert_eq!(state(&[stranger], &[], 32), "open");
}
