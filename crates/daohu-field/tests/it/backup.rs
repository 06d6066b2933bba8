//! A store carried away in a file: no draft is lost, and no two stores speak as one device.

use crate::phone::{KEY, MAY_5, Phone, Seeded, World, input};
use daohu_domain::id::Id;
use daohu_field::{FieldError, Ledger, SetClock, StoreKey, SyncOptions, Until};
use std::{fs, path::Path};

const WORDS: &str = "左界村电脑备份口令一二三四";

fn open(path: &Path, key: &StoreKey) -> Ledger {
    Ledger::open(path, key, Box::new(SetClock::at(MAY_5)), Box::new(Seeded::new(77))).unwrap()
}

/// A phone with a received visit, an unsent one and a draft.
fn full() -> (World, Phone, [Id; 3]) {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let received = phone.visit(world.households[0], "收到过。");
    phone.sync(&mut world.server);
    let unsent = phone.visit(world.households[0], "还没传。");
    let draft = phone.ledger.new_visit(&world.households[1].to_string(), &input("没写完。"), Until::Draft).unwrap().visit.id;
    (world, phone, [received, unsent, draft])
}

fn code<T>(result: Result<T, FieldError>) -> String {
    result.err().map(|error| error.code().to_owned()).unwrap_or_default()
}

fn restored(phone: &Phone, file: &Path) -> Phone {
    let folder = tempfile::tempdir_in(phone.folder.path()).unwrap();
    let path = folder.path().join("a.db");
    let (key, _) = Ledger::restore(file, &path, WORDS).unwrap();
    assert_eq!(key, KEY);
    Phone { ledger: open(&path, &key), folder, clock: SetClock::at(MAY_5), seed: 77 }
}

#[test]
fn a_restored_store_has_every_draft_and_speaks_only_as_a_new_device() {
    let (mut world, mut phone, all) = full();
    let file = phone.folder.path().join("backup.dhp");

    let report = phone.ledger.backup(&file, WORDS, &KEY, false).unwrap();
    let mut second = restored(&phone, &file);

    assert_eq!((report.unsent, report.drafts, report.moved), (1, 1, false));
    assert!(all.iter().all(|id| second.ledger.visit(*id).is_ok()));
    assert_eq!(code(second.try_sync(&mut world.server, SyncOptions::default())), "restored");
    let old = phone.ledger.status().unwrap().device;
    second.enrol(&mut world.server, 0);
    second.sync(&mut world.server);
    assert_ne!(second.ledger.status().unwrap().device, old);
    assert_eq!(second.ledger.status().unwrap().unsent, 0);
    assert!(world.server.documents.contains_key(&all[1]), "what was unsent is handed in");
    assert!(second.ledger.visit(all[2]).is_ok(), "the draft is still one");
    assert_eq!(code(phone.try_sync(&mut world.server, SyncOptions::default())), "", "the old phone goes on as what it was");
}

#[test]
fn a_moved_store_goes_on_as_the_same_device_and_the_old_one_writes_nothing_more() {
    let (mut world, mut phone, all) = full();
    let file = phone.folder.path().join("move.dhp");

    phone.ledger.backup(&file, WORDS, &KEY, true).unwrap();
    let mut second = restored(&phone, &file);

    assert_eq!(second.ledger.status().unwrap().device, phone.ledger.status().unwrap().device);
    assert!(all.iter().all(|id| second.ledger.visit(*id).is_ok()));
    second.sync(&mut world.server);
    assert!(world.server.documents.contains_key(&all[1]));
    assert_eq!(code(phone.try_sync(&mut world.server, SyncOptions::default())), "moved");
    assert_eq!(code(phone.ledger.new_visit(&world.households[0].to_string(), &input("旧手机。"), Until::Submit)), "moved");
    assert!(phone.ledger.visit(all[2]).is_ok(), "it still shows what it holds");
    let again = phone.folder.path().join("again.dhp");
    assert_eq!(code(phone.ledger.backup(&again, WORDS, &KEY, false)), "moved");
    phone.ledger.backup(&again, WORDS, &KEY, true).unwrap();
}

#[test]
fn the_file_opens_with_its_passphrase_alone_and_a_damaged_one_not_at_all() {
    let (_, mut phone, _) = full();
    let file = phone.folder.path().join("backup.dhp");
    let to = phone.folder.path().join("b.db");
    assert_eq!(code(phone.ledger.backup(&file, "短", &KEY, false)), "weak_password");
    phone.ledger.backup(&file, WORDS, &KEY, false).unwrap();
    assert_eq!(code(phone.ledger.backup(&file, WORDS, &KEY, false)), "already_there");

    assert_eq!(code(Ledger::restore(&file, &to, "别的口令别的口令别的口令")), "wrong_key");
    assert_eq!(code(Ledger::restore(&file, &phone.path(), WORDS)), "already_there");
    let whole = fs::read(&file).unwrap();
    for at in [0, 4, 10, 25, 60, 90, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let code = code(Ledger::restore(&file, &to, WORDS));
        assert!(["not_a_backup", "wrong_key", "backup_damaged"].contains(&code.as_str()), "byte {at}: {code}");
    }
    for length in [0, 50, 200, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(Ledger::restore(&file, &to, WORDS).is_err());
    }
    let left: Vec<_> = fs::read_dir(phone.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("b.db") && !name.to_string_lossy().contains(".part")), "{left:?}");
    let text = "没写完。".as_bytes();
    assert!(!whole.windows(text.len()).any(|window| window == text), "nothing is readable in it");
}
