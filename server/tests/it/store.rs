//! The contract of a store, run against SQLite; another backend runs the same checks.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_domain::role::ALL;
use daohu_server::store::account::{
    AccountChange, AccountQuery, AccountRow, AuditRow, CodeRow, DeviceQuery, DeviceRow, RoleRow, SessionRow, WantedGrant,
};
use daohu_server::store::blob::{Begun, BlobRole, BlobRow, Swept, UploadQuota, UploadRow, UploadState, UploadStep};
use daohu_server::store::plan::{
    BatchPlan, ChangePlan, DocumentPlan, EvidenceFact, Fact, Fate, IntakePlan, ItemPlan, NotePlan, ReviewFact,
};
use daohu_server::store::rows::{BatchKey, ImportedRow, PullQuery, QuarantineQuery, RecordQuery, SecretRow};
use daohu_server::store::{Store, StoreError};
use daohu_wire::{Batch, BatchHeader, ClockKind, DeviceKey, Item, Leaf};
use serde_json::Map;

use crate::world::{Outcome, store};

fn id(n: u8) -> Id {
    Id::from_bytes([n; 16])
}

fn village() -> Place {
    Place::from_number(610_802_209_201).unwrap_or_else(|| unreachable!("twelve digits"))
}

fn device(n: u8, account: Option<Id>) -> DeviceRow {
    DeviceRow {
        id: id(n),
        account,
        public_key: DeviceKey::from_seed(&[n; 32]).public(),
        label: "d".to_owned(),
        enrolled_at: Instant(1),
        last_contact_at: Instant(1),
        last_batch: 0,
        last_hash: [0; 32],
        last_counter: 0,
        revoked_at: None,
        reason: None,
        store_key: None,
    }
}

fn account(n: u8, login: &str) -> AccountRow {
    let role = RoleRow { role: "helper".to_owned(), place: Some(village()), unit: None, from: None, to: None, ended_at: None };
    AccountRow {
        id: id(n),
        login: login.to_owned(),
        cadre: Some(id(n + 100)),
        password: "hash".to_owned(),
        totp: None,
        totp_step: 0,
        disabled: false,
        disabled_at: None,
        grants_rev: 0,
        roles: vec![role],
    }
}

fn document(record: Id, changes: u32) -> DocumentPlan {
    DocumentPlan {
        record,
        kind: "household".to_owned(),
        place: village(),
        household: Some(record),
        author: id(1),
        changes,
        heads: vec![[3; 32]],
        snapshot: (changes > 1).then(|| vec![9]),
        state: String::new(),
        fields: Map::new(),
        conflicts: None,
        search: "abc".to_owned(),
        natural_key: None,
        newer: false,
        received_at: Instant(5),
        changed_at: Instant(5),
        events: Vec::new(),
        fact: Fact::None,
    }
}

/// A batch of the own device with one accepted change a record, as a plan.
fn plan(number: u64, previous: [u8; 32], records: &[(Id, u32)]) -> Outcome<IntakePlan> {
    let items: Vec<Item> =
        records.iter().map(|(record, before)| Item::change(*record, village(), format!("change {record} {before}").into_bytes())).collect();
    let header = BatchHeader::new(id(1), number, previous, 0, Vec::new());
    let batch = Batch::seal(&DeviceKey::from_seed(&[1; 32]), header, items.clone())?;
    let accepted = |item: &Item| ChangePlan {
        bytes: item.bytes.clone(),
        author: id(1),
        kind: "household".to_owned(),
        household: Some(item.record),
        reference: false,
        roles: None,
    };
    let item = |item: &Item| ItemPlan {
        typ: 1,
        record: item.record,
        place: item.place,
        hash: item.hash,
        code: "ok",
        fate: Fate::Accepted(accepted(item)),
    };
    Ok(IntakePlan {
        now: Instant(5),
        expect: records.to_vec(),
        documents: records.iter().map(|(record, before)| document(*record, before + 1)).collect(),
        batches: vec![BatchPlan {
            device: id(1),
            number,
            previous,
            body_hash: batch.body_hash(),
            cose: batch.cose,
            items: items.iter().map(item).collect(),
        }],
        ..IntakePlan::default()
    })
}

fn check_log(store: &dyn Store) -> Outcome {
    store.apply(&AccountChange::Enrol(Box::new(device(1, None)), String::new()))?;
    let first = plan(1, [0; 32], &[(id(10), 0), (id(11), 0)])?;
    let committed = store.commit(&first)?;
    assert_eq!(committed.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(), [0]);
    let leaf = Leaf::from_cbor(&committed[0].bytes)?;
    assert_eq!(leaf.places.iter().map(|range| (range.first_seq, range.last_seq)).collect::<Vec<_>>(), [(1, 2)], "numbers begin at 1");

    assert!(matches!(store.commit(&first), Err(StoreError::Stale)), "the records are there now");
    let mut other = plan(1, [0; 32], &[(id(12), 0)])?;
    assert!(matches!(store.commit(&other), Err(StoreError::Fork)), "the number holds another batch");
    other = plan(2, [8; 32], &[(id(12), 0)])?;
    assert!(matches!(store.commit(&other), Err(StoreError::Fork)), "the chain names another batch");
    assert_eq!(store.tree(&[])?.size, 1, "refused plans leave nothing");
    assert!(store.documents(&[id(12)])?.is_empty());

    let second = plan(2, first.batches[0].body_hash, &[(id(10), 1), (id(12), 0)])?;
    let committed = store.commit(&second)?;
    let leaf = Leaf::from_cbor(&committed[0].bytes)?;
    assert_eq!(leaf.places.iter().map(|range| (range.first_seq, range.last_seq)).collect::<Vec<_>>(), [(3, 4)], "without gaps");
    let row = store.batch(BatchKey::Number(id(1), 2))?.ok_or("no batch")?;
    assert_eq!(Some(row.clone()), store.batch(BatchKey::Leaf(1))?);
    assert_eq!(row.items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>(), ["ok", "ok"]);
    assert_eq!(
        store.logged(village(), (3, 9))?.iter().map(|row| (row.seq, row.change.is_some())).collect::<Vec<_>>(),
        [(3, true), (4, true)]
    );
    let item = &first.batches[0].items[0];
    assert_eq!(store.known(&[(id(10), item.hash), (id(10), [7; 32])])?.into_iter().collect::<Vec<_>>(), [(id(10), item.hash)]);

    let leaf = Leaf::server_start(6, id(1), [2; 32], ClockKind::Set);
    let note = NotePlan { typ: 3, bytes: leaf.to_cbor(), detail: None };
    let noted = store.commit(&IntakePlan { now: Instant(6), clock_set: true, notes: vec![note], ..IntakePlan::default() })?;
    assert_eq!(noted[0].leaf, 2);
    let tree = store.tree(&[(0, 0), (1, 0), (1, 1)])?;
    assert_eq!((tree.size, tree.clock_set, tree.last_at), (3, true, Some(Instant(6))));
    let hashes = &tree.hashes;
    assert!(hashes[0].is_some() && hashes[1].is_some() && hashes[2].is_none(), "only complete subtrees are kept");
    assert_eq!(store.leaves(1, 10)?.iter().map(|leaf| leaf.n).collect::<Vec<_>>(), [1, 2]);
    Ok(())
}

fn check_pull(store: &dyn Store) -> Outcome {
    let query = |household: Option<Id>, after: u64, bytes_max: usize| PullQuery {
        place: village(),
        household,
        reference: false,
        after,
        not_of: None,
        bytes_max,
        kinds: None,
    };
    let all = store.pull(&query(None, 0, 1_000_000))?;
    assert_eq!((all.rows.len(), all.to, all.more), (4, 4, false));
    let mine = store.pull(&query(Some(id(11)), 0, 1_000_000))?;
    assert_eq!((mine.rows.len(), mine.to), (1, 4), "the cursor goes on to the end of the place's log");
    let page = store.pull(&query(None, 0, 1))?;
    assert_eq!((page.rows.len(), page.to, page.more), (1, 1, true), "one row at least");
    let next = store.pull(&query(None, page.to, 1_000_000))?;
    assert_eq!((next.rows.len(), next.to), (3, 4));
    let none = store.pull(&query(None, 4, 1_000_000))?;
    assert_eq!((none.rows.len(), none.to, none.more), (0, 4, false));
    let own = store.pull(&PullQuery { not_of: Some(id(1)), ..query(None, 0, 1_000_000) })?;
    assert_eq!((own.rows.len(), own.to), (0, 4));
    let kinds = store.pull(&PullQuery { kinds: Some(vec!["visit"]), ..query(None, 0, 1_000_000) })?;
    assert_eq!((kinds.rows.len(), kinds.to), (0, 4));
    let reference = store.pull(&PullQuery { reference: true, ..query(None, 0, 1_000_000) })?;
    assert_eq!((reference.rows.len(), reference.to), (0, 4));
    Ok(())
}

fn check_records(store: &dyn Store) -> Outcome {
    let page = store.records(&RecordQuery { kind: Some("household".to_owned()), limit: Some(2), ..RecordQuery::default() })?;
    assert_eq!(page.iter().map(|row| row.record).collect::<Vec<_>>(), [id(10), id(11)]);
    let rest = store.records(&RecordQuery { after: Some(id(11)), ..RecordQuery::default() })?;
    assert_eq!(rest.iter().map(|row| row.record).collect::<Vec<_>>(), [id(12)]);
    assert_eq!(store.records(&RecordQuery { text: Some("B".to_owned()), ..RecordQuery::default() })?.len(), 3, "in either case");
    assert_eq!(store.records(&RecordQuery { places: Some(Vec::new()), ..RecordQuery::default() })?.len(), 0);
    assert_eq!(store.changes(id(10))?.len(), 2);
    assert_eq!(store.places_of(&[id(10), id(99)].into())?, [(id(10), village())].into(), "of those that exist");
    let row = ImportedRow { kind: "household".to_owned(), key: "k".to_owned(), record: id(10), values: Map::new() };
    store.commit(&IntakePlan { imported: vec![row.clone()], ..IntakePlan::default() })?;
    assert_eq!(store.last_import("household", "k")?, Some(row));
    assert!(store.quarantine(&QuarantineQuery::default())?.is_empty());
    Ok(())
}

/// Reviews come in the order of their arrival, each with the roles that its writer held then.
fn check_reviews(store: &dyn Store) -> Outcome {
    let roles = Some("village_secretary,town_office".to_owned());
    for (n, at, roles) in [(41, 9, None), (40, 7, roles)] {
        let review = ReviewFact { target: id(10), target_kind: "month_record".to_owned(), result: "pass".to_owned(), rule: None, roles };
        let written =
            DocumentPlan { kind: "review".to_owned(), received_at: Instant(at), fact: Fact::Review(review), ..document(id(n), 1) };
        store.commit(&IntakePlan { documents: vec![written], expect: vec![(id(n), 0)], ..IntakePlan::default() })?;
    }

    let told = store.reviews(id(10))?;

    assert_eq!(told.iter().map(|review| (review.at, review.roles.len())).collect::<Vec<_>>(), [(Instant(7), 2), (Instant(9), ALL.len())]);
    assert!(store.reviews(id(11))?.is_empty());
    Ok(())
}

fn check_accounts(store: &dyn Store) -> Outcome {
    store.apply(&AccountChange::Add(account(20, "a"), Instant(1)))?;
    assert!(matches!(store.apply(&AccountChange::Add(account(21, "a"), Instant(1))), Err(StoreError::Taken(_))));
    assert_eq!(store.accounts(&AccountQuery::Login("a".to_owned()))?, [account(20, "a")]);
    assert_eq!(store.accounts(&AccountQuery::Cadre(id(120)))?.len(), 1);
    let code = CodeRow {
        name: "ABCD".to_owned(),
        salt: [1; 16],
        rest_hash: [2; 32],
        account: id(20),
        made_at: Instant(1),
        expires_at: Instant(9),
        used_at: None,
        device: None,
    };
    store.apply(&AccountChange::Code(code.clone()))?;
    assert!(matches!(store.apply(&AccountChange::Code(code.clone())), Err(StoreError::Taken(_))), "an open code keeps its name");
    store.apply(&AccountChange::Enrol(Box::new(device(30, Some(id(20)))), "ABCD".to_owned()))?;
    let again = AccountChange::Enrol(Box::new(device(31, Some(id(20)))), "ABCD".to_owned());
    assert!(matches!(store.apply(&again), Err(StoreError::Taken("code"))), "one use");
    assert!(store.devices(DeviceQuery::Id(id(31)))?.is_empty(), "the refused device is not there");
    assert_eq!(store.devices(DeviceQuery::Account(id(20)))?.len(), 1);
    assert_eq!(store.devices(DeviceQuery::Own)?.len(), 1);
    let session = SessionRow { token_hash: [4; 32], account: id(20), began_at: Instant(1), used_at: Instant(1) };
    store.apply(&AccountChange::Session(session))?;
    assert_eq!(store.session(&[4; 32])?, Some(session));
    store.apply(&AccountChange::Password(id(20), "new".to_owned()))?;
    assert_eq!(store.session(&[4; 32])?, None, "a new password ends sessions");
    for _ in 0..3 {
        store.apply(&AccountChange::Wrong { key: "k".to_owned(), at: Instant(1), tries_max: 3, lock_ms: 100 })?;
    }
    let tries = store.tries("k")?;
    assert!(tries.is_locked(Instant(50), 100) && !tries.is_locked(Instant(101), 100));
    Ok(())
}

fn check_grants(store: &dyn Store) -> Outcome {
    let wanted = |household: Option<Id>, ended_at: Option<Instant>| WantedGrant {
        place: village(),
        household,
        reference: false,
        role: Some("helper".to_owned()),
        ended_at,
    };
    let rev = || -> Outcome<u64> { Ok(store.accounts(&AccountQuery::Id(id(20)))?[0].grants_rev) };
    let first = store.settle_grants(id(20), &[wanted(Some(id(10)), None)], Instant(1))?;
    let (number, before) = (first[0].id, rev()?);
    assert_eq!(store.settle_grants(id(20), &[wanted(Some(id(10)), None)], Instant(2))?, first);
    assert_eq!(rev()?, before, "the same grants write nothing");
    let ended = store.settle_grants(id(20), &[wanted(Some(id(10)), Some(Instant(3)))], Instant(9))?;
    assert_eq!((ended[0].grant.ended_at, ended[0].end_seq), (Some(Instant(3)), Some(4)), "at its own end, with the place's head");
    let again = store.settle_grants(id(20), &[wanted(Some(id(10)), None)], Instant(10))?;
    assert!(again.iter().any(|row| row.grant.ended_at.is_none() && row.id != number), "numbers are never given twice");
    let later = Instant(i64::try_from(store.policy_rev()?.max(rev()?))? + 1_000);
    let other = store.settle_grants(id(20), &[], later)?;
    assert_eq!(rev()?, u64::try_from(later.0)?, "not below the clock: a store put back to a copy gives no number twice");
    assert!(other.iter().all(|row| row.grant.ended_at.is_some()));
    Ok(())
}

fn check_secrets(store: &dyn Store) -> Outcome {
    let secret = SecretRow {
        record: id(10),
        field: "phone".to_owned(),
        commitment: [1; 32],
        wrapped_key: vec![1],
        sealed: vec![2],
        written_at: Instant(1),
    };
    store.commit(&IntakePlan { secrets: vec![secret.clone()], ..IntakePlan::default() })?;
    assert_eq!(store.secret(id(10), "phone")?, Some(secret));
    let audit = AuditRow {
        at: Instant(2),
        person: None,
        action: "erase_secret",
        record: Some(id(10)),
        field: Some("phone".to_owned()),
        reason: "r".to_owned(),
    };
    assert!(store.erase_secret(id(10), "phone", &audit)?);
    assert!(!store.erase_secret(id(10), "phone", &audit)?);
    assert_eq!(store.secret(id(10), "phone")?, None);
    assert_eq!(store.audits(1)?, [audit]);
    Ok(())
}

/// An upload is told as far as it is; a file stays while a record or an upload holds it; a device has a day's share.
fn check_blobs(store: &dyn Store) -> Outcome {
    const DAY: i64 = 1_000;
    let quota = UploadQuota { open_max: 2, day_max: 4, day_bytes_max: 20 };
    let row = |n: u8, hash: u8, length: u64| UploadRow {
        id: id(n),
        device: id(1),
        record: id(60),
        role: BlobRole::File,
        hash: [hash; 32],
        length,
        received: 0,
        state: UploadState::Open,
        began_at: Instant(0),
        expires_at: Instant(DAY),
    };
    assert_eq!(store.begin_upload(&row(70, 7, 8), &quota)?, Begun::Open);
    assert_eq!(store.upload(id(70))?, Some(row(70, 7, 8)));
    assert_eq!(store.begin_upload(&row(71, 8, 13), &quota)?, Begun::TooMuch, "8 and 13 are more than 20");
    assert_eq!(store.begin_upload(&row(71, 7, 8), &quota)?, Begun::Open, "two may bring the same");
    assert_eq!(store.begin_upload(&row(72, 9, 1), &quota)?, Begun::TooMuch, "a third is open");

    let received = |from, to| UploadStep::Received { from, to, expires_at: Instant(DAY + 1) };
    store.step_upload(id(70), &received(0, 8))?;
    assert!(matches!(store.step_upload(id(70), &received(0, 8)), Err(StoreError::Stale)), "the same bytes count once");
    let finished = UploadStep::Finished { at: Instant(1), expires_at: Instant(DAY) };
    assert!(matches!(store.step_upload(id(71), &finished), Err(StoreError::Stale)), "its bytes are not here");
    assert_eq!(store.blob(&[7; 32])?, None, "a refused step leaves nothing");
    store.step_upload(id(70), &finished)?;
    assert_eq!((store.blob(&[7; 32])?, store.blobs(None, 9)?.len()), (Some(BlobRow { hash: [7; 32], size: 8 }), 1));
    assert_eq!(store.blobs(Some(&[7; 32]), 9)?, []);
    store.step_upload(id(71), &UploadStep::Ended)?;
    assert!(matches!(store.step_upload(id(71), &received(0, 1)), Err(StoreError::Stale)), "it was given up");

    assert_eq!(store.begin_upload(&row(73, 7, 9), &quota)?, Begun::OtherLength);
    assert_eq!(store.begin_upload(&row(73, 7, 8), &quota)?, Begun::Done, "it costs nothing");
    assert_eq!(store.upload(id(73))?.map(|row| (row.received, row.state)), Some((8, UploadState::Done)));
    assert_eq!(store.begin_upload(&row(74, 9, 4), &quota)?, Begun::Open);
    assert_eq!(store.begin_upload(&row(75, 7, 8), &quota)?, Begun::TooMuch, "a fifth of the day");

    assert_eq!(store.sweep(Instant(DAY - 1), DAY)?, Swept::default());
    let files = vec![(BlobRole::Thumb, [7; 32])];
    let evidence = Fact::Evidence(EvidenceFact { media_type: "image/jpeg".to_owned(), files });
    let named = DocumentPlan { kind: "evidence".to_owned(), fact: evidence, ..document(id(60), 1) };
    store.commit(&IntakePlan { documents: vec![named], expect: vec![(id(60), 0)], ..IntakePlan::default() })?;
    let uses = store.blob_uses(&[7; 32])?;
    assert_eq!(uses.iter().map(|named| (named.record, named.role)).collect::<Vec<_>>(), [(id(60), BlobRole::Thumb)]);
    let swept = store.sweep(Instant(DAY), DAY)?;
    assert_eq!((swept.uploads, swept.blobs), (vec![id(70), id(71), id(73), id(74)], vec![]), "a record names the file");
    assert!(store.blob(&[7; 32])?.is_some());
    assert_eq!(store.begin_upload(&row(76, 7, 8), &quota)?, Begun::Done, "the day is over, its share is new");
    Ok(())
}

#[test]
fn sqlite_keeps_the_contract_of_a_store() -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = store(folder.path())?;

    check_log(&store)?;
    check_pull(&store)?;
    check_records(&store)?;
    check_reviews(&store)?;
    check_accounts(&store)?;
    check_grants(&store)?;
    check_secrets(&store)?;
    check_blobs(&store)
}

#[test]
fn every_table_of_the_migrations_says_what_it_is_for_and_is_strict() -> Outcome {
    let folder = tempfile::tempdir()?;
    drop(store(folder.path())?);
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let sql = rusqlite::Connection::open_with_flags(folder.path().join("daohu.db"), flags)?;
    let mut ask = sql.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let tables = ask.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;

    assert!(tables.len() > 20);
    for (name, sql) in tables {
        assert!(sql.contains("(\n    -- "), "{name} has no comment");
        assert!(sql.contains("STRICT"), "{name} is not strict");
    }
    Ok(())
}
