//! The store: rebuilt from what is precious, salvaged when it is damaged.

use crate::phone::{KEY, Phone, Seeded, World, input};
use daohu_domain::id::Id;
use daohu_field::{FieldError, Ledger, SetClock, Until};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

const PAGE: usize = 4096;

fn open(path: &Path) -> Result<Ledger, FieldError> {
    Ledger::open(path, &KEY, Box::new(SetClock::at(crate::phone::MAY_5)), Box::new(Seeded::new(8)))
}

/// A closed store with unsent visits, a draft and received ones.
fn full() -> (World, Phone, Vec<Id>, Id) {
    let mut world = World::new(4);
    let mut phone = world.helper();
    for n in 0..10 {
        phone.visit(world.households[n % 4], &format!("第{n}次,核对了收入台账。"));
    }
    phone.sync(&mut world.server);
    let unsent = (0..10).map(|n| phone.visit(world.households[n % 4], &format!("未传的第{n}次,核对台账。"))).collect();
    let draft = phone.ledger.new_visit(&world.households[0].to_string(), &input("没写完。"), Until::Draft).unwrap().visit.id;
    (world, phone, unsent, draft)
}

#[test]
fn a_rebuild_gives_the_same_rows() {
    let (_, mut phone, ..) = full();
    let report = phone.ledger.rebuild().unwrap();
    assert_eq!(report.differences, 0);
    assert!(report.records > 25);
}

#[test]
fn a_store_cut_short_is_salvaged_and_what_the_server_has_comes_again() {
    let (mut world, phone, ..) = full();
    let path = phone.path();
    let Phone { folder, clock, ledger, .. } = phone;
    drop(ledger);
    drop(open(&path).unwrap());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2 / PAGE * PAGE]).unwrap();
    let failed = open(&path).and_then(|mut ledger| ledger.rebuild().map(drop));
    assert_eq!(failed.unwrap_err().code(), "store_damaged");
    Ledger::salvage(&path, &KEY, 2).unwrap();
    let ledger = open(&path).unwrap();
    let mut phone = Phone { folder, clock, ledger, seed: 8 };
    if phone.ledger.status().unwrap().device.is_some() {
        phone.sync(&mut world.server);
        assert_eq!(phone.ledger.due(None).unwrap().households.len(), 4);
    }
}

#[test]
fn two_ledgers_on_one_file_do_not_lose_each_others_writes() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let mut second = open(&phone.path()).unwrap();
    phone.visit(world.households[0], "第一个窗口,核对台账。");
    second.new_visit(&world.households[1].to_string(), &input("第二个窗口,核对台账。"), Until::Submit).unwrap();
    assert_eq!(phone.ledger.status().unwrap().unsent, 2);
    assert_eq!(phone.sync(&mut world.server).pushed, 2);
}

#[test]
fn a_salvage_that_is_killed_before_its_last_step_is_finished_at_the_next_start() {
    let (_, phone, unsent, _) = full();
    let (path, folder) = (phone.path(), phone.folder);
    drop(phone.ledger);
    let salvaged = Ledger::salvage(&path, &KEY, 3).unwrap();
    // As after a kill between moving the old file away and moving the new one in; a log of the old one is left over.
    fs::rename(&path, path.with_extension("db.new")).unwrap();
    fs::write(path.with_extension("db-wal"), fs::read(&salvaged.set_aside).unwrap()).unwrap();

    let ledger = open(&path).unwrap();

    assert!(unsent.iter().all(|id| ledger.visit(*id).is_ok()));
    assert!(fs::exists(path.with_extension("db.damaged-wal")).unwrap());
    drop(folder);
}

#[test]
fn a_sound_store_is_sound_however_often_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).unwrap();
    let interrupter = ledger.interrupter();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                interrupter.interrupt();
            }
        });
        let refused = (0..20_000).filter(|_| ledger.sound().is_err()).count();
        done.store(true, Ordering::Relaxed);
        assert_eq!(refused, 0);
    });
}
