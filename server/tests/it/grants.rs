//! Grants: who pulls what, what a new pairing opens, what an ended one closes, and the thirty days of the inbox.

use std::collections::BTreeSet;

use daohu_domain::id::Id;
use daohu_domain::kinds;
use daohu_domain::role::{self, Reach, Role};
use daohu_server::auth::users::{self, Span};
use daohu_server::permit::view::{Eyes, fields_for};
use serde_json::json;

use crate::phone::Phone;
use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World, id_in};

fn places(phone: &Phone) -> Vec<(String, bool, bool)> {
    let mut all: Vec<_> =
        phone.policy.grants.iter().map(|grant| (grant.place.to_string(), grant.household.is_some(), grant.reference)).collect();
    all.sort();
    all
}

#[test]
fn each_role_gets_the_grants_of_its_reach() -> Outcome {
    let world = World::new()?;
    let (mut helper, _, _) = world.helper("一号", "610802209201001")?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let mut secretary = world.phone("书记")?;
    world.user("办公室", "town_office", Some(TOWN), None)?;
    let mut office = world.phone("办公室")?;
    for phone in [&mut helper, &mut secretary, &mut office] {
        phone.sync(&world.office)?;
    }

    let row = |place: &str, household, reference| (place.to_owned(), household, reference);
    assert_eq!(places(&helper), [row(TOWN, false, true), row(VILLAGE, true, false)]);
    assert_eq!(places(&secretary), [row(TOWN, false, true), row(VILLAGE, false, false)]);
    assert_eq!(places(&office), [row(TOWN, false, false), row(VILLAGE, false, false), row(OTHER_VILLAGE, false, false)]);
    Ok(())
}

#[test]
fn roles_that_work_at_the_pages_get_no_code() -> Outcome {
    let world = World::new()?;
    world.user("审计", "auditor", None, None)?;
    world.user("联络员", "unit_liaison", None, None)?;
    world.user("监委会", "village_supervisor", Some(VILLAGE), None)?;
    world.user("纪委", "town_discipline", Some(TOWN), None)?;

    for login in ["审计", "联络员", "监委会", "纪委"] {
        assert_eq!(world.office.device_code(login, 60_000).map_err(|error| error.code()), Err("no_device"), "{login}");
    }
    assert_eq!(world.office.device_code("没有", 60_000).map_err(|error| error.code()), Err("not_found"));
    Ok(())
}

/// A phone whose user got the role after it was enrolled, so that no code had to be made for the role.
fn phone_with_role(world: &World, role: Role) -> Outcome<Phone> {
    let login = format!("有{role}");
    world.user(&login, role.slug(), Some(VILLAGE), None)?;
    let span = Span { role, place: Some(VILLAGE.parse()?), unit: None, from: None, to: None };
    users::ungrant(&world.office, &login, &span)?;
    let mut phone = world.phone(&login)?;
    users::grant(&world.office, &login, &span)?;
    phone.sync(&world.office)?;
    phone.sync(&world.office)?;
    Ok(phone)
}

#[test]
fn what_the_pages_mask_for_a_role_never_reaches_its_phones() -> Outcome {
    let world = World::new()?;
    let household = world.household(VILLAGE, "610802209201001")?;
    world.office.record_edit(household, &[("contact_note", "上午打")])?;
    world.write("member", Some(household), VILLAGE, json!({ "number": "1", "name": "王小燕", "relation": "child" }))?;
    let mut with_family = Vec::new();
    for role in role::ALL {
        let phone = phone_with_role(&world, role)?;
        for document in phone.documents.values() {
            let kind = kinds::find(&document.header()?.kind).ok_or("no such kind")?;
            let (held, eyes) = (document.view(kind).fields, Eyes::of(role));
            assert_eq!(held, fields_for(kind, &held, eyes), "{role} holds a {} as its pages do not show it", kind.name);
        }
        if phone.documents.contains_key(&household) {
            assert!(phone.kinds().contains(&"member".to_owned()), "{role}");
            with_family.push(role);
        }
    }
    let village_roles = role::ALL.into_iter().filter(|role| matches!(role.level(), Reach::Village | Reach::Township | Reach::County));
    let expected: Vec<Role> = village_roles.filter(|role| Eyes::of(*role) == Eyes::Whole).collect();
    assert_eq!(with_family, expected, "those who work with families still have them");
    Ok(())
}

#[test]
fn a_phone_that_holds_families_whole_is_told_to_purge_them_when_its_user_only_supervises() -> Outcome {
    let world = World::new()?;
    let household = world.household(VILLAGE, "610802209201001")?;
    world.user("村里", "village_secretary", Some(VILLAGE), None)?;
    let mut phone = world.phone("村里")?;
    phone.sync(&world.office)?;
    assert!(phone.documents.contains_key(&household));
    let span = |role| -> Outcome<Span> { Ok(Span { role, place: Some(VILLAGE.parse()?), unit: None, from: None, to: None }) };
    users::grant(&world.office, "村里", &span(Role::VillageSupervisor)?)?;
    users::ungrant(&world.office, "村里", &span(Role::VillageSecretary)?)?;

    phone.sync(&world.office)?;

    assert!(phone.policy.grants.iter().all(|grant| grant.reference), "{:?}", phone.policy.grants);
    assert_eq!(phone.policy.revoked.len(), 1);
    Ok(())
}

#[test]
fn a_new_pairing_fills_itself_in_without_touching_other_cursors() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    let before = phone.cursors.clone();
    let second = world.household(VILLAGE, "610802209201002")?;
    world.pair(second, cadre, "primary")?;

    phone.sync(&world.office)?;
    phone.sync(&world.office)?;

    assert!(phone.documents.contains_key(&second));
    assert!(before.keys().all(|grant| phone.cursors.contains_key(grant)), "old grants keep their numbers");
    assert!(phone.documents.contains_key(&household));
    Ok(())
}

#[test]
fn an_ended_pairing_is_told_and_its_household_is_pulled_no_more() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    let pairing = world.pair(household, cadre, "assistant")?;
    phone.sync(&world.office)?;
    let listed = world.office.pairing_list(None, Some(cadre), None)?;
    let both: Vec<Id> = listed.as_array().into_iter().flatten().map(id_in).collect::<Outcome<_>>()?;
    assert!(both.len() == 2 && both.contains(&pairing));
    world.at("2019-05-20T09:00:00+08:00")?;
    for id in both {
        world.office.pairing_end(id, "2019-05-20".parse()?, "transferred")?;
    }

    phone.sync(&world.office)?;

    assert!(phone.policy.grants.iter().all(|grant| grant.household.is_none()));
    let end = phone.policy.revoked.first().ok_or("nothing revoked")?;
    assert_eq!(end.until_ms, "2019-06-19T09:00:00+08:00".parse::<daohu_domain::calendar::Instant>()?.0);
    assert!(end.at_seq > 0);
    let note = json!({ "contact_note": "办公室写的" }).as_object().cloned().unwrap_or_default();
    let pairs: Vec<(&str, &str)> = note.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect();
    world.office.record_edit(household, &pairs)?;
    let synced = phone.sync(&world.office)?;
    assert_eq!(synced.pulled, 0);
    Ok(())
}

#[test]
fn what_was_written_before_the_end_is_taken_for_thirty_days_and_then_waits() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    phone.visit(household, "2019-05-18T09:00:00+08:00", "结束前的走访。")?;
    let first = phone.waiting.pop().ok_or("no item")?;
    phone.visit(household, "2019-05-19T09:00:00+08:00", "结束前的另一次。")?;
    let second = phone.waiting.pop().ok_or("no item")?;
    let pairing: Id = world.office.pairing_list(None, Some(cadre), None)?[0]["id"].as_str().ok_or("no id")?.parse()?;
    world.at("2019-05-20T09:00:00+08:00")?;
    world.office.pairing_end(pairing, "2019-05-20".parse()?, "transferred")?;

    world.at("2019-06-19T08:59:59+08:00")?;
    phone.waiting.push(first);
    assert_eq!(phone.sync(&world.office)?.ok, 1, "within thirty days");
    world.at("2019-06-19T09:00:00+08:00")?;
    phone.waiting.push(second);
    let synced = phone.sync(&world.office)?;

    assert_eq!(synced.codes, ["forbidden_place"], "after thirty days it waits for a person");
    assert_eq!(world.office.quarantine_list()?.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn a_device_that_was_silent_gains_no_days() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    phone.visit(household, "2019-05-18T09:00:00+08:00", "一直没同步。")?;
    let pairing: Id = world.office.pairing_list(None, Some(cadre), None)?[0]["id"].as_str().ok_or("no id")?.parse()?;
    world.at("2019-05-20T09:00:00+08:00")?;
    world.office.pairing_end(pairing, "2019-05-20".parse()?, "transferred")?;
    world.at("2019-07-01T09:00:00+08:00")?;

    assert_eq!(phone.sync(&world.office)?.codes, ["forbidden_place"]);
    Ok(())
}

#[test]
fn a_pairing_that_is_ended_for_the_past_still_leaves_thirty_days_from_when_it_was_written_down() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    phone.visit(household, "2019-05-08T09:00:00+08:00", "五月的。")?;
    let pairing: Id = world.office.pairing_list(None, Some(cadre), None)?[0]["id"].as_str().ok_or("no id")?.parse()?;
    world.at("2019-07-05T09:00:00+08:00")?;
    world.office.pairing_end(pairing, "2019-05-10".parse()?, "更正")?;

    assert_eq!(phone.sync(&world.office)?.ok, 1);
    Ok(())
}

#[test]
fn a_device_that_was_handed_back_may_push_and_not_pull_and_a_lost_one_neither() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    let at = "2019-05-06T10:00:00+08:00";
    phone.visit(household, at, "交机前的走访。")?;
    world.office.device_revoke(phone.id, "left")?;
    world.office.record_edit(household, &[("contact_note", "之后写的")])?;
    let synced = phone.sync(&world.office)?;
    assert_eq!((synced.ok, synced.pulled), (1, 0));

    phone.visit(household, at, "丢了以后。")?;
    phone.seal()?;
    let shown = world.office.device_revoke(phone.id, "lost")?;
    assert_eq!(shown["reason"], "lost");
    let request = phone.request();
    let refused = phone.send(&world.office, &request).unwrap_err();
    assert_eq!((refused.status, refused.code), (403, "device_revoked"));
    Ok(())
}

#[test]
fn a_device_that_left_is_told_once_that_all_its_grants_ended_and_another_of_the_same_user_is_not() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    let mut other = world.phone("一号")?;
    for phone in [&mut phone, &mut other] {
        phone.sync(&world.office)?;
    }
    let held: BTreeSet<u64> = phone.policy.grants.iter().map(|grant| grant.id).collect();
    world.at("2019-05-06T09:00:00+08:00")?;
    world.office.device_revoke(phone.id, "left")?;
    phone.visit(household, "2019-05-06T10:00:00+08:00", "交机前的走访。")?;
    world.at("2019-05-20T09:00:00+08:00")?;

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.policy), (1, true));
    assert!(phone.policy.grants.is_empty() && phone.policy.devices.is_empty(), "{:?}", phone.policy);
    assert_eq!(phone.policy.revoked.iter().map(|end| end.grant).collect::<BTreeSet<_>>(), held);
    let until_ms = "2019-06-05T09:00:00+08:00".parse::<daohu_domain::calendar::Instant>()?.0;
    assert!(phone.policy.revoked.iter().all(|end| end.until_ms == until_ms && end.reason == "device_left"), "{:?}", phone.policy.revoked);
    assert!(!phone.sync(&world.office)?.policy, "it is told once");
    assert!(!other.sync(&world.office)?.policy, "nothing ended for the other phone");
    assert_eq!(other.policy.grants.len(), held.len());
    Ok(())
}

#[test]
fn a_device_that_left_is_closed_after_thirty_days() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.office.device_revoke(phone.id, "left")?;
    world.at("2019-06-04T09:00:00+08:00")?;

    let request = phone.request();
    assert_eq!(phone.send(&world.office, &request).map_err(|refusal| refusal.code).err(), Some("device_revoked"));
    Ok(())
}

#[test]
fn the_phone_of_a_closed_account_hands_in_for_thirty_days_and_is_then_refused() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    phone.visit(household, "2019-05-05T10:00:00+08:00", "离岗前的走访。")?;
    world.at("2019-05-06T09:00:00+08:00")?;
    let closed = users::disable(&world.office, "一号")?;
    assert_eq!(closed["user"]["disabled"], true);
    world.office.record_edit(household, &[("contact_note", "之后写的")])?;
    world.at("2019-05-20T09:00:00+08:00")?;
    users::disable(&world.office, "一号")?;

    world.at("2019-06-05T08:59:59+08:00")?;
    let synced = phone.sync(&world.office)?;
    assert_eq!((synced.ok, synced.pulled), (1, 0), "within thirty days from when it was closed first");

    world.at("2019-06-05T09:00:00+08:00")?;
    assert_eq!(refusal_of(&mut phone, &world), Some((403, "device_revoked")));
    Ok(())
}

#[test]
fn a_lost_phone_of_a_closed_account_is_refused_at_once() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    users::disable(&world.office, "一号")?;
    world.office.device_revoke(phone.id, "lost")?;

    assert_eq!(refusal_of(&mut phone, &world), Some((403, "device_revoked")));
    Ok(())
}

#[test]
fn a_phone_handed_back_before_its_account_was_closed_gains_no_days() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.office.device_revoke(phone.id, "left")?;
    world.at("2019-06-01T09:00:00+08:00")?;
    users::disable(&world.office, "一号")?;

    assert_eq!(refusal_of(&mut phone, &world), None);
    world.at("2019-06-04T09:00:00+08:00")?;
    assert_eq!(refusal_of(&mut phone, &world), Some((403, "device_revoked")));
    Ok(())
}

/// What an account closed by an older program has: that it is closed, and not when.
#[test]
fn an_account_that_was_closed_before_the_day_was_kept_stays_closed() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, _) = world.helper("一号", "610802209201001")?;
    let old = "ALTER TABLE account DROP COLUMN disabled_at_ms; UPDATE account SET disabled = 1; PRAGMA user_version = 3; \
               DROP TABLE blob; DROP TABLE blob_use; DROP TABLE upload;";
    world.sql()?.execute_batch(old)?;

    let office = world.another_office()?;

    let request = phone.request();
    let refused = phone.send(&office, &request).err().map(|refusal| (refusal.status, refusal.code));
    assert_eq!(refused, Some((403, "device_revoked")));
    Ok(())
}

fn refusal_of(phone: &mut Phone, world: &World) -> Option<(u16, &'static str)> {
    let request = phone.request();
    phone.send(&world.office, &request).err().map(|refusal| (refusal.status, refusal.code))
}

#[test]
fn a_leave_is_not_for_everybody() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, cadre) = world.helper("一号", "610802209201001")?;
    world.user("办公室", "town_office", Some(TOWN), None)?;
    let mut office = world.phone("办公室")?;
    world.office.leave_add(cadre, "2019-05-06".parse()?, "2019-06-06".parse()?, None)?;

    phone.sync(&world.office)?;
    office.sync(&world.office)?;

    assert!(!phone.kinds().contains(&"leave".to_owned()));
    assert!(office.kinds().contains(&"leave".to_owned()));
    Ok(())
}
