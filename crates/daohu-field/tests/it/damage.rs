//! Every page of a phone's store damaged in turn: the file is set aside, all unsent work is saved, and what had a receipt comes again.

use crate::{
    fake::Fake,
    phone::{KEY, MAY_5, Phone, Seeded, World, input},
};
use daohu_domain::id::Id;
use daohu_field::{FieldError, Ledger, SetClock, SyncOptions, Until};
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const PAGE: usize = 4096;
const PAGES_MIN: usize = 200;
const SENT: usize = 24;
const UNSENT: usize = 30;

/// A closed store: visits with receipts, unsent ones, a draft, and the pages that deleted rows left free.
struct Store {
    world: World,
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
    head: Vec<u8>,
    sent: Vec<Id>,
    unsent: Vec<Id>,
    draft: Id,
    /// What each page is for.
    classes: Vec<Class>,
}

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Header,
    Schema,
    ChangeInner,
    ChangeLeaf,
    CopyOfUnsent,
    Draft,
    OtherPrecious,
    Index,
    Projection,
    Free,
}

fn open(path: &Path) -> Result<Ledger, FieldError> {
    Ledger::open(path, &KEY, Box::new(SetClock::at(MAY_5)), Box::new(Seeded::new(8)))
}

fn built() -> Store {
    let mut world = World::new(5);
    let mut phone = world.helper();
    let long = "核对收入台账,查看饮水和住房,说明医保缴费的办法。".repeat(40);
    let visits = |phone: &mut Phone, count: usize| -> Vec<Id> {
        (0..count).map(|n| phone.visit(world.households[n % 5], &format!("第{n}次。{long}"))).collect()
    };
    let sent = visits(&mut phone, SENT);
    let passing: Vec<Id> =
        (0..8).map(|_| phone.ledger.new_visit(&world.households[0].to_string(), &input(&long), Until::Draft).unwrap().visit.id).collect();
    phone.sync(&mut world.server);
    for draft in passing {
        phone.ledger.submit_visit(draft).unwrap();
    }
    phone.sync(&mut world.server);
    let unsent = visits(&mut phone, UNSENT);
    let draft = phone.ledger.new_visit(&world.households[1].to_string(), &input("没写完。"), Until::Draft).unwrap().visit.id;
    let path = phone.path();
    drop(phone.ledger);
    drop(open(&path).unwrap());
    let bytes = fs::read(&path).unwrap();
    let head = fs::read(path.with_extension("db.head")).unwrap();
    let classes = classes(&path, bytes.len() / PAGE);
    Store { world, folder: phone.folder, bytes, head, sent, unsent, draft, classes }
}

fn classes(path: &Path, pages: usize) -> Vec<Class> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", hex::encode(KEY))).unwrap();
    let mut classes = vec![Class::Free; pages];
    let indexes: Vec<String> = {
        let mut ask = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").unwrap();
        ask.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut ask = connection.prepare("SELECT pageno, name, pagetype FROM dbstat").unwrap();
    let rows = ask.query_map([], |row| Ok((row.get::<_, u32>(0)? as usize, row.get::<_, String>(1)?, row.get::<_, String>(2)?))).unwrap();
    for (page, name, kind) in rows.map(Result::unwrap) {
        classes[page - 1] = match (page, name.as_str()) {
            (1, _) => Class::Header,
            (_, "sqlite_schema") => Class::Schema,
            (_, "change") if kind == "internal" => Class::ChangeInner,
            (_, "change") => Class::ChangeLeaf,
            (_, "unsent_copy") => Class::CopyOfUnsent,
            (_, "draft" | "draft_field") => Class::Draft,
            (_, "meta" | "meta_copy" | "batch" | "receipt" | "quarantine" | "boot" | "anchor" | "access_grant" | "place" | "device") => {
                Class::OtherPrecious
            }
            (_, name) if indexes.iter().any(|index| index == name) => Class::Index,
            _ => Class::Projection,
        };
    }
    classes
}

/// What damage to the pages of one class came to.
#[derive(Debug, Default)]
struct Tally {
    pages: usize,
    /// Pages whose damage was noticed, and the file set aside.
    set_aside: usize,
    /// Of the unsent visits, how many were there afterwards: the fewest over the pages.
    saved_min: usize,
    drafts_lost: usize,
}

/// Uses a store as a day would: the list, each visit, the draft, each household.
fn used(path: &Path, store: &Store) -> Result<(), FieldError> {
    let ledger = open(path)?;
    let read = (|| {
        ledger.status()?;
        ledger.due(None)?;
        for id in store.unsent.iter().chain(&store.sent).chain([&store.draft]) {
            ledger.visit(*id)?;
        }
        for household in &store.world.households {
            ledger.household(&household.to_string())?;
        }
        ledger.conflicts().map(drop)
    })();
    ledger.sound()?;
    read
}

/// Opens a store and comes level with the server.
fn sync(path: &Path, server: &mut Fake) -> Result<(), FieldError> {
    let mut ledger = open(path)?;
    let mut conversation = ledger.begin_sync(SyncOptions::default())?;
    let told = (|| {
        while let Some(request) = conversation.next_request(&mut ledger)? {
            conversation.on_response(&mut ledger, &server.handle(&request))?;
        }
        Ok(())
    })();
    ledger.sound()?;
    told
}

fn damaged(store: &Store, page: usize, tally: &mut Tally) {
    let place = tempfile::tempdir_in(store.folder.path()).unwrap();
    let copy: PathBuf = place.path().join("a.db");
    let mut bytes = store.bytes.clone();
    bytes[page * PAGE + PAGE / 2] ^= 0x10;
    fs::write(&copy, &bytes).unwrap();
    fs::write(copy.with_extension("db.head"), &store.head).unwrap();
    tally.pages += 1;
    let mut noticed = used(&copy, store).err();
    let mut server: Fake = store.world.server.clone();
    if noticed.is_none() {
        // What a day's use does not read, the exchange may.
        noticed = sync(&copy, &mut server).err();
    }
    if let Some(error) = &noticed {
        assert_eq!(error.code(), "store_damaged", "page {page}, {:?}: {error:?}", store.classes[page]);
        let salvaged = Ledger::salvage(&copy, &KEY, 1).unwrap();
        assert_eq!(fs::read(&salvaged.set_aside).unwrap()[page * PAGE..][..PAGE], bytes[page * PAGE..][..PAGE], "page {page} is set aside");
        tally.set_aside += 1;
    }
    let ledger = open(&copy).unwrap();
    let status = ledger.status().unwrap();
    assert!(status.device.is_some(), "page {page}: the device is still enrolled");
    assert_eq!(status.salvaged_from.is_some(), noticed.is_some(), "page {page}: it says so");
    let saved = store.unsent.iter().filter(|id| ledger.visit(**id).is_ok()).count();
    tally.saved_min = if tally.pages == 1 { saved } else { tally.saved_min.min(saved) };
    tally.drafts_lost += usize::from(ledger.visit(store.draft).is_err());
    drop(ledger);
    sync(&copy, &mut server).unwrap();
    let phone = open(&copy).map(|ledger| Phone { folder: place, clock: SetClock::at(MAY_5), ledger, seed: 8 }).unwrap();
    for id in &store.sent {
        assert!(phone.ledger.visit(*id).is_ok(), "page {page}: what had a receipt is there again");
    }
    for household in &store.world.households {
        assert!(phone.ledger.household(&household.to_string()).is_ok(), "page {page}");
    }
    assert_eq!(phone.ledger.status().unwrap().unsent, 0, "page {page}: what was saved is handed in");
    let received = store.unsent.iter().filter(|id| server.documents.contains_key(id)).count();
    assert!(received >= saved, "page {page}: {received} of {saved} reached the server");
}

#[test]
fn whichever_page_is_damaged_no_unsent_visit_is_lost_and_the_rest_comes_again() {
    let store = built();
    assert!(store.classes.len() >= PAGES_MIN, "{} pages", store.classes.len());
    let mut tallies: BTreeMap<Class, Tally> = BTreeMap::new();

    for page in 0..store.classes.len() {
        damaged(&store, page, tallies.entry(store.classes[page]).or_default());
    }

    println!("{} pages: {tallies:#?}", store.classes.len());
    for class in [
        Class::Header,
        Class::Schema,
        Class::ChangeInner,
        Class::ChangeLeaf,
        Class::CopyOfUnsent,
        Class::Index,
        Class::Projection,
        Class::Free,
    ] {
        assert!(tallies.contains_key(&class), "no page is {class:?}");
    }
    for (class, tally) in &tallies {
        assert_eq!(tally.saved_min, UNSENT, "{class:?}: every unsent visit is saved");
        match class {
            Class::Header | Class::Schema | Class::ChangeInner | Class::ChangeLeaf => assert_eq!(tally.set_aside, tally.pages, "{class:?}"),
            _ => {}
        }
        let drafts = if *class == Class::Draft { tally.pages } else { 0 };
        assert!(tally.drafts_lost <= drafts, "{class:?}: {} drafts lost", tally.drafts_lost);
    }
}
