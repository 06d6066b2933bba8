//! What lies on the disk is unreadable without the key, also after a kill.

use crate::phone::{KEY, World, input};
use daohu_field::{Ledger, SetClock, Until};
use std::{fs, path::Path};

fn holds(folder: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn no_name_and_no_word_of_a_visit_is_readable_on_the_disk_after_a_kill() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let household = world.households[0].to_string();
    phone.ledger.new_visit(&household, &input("羊增加两只,老人腿疼。"), Until::Draft).unwrap();
    phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);
    let phone = phone.killed();

    let mut files: Vec<String> =
        fs::read_dir(phone.folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert!(files.contains(&"a.db".to_owned()) && files.contains(&"a.db-wal".to_owned()), "{files:?}");
    for needle in ["白文", "张三", "羊增加", "收入台账", "household", "CREATE TABLE", "SQLite format"] {
        assert_eq!(holds(phone.folder.path(), needle), [""; 0], "{needle}");
    }
    assert_eq!(phone.ledger.status().unwrap().drafts, 1);
}

#[test]
fn a_wrong_key_opens_nothing_and_changes_nothing() {
    let mut world = World::new(1);
    let phone = world.helper();
    let path = phone.path();
    let folder = phone.folder;
    drop(phone.ledger);
    let before = fs::read(&path).unwrap();
    let refused = Ledger::open(&path, &[1; 32], Box::new(SetClock::at(0)), Box::new(crate::phone::Seeded::new(1))).unwrap_err();
    assert_eq!(refused.code(), "wrong_key");
    assert_eq!(fs::read(&path).unwrap(), before);
    Ledger::open(&path, &KEY, Box::new(SetClock::at(0)), Box::new(crate::phone::Seeded::new(1))).unwrap();
    drop(folder);
}
