//! The list of due households: who is due, who was visited, who is overdue, who has nobody.

use crate::{
    fake::VILLAGE,
    phone::{DAY, World, card, input},
};
use daohu_domain::coverage::HouseholdState;
use daohu_field::{Until, VisitInput};
use serde_json::json;

#[test]
fn a_visit_in_person_meets_the_need_at_once_and_a_call_does_not() {
    let mut world = World::new(3);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    let call = VisitInput { mode: Some("phone".to_owned()), ..input("电话里问了情况。") };
    phone.ledger.new_visit(&world.households[1].to_string(), &call, Until::Submit).unwrap();

    let view = phone.ledger.due(None).unwrap();

    assert_eq!((view.month.to_string().as_str(), view.today.to_string().as_str()), ("2019-05", "2019-05-05"));
    assert_eq!((view.counts.due, view.counts.met, view.counts.gap), (3, 1, 0));
    let states: Vec<HouseholdState> = view.households.iter().map(|row| row.state).collect();
    assert_eq!(states, [HouseholdState::Met, HouseholdState::Unmet, HouseholdState::Unmet]);
    assert_eq!(view.households[0].last_visit.as_deref(), Some("2019-05-05"));
    assert_eq!(view.households[0].holder_name.as_deref(), Some("张三"));
}

#[test]
fn a_draft_does_not_count_as_a_visit() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.ledger.new_visit(&world.households[0].to_string(), &input("核对。"), Until::Seal).unwrap();
    let view = phone.ledger.due(None).unwrap();
    assert_eq!((view.counts.met, view.households[0].drafts), (0, 1));
}

#[test]
fn a_household_is_overdue_once_the_month_is_over_without_a_visit() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    let may = Some("2019-05".parse().unwrap());
    assert_eq!(phone.ledger.due(may).unwrap().counts.overdue, 0);
    phone.clock.advance(31 * DAY);
    let view = phone.ledger.due(may).unwrap();
    assert_eq!((view.counts.due, view.counts.met, view.counts.overdue), (2, 1, 1));
    assert!(!view.households[0].overdue && view.households[1].overdue);
}

#[test]
fn a_household_without_a_helper_is_a_gap_and_one_out_of_scope_is_not_due() {
    let mut world = World::new(1);
    world.server.write("household", VILLAGE, None, card(7));
    let mut closed = card(8);
    closed["status"] = json!([{ "value": "ordinary", "from": "2019-01-01", "to": null }]);
    world.server.write("household", VILLAGE, None, closed);
    let phone = world.secretary();

    let view = phone.ledger.due(None).unwrap();

    assert_eq!((view.counts.due, view.counts.gap), (2, 1));
    assert_eq!(view.households.len(), 2);
    let gap = view.households.iter().find(|row| row.state == HouseholdState::Gap).unwrap();
    assert_eq!((gap.holder, gap.due), (None, 1));
}

#[test]
fn a_quarterly_household_is_due_in_the_last_month_of_its_quarter_and_met_by_an_earlier_visit() {
    let mut world = World::new(0);
    let mut quarterly = card(0);
    quarterly["tier"] = json!([{ "value": "quarterly", "from": "2019-01-01", "to": null }]);
    let household = world.server.write("household", VILLAGE, None, quarterly);
    world.server.write("pairing", VILLAGE, Some(household), json!({ "cadre": world.cadres[0], "role": "primary", "from": "2019-01-01" }));
    world.households.push(household);
    let mut phone = world.helper();
    phone.visit(household, "核对了收入台账。");

    assert_eq!(phone.ledger.due(None).unwrap().households[0].state, HouseholdState::NotDue);
    let june = phone.ledger.due(Some("2019-06".parse().unwrap())).unwrap();
    assert_eq!((june.counts.due, june.counts.met), (1, 1));
}

#[test]
fn a_visit_that_arrived_after_the_freeze_is_late() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    world.advance(&[&phone], 20 * DAY);
    phone.visit(world.households[0], "月末走访,核对了饮水。");
    world.advance(&[&phone], 20 * DAY);
    phone.sync(&mut world.server);
    let may = phone.ledger.due(Some("2019-05".parse().unwrap())).unwrap();
    assert_eq!(may.households[0].state, HouseholdState::Late);
}

#[test]
fn a_visit_taken_back_does_not_count_any_more() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "核对了收入台账。");
    assert_eq!(phone.ledger.due(None).unwrap().counts.met, 1);
    phone.ledger.withdraw_visit(visit).unwrap();
    let view = phone.ledger.due(None).unwrap();
    assert_eq!((view.counts.met, view.households[0].last_visit.clone()), (0, None));
}
