//! A visit without signal, carried to the office as a file and back as a receipt, with the real programs.

use daohu_e2e::{Outcome, World, text};
use std::fs;

const MAY_20: &str = "2019-05-20T09:00:00+08:00";

#[test]
fn a_visit_goes_by_file_and_is_received_once_the_receipt_is_back() -> Outcome<()> {
    let mut world = World::new("2019-01-01T09:00:00+08:00")?;
    world.at(MAY_20)?;
    world.serve()?;
    let cadres = world.daohu(&["record", "list", "cadre", "--limit", "1"])?;
    let cadre = text(&cadres["records"][0], "id")?.to_owned();
    let households = world.daohu(&["record", "list", "household", "--place", "610802209201", "--limit", "1"])?;
    let household = text(&households["records"][0], "id")?.to_owned();
    world.daohu(&["pairing", "add", "--household", &household, "--cadre", &cadre, "--role", "primary", "--from", "2019-01-01"])?;
    let phone = world.phone("helper", &["--role", "helper", "--cadre", &cadre])?;
    let visit = phone.call(&[
        "visit",
        "--household",
        &household,
        "--mode",
        "home",
        "--purpose",
        "verify",
        "--met",
        "王某某:本人",
        "--narrative",
        "看了屋顶。",
    ])?;
    let id = text(&visit["visit"], "id")?.to_owned();
    // No signal, and the office works without its server.
    world.kill()?;
    let (file, receipts) = (world.path("left.dhb").display().to_string(), world.path("receipts").display().to_string());

    let phone = world.phone_again("helper");
    let exported = phone.call(&["export-batch", &file])?;
    assert_eq!((&exported["batches"], &exported["items"]), (&1.into(), &1.into()));
    assert_eq!(exported["bytes"].as_u64(), Some(fs::metadata(&file)?.len()));
    assert_eq!(phone.call(&["visit", "show", &id])?["visit"]["state"], "submitted");
    let taken = world.daohu(&["import-batch", &file, "--receipt-out", &receipts])?;
    let batch = &taken["batches"][0];
    assert_eq!((&batch["batch"], &batch["items"], &batch["statuses"]["ok"]), (&1.into(), &1.into(), &1.into()));
    let receipt = text(batch, "receipt")?.to_owned();
    assert_eq!(world.daohu(&["verify", "--receipt", &receipt, "--key", &world.server_key])?["ok"], true);
    let back = phone.call(&["import-receipt", &receipt])?;
    assert_eq!((&back["batches"], &back["items"]), (&1.into(), &1.into()));
    assert_eq!(phone.call(&["visit", "show", &id])?["visit"]["state"], "received");

    // Once more by file, and by network: it is one.
    world.daohu(&["import-batch", &file])?;
    world.serve()?;
    let phone = world.phone_again("helper");
    phone.call(&["sync"])?;
    assert_eq!(world.daohu(&["record", "list", "visit"])?["records"].as_array().map(Vec::len), Some(1));
    // Bytes that are no batch file are one plain refusal.
    fs::write(&file, b"not a batch file")?;
    let refused = world.try_daohu(&["import-batch", &file])?;
    assert_eq!((refused.status, &refused.json["error"]["code"]), (1, &"bad_frame".into()));
    assert_eq!(phone.attempt(&["import-receipt", &file])?.json["error"]["code"], "receipt_invalid");
    Ok(())
}
