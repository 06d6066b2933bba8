//! Phones that are an older copy of themselves, or were told that they are unknown; households that are given back; receipts of what was
//! purged.

use crate::{
    fake::{VILLAGE, problem},
    phone::World,
};
use daohu_field::{Request, SyncOptions};
use daohu_wire::{RequestSignature, receipt::from_file};
use std::{fs, path::Path};

/// The files of a store, as a backup keeps them.
fn files(path: &Path) -> [Vec<u8>; 2] {
    let wal = path.with_extension("db-wal");
    [fs::read(path).unwrap(), fs::read(wal).unwrap_or_default()]
}

fn counter(request: &Request) -> u64 {
    let header = request.headers.iter().find(|(name, _)| name == "daohu-signature").map(|(_, value)| value.clone());
    RequestSignature::read(&header.unwrap()).unwrap().counter
}

#[test]
fn a_phone_restored_from_a_backup_writes_nothing_again_that_had_arrived() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let first = phone.visit(world.households[0], "第一次。核对了收入台账。");
    phone.ledger.correct_visit(first, &crate::phone::text("更正一次。")).unwrap();
    let backup = files(&phone.path());
    phone.sync(&mut world.server);
    let mut phone = phone.of_files(&backup);
    phone.visit(world.households[0], "第二次。核对了收入台账。");
    assert_eq!(phone.try_sync(&mut world.server, SyncOptions::default()).unwrap_err().code(), "batch_fork");

    let user = world.server.user_of(world.cadres[0]);
    phone.enrol(&mut world.server, user);
    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.refused.len()), (1, 0), "the second visit alone");
    assert_eq!(world.server.count("visit"), 2);
    assert_eq!(phone.ledger.visit(first).unwrap().visit.corrections.len(), 1);
    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn what_two_people_wrote_is_still_two_words_after_one_of_them_enrolled_anew() {
    let mut world = World::new(1);
    let (mut phone, mut other) = (world.helper(), world.assistant());
    let household = world.households[0];
    let note = |text: &str| [("contact_note".to_owned(), text.to_owned())];
    phone.ledger.edit(household, &note("上午打")).unwrap();
    other.ledger.edit(household, &note("下午打")).unwrap();
    other.sync(&mut world.server);
    world.server.closed = Some((409, "batch_fork"));
    phone.try_sync(&mut world.server, SyncOptions::default()).unwrap_err();
    world.server.closed = None;

    let user = world.server.user_of(world.cadres[0]);
    phone.enrol(&mut world.server, user);
    phone.sync(&mut world.server);
    other.sync(&mut world.server);

    for ledger in [&phone.ledger, &other.ledger] {
        let conflicts = ledger.conflicts().unwrap();
        assert_eq!(conflicts.iter().map(|conflict| conflict.values.len()).collect::<Vec<_>>(), [2]);
    }
    assert_eq!(phone.digest(household), other.digest(household));
}

#[test]
fn a_household_that_is_given_again_comes_with_ones_own_work() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let household = world.households[0];
    let visit = phone.visit(household, "核对了收入台账。");
    phone.sync(&mut world.server);
    let before = phone.digest(household);
    let user = world.server.user_of(world.cadres[0]);
    let grant = phone.ledger.status().unwrap().grants.iter().find(|grant| grant.household == Some(household)).unwrap().id;
    world.server.revoke(user, grant);
    assert_eq!(phone.sync(&mut world.server).revoked, [grant]);
    assert!(phone.ledger.visit(visit).is_err());

    world.server.grant(user, Some("helper"), VILLAGE, Some(household));
    phone.sync(&mut world.server);

    assert_eq!(phone.digest(household), before);
    let after = phone.sync(&mut world.server);
    assert_eq!((after.requests, after.pulled), (1, 0), "it is asked for once");
}

#[test]
fn a_receipt_of_work_that_was_purged_since_still_verifies() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    for household in world.households.clone() {
        phone.visit(household, "核对了收入台账。");
    }
    phone.sync(&mut world.server);
    let user = world.server.user_of(world.cadres[0]);
    let grant = phone.ledger.status().unwrap().grants.iter().find(|grant| grant.household == Some(world.households[0])).unwrap().id;
    world.server.revoke(user, grant);
    phone.sync(&mut world.server);

    let receipts = phone.ledger.receipts().unwrap();

    let key = world.server.key.public();
    assert_eq!(receipts.len(), 1);
    for receipt in from_file(&receipts[0].content).unwrap() {
        receipt.verify(&key).unwrap();
        assert!(receipt.items.is_empty(), "no path can be shown over what is gone");
    }
}

#[test]
fn a_phone_whose_counter_is_behind_leaps_ahead() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let mut counters = Vec::new();
    for answer in [Some(problem(401, "bad_signature")), None] {
        let server = &mut world.server;
        let _ = phone.sync_over(SyncOptions::default(), |request| {
            counters.push(counter(request));
            answer.clone().or_else(|| Some(server.handle(request)))
        });
    }

    assert!(counters[1] > counters[0] + 29 * 86_400_000, "as far as a clock may have been ahead: {counters:?}");
}
