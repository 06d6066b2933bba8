//! Batch files: out of a phone without signal, in at the office, and the receipt back.

use super::world::{DAY, HOUR, World};
use crate::run::{Outcome, Ran, ran};
use daohu_server::batch_file::{Carried, receipt_files};
use daohu_wire::receipt;

fn receipt_of(carried: &Carried) -> Vec<u8> {
    receipt_files(&carried.batches).into_iter().next().map(|(_, _, bytes)| bytes).unwrap_or_default()
}

#[test]
fn what_a_courier_brings_is_received_only_once_the_receipt_is_back() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "看了屋顶")?;

    let file = phone.ledger().export_batches()?;
    assert_eq!((file.batches, file.items), (1, 1));
    assert_eq!(phone.ledger().status()?.exported, 0, "the file is not written yet");
    phone.ledger().note_exported(file.last_batch)?;
    assert_eq!(phone.state(visit), "submitted", "exported is not received");
    assert_eq!((phone.unsent(), phone.ledger().status()?.exported), (1, 1));
    world.pass(&[&phone], HOUR)?;
    let carried = world.import(&[&file.content])?;
    assert!(world.holds(visit)?);
    assert_eq!(carried.batches[0].statuses.get("ok"), Some(&1));
    assert_eq!(phone.state(visit), "submitted");

    let taken = phone.ledger().import_receipts(&receipt_of(&carried))?;

    assert_eq!((taken.batches, taken.items, taken.others), (1, 1, 0));
    assert_eq!((phone.state(visit).as_str(), phone.unsent(), phone.ledger().status()?.exported), ("received", 0, 0));
    assert_eq!(phone.ledger().export_batches()?.batches, 0, "nothing waits any more");
    Ok(())
}

#[test]
fn a_carried_receipt_of_an_office_that_was_restored_since_is_noticed_and_the_work_handed_in_again() -> Outcome {
    for goes_on in [false, true] {
        let mut world = World::new(1)?;
        let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
        world.back_up("monday")?;
        let visit = zhang.visit(world.households[0], "带去的")?;
        let carried = world.import(&[&zhang.ledger().export_batches()?.content])?;
        zhang.ledger().import_receipts(&receipt_of(&carried))?;
        assert_eq!(zhang.state(visit), "received");
        world.restore("monday")?;
        world.pass(&[&zhang, &li], HOUR)?;
        // Its log may be shorter than the receipt's, or as long and longer by now.
        for text in ["恢复以后", "又一句"].into_iter().filter(|_| goes_on) {
            li.visit(world.households[0], text)?;
            li.sync(&world)?;
        }
        assert!(!world.holds(visit)?);

        let report = zhang.sync(&world)?;

        assert!(report.restored, "{report:?}");
        assert!(world.holds(visit)?);
        assert_eq!((zhang.state(visit).as_str(), zhang.unsent()), ("received", 0));
    }
    Ok(())
}

#[test]
fn a_receipt_that_was_long_under_way_does_not_take_the_place_of_a_newer_one() -> Outcome {
    let mut world = World::new(1)?;
    let mut zhang = world.phone("zhang")?;
    world.back_up("monday")?;
    zhang.visit(world.households[0], "带去的")?;
    let of_the_log_that_is_gone = receipt_of(&world.import(&[&zhang.ledger().export_batches()?.content])?);
    world.restore("monday")?;
    world.pass(&[&zhang], HOUR)?;
    zhang.sync(&world)?;
    let newer = zhang.ledger().receipts()?[0].content.clone();
    assert_ne!(newer, of_the_log_that_is_gone);

    let taken = zhang.ledger().import_receipts(&of_the_log_that_is_gone)?;

    assert_eq!((taken.batches, taken.items), (1, 0));
    assert_eq!(zhang.ledger().receipts()?[0].content, newer);
    Ok(())
}

#[test]
fn after_a_carried_receipt_one_more_exchange_proves_its_head_and_then_none() -> Outcome {
    let world = World::new(1)?;
    let (mut zhang, mut li) = (world.phone("zhang")?, world.phone("li")?);
    zhang.visit(world.households[0], "带去的")?;
    let carried = world.import(&[&zhang.ledger().export_batches()?.content])?;
    zhang.ledger().import_receipts(&receipt_of(&carried))?;
    li.visit(world.households[0], "别人的")?;
    li.sync(&world)?;

    let first = zhang.sync(&world)?;
    let second = zhang.sync(&world)?;

    assert_eq!((first.restored, first.requests, second.requests), (false, 2, 1));
    Ok(())
}

#[test]
fn a_batch_that_was_exported_and_then_sent_by_network_is_one() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "两条路")?;
    let file = phone.ledger().export_batches()?;

    assert_eq!(phone.sync(&world)?.pushed, 1);
    let carried = world.import(&[&file.content, &file.content])?;

    assert_eq!((world.count("visit")?, carried.refused.len(), carried.batches.len()), (1, 0, 1));
    let taken = phone.ledger().import_receipts(&receipt_of(&carried))?;
    assert_eq!((taken.batches, taken.items), (1, 0), "it was received before");
    assert_eq!(phone.state(visit), "received");
    assert_eq!(phone.sync(&world)?.pushed, 0);
    Ok(())
}

#[test]
fn files_may_come_in_any_order_and_what_waited_for_another_is_let_in() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "先写的")?;
    let first = phone.ledger().export_batches()?;
    phone.ledger().explain_visit(visit, "补充一句")?;
    let both = phone.ledger().export_batches()?;
    assert_eq!((first.batches, both.batches), (1, 2));
    // A file with the second batch alone, as another courier would carry it.
    let second = only(&world, &both.content, 2)?;

    let early = world.import(&[&second])?;
    assert_eq!(early.batches[0].statuses.get("missing_dep"), Some(&1));
    let late = world.import(&[&first.content, &second])?;

    let codes: Vec<_> = late.batches.iter().map(|batch| (batch.number, batch.statuses.clone())).collect();
    assert_eq!(codes, [(1, [("ok".to_owned(), 1)].into()), (2, [("duplicate".to_owned(), 1)].into())]);
    let taken = phone.ledger().import_receipts(&receipt_of(&late))?;
    assert_eq!((taken.batches, taken.items, taken.refused.len()), (2, 2, 0));
    assert_eq!(phone.unsent(), 0);
    Ok(())
}

#[test]
fn a_change_that_was_refused_while_its_file_was_missing_comes_back_as_received() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "先写的")?;
    let first = phone.ledger().export_batches()?;
    phone.ledger().explain_visit(visit, "补充一句")?;
    let second = only(&world, &phone.ledger().export_batches()?.content, 2)?;
    let early = world.import(&[&second])?;
    assert_eq!(phone.ledger().import_receipts(&receipt_of(&early))?.refused.len(), 1);

    let late = world.import(&[&first.content])?;
    phone.ledger().import_receipts(&receipt_of(&late))?;
    phone.sync(&world)?;

    assert_eq!((phone.unsent(), phone.ledger().quarantine()?.len()), (0, 0));
    let mut other = world.phone("li")?;
    assert_eq!(phone.digest(world.households[0]), other.digest(world.households[0]));
    Ok(())
}

#[test]
fn the_good_in_a_file_goes_through_beside_the_bad() -> Outcome {
    let (world, elsewhere) = (World::new(1)?, World::new(1)?);
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "好的")?;
    let good = phone.ledger().export_batches()?.content;
    let mut stranger = elsewhere.phone("zhang")?;
    stranger.visit(elsewhere.households[0], "别处的")?;
    let foreign = stranger.ledger().export_batches()?.content;
    let mut changed = good.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let cut = &good[..good.len() - 3];
    let mut rows: Vec<Vec<u8>> = vec![foreign.clone(), changed, cut.to_vec(), b"PK\x03\x04 not ours".to_vec(), Vec::new()];
    rows.push([foreign.as_slice(), &good, b"DHB1\xff\xff\xff\xff"].concat());

    let files: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
    let carried = world.import(&files)?;

    let refused: Vec<_> = carried.refused.iter().map(|one| (one.file, one.part, one.code)).collect();
    assert_eq!(
        refused,
        [
            (0, 1, "wrong_key"),
            (1, 1, "wrong_key"),
            (2, 1, "bad_frame"),
            (3, 1, "bad_frame"),
            (4, 1, "bad_frame"),
            (5, 1, "wrong_key"),
            (5, 3, "too_big"),
        ]
    );
    assert_eq!(carried.batches.len(), 1);
    assert!(world.holds(visit)?);
    Ok(())
}

#[test]
fn a_lost_phone_and_a_forged_batch_are_refused_by_name() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "丢了")?;
    let file = phone.ledger().export_batches()?;
    let device = phone.ledger().status()?.device.ok_or("enrolled")?;
    world.office().device_revoke(device, "lost")?;

    let carried = world.import(&[&file.content])?;

    assert_eq!(carried.refused.iter().map(|one| (one.batch, one.code)).collect::<Vec<_>>(), [(Some((device, 1)), "device_revoked")]);
    assert!(!world.holds(visit)?);
    Ok(())
}

#[test]
fn a_receipt_of_another_office_or_with_other_codes_marks_nothing() -> Outcome {
    let (world, elsewhere) = (World::new(1)?, World::new(1)?);
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "真的")?;
    let carried = world.import(&[&phone.ledger().export_batches()?.content])?;
    let honest = receipt_of(&carried);
    let mut stranger = elsewhere.phone("zhang")?;
    stranger.visit(elsewhere.households[0], "假的")?;
    let other = receipt_of(&elsewhere.import(&[&stranger.ledger().export_batches()?.content])?);
    // The codes are signed by nobody: a file that calls the accepted item refused is told by the signed leaf.
    let mut lying = receipt::from_file(&honest)?;
    lying[0].codes = vec![daohu_wire::ItemStatus { index: 0, code: "forbidden_place".to_owned() }];

    for bad in [other, receipt::to_file(&lying), b"nonsense".to_vec(), Vec::new(), honest[..honest.len() - 1].to_vec()] {
        assert_eq!(phone.ledger().import_receipts(&bad).map_err(|error| error.code().to_owned()), Err("receipt_invalid".to_owned()));
        assert_eq!((phone.state(visit).as_str(), phone.unsent()), ("submitted", 1));
    }

    phone.ledger().import_receipts(&honest)?;
    assert_eq!(phone.state(visit), "received");
    Ok(())
}

#[test]
fn a_month_without_signal_fits_into_a_file_and_stays_dated_by_its_own_clock() -> Outcome {
    let world = World::new(3)?;
    let mut phone = world.phone("zhang")?;
    for day in 0..30 {
        world.pass(&[&phone], DAY)?;
        phone.visit(world.households[day % 3], &format!("第{day}天"))?;
    }

    let file = phone.ledger().export_batches()?;
    let carried = world.import(&[&file.content])?;
    let taken = phone.ledger().import_receipts(&receipt_of(&carried))?;

    assert_eq!((file.items, taken.items, world.count("visit")?), (30, 30, 30));
    assert_eq!(file.bytes, file.content.len() as u64);
    Ok(())
}

/// Returns a file that holds only the batch of this number: sealed again, as any phone may seal.
fn only(world: &World, file: &[u8], number: u64) -> Outcome<Vec<u8>> {
    // The office's key is in its folder; a test may open what a courier may not.
    let key = world.seal_key()?;
    for sealed in daohu_wire::batch_file::parts(file).sealed {
        for batch in daohu_wire::batch_file::open_part(&key, sealed)? {
            if batch.header()?.number == number {
                return Ok(daohu_wire::batch_file::to_part(&key.public(), &[batch], &[7; 32])?);
            }
        }
    }
    Err("no such batch".into())
}

#[test]
fn one_file_that_cannot_be_read_stops_none_of_the_others_and_is_named() -> Outcome {
    let world = World::new(1)?;
    let mut phone = world.phone("zhang")?;
    let visit = phone.visit(world.households[0], "看了屋顶")?;
    let name = |file: &str| world.path(file).display().to_string();
    std::fs::write(world.path("good.dhb"), phone.ledger().export_batches()?.content)?;
    std::fs::create_dir(world.path("folder.dhb"))?;
    let import = |files: &[&str]| -> Outcome<Ran> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_daohu"));
        command.arg("import-batch").args(files.iter().map(|file| world.path(file)));
        command.arg("--data").arg(world.path("data")).args(["--json", "--now"]).arg(format!("@{}", name("now")));
        ran(command, None)
    };

    let taken = import(&["missing.dhb", "folder.dhb", "good.dhb"])?;

    let json = taken.json()?;
    let refused: Vec<_> =
        json["refused"].as_array().ok_or("no list")?.iter().map(|why| (why["file"].clone(), why["code"].clone())).collect();
    let not_found = |file: &str| (name(file).into(), "not_found".into());
    assert_eq!((taken.status, refused), (1, vec![not_found("missing.dhb"), not_found("folder.dhb")]));
    assert_eq!(json["batches"][0]["statuses"]["ok"], 1);
    assert!(world.holds(visit)?);
    let none = import(&["missing.dhb", "folder.dhb"])?;
    assert_eq!((none.status, none.code().as_str()), (1, "not_found"));
    assert_eq!(none.json()?["error"]["detail"]["refused"].as_array().map(Vec::len), Some(2));
    Ok(())
}
