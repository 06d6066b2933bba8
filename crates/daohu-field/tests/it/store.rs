//! The store: rebuilt from what is precious, salvaged when it is damaged.

use crate::phone::{KEY, Phone, Seeded, World, input};
use daohu_domain::id::Id;
use daohu_field::{FieldError, Ledger, SetClock, Until};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
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
    damage_last_page(&path);
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
fn what_may_be_ended_is_ended_wherever_it_is_and_leaves_nothing() {
    let (_, mut phone, ..) = full();
    let interrupter = phone.ledger.interrupter();

    let since = interrupter.asked();
    let ended = interrupter.during(since, || {
        interrupter.interrupt();
        phone.ledger.rebuild()
    });
    let waited = interrupter.during(since, || Ok(()));

    assert_eq!((ended.unwrap_err().code(), waited.unwrap_err().code()), ("interrupted", "interrupted"));
    phone.ledger.sound().unwrap();
    let whole = interrupter.during(interrupter.asked(), || phone.ledger.rebuild()).unwrap();
    assert!(whole.differences == 0 && whole.records > 25, "{whole:?}");
}

#[test]
fn saving_is_never_ended() {
    let (world, mut phone, ..) = full();
    let interrupter = phone.ledger.interrupter();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                interrupter.interrupt();
            }
        });
        let saved: Vec<_> =
            (0..20).map(|n| phone.ledger.new_visit(&world.households[n % 4].to_string(), &input("核对台账。"), Until::Submit)).collect();
        done.store(true, Ordering::Relaxed);
        assert!(saved.iter().all(Result::is_ok));
    });
    assert_eq!(phone.ledger.status().unwrap().unsent, 30);
}

/// Everything that lies in a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn a_store_that_is_whole_or_open_or_of_another_key_is_not_salvaged_and_nothing_is_touched() {
    let (_, phone, unsent, _) = full();
    let (path, folder) = (phone.path(), phone.folder);
    let refused = |key: &[u8; 32]| Ledger::salvage(&path, key, 3).unwrap_err().code().to_owned();
    assert_eq!(refused(&KEY), "store_busy");
    drop(phone.ledger);
    let before = files(folder.path());

    let (whole, other) = (refused(&KEY), refused(&[9; 32]));
    assert_eq!((whole.as_str(), other.as_str()), ("not_damaged", "wrong_key"));
    assert_eq!(files(folder.path()), before);

    damage_last_page(&path);
    let before = files(folder.path());
    assert_eq!(refused(&[9; 32]), "wrong_key");
    assert_eq!(files(folder.path()), before);
    Ledger::salvage(&path, &KEY, 4).unwrap();
    let ledger = open(&path).unwrap();
    assert!(unsent.iter().all(|id| ledger.visit(*id).is_ok()));
}

fn damage_last_page(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - PAGE / 2;
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_no_file_to_the_store_is_refused() {
    for path in ["", ":memory:", "file:a.db", "a\0b", "/", ".."] {
        assert_eq!(open(Path::new(path)).unwrap_err().code(), "usage", "{path:?}");
        assert_eq!(Ledger::salvage(Path::new(path), &KEY, 1).unwrap_err().code(), "usage", "{path:?}");
    }
}

#[test]
fn status_is_read_while_somebody_writes_also_after_a_restart() {
    let (_, phone, ..) = full();
    let clock = SetClock::at(crate::phone::MAY_5).with_boot("after the restart");
    let restarted = Ledger::open(&phone.path(), &KEY, Box::new(clock), Box::new(Seeded::new(9))).unwrap();
    let writing = rusqlite::Connection::open_with_flags(phone.path(), rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    writing.pragma_update(None, "key", format!("x'{}'", hex::encode(KEY))).unwrap();
    writing.execute_batch("BEGIN IMMEDIATE").unwrap();

    let status = restarted.status().unwrap();

    assert_eq!((status.clock.anchor_age_s, status.clock.skew_s), (None, None), "nothing is known of that boot");
    assert_eq!(phone.ledger.status().unwrap().clock.anchor_age_s, Some(0));
}
