//! Grants: a new one fetches by itself, one that ended is handed in first and purged then.

use crate::{
    fake::VILLAGE,
    phone::{World, input},
};
use daohu_field::Until;

#[test]
fn a_new_grant_fetches_its_household_with_its_own_cursor() {
    let mut world = World::new(3);
    let others = world.households.split_off(2);
    let mut phone = world.helper();
    assert_eq!(phone.ledger.due(None).unwrap().households.len(), 2);
    let user = world.server.user_of(world.cadres[0]);
    world.server.grant(user, Some("helper"), VILLAGE, Some(others[0]));

    let report = phone.sync(&mut world.server);

    assert!(!report.more);
    assert_eq!(phone.ledger.due(None).unwrap().households.len(), 3);
    assert_eq!(phone.sync(&mut world.server).pulled, 0);
}

#[test]
fn a_grant_that_ended_is_handed_in_first_and_purged_then() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "交接前的走访,核对台账。");
    let user = world.server.user_of(world.cadres[0]);
    let grant = world.server.users[user].grants.iter().find(|view| view.household == Some(world.households[0])).unwrap().id;
    world.server.revoke(user, grant);

    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.refused.len()), (1, 0));
    assert_eq!(report.revoked, [grant]);
    assert_eq!(world.server.count("visit"), 1);
    assert_eq!(phone.ledger.household(&world.households[0].to_string()).unwrap_err().code(), "not_found");
    assert_eq!(phone.ledger.visit(visit).unwrap_err().code(), "not_found");
    assert!(phone.ledger.household(&world.households[1].to_string()).is_ok());
    assert!(phone.sync(&mut world.server).revoked.is_empty());
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn what_is_unsent_waits_for_its_receipt_before_a_purge() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.ledger.new_visit(&world.households[0].to_string(), &input("交接前的走访。"), Until::Submit).unwrap();
    let user = world.server.user_of(world.cadres[0]);
    let grant = world.server.users[user].grants.iter().find(|view| view.household.is_some()).unwrap().id;
    world.server.revoke(user, grant);

    let server = &mut world.server;
    // The answer that tells of the end arrives, but without the receipt.
    let report = phone.sync_over(daohu_field::SyncOptions { requests_max: Some(1), ..daohu_field::SyncOptions::default() }, |request| {
        let response = server.handle(request);
        let mut answer = daohu_wire::SyncAnswer::decode(&response.body).unwrap();
        answer.receipts.clear();
        answer.statuses.clear();
        Some(daohu_field::Response { status: 200, headers: Vec::new(), body: answer.encode().unwrap() })
    });

    assert!(report.unwrap().revoked.is_empty());
    assert_eq!(phone.ledger.status().unwrap().unsent, 1);
    let report = phone.sync(&mut world.server);
    assert_eq!(report.revoked, [grant]);
}

#[test]
fn what_is_handed_in_after_a_purge_goes_too_once_it_has_its_receipt() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let draft = phone.ledger.new_visit(&world.households[0].to_string(), &input("交接前的走访。"), Until::Draft).unwrap().visit.id;
    let user = world.server.user_of(world.cadres[0]);
    let grant = world.server.users[user].grants.iter().find(|view| view.household == Some(world.households[0])).unwrap().id;
    world.server.revoke(user, grant);
    assert_eq!(phone.sync(&mut world.server).revoked, [grant]);
    phone.ledger.submit_visit(draft).unwrap();
    assert_eq!(phone.ledger.visit(draft).unwrap().visit.state, "submitted", "it waits here for its receipt");

    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.revoked.len()), (1, 0));
    assert_eq!(world.server.count("visit"), 1);
    assert_eq!(phone.ledger.visit(draft).unwrap_err().code(), "not_found");
}

#[test]
fn a_grant_given_back_fetches_everything_again() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let user = world.server.user_of(world.cadres[0]);
    let grants = world.server.users[user].grants.clone();
    let grant = grants.iter().find(|view| view.household.is_some()).unwrap().id;
    world.server.revoke(user, grant);
    phone.sync(&mut world.server);
    assert!(phone.ledger.due(None).unwrap().households.is_empty());
    world.server.users[user].grants = grants;
    world.server.users[user].revoked.clear();
    world.server.users[user].rev += 1;
    phone.sync(&mut world.server);
    assert_eq!(phone.ledger.due(None).unwrap().households.len(), 1);
}
