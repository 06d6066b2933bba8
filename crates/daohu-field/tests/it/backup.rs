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
    let mut kept = None;
    let keep = |key: &StoreKey| {
        assert!(!path.exists(), "the key is kept before the store has its name");
        kept = Some(*key);
        Ok(())
    };
    Ledger::restore(file, &path, WORDS, keep).unwrap();
    assert_eq!(kept, Some(KEY));
    Phone { ledger: open(&path, &KEY), folder, clock: SetClock::at(MAY_5), seed: 77 }
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
    assert_eq!(code(second.ledger.export_batches()), "restored", "nor by a file");
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
    let household = world.households[0].to_string();
    assert_eq!(code(phone.ledger.new_visit(&household, &input("旧手机。"), Until::Submit)), "moved");
    assert_eq!(code(phone.ledger.new_visit(&household, &input("旧手机。"), Until::Draft)), "moved");
    assert_eq!(code(phone.ledger.start_visit(&household)), "moved");
    assert_eq!(code(phone.ledger.set_visit(all[2], &input("旧手机。"))), "moved");
    assert_eq!(code(phone.ledger.seal_visit(all[2])), "moved");
    assert_eq!(code(phone.ledger.quarantine_drop(1)), "moved");
    assert_eq!(code(phone.ledger.export_batches()), "moved", "a courier would fork the phone that goes on");
    assert_eq!(phone.ledger.status().unwrap().drafts, 1, "nothing was begun");
    assert!(phone.ledger.visit(all[2]).is_ok(), "it still shows what it holds");
    let again = phone.folder.path().join("again.dhp");
    assert_eq!(code(phone.ledger.backup(&again, WORDS, &KEY, false)), "moved");
    phone.ledger.backup(&again, WORDS, &KEY, true).unwrap();
}

#[test]
fn a_move_whose_file_cannot_be_written_leaves_the_phone_open() {
    let (mut world, mut phone, _) = full();
    let folder = phone.folder.path().to_owned();
    let taken = folder.join("taken.dhp");
    // Where the finished file would be written: as a full stick or a folder without rights, it cannot be.
    fs::create_dir(folder.join("taken.dhp.part")).unwrap();

    assert_eq!(code(phone.ledger.backup(&folder.join("no/such/folder.dhp"), WORDS, &KEY, true)), "store_failed");
    assert_eq!(code(phone.ledger.backup(&taken, WORDS, &KEY, true)), "store_failed");

    let household = world.households[0].to_string();
    phone.ledger.new_visit(&household, &input("还能写。"), Until::Submit).unwrap();
    assert_eq!(code(phone.try_sync(&mut world.server, SyncOptions::default())), "");
    assert!(!taken.exists() && !folder.join("taken.dhp.store").exists());
}

#[test]
fn a_move_is_refused_where_another_process_wrote_meanwhile_and_never_leaves_a_file_to_go_on_from() {
    let (world, mut phone, _) = full();
    let folder = phone.folder.path().to_owned();
    let file = folder.join("move.dhp");
    let (path, household) = (phone.path(), world.households[0].to_string());
    // The other one waits in the random numbers that the seal draws.
    let other = std::cell::RefCell::new(Some(move || {
        let mut other = open(&path, &KEY);
        other.new_visit(&household, &input("另一个窗口写的。"), Until::Draft).unwrap();
    }));
    let random = Interrupting { seeded: Seeded::new(9), at: other };
    let mut ledger = Ledger::open(&phone.path(), &KEY, Box::new(SetClock::at(MAY_5)), Box::new(random)).unwrap();

    assert_eq!(code(ledger.backup(&file, WORDS, &KEY, true)), "store_busy");

    assert!(!file.exists() && !folder.join("move.dhp.part").exists());
    assert_eq!(code(ledger.start_visit(&world.households[0].to_string())), "", "it is open");
    drop(ledger);
    phone.ledger.backup(&file, WORDS, &KEY, true).unwrap();
}

#[test]
fn a_key_that_cannot_be_kept_leaves_no_store() {
    let (_, mut phone, _) = full();
    let (file, to) = (phone.folder.path().join("backup.dhp"), phone.folder.path().join("b.db"));
    phone.ledger.backup(&file, WORDS, &KEY, false).unwrap();

    let refused = Ledger::restore(&file, &to, WORDS, |_| Err(FieldError::new("disk_full")));

    assert_eq!((code(refused).as_str(), to.exists()), ("disk_full", false));
}

/// Random numbers that let something happen the first time they are asked for.
struct Interrupting<F> {
    seeded: Seeded,
    at: std::cell::RefCell<Option<F>>,
}

impl<F: FnOnce() + Send> daohu_field::Random for Interrupting<F> {
    fn fill(&self, bytes: &mut [u8]) {
        if let Some(happen) = self.at.borrow_mut().take() {
            happen();
        }
        self.seeded.fill(bytes);
    }
}

#[test]
fn the_file_opens_with_its_passphrase_alone_and_a_damaged_one_not_at_all() {
    let (_, mut phone, _) = full();
    let file = phone.folder.path().join("backup.dhp");
    let to = phone.folder.path().join("b.db");
    assert_eq!(code(phone.ledger.backup(&file, "短", &KEY, false)), "weak_password");
    phone.ledger.backup(&file, WORDS, &KEY, false).unwrap();
    assert_eq!(code(phone.ledger.backup(&file, WORDS, &KEY, false)), "already_there");

    assert_eq!(code(Ledger::restore(&file, &to, "别的口令别的口令别的口令", |_| Ok(()))), "wrong_key");
    assert_eq!(code(Ledger::restore(&file, &phone.path(), WORDS, |_| Ok(()))), "already_there");
    let whole = fs::read(&file).unwrap();
    for at in [0, 4, 10, 25, 60, 90, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let code = code(Ledger::restore(&file, &to, WORDS, |_| Ok(())));
        assert!(["not_a_backup", "wrong_key", "backup_damaged"].contains(&code.as_str()), "byte {at}: {code}");
    }
    for length in [0, 50, 200, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(Ledger::restore(&file, &to, WORDS, |_| Ok(())).is_err());
    }
    let left: Vec<_> = fs::read_dir(phone.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("b.db") && !name.to_string_lossy().contains(".part")), "{left:?}");
    let text = "没写完。".as_bytes();
    assert!(!whole.windows(text.len()).any(|window| window == text), "nothing is readable in it");
}
