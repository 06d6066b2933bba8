//! Copies of a phone's store: a backup that was put back goes on, and of two copies that both write one is told.

use super::world::{DAY, HOUR, VILLAGE, World};
use crate::run::Outcome;
use daohu_domain::role::Role;
use daohu_server::sync::PackSizes;

#[test]
fn a_backup_of_the_phone_learns_what_it_had_handed_in_and_goes_on_without_a_fork() -> Outcome {
    let world = World::new(2)?;
    let mut phone = world.phone("zhang")?;
    let before = phone.visit(world.households[0], "备份之前")?;
    phone.sync(&world)?;
    let mut backup = world.copy(&mut phone)?;
    let after = phone.visit(world.households[1], "备份之后")?;
    world.pass(&[&phone, &backup], HOUR)?;
    phone.sync(&world)?;
    drop(phone);

    let report = backup.sync(&world)?;

    assert_eq!((report.caught_up, report.refused.len()), (1, 0));
    assert_eq!((backup.state(before).as_str(), backup.state(after).as_str()), ("received", "received"));
    assert_eq!(backup.ledger().receipts()?.len(), 2, "the receipt of the batch it had forgotten is here again");
    let next = backup.visit(world.households[0], "换回来以后")?;
    backup.sync(&world)?;
    assert_eq!((backup.state(next).as_str(), backup.ledger().receipts()?.len()), ("received", 3));
    assert_eq!(world.count("visit")?, 3);
    let mut other = world.phone("li")?;
    for household in &world.households {
        assert_eq!(backup.digest(*household), other.digest(*household));
    }
    Ok(())
}

#[test]
fn a_backup_in_another_boot_with_work_of_its_own_is_told_before_it_forks() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let mut backup = world.copy_in_boot(&mut phone, "another-boot")?;
    let first = phone.visit(world.households[0], "原来的手机")?;
    phone.sync(&world)?;
    let second = backup.visit(world.households[0], "备份上写的")?;

    assert_eq!(backup.sync(&world).map_err(|error| error.code().to_owned()).err().as_deref(), Some("batch_fork"));
    assert_eq!(
        (backup.state(first).as_str(), backup.state(second).as_str()),
        ("received", "submitted"),
        "it has read on, and sent nothing"
    );
    world.enrol(&mut backup, "zhang")?;
    backup.sync(&world)?;

    assert_eq!((backup.state(second).as_str(), backup.unsent()), ("received", 0));
    assert_eq!(world.count("visit")?, 2);
    Ok(())
}

#[test]
fn of_two_copies_that_both_write_one_goes_on_and_the_other_enrols_anew_with_its_work() -> Outcome {
    let world = World::new(2)?;
    let mut phone = world.phone("zhang")?;
    // Written before the copy was made: both copies hold it, and it must arrive once.
    let shared = phone.visit(world.households[0], "两份都有")?;
    let mut clone = world.copy(&mut phone)?;
    let ours = phone.visit(world.households[0], "甲")?;
    let theirs = clone.visit(world.households[1], "乙")?;
    world.pass(&[&phone, &clone], HOUR)?;
    phone.sync(&world)?;

    let told = clone.sync(&world).map_err(|error| error.code().to_owned()).err();
    assert_eq!(told.as_deref(), Some("batch_fork"));
    assert_eq!(clone.ledger().status()?.closed.as_deref(), Some("batch_fork"));
    assert_eq!(phone.sync(&world)?.refused.len(), 0, "the first goes on");
    world.enrol(&mut clone, "zhang")?;
    let report = clone.sync(&world)?;
    phone.sync(&world)?;

    assert_eq!(report.refused.len(), 0, "nothing is handed in twice");
    assert_eq!(world.count("visit")?, 3);
    for visit in [shared, ours, theirs] {
        assert_eq!((phone.state(visit).as_str(), clone.state(visit).as_str()), ("received", "received"));
    }
    for household in &world.households {
        assert_eq!(phone.digest(*household), clone.digest(*household));
    }
    assert_eq!((clone.unsent(), clone.ledger().quarantine()?.len()), (0, 0));
    Ok(())
}

#[test]
fn two_copies_that_edit_one_record_lose_neither_word() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let household = world.households[0];
    let mut clone = world.copy(&mut phone)?;
    let write = |phone: &mut super::world::Phone, text: &str| -> Outcome {
        phone.ledger().edit(household, &[("contact_note".to_owned(), text.to_owned())])?;
        Ok(())
    };
    write(&mut phone, "早上在家")?;
    write(&mut clone, "晚上在家")?;
    phone.sync(&world)?;
    assert!(clone.sync(&world).is_err());

    world.enrol(&mut clone, "zhang")?;
    clone.sync(&world)?;
    phone.sync(&world)?;

    assert_eq!(phone.digest(household), clone.digest(household));
    let said: Vec<String> = clone.ledger().history(household, Some("contact_note"))?.iter().map(|past| past.value.to_string()).collect();
    assert!(said.iter().any(|value| value.contains("早上")) && said.iter().any(|value| value.contains("晚上")), "{said:?}");
    assert_eq!(clone.unsent(), 0);
    Ok(())
}

#[test]
fn a_copy_that_learns_in_a_comparison_that_another_went_on_is_told_and_loses_nothing() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "两份都有")?;
    // It was restarted, so that it asks for the time before it sends anything.
    let mut clone = world.copy_in_boot(&mut phone, "another-boot")?;
    clone.ledger().explain_visit(visit, "第二台补充")?;
    phone.ledger().explain_visit(visit, "第一台补充")?;
    world.pass(&[&phone, &clone], HOUR)?;
    phone.sync(&world)?;
    // The digest is due: what differs is carried whole before anything else is read.
    world.pass(&[&phone, &clone], 2 * DAY)?;

    let told = clone.sync(&world).map_err(|error| error.code().to_owned()).err();
    assert_eq!(told.as_deref(), Some("batch_fork"));
    assert_eq!(clone.ledger().quarantine()?.len(), 0, "the other's word is no refused item");
    world.enrol(&mut clone, "zhang")?;
    clone.sync(&world)?;
    phone.sync(&world)?;

    assert_eq!(phone.digest(world.households[0]), clone.digest(world.households[0]));
    assert_eq!((world.count("visit")?, clone.unsent(), clone.ledger().rebuild()?.differences), (1, 0, 0));
    let events = world.office().store().events(visit)?;
    assert_eq!(events.iter().filter(|event| event.name == "explain").count(), 2);
    Ok(())
}

#[test]
fn a_copy_with_work_of_its_own_reads_a_pack_before_it_is_told_and_does_not_ask_for_ever() -> Outcome {
    let world = World::new(2)?;
    world.office().set_pack_sizes(PackSizes { changes_min: 1, chunk_bytes: 400 });
    let mut phone = world.phone("li")?;
    let mut clone = world.copy_in_boot(&mut phone, "another-boot")?;
    world.give("li", Role::VillageSecretary, VILLAGE)?;
    phone.visit(world.households[0], "原来的手机")?;
    phone.sync(&world)?;
    let own = clone.visit(world.households[1], "另一台的")?;

    let mut asked = 0;
    let told = clone.sync_through(|request| {
        asked += 1;
        (asked < 40).then(|| world.carry(request))
    });

    assert_eq!(told.map_err(|error| error.code().to_owned()).err().as_deref(), Some("batch_fork"), "after {asked} requests");
    world.enrol(&mut clone, "li")?;
    clone.sync(&world)?;
    assert_eq!(clone.state(own), "received");
    Ok(())
}

#[test]
fn a_copy_whose_requests_count_as_old_may_enrol_anew() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let mut clone = world.copy(&mut phone)?;
    world.pass(&[&phone], HOUR)?;
    phone.sync(&world)?;

    // The copy's clock stands an hour behind, so its counter does.
    let told = clone.sync(&world).map_err(|error| error.code().to_owned()).err();
    assert_eq!(told.as_deref(), Some("bad_signature"));
    world.enrol(&mut clone, "zhang")?;
    clone.sync(&world)?;
    assert_eq!(clone.unsent(), 0);
    Ok(())
}
