//! A server that was restored from an older backup: phones notice, hand in again what it lost, and name what they cannot.

use super::world::{HOUR, Phone, TOWN, VILLAGE, World};
use crate::run::Outcome;
use daohu_domain::role::Role;
use daohu_field::FieldError;

#[test]
fn every_phone_hands_in_again_what_the_restored_office_lost_and_receipts_are_renewed() -> Outcome {
    let mut world = World::new(2)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    let kept = zhang.visit(world.households[0], "备份里有的")?;
    zhang.sync(&world)?;
    world.back_up("monday")?;
    world.pass(&[&zhang, &li], HOUR)?;
    let lost = [zhang.visit(world.households[0], "甲的")?, li.visit(world.households[1], "乙的")?];
    zhang.sync(&world)?;
    li.sync(&world)?;
    zhang.sync(&world)?;
    world.restore("monday")?;
    assert!(world.holds(kept)? && !world.holds(lost[0])? && !world.holds(lost[1])?);

    let report = zhang.sync(&world)?;
    assert!(report.restored && report.repaired, "{report:?}");
    assert_eq!((report.lost.len(), report.only_here), (0, 1), "li's visit is for li to hand in");
    assert!(world.holds(lost[0])? && !world.holds(lost[1])?);
    let report = li.sync(&world)?;
    assert!(report.restored);
    assert!(world.holds(lost[1])?);
    zhang.sync(&world)?;

    assert_eq!(world.count("visit")?, 3);
    for household in &world.households {
        assert_eq!(zhang.digest(*household), li.digest(*household));
    }
    let root = *world.office().head()?.head();
    for receipt in zhang.ledger().receipts()?.into_iter().chain(li.ledger().receipts()?) {
        let read = daohu_wire::receipt::from_file(&receipt.content)?.remove(0);
        read.verify(&world.office().server_key())?;
        assert!(read.head.head().size <= root.size, "no receipt of the log that is gone is shown");
    }
    Ok(())
}

#[test]
fn a_restored_office_is_not_downloaded_again() -> Outcome {
    let mut world = World::new(40)?;
    let mut zhang = world.phone("zhang")?;
    world.back_up("monday")?;
    zhang.visit(world.households[0], "丢了的")?;
    zhang.sync(&world)?;
    world.restore("monday")?;

    let mut down = 0;
    let world = &world;
    let report = zhang.sync_through(|request| {
        let response = world.carry(request);
        down += response.body.len();
        Some(response)
    })?;

    assert!(report.restored && report.repaired);
    assert_eq!((report.pulled, world.count("visit")?), (0, 1));
    assert!(down < 6_000, "{down} bytes for 40 households and a visit");
    Ok(())
}

#[test]
fn an_office_that_was_restored_and_went_on_is_noticed_too() -> Outcome {
    let mut world = World::new(1)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    world.back_up("monday")?;
    let lost = zhang.visit(world.households[0], "丢了的")?;
    zhang.sync(&world)?;
    world.restore("monday")?;
    world.pass(&[&zhang, &li], HOUR)?;
    let mut later = Vec::new();
    for n in 0..3 {
        later.push(li.visit(world.households[0], &format!("恢复以后 {n}"))?);
        li.sync(&world)?;
    }

    let report = zhang.sync(&world)?;

    assert!(report.restored);
    assert!(world.holds(lost)?);
    for visit in later.into_iter().chain([lost]) {
        assert_eq!(zhang.state(visit), "received");
    }
    Ok(())
}

#[test]
fn a_phone_that_enrolled_after_the_backup_enrols_again_and_hands_in_all_it_ever_did() -> Outcome {
    let mut world = World::new(1)?;
    world.back_up("monday")?;
    let mut zhang = world.phone("zhang")?;
    let received = zhang.visit(world.households[0], "收到过的")?;
    zhang.sync(&world)?;
    world.restore("monday")?;
    let unsent = zhang.visit(world.households[0], "还没传的")?;

    assert_eq!(zhang.sync(&world).map_err(|error| error.code().to_owned()).err().as_deref(), Some("unknown_device"));
    world.enrol(&mut zhang, "zhang")?;
    let report = zhang.sync(&world)?;

    assert!(report.restored);
    assert!(world.holds(received)? && world.holds(unsent)?);
    assert_eq!((world.count("visit")?, zhang.unsent()), (2, 0));
    assert_eq!((zhang.state(received).as_str(), zhang.state(unsent).as_str()), ("received", "received"));
    Ok(())
}

/// What a phone's code is refused with; the words name the account that the phone was.
fn refused(world: &World, phone: &mut Phone, login: &str) -> Outcome<String> {
    let error = world.enrol(phone, login).err().ok_or("it was taken")?;
    let error = error.downcast::<FieldError>().map_err(|error| error.to_string())?;
    assert_eq!(error.code(), "other_user");
    let user = error.json()["error"]["detail"]["user"].as_str().ok_or("no user")?.to_owned();
    assert!(error.zh().contains(&user) && error.en().contains(&user));
    Ok(user)
}

#[test]
fn an_account_that_was_made_after_the_backup_is_made_again_and_its_phone_hands_in_all_it_ever_did() -> Outcome {
    let mut world = World::new(1)?;
    let household = world.households[0];
    let cadre = world.cadre_of("赵六", household)?;
    world.back_up("monday")?;
    let before = world.account("zhao", Some(cadre), Role::AssistantHelper, None)?;
    let mut zhao = world.phone("zhao")?;
    let received = zhao.visit(household, "收到过的")?;
    zhao.sync(&world)?;
    world.restore("monday")?;
    let unsent = zhao.visit(household, "还没传的")?;

    assert_eq!(zhao.sync(&world).map_err(|error| error.code().to_owned()).err().as_deref(), Some("unknown_device"));
    assert_ne!(world.account("zhao", Some(cadre), Role::AssistantHelper, None)?, before);
    world.enrol(&mut zhao, "zhao")?;
    zhao.sync(&world)?;

    assert!(world.holds(received)? && world.holds(unsent)?);
    assert_eq!((world.count("visit")?, zhao.unsent(), world.office().quarantine_list()?.as_array().map(Vec::len)), (2, 0, Some(0)));
    Ok(())
}

#[test]
fn another_persons_account_is_refused_however_the_office_was_restored() -> Outcome {
    let mut world = World::new(1)?;
    let household = world.households[0];
    let cadre = world.cadre_of("赵六", household)?;
    world.back_up("monday")?;
    let before = world.account("zhao", Some(cadre), Role::AssistantHelper, None)?;
    let mut zhao = world.phone("zhao")?;
    let unsent = zhao.visit(household, "还没传的")?;
    world.restore("monday")?;
    // The login is another cadre's now: a login is no person.
    let other = world.cadre_of("钱七", household)?;
    world.account("zhao", Some(other), Role::AssistantHelper, None)?;
    zhao.sync(&world).err().ok_or("it is known")?;

    assert_eq!(refused(&world, &mut zhao, "zhao")?, before.to_string());
    assert_eq!(refused(&world, &mut zhao, "li")?, before.to_string());

    assert_eq!((zhao.unsent(), zhao.state(unsent).as_str()), (1, "submitted"), "nothing is lost and nothing is mixed");
    assert_eq!(world.count("visit")?, 0);
    let taken = world.account("zhao2", Some(cadre), Role::AssistantHelper, Some(other));
    assert!(taken.is_err(), "an id that is in use is nobody's old one");
    Ok(())
}

#[test]
fn an_account_without_a_cadre_and_one_whose_cadre_was_lost_too_are_made_again_under_the_id_they_had() -> Outcome {
    let mut world = World::new(1)?;
    let household = world.households[0];
    world.back_up("monday")?;
    let cadre = world.cadre_of("赵六", household)?;
    world.account("zhao", Some(cadre), Role::AssistantHelper, None)?;
    world.account("clerk", None, Role::VillageSecretary, None)?;
    let (mut zhao, mut clerk) = (world.phone("zhao")?, world.phone("clerk")?);
    let visits = [zhao.visit(household, "收到过的")?, clerk.visit(household, "书记去的")?];
    zhao.sync(&world)?;
    clerk.sync(&world)?;
    assert_eq!(world.count("visit")?, 2);
    world.restore("monday")?;
    let again = world.cadre_of("赵六", household)?;
    world.account("zhao3", Some(again), Role::AssistantHelper, None)?;
    world.account("clerk3", None, Role::VillageSecretary, None)?;
    for (phone, login) in [(&mut zhao, "zhao"), (&mut clerk, "clerk")] {
        phone.sync(&world).err().ok_or("it is known")?;
        let was = refused(&world, phone, &format!("{login}3"))?.parse()?;
        let (cadre, role) = if login == "zhao" { (Some(again), Role::AssistantHelper) } else { (None, Role::VillageSecretary) };
        world.account(login, cadre, role, Some(was))?;
        world.enrol(phone, login)?;
        phone.sync(&world)?;
        assert_eq!(phone.unsent(), 0);
    }

    assert!(world.holds(visits[0])? && world.holds(visits[1])?);
    assert_eq!(world.office().quarantine_list()?.as_array().map(Vec::len), Some(0));
    let shown = world.office().record_show(visits[0])?;
    assert_eq!(shown["fields"]["recorder"], again.to_string(), "{shown}");
    Ok(())
}

#[test]
fn a_restored_office_gives_numbers_a_second_time_and_phones_take_what_they_mean_now() -> Outcome {
    let mut world = World::new(1)?;
    let mut zhang = world.phone("zhang")?;
    world.back_up("monday")?;
    let forgotten = world.household_of_zhang()?;
    zhang.sync(&world)?;
    assert!(!zhang.digest(forgotten).is_empty());
    world.restore("monday")?;
    let given = world.household_of_zhang()?;

    zhang.sync(&world)?;

    let granted: Vec<_> = zhang.ledger().status()?.grants.into_iter().filter_map(|grant| grant.household).collect();
    assert!(granted.contains(&given) && !granted.contains(&forgotten), "{granted:?} has the numbers of what is forgotten");
    world.office().record_edit(given, &[("contact_note", "以后写的")])?;
    assert_eq!(zhang.sync(&world)?.pulled, 1);
    Ok(())
}

#[test]
fn a_policy_that_differs_from_the_one_of_before_the_restore_is_told_though_the_log_is_the_same() -> Outcome {
    let mut world = World::new(1)?;
    let mut li = world.phone("li")?;
    world.back_up("monday")?;
    world.give("li", Role::VillageSecretary, VILLAGE)?;
    li.sync(&world)?;
    assert_eq!(li.places()?, [VILLAGE]);
    world.restore("monday")?;
    world.pass(&[&li], HOUR)?;
    world.give("li", Role::TownOffice, TOWN)?;

    let report = li.sync(&world)?;

    assert!(!report.restored, "nothing in the log tells of it");
    assert_eq!(li.places()?, [TOWN, VILLAGE]);
    Ok(())
}

#[test]
fn a_visit_that_its_author_wrote_again_replaces_the_one_that_a_restored_office_lost() -> Outcome {
    let mut world = World::new(1)?;
    let mut li = world.phone("li")?;
    world.back_up("monday")?;
    let mut zhang = world.phone("zhang")?;
    let visit = zhang.visit(world.households[0], "收到过的")?;
    zhang.sync(&world)?;
    li.sync(&world)?;
    assert!(!li.state(visit).is_empty());
    world.restore("monday")?;
    assert_eq!(zhang.sync(&world).map_err(|error| error.code().to_owned()).err().as_deref(), Some("unknown_device"));
    world.enrol(&mut zhang, "zhang")?;
    zhang.sync(&world)?;

    let report = li.sync(&world)?;

    assert_eq!(report.refused.len(), 0, "{report:?}");
    assert_eq!(li.digest(world.households[0]), zhang.digest(world.households[0]));
    assert_eq!(li.ledger().rebuild()?.differences, 0);
    Ok(())
}

#[test]
fn what_others_wrote_on_top_of_what_is_written_again_is_set_aside_and_the_record_stays_readable() -> Outcome {
    let mut world = World::new(1)?;
    let mut li = world.phone("li")?;
    let household = world.households[0];
    let write = |phone: &mut super::world::Phone, text: &str| -> Outcome {
        phone.ledger().edit(household, &[("contact_note".to_owned(), text.to_owned())])?;
        Ok(())
    };
    world.back_up("monday")?;
    let mut zhang = world.phone("zhang")?;
    write(&mut zhang, "张的")?;
    zhang.sync(&world)?;
    li.sync(&world)?;
    write(&mut li, "李的")?;
    li.sync(&world)?;
    zhang.sync(&world)?;
    world.restore("monday")?;
    assert_eq!(zhang.sync(&world).map_err(|error| error.code().to_owned()).err().as_deref(), Some("unknown_device"));
    world.enrol(&mut zhang, "zhang")?;

    zhang.sync(&world)?;

    let said = |history: &serde_json::Value, text: &str| history.as_array().into_iter().flatten().any(|past| past["value"] == text);
    assert!(said(&world.office().record_history(household, Some("contact_note"))?, "张的"));
    let waiting: Vec<String> = zhang.ledger().quarantine()?.into_iter().map(|row| row.code).collect();
    assert_eq!((waiting, zhang.unsent()), (vec!["missing_dep".to_owned()], 0));
    assert_eq!(zhang.ledger().rebuild()?.differences, 0);
    li.sync(&world)?;
    let waiting: Vec<String> = li.ledger().quarantine()?.into_iter().map(|row| row.code).collect();
    assert_eq!(waiting, ["missing_dep"], "its author sees that it waits, and why");
    Ok(())
}

#[test]
fn what_another_copy_of_this_phone_handed_in_is_handed_in_again_by_this_one() -> Outcome {
    let mut world = World::new(1)?;
    let mut zhang = world.phone("zhang")?;
    world.back_up("monday")?;
    let mut copy = world.copy(&mut zhang)?;
    world.pass(&[&zhang, &copy], HOUR)?;
    let lost = copy.visit(world.households[0], "另一台上写的")?;
    copy.sync(&world)?;
    drop(copy);
    world.pass(&[&zhang], HOUR)?;
    zhang.sync(&world)?;
    assert_eq!(zhang.state(lost), "received");
    world.restore("monday")?;
    assert!(!world.holds(lost)?);

    while zhang.sync(&world)?.pushed > 0 {}

    assert!(world.holds(lost)?, "the copy is gone: nobody else could");
    Ok(())
}
