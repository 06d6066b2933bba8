//! The thread from enrolment to receipt.

use crate::phone::{DAY, World, input};
use daohu_field::Until;
use daohu_wire::{merkle::sha256, receipt::from_file, seal};

#[test]
fn a_visit_made_offline_arrives_once_and_is_received_only_with_a_receipt() {
    let mut world = World::new(3);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "核对了收入台账。");
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.state, "submitted");
    assert_eq!(phone.ledger.status().unwrap().unsent, 1);

    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.receipts, report.refused.len(), report.more), (1, 1, 0, false));
    assert_eq!(world.server.count("visit"), 1);
    let shown = phone.ledger.visit(visit).unwrap().visit;
    assert_eq!((shown.state.as_str(), shown.time.as_str(), shown.skew_s), ("received", "trusted", Some(0)));
    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
}

#[test]
fn a_visit_is_one_document_of_one_change() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);
    assert_eq!(world.server.documents[&visit].change_count(), 1);
}

#[test]
fn a_sync_with_nothing_new_is_one_request_and_few_bytes() {
    let mut world = World::new(6);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);
    phone.sync(&mut world.server);

    let report = phone.sync(&mut world.server);

    assert_eq!((report.requests, report.pushed, report.pulled), (1, 0, 0));
    assert!(report.bytes_up + report.bytes_down <= 450, "{} + {}", report.bytes_up, report.bytes_down);
}

#[test]
fn twenty_visits_cost_at_most_three_hundred_bytes_each() {
    let mut world = World::new(5);
    let mut phone = world.helper();
    for n in 0..20 {
        world.advance(&[&phone], DAY / 4);
        let text = format!("今日上午入户第{n}次,家中现有4口人,老人血压偏高,已按时服药。核对了低保凭证,本年报销{}元已到账。", 230 + n * 17);
        phone.visit(world.households[n % 5], &text);
    }

    let report = phone.sync(&mut world.server);

    assert_eq!((report.requests, report.pushed), (1, 20));
    assert!(report.bytes_up / 20 <= 300, "{} B each", report.bytes_up / 20);
}

#[test]
fn a_receipt_stands_for_itself_in_a_file() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);

    let receipts = phone.ledger.receipts().unwrap();

    let [receipt] = receipts.as_slice() else { panic!("one receipt") };
    let file = from_file(&receipt.content).unwrap();
    assert_eq!(file[0].items.len(), 1);
    file[0].verify(&world.server.key.public()).unwrap();
    file[0].verify(&[3; 32]).unwrap_err();
}

#[test]
fn the_store_key_goes_to_the_server_sealed_at_enrolment() {
    let mut world = World::new(1);
    world.helper();
    let sealed = world.server.store_keys[0].clone().unwrap();
    let device = *world.server.requests[0].device.as_bytes();
    let opened = world.server.seal.open((seal::INFO_STORE_KEY, &device), &sealed).unwrap();
    assert_eq!(sha256(&[&opened]), sha256(&[&crate::phone::KEY]));
}

#[test]
fn a_position_is_sealed_and_the_document_holds_only_its_hash() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let mut said = input("核对了收入台账。");
    said.point = Some("38.1,109.5,12".to_owned());
    let visit = phone.ledger.new_visit(&world.households[0].to_string(), &said, Until::Submit).unwrap().visit.id;

    phone.sync(&mut world.server);

    let value = daohu_wire::SealedValue::from_bytes(&world.server.sealed[0]).unwrap();
    let opened = String::from_utf8(value.open(&world.server.seal, &visit).unwrap()).unwrap();
    assert!(opened.contains("109.5"), "{opened}");
    let held = world.server.fields(visit);
    assert!(held.get("point").is_none_or(|point| point["hash"].as_str().unwrap().len() == 64));
    assert!(!serde_json::to_string(&phone.ledger.record(visit).unwrap()).unwrap().contains("109.5"));
}

#[test]
fn a_household_shows_its_people_helpers_visits_and_promises() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    let mut said = input("约定下月再来。");
    said.promises = vec![("换残疾证".to_owned(), Some("2019-06-01".to_owned()))];
    phone.ledger.new_visit(&household, &said, Until::Submit).unwrap();
    let promise = phone.ledger.household(&household).unwrap().promises[0].clone();
    assert!(!promise.kept);
    world.advance(&[&phone], DAY);
    let mut next = input("证已换好。");
    next.kept = vec![promise.key];
    phone.ledger.new_visit(&household, &next, Until::Submit).unwrap();

    let shown = phone.ledger.household(&household).unwrap();

    assert_eq!((shown.visits.len(), shown.pairings.len()), (2, 1));
    assert_eq!(shown.pairings[0].cadre_name.as_deref(), Some("张三"));
    assert!(shown.promises[0].kept);
    assert!(shown.masked.contains(&"phone".to_owned()));
    assert_eq!(shown.number, "6108022090000000");
    assert_eq!(phone.ledger.due(None).unwrap().households[0].promises, 0);
}

#[test]
fn an_enrolment_whose_answer_was_lost_goes_on_with_the_same_device() {
    use daohu_field::EnrolOptions;
    let mut world = World::new(1);
    let user = world.server.user(world.cadres[0], "张三");
    let mut phone = crate::phone::Phone::new(5, crate::phone::MAY_5);
    let options = EnrolOptions { server: "http://office".to_owned(), code: format!("CODE-{user}"), ..EnrolOptions::default() };
    let mut conversation = phone.ledger.begin_enrol(options, crate::phone::KEY).unwrap();
    let config = world.server.handle(&conversation.next_request(&mut phone.ledger).unwrap().unwrap());
    conversation.on_response(&mut phone.ledger, &config).unwrap();
    let lost = conversation.next_request(&mut phone.ledger).unwrap().unwrap();
    world.server.handle(&lost);
    let mut phone = phone.killed();

    phone.enrol(&mut world.server, user);
    phone.sync(&mut world.server);

    let first = daohu_wire::EnrolRequest::open(&lost.body).unwrap().device;
    assert_eq!(phone.ledger.status().unwrap().device, Some(first));
}

#[test]
fn a_busy_office_is_busy_at_enrolment_and_a_page_of_somebody_else_is_not_our_server() {
    use crate::fake::problem;
    use daohu_field::{EnrolOptions, Response};
    let mut phone = crate::phone::Phone::new(5, crate::phone::MAY_5);
    let portal = Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
    for (answer, expected) in [
        (problem(503, "busy"), "server_busy"),
        (problem(429, ""), "server_busy"),
        (problem(500, "internal"), "server_busy"),
        (problem(507, "server_full"), "server_full"),
        (problem(404, "not_found"), "not_our_server"),
        (portal, "not_our_server"),
    ] {
        let mut conversation = phone.ledger.begin_enrol(EnrolOptions::default(), crate::phone::KEY).unwrap();
        conversation.next_request(&mut phone.ledger).unwrap();
        let refused = conversation.on_response(&mut phone.ledger, &answer).unwrap_err();
        assert_eq!(refused.code(), expected, "{}", answer.status);
    }
}

#[test]
fn a_device_whose_id_is_taken_draws_another_and_asks_again() {
    let mut world = World::new(1);
    world.server.taken_ids = 2;
    let mut phone = world.helper();
    assert!(phone.ledger.status().unwrap().device.is_some());
    assert_eq!(phone.sync(&mut world.server).requests, 1);
}

#[test]
fn the_same_words_twice_at_one_moment_are_two_visits() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let first = phone.visit(world.households[0], "核对了收入台账。");
    let second = phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);
    assert_eq!(world.server.count("visit"), 2);
    for id in [first, second] {
        assert_eq!(phone.ledger.visit(id).unwrap().visit.state, "received");
    }
}

#[test]
fn two_records_of_the_same_bytes_from_the_office_are_two_records() {
    let mut world = World::new(1);
    let household = world.households[0];
    let member = serde_json::json!({ "name": "王某某" });
    let one = world.server.write("member", crate::fake::VILLAGE, Some(household), member.clone());
    let two = world.server.write("member", crate::fake::VILLAGE, Some(household), member);
    assert_ne!(one, two);
    assert_eq!(world.server.documents[&one].heads(), world.server.documents[&two].heads(), "vacuous otherwise");
    let phone = world.helper();
    assert_eq!(phone.ledger.household(&household.to_string()).unwrap().members.len(), 2);
}
