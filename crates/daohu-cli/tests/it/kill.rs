//! Killed at any moment: what was answered as written is there, and the store opens.

use crate::program::World;
use serde_json::Value as Json;
use std::{io::Read, process::Stdio};

/// The fields of a visit as flags, each with the key and value it must leave behind.
const FIELDS: [(&str, &str, &str, &str); 6] = [
    ("--mode", "worksite", "mode", "worksite"),
    ("--narrative", "今天羊增加两只", "narrative", "今天羊增加两只"),
    ("--check", "water=no", "water", "no"),
    ("--check", "housing=yes", "housing", "yes"),
    ("--absent", "migrant_work", "absent_reason", "migrant_work"),
    ("--narrative", "今天羊增加三只", "narrative", "今天羊增加三只"),
];

/// Starts the program, lets it run for a while and kills it; returns what it had answered by then.
fn killed_after(world: &World, args: &[&str], spins: u32) -> Option<Json> {
    let mut child = world.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..spins {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    serde_json::from_str(&text).ok()
}

#[test]
fn a_draft_survives_a_kill_of_the_process_at_every_field() {
    let world = World::enrolled();
    let visit = world.done(&["visit", "start", &world.household.to_string()])["visit"]["id"].as_str().unwrap().to_owned();
    let (mut answered, mut cut) = (0, 0);
    let mut spins = 1_000;
    for round in 0..4 {
        for (flag, value, key, left) in FIELDS {
            let answer = killed_after(&world, &["visit", "set", &visit, flag, value], spins);
            // Kills early and late alike: longer after a process that was cut, shorter after one that answered.
            spins = if answer.is_some() { spins / 4 } else { spins.saturating_mul(2).min(400_000_000) };
            let shown = world.done(&["visit", "show", &visit]);
            match answer {
                Some(answer) => {
                    assert_eq!(answer["visit"]["fields"][key], left, "round {round}");
                    assert_eq!(shown["visit"]["fields"][key], left, "round {round}: {key} was answered as written");
                    answered += 1;
                }
                None => cut += 1,
            }
            assert_eq!(shown["visit"]["state"], "in_progress");
        }
    }
    assert!(answered > 0 && cut > 0, "vacuous: {answered} answered, {cut} cut");
}

#[test]
fn a_visit_that_was_answered_as_handed_in_survives_and_none_is_half_there() {
    let world = World::enrolled();
    let household = world.household.to_string();
    let args =
        ["visit", "--household", &household, "--mode", "home", "--purpose", "verify", "--met", "白文才:本人", "--narrative", "核对台账。"];
    let mut answered = 0;
    let mut spins = 50_000;
    for _ in 0..16 {
        let answer = killed_after(&world, &args, spins);
        spins = if answer.is_some() { spins / 4 } else { spins.saturating_mul(2).min(400_000_000) };
        if let Some(answer) = answer {
            assert_eq!(answer["visit"]["state"], "submitted", "{answer}");
            answered += 1;
        }
    }
    let visits = world.done(&["record", "list", "visit"])["records"].as_array().unwrap().len();
    assert!(visits >= answered, "{visits} there, {answered} answered");
    assert_eq!(world.done(&["rebuild"])["differences"], 0);
    let pushed = world.done(&["sync"])["pushed"].as_u64().unwrap();
    assert_eq!(pushed, visits as u64);
    assert_eq!(world.server.lock().unwrap().count("visit"), visits);
}
