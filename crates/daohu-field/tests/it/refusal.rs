//! What is refused, by the server or here: kept, shown, mended; never in the way of the rest.

use crate::{
    fake::VILLAGE,
    phone::{World, input},
};
use daohu_domain::id::Id;
use daohu_field::{Until, VisitInput};
use serde_json::json;

#[test]
fn a_refused_visit_is_a_draft_again_and_can_be_mended_and_handed_in_under_the_same_id() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let user = world.server.user_of(world.cadres[0]);
    let grants = world.server.users[user].grants.clone();
    world.server.users[user].grants.retain(|view| view.household != Some(world.households[0]));
    let bad = phone.visit(world.households[0], "核对了收入台账。");
    let good = phone.visit(world.households[1], "核对了收入台账。");
    world.server.users[user].rev -= 0;

    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.refused.len()), (1, 1));
    assert_eq!((report.refused[0].record, report.refused[0].code.as_ref()), (bad, "forbidden_writer"));
    assert_eq!(phone.ledger.visit(good).unwrap().visit.state, "received");
    let shown = phone.ledger.visit(bad).unwrap().visit;
    assert_eq!((shown.state.as_str(), shown.refused.as_deref()), ("sealed", Some("forbidden_writer")));
    let waiting = phone.ledger.quarantine().unwrap();
    assert_eq!((waiting.len(), waiting[0].code.as_str(), waiting[0].own), (1, "forbidden_writer", true));
    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
    assert_eq!(phone.sync(&mut world.server).requests, 1, "it is not sent for ever");

    world.server.users[user].grants = grants;
    phone.ledger.set_visit(bad, &VisitInput { narrative: Some("改过的记录。".to_owned()), ..VisitInput::default() }).unwrap();
    phone.ledger.submit_visit(bad).unwrap();
    assert!(phone.ledger.quarantine().unwrap().is_empty());
    phone.sync(&mut world.server);
    assert_eq!(phone.ledger.visit(bad).unwrap().visit.state, "received");
    assert_eq!(world.server.count("visit"), 2);
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn a_change_that_cannot_be_taken_here_is_skipped_and_reported_and_the_next_ones_are_taken() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0];
    world.server.forge(VILLAGE, household, b"not a change at all".to_vec());
    world.server.edit(household, json!({ "group": "三组" }));

    let report = phone.sync(&mut world.server);

    assert_eq!((report.pulled, report.refused.len()), (1, 1));
    assert_eq!(phone.ledger.household(&household.to_string()).unwrap().fields["group"], "三组");
    let waiting = phone.ledger.quarantine().unwrap();
    assert!(!waiting[0].own);
    let lines = phone.ledger.quarantine_export().unwrap();
    assert!(lines.contains(&waiting[0].record.to_string()));
    phone.ledger.quarantine_drop(waiting[0].id).unwrap();
    assert!(phone.ledger.quarantine().unwrap().is_empty());
}

#[test]
fn every_mutant_of_a_change_leaves_the_store_as_it_was() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let good = world.server.logs[&crate::fake::place(VILLAGE)][0].bytes.clone();
    let before = phone.digest(world.households[0]);
    for at in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 0x41;
        world.server.forge(VILLAGE, world.households[0], bad);
    }
    let report = phone.sync(&mut world.server);
    assert_eq!((report.pulled, report.refused.len()), (0, good.len().div_ceil(3)));
    assert_eq!(phone.digest(world.households[0]), before);
    assert_eq!(phone.killed().digest(world.households[0]), before);
}

#[test]
fn a_fact_that_the_village_keeps_becomes_a_task_and_a_sealed_one_is_refused() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let household = world.households[0];
    let edit = |field: &str, text: &str| vec![(field.to_owned(), text.to_owned())];
    let report = phone.ledger.edit(household, &edit("group", "三组")).unwrap();
    assert_eq!((report.changed, report.task.unwrap()["fields"]["field"].clone()), (None, json!("group")));
    phone.sync(&mut world.server);
    assert_eq!(world.server.count("task"), 1);

    assert_eq!(phone.ledger.edit(household, &edit("phone", "138")).unwrap_err().code(), "forbidden_writer");
    assert_eq!(phone.ledger.edit(household, &edit("no_such", "1")).unwrap_err().code(), "invalid_record");
    assert_eq!(phone.ledger.edit(Id::from_bytes([1; 16]), &edit("group", "1")).unwrap_err().code(), "not_found");
    let visit = phone.visit(household, "核对了收入台账。");
    assert_eq!(phone.ledger.edit(visit, &edit("narrative", "别的")).unwrap_err().code(), "forbidden_writer");
}

#[test]
fn records_of_any_kind_are_added_listed_and_shown() {
    let mut world = World::new(3);
    let mut phone = world.helper();
    let pairs = vec![
        ("title".to_owned(), "换残疾证".to_owned()),
        ("kind".to_owned(), "承诺事项".to_owned()),
        ("household".to_owned(), world.households[0].to_string()),
    ];
    let task = phone.ledger.add_record("task", &pairs).unwrap();
    assert_eq!((task.fields["kind"].as_str(), task.state.as_str()), (Some("promise"), "open"));
    assert_eq!(phone.ledger.add_record("no_such_kind", &[]).unwrap_err().code(), "unknown_kind");
    assert_eq!(phone.ledger.add_record("inspection", &[]).unwrap_err().code(), "forbidden_writer");
    let query = daohu_field::RecordQuery { limit: Some(2), ..daohu_field::RecordQuery::default() };
    let page = phone.ledger.records("household", &query).unwrap();
    assert_eq!(page.records.len(), 2);
    let next = daohu_field::RecordQuery { cursor: page.next, ..query };
    let last = phone.ledger.records("household", &next).unwrap();
    assert_eq!((last.records.len(), last.next), (1, None));
    let named = daohu_field::RecordQuery { text: Some("白文2".to_owned()), ..daohu_field::RecordQuery::default() };
    assert_eq!(phone.ledger.records("household", &named).unwrap().records[0].id, world.households[2]);
}

#[test]
fn a_stranger_to_a_household_cannot_record_a_visit_there() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let other = Id::from_bytes([5; 16]).to_string();
    assert_eq!(phone.ledger.new_visit(&other, &input("核对。"), Until::Submit).unwrap_err().code(), "not_found");
}
