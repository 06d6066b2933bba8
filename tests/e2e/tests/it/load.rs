//! Several phones hand in at once, connections are cut at any byte, server and phones are killed: nothing is lost, nothing is there
//! twice, the log holds and every receipt is good.
//!
//! `DAOHU_KILLS` says how many kills and `DAOHU_SEED` which; `cargo xtask kills` sets both.

use daohu_e2e::{Outcome, World, chance::Chance, cutter::Cutter, text};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Child,
};

/// Kills of the short form.
const KILLS: u64 = 8;
const SEED: u64 = 20_190_610;
const PHONES: usize = 4;
/// Bytes that go through in a round of syncs, more or less.
const BYTES_OF_ROUND: u64 = 6_000;

fn wanted(name: &str, otherwise: u64) -> Outcome<u64> {
    Ok(std::env::var(name).ok().map(|text| text.parse()).transpose()?.unwrap_or(otherwise))
}

/// A helper's phone by its user's name, and the household it visits.
struct Helper {
    login: String,
    household: String,
}

fn helpers(world: &World) -> Outcome<Vec<Helper>> {
    let pairings = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?;
    let mut cadres = BTreeSet::new();
    let mut found = Vec::new();
    for pairing in pairings.as_array().ok_or("no pairings")? {
        if found.len() < PHONES && cadres.insert(text(pairing, "cadre")?.to_owned()) {
            let login = format!("helper{}", found.len());
            world.phone(&login, &["--role", "helper", "--cadre", text(pairing, "cadre")?])?.call(&["sync"])?;
            found.push(Helper { login, household: text(pairing, "household")?.to_owned() });
        }
    }
    Ok(found)
}

/// Waits until so many bytes went through or nobody is sending any more.
fn until_carried(front: &Cutter, bytes: u64, syncs: &mut [Child]) -> Outcome<()> {
    while front.carried() < bytes {
        let mut running = false;
        for sync in &mut *syncs {
            running |= sync.try_wait()?.is_none();
        }
        if !running {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Ok(())
}

#[test]
fn under_load_with_kills_on_both_sides_and_cut_lines_every_visit_arrives_once_with_its_receipt() -> Outcome<()> {
    let (kills, seed) = (wanted("DAOHU_KILLS", KILLS)?, wanted("DAOHU_SEED", SEED)?);
    let mut chance = Chance(seed);
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let helpers = helpers(&world)?;
    let front = Cutter::new(seed)?;
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    let (mut killed, mut of_server, mut round) = (0, 0, 0);
    while killed < kills {
        round += 1;
        front.point_at(&world.url);
        for helper in &helpers {
            let words = format!("第{round}次，{}，核对台账。", helper.login);
            let visit = ["visit", "--household", &helper.household, "--mode", "home", "--purpose", "verify", "--met", "户主:本人"];
            let answer = world.phone_again(&helper.login).call(&[visit.as_slice(), &["--narrative", &words]].concat())?;
            made.insert(text(&answer["visit"], "id")?.to_owned(), words);
        }
        let start = |helper: &Helper| world.phone_again(&helper.login).start_at(&front.url, &["sync"]);
        let mut syncs = helpers.iter().map(start).collect::<Outcome<Vec<Child>>>()?;
        until_carried(&front, front.carried() + chance.below(BYTES_OF_ROUND), &mut syncs)?;
        if chance.below(3) == 0 {
            let one = usize::try_from(chance.below(PHONES as u64))?;
            syncs[one].kill()?;
        } else {
            world.kill()?;
            of_server += 1;
        }
        killed += 1;
        for mut sync in syncs {
            sync.wait()?;
        }
        if world.is_killed() {
            world.serve()?;
        }
    }
    println!("seed {seed}: {killed} kills ({of_server} of the server), {} lines cut, {} visits", front.cut(), made.len());
    all_is_well(&world, &helpers, &made, seed)
}

fn all_is_well(world: &World, helpers: &[Helper], made: &BTreeMap<String, String>, seed: u64) -> Outcome<()> {
    for helper in helpers {
        let phone = world.phone_again(&helper.login);
        phone.call(&["sync"])?;
        let status = phone.call(&["status"])?;
        assert_eq!((&status["unsent"], &status["quarantined"]), (&0.into(), &0.into()), "seed {seed}: {status}");
        let out = world.path(&format!("{}-receipts", helper.login));
        let receipts = phone.call(&["receipts", "--out", &out.display().to_string()])?;
        let receipts = receipts.as_array().ok_or("no receipts")?;
        assert!(!receipts.is_empty());
        for receipt in receipts {
            let proof = world.daohu(&["verify", "--receipt", text(receipt, "file")?, "--key", &world.server_key])?;
            assert_eq!(proof["ok"], true, "seed {seed}: {proof}");
        }
    }
    let stored = stored(world)?;
    let (mut lost, mut foreign) = (made.clone(), Vec::new());
    for visit in stored {
        if lost.remove(&visit.0) != Some(visit.1.clone()) {
            foreign.push(visit);
        }
    }
    assert!(lost.is_empty() && foreign.is_empty(), "seed {seed}: lost {lost:?}, nobody's or there twice {foreign:?}");
    let proof = world.daohu(&["verify"])?;
    assert_eq!((&proof["ok"], &proof["first_bad"]), (&true.into(), &Json::Null), "seed {seed}: {proof}");
    assert_eq!(world.daohu(&["rebuild"])?["differences"], 0, "seed {seed}");
    Ok(())
}

/// Returns the visits that the server has, page by page, with what they say.
fn stored(world: &World) -> Outcome<Vec<(String, String)>> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut words = vec!["record", "list", "visit", "--limit", "200"];
        if let Some(after) = &after {
            words.extend(["--cursor", after]);
        }
        let page = world.daohu(&words)?;
        for row in page["records"].as_array().ok_or("no records")? {
            found.push((text(row, "id")?.to_owned(), text(&row["fields"], "narrative")?.to_owned()));
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(found);
        }
    }
}
