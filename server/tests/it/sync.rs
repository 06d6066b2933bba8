//! The sync door: retries, forks, signatures, revoked devices, sizes.

use daohu_domain::id::Id;
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{Item, RequestSignature, SyncRequest};
use serde_json::json;

use crate::phone::{Phone, SYNC_PATH};
use crate::world::{Outcome, VILLAGE, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

fn ready() -> Outcome<(World, Phone, Id)> {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    Ok((world, phone, household))
}

fn code<T>(answer: Result<T, daohu_server::sync::SyncRefusal>) -> (u16, &'static str) {
    answer.map_or_else(|refusal| (refusal.status, refusal.code), |_| (200, "ok"))
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_bytes_and_gives_the_same_receipt() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "一次。")?;
    phone.waiting.push(Item::change(household, VILLAGE.parse()?, b"rubbish".to_vec()));
    phone.seal()?;
    let request = phone.request();
    let first = phone.send(&world.office, &request)?;

    world.at("2019-05-07T10:00:00+08:00")?;
    let second = phone.send(&world.office, &request)?;

    assert_eq!(first.receipts[0].leaf, second.receipts[0].leaf);
    assert_eq!(first.receipts[0].index, second.receipts[0].index);
    assert_eq!(first.statuses, second.statuses);
    assert_eq!(world.office.record_list("visit", None, None, None, None)?["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.office.quarantine_list()?.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn two_records_of_the_same_bytes_in_one_batch_are_two() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let visits = [phone.visit(household, AT, "一样的话。")?, phone.visit(household, AT, "一样的话。")?];

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.codes.as_slice()), (2, [].as_slice()));
    for visit in visits {
        assert!(world.office.record(visit).is_ok());
    }
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}

#[test]
fn one_number_with_another_content_is_a_fork() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "一次。")?;
    phone.sync(&world.office)?;
    phone.number -= 1;
    phone.visit(household, AT, "又一次。")?;
    phone.seal()?;

    let request = phone.request();
    assert_eq!(code(phone.send(&world.office, &request)), (409, "batch_fork"));
    Ok(())
}

#[test]
fn a_batch_that_names_another_one_before_it_is_a_fork() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "一次。")?;
    phone.sync(&world.office)?;
    phone.previous = [1; 32];
    phone.visit(household, AT, "又一次。")?;
    phone.seal()?;

    let request = phone.request();
    assert_eq!(code(phone.send(&world.office, &request)), (409, "batch_fork"));
    Ok(())
}

#[test]
fn batches_may_arrive_in_any_order() -> Outcome {
    let (world, mut phone, household) = ready()?;
    for text in ["一。", "二。", "三。"] {
        phone.visit(household, AT, text)?;
        phone.seal()?;
    }
    phone.outbox.reverse();

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.receipts), (3, 3));
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}

#[test]
fn items_that_were_not_signed_are_refused_whole() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "签过的。")?;
    phone.seal()?;
    let visit = phone.outbox[0].items[0].clone();
    phone.outbox[0].items.push(visit);

    let request = phone.request();
    assert_eq!(code(phone.send(&world.office, &request)), (400, "bad_merkle_root"));
    assert_eq!(world.office.record_list("visit", None, None, None, None)?["records"], json!([]));
    Ok(())
}

#[test]
fn another_key_signs_neither_a_batch_nor_a_request() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let mut stranger = Phone::new(0);
    phone.visit(household, AT, "一次。")?;
    std::mem::swap(&mut phone.key, &mut stranger.key);
    phone.seal()?;
    std::mem::swap(&mut phone.key, &mut stranger.key);
    let request = phone.request();
    assert_eq!(code(phone.send(&world.office, &request)), (401, "bad_signature"), "the batch");

    std::mem::swap(&mut phone.key, &mut stranger.key);
    let request = SyncRequest::new(phone.id, 0);
    assert_eq!(code(phone.send(&world.office, &request)), (401, "bad_signature"), "the request");
    assert_eq!(code(stranger.send(&world.office, &SyncRequest::new(stranger.id, 0))), (401, "unknown_device"));
    Ok(())
}

#[test]
fn a_signature_covers_body_and_path() -> Outcome {
    let (world, phone, _) = ready()?;
    let body = phone.request().encode()?;
    let seen = SeenRequest { method: "POST", path: SYNC_PATH, body: &body };
    let signature = RequestSignature::sign(&phone.key, phone.id, 9, seen)?;
    let other = SyncRequest::new(phone.id, 5).encode()?;

    assert_eq!(code(world.office.sync(&other, &signature, SYNC_PATH)), (401, "bad_signature"));
    assert_eq!(code(world.office.sync(&body, &signature, "/v1/enrol")), (401, "bad_signature"));
    assert_eq!(code(world.office.sync(&body, "", SYNC_PATH)), (401, "bad_signature"));
    assert_eq!(code(world.office.sync(&body, &signature, SYNC_PATH)), (200, "ok"));
    Ok(())
}

#[test]
fn an_older_request_is_not_played_again() -> Outcome {
    let (world, mut phone, _) = ready()?;
    let body = phone.request().encode()?;
    let seen = SeenRequest { method: "POST", path: SYNC_PATH, body: &body };
    let old = RequestSignature::sign(&phone.key, phone.id, phone.counter, seen)?;
    world.at("2019-05-07T10:00:00+08:00")?;
    phone.sync(&world.office)?;
    phone.sync(&world.office)?;

    assert_eq!(code(world.office.sync(&body, &old, SYNC_PATH)), (401, "bad_signature"));
    Ok(())
}

#[test]
fn a_push_played_again_within_the_minute_changes_nothing_and_later_it_is_refused() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "一次。")?;
    phone.seal()?;
    let body = phone.request().encode()?;
    phone.counter += 1;
    let seen = SeenRequest { method: "POST", path: SYNC_PATH, body: &body };
    let pushed = RequestSignature::sign(&phone.key, phone.id, phone.counter, seen)?;
    let leaves = || -> Outcome<i64> { Ok(world.sql()?.query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))?) };
    assert_eq!(code(world.office.sync(&body, &pushed, SYNC_PATH)), (200, "ok"));
    phone.sync(&world.office)?;
    let before = leaves()?;

    assert_eq!(code(world.office.sync(&body, &pushed, SYNC_PATH)), (200, "ok"));

    assert_eq!(leaves()?, before);
    world.at("2019-05-07T10:00:00+08:00")?;
    phone.sync(&world.office)?;
    assert_eq!(code(world.office.sync(&body, &pushed, SYNC_PATH)), (401, "bad_signature"));
    Ok(())
}

#[test]
fn signed_rubbish_is_a_bad_frame_and_too_much_is_too_big() -> Outcome {
    let (world, phone, _) = ready()?;
    for (body, expected) in [(b"rubbish".to_vec(), (400, "bad_frame")), (vec![0; 600_000], (413, "too_big"))] {
        let seen = SeenRequest { method: "POST", path: SYNC_PATH, body: &body };
        let signature = RequestSignature::sign(&phone.key, phone.id, 99, seen)?;
        assert_eq!(code(world.office.sync(&body, &signature, SYNC_PATH)), expected);
    }
    Ok(())
}

#[test]
fn an_old_version_still_pushes_and_is_told_only_when_it_pulls() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit(household, AT, "一次。")?;
    phone.seal()?;
    let mut request = phone.request();
    request.proto = (0, 0);
    let answer = phone.send(&world.office, &request)?;
    assert_eq!((answer.receipts.len(), answer.pulled.len()), (1, 0));

    request.batches.clear();
    assert_eq!(code(phone.send(&world.office, &request)), (426, "too_old"));
    Ok(())
}

#[test]
fn a_device_does_not_pull_its_own_items_unless_it_asks() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let visit = phone.visit(household, AT, "一次。")?;
    phone.sync(&world.office)?;
    let mut request = phone.request();
    request.cursors.iter_mut().for_each(|cursor| cursor.seq = 0);
    let without = phone.send(&world.office, &request)?;

    request.caps = daohu_wire::request::CAP_WANT_OWN;
    let with = phone.send(&world.office, &request)?;

    let has = |answer: &daohu_wire::SyncAnswer| answer.pulled.iter().flat_map(|pulled| &pulled.items).any(|item| item.record == visit);
    assert!(!has(&without) && has(&with));
    Ok(())
}

#[test]
fn a_long_pull_comes_in_pages_that_go_on_where_the_last_one_ended() -> Outcome {
    let (world, mut phone, household) = ready()?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let mut secretary = world.phone("书记")?;
    secretary.sync(&world.office)?;
    for n in 0..150 {
        phone.visit(household, AT, &format!("第{n}次,核对台账,羊增加两只,水窖已修好。"))?;
    }
    phone.sync(&world.office)?;
    let mut request = secretary.request();
    request.max_bytes = 0;
    let first = secretary.send(&world.office, &request)?;
    assert!(first.more, "the least page is smaller than 150 visits");

    secretary.sync(&world.office)?;

    let visits = secretary.documents.values().filter(|document| document.header().is_ok_and(|header| header.kind == "visit"));
    assert_eq!(visits.count(), 150);
    let by = secretary.by.get(&phone.id).copied();
    assert_eq!(by, Some(phone.person), "a pulled item says who is behind its device");
    Ok(())
}

#[test]
fn a_pulled_visit_carries_its_start_as_the_server_computed_it() -> Outcome {
    let (world, mut phone, household) = ready()?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let mut secretary = world.phone("书记")?;
    let trusted = phone.visit(household, AT, "有锚点。")?;
    phone.sync(&world.office)?;
    phone.anchors.clear();
    let doubtful = phone.visit(household, AT, "没有锚点。")?;
    phone.sync(&world.office)?;

    secretary.sync(&world.office)?;

    let at_ms = AT.parse::<daohu_domain::calendar::Instant>()?.0;
    assert_eq!(secretary.starts[&trusted], Some(daohu_wire::Start::Trusted(at_ms)));
    assert_eq!(secretary.starts[&doubtful], Some(daohu_wire::Start::None));
    assert_eq!(secretary.starts[&household], None);
    Ok(())
}

#[test]
fn a_server_restored_from_an_older_backup_cannot_prove_the_head_a_device_knows() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let backup = world.folder.path().join("backup");
    copy(&world.data(), &backup)?;
    let visit = phone.visit(household, AT, "备份之后。")?;
    phone.seal()?;
    let request = phone.request();
    let answer = phone.send(&world.office, &request)?;
    let known = (answer.head.head().size, answer.head.head().root);

    let restored = daohu_server::office::Office::open(&backup, world.office.clock().clone(), daohu_server::random::SystemRandom)?;
    let mut ask = SyncRequest::new(phone.id, 0);
    ask.head = Some(known);
    let answer = phone.send(&restored, &ask)?;
    assert!(answer.head.head().size < known.0 && answer.consistency.is_empty());

    let again = phone.send(&restored, &request)?;
    assert_eq!(again.statuses[0].ok, 1, "the device pushes once more what it kept");
    assert_eq!(restored.record_show(visit)?["kind"], "visit");
    Ok(())
}

fn copy(from: &std::path::Path, to: &std::path::Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[test]
fn a_growing_log_is_proved_to_go_on_from_the_head_a_device_knows() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let old = phone.head.ok_or("no head")?;
    for n in 0..5 {
        phone.visit(household, AT, &format!("第{n}次。"))?;
        phone.sync(&world.office)?;
    }
    let mut request = SyncRequest::new(phone.id, 0);
    request.head = Some(old);

    let answer = phone.send(&world.office, &request)?;

    let head = answer.head.head();
    assert!(daohu_wire::merkle::verify_consistency((old.0, &old.1), (head.size, &head.root), &answer.consistency));
    assert!(head.size > old.0);
    Ok(())
}
