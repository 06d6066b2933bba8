//! Repair: a phone that lost something without knowing it is told by a digest, and gets what differs and nothing else.

use super::world::{DAY, HOUR, SYNC, World};
use crate::run::Outcome;
use daohu_field::Response;
use daohu_wire::{SyncAnswer, SyncRequest, repair::RepairAnswer};

/// Takes the items out of an answer, as a phone with a fault would lose them: the cursor moves on all the same.
fn without_items(response: Response) -> Response {
    let mut answer = SyncAnswer::decode(&response.body).expect("an answer");
    answer.pulled.iter_mut().for_each(|pulled| pulled.items.clear());
    Response { body: answer.encode().expect("an answer"), ..response }
}

#[test]
fn a_phone_that_lost_what_it_pulled_gets_back_that_and_nothing_else() -> Outcome {
    let world = World::new(30)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    for household in &world.households[..2] {
        zhang.visit(*household, "没到的")?;
    }
    zhang.sync(&world)?;
    li.sync_through(|request| Some(without_items(world.carry(request))))?;
    assert_ne!(zhang.digest(world.households[0]), li.digest(world.households[0]));
    assert_eq!(li.sync(&world)?.pulled, 0, "its cursor says that it has read all");
    let own = li.visit(world.households[3], "自己还没传的")?;

    world.pass(&[&zhang, &li], DAY + HOUR)?;
    let mut repairs = 0;
    let report = li.sync_through(|request| {
        repairs += usize::from(request.path != SYNC);
        Some(world.carry(request))
    })?;

    assert!(report.repaired);
    assert_eq!(report.pulled, 2);
    assert!((1..=4).contains(&repairs), "{repairs} rounds");
    assert_eq!(zhang.digest(world.households[0]), li.digest(world.households[0]));
    assert_eq!(li.state(own), "received");
    Ok(())
}

#[test]
fn unsent_work_is_no_difference_and_a_phone_that_is_level_repairs_nothing() -> Outcome {
    let world = World::new(3)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    zhang.visit(world.households[0], "一")?;
    zhang.sync(&world)?;
    li.sync(&world)?;
    li.ledger().edit(world.households[0], &[("contact_note".to_owned(), "还没传".to_owned())])?;
    world.pass(&[&zhang, &li], DAY + HOUR)?;

    for phone in [&mut zhang, &mut li] {
        let mut asked = 0;
        let report = phone.sync_through(|request| {
            asked += usize::from(request.path == SYNC && SyncRequest::decode(&request.body).is_ok_and(|request| request.caps & 4 != 0));
            Some(world.carry(request))
        })?;
        assert!(asked >= 1, "the digest was asked for");
        assert!(!report.repaired);
    }
    Ok(())
}

#[test]
fn what_the_office_showed_in_a_comparison_is_not_handed_in_again_because_something_of_its_record_was_left_out() -> Outcome {
    let world = World::new(1)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    let household = world.households[0];
    zhang.ledger().edit(household, &[("contact_note".to_owned(), "先写的".to_owned())])?;
    zhang.sync(&world)?;
    li.sync(&world)?;
    li.ledger().edit(household, &[("contact_note".to_owned(), "后写的".to_owned())])?;
    li.sync(&world)?;
    zhang.sync_through(|request| Some(without_items(world.carry(request))))?;
    world.pass(&[&zhang, &li], DAY + HOUR)?;
    let other = li.ledger().status()?.device.ok_or("enrolled")?;

    let report = zhang.sync_through(|request| {
        let response = world.carry(request);
        if request.path == SYNC {
            return Some(response);
        }
        let mut answer = RepairAnswer::decode(&response.body).expect("an answer");
        answer.pulled.iter_mut().for_each(|pulled| pulled.items.retain(|item| item.device != other));
        Some(Response { body: answer.encode().expect("an answer"), ..response })
    })?;

    assert!(report.repaired);
    assert_eq!((zhang.unsent(), report.pushed, report.only_here), (0, 0, 0));
    Ok(())
}

#[test]
fn a_repair_that_was_cut_goes_on_at_the_next_sync() -> Outcome {
    let world = World::new(20)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    let visit = zhang.visit(world.households[0], "没到的")?;
    zhang.sync(&world)?;
    li.sync_through(|request| Some(without_items(world.carry(request))))?;
    world.pass(&[&zhang, &li], DAY + HOUR)?;

    let cut = li.sync_through(|request| (request.path == SYNC).then(|| world.carry(request)));
    assert_eq!(cut.map_err(|error| error.code().to_owned()).err().as_deref(), Some("offline"));
    assert_eq!(li.state(visit), "");
    let report = li.sync(&world)?;

    assert!(report.repaired);
    assert_eq!(li.state(visit), "received");
    Ok(())
}

#[test]
fn a_secretary_of_the_whole_village_is_compared_over_all_of_it() -> Outcome {
    let world = World::new(12)?;
    let (mut zhang, mut secretary) = (world.phone("zhang")?, world.phone("secretary")?);
    let visit = zhang.visit(world.households[7], "没到的")?;
    zhang.sync(&world)?;
    secretary.sync_through(|request| Some(without_items(world.carry(request))))?;
    world.pass(&[&zhang, &secretary], DAY + HOUR)?;

    let report = secretary.sync(&world)?;

    assert_eq!((report.repaired, report.pulled), (true, 1));
    assert_eq!(secretary.state(visit), "received");
    world.pass(&[&zhang, &secretary], DAY + HOUR)?;
    assert!(!secretary.sync(&world)?.repaired, "both hold the same now");
    Ok(())
}

#[test]
fn a_sync_with_nothing_new_stays_small_also_on_the_day_of_the_digest() -> Outcome {
    let world = World::new(13)?;
    let mut zhang = world.phone("zhang")?;
    assert_eq!(zhang.ledger().status()?.grants.len(), 14, "thirteen households and what everybody reads");
    let mut measured = Vec::new();
    for hours in [1, 48] {
        world.pass(&[&zhang], hours * HOUR)?;
        let mut bytes = Vec::new();
        zhang.sync_through(|request| {
            let response = world.carry(request);
            bytes.push((request.body.len(), response.body.len()));
            Some(response)
        })?;
        measured.push(bytes);
    }

    for bytes in measured {
        assert_eq!(bytes.len(), 1, "one request");
        assert!(bytes[0].0 + bytes[0].1 <= 450, "{bytes:?}");
    }
    Ok(())
}
