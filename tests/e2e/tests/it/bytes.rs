//! What a sync costs on the wire, counted between the two real processes.

use daohu_e2e::{
    Outcome, Phone, World,
    proxy::{Mood, Proxy},
    shared, text,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, process::Command};

/// The most that an exchange with nothing to tell may cost, both ways.
const NO_OP_BYTES_MAX: usize = 450;
/// The most that a visit may cost in a batch of twenty, header and signature counted.
const VISIT_BYTES_MAX: usize = 300;
const VISITS: usize = 20;

/// A helper with six households, and their ids.
fn helper(world: &World) -> Outcome<(Phone<'_>, Vec<String>)> {
    let pairings = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?;
    let pairings: Vec<&Json> = pairings.as_array().into_iter().flatten().collect();
    let cadre = text(pairings.first().ok_or("no pairing")?, "cadre")?;
    let (mine, others): (Vec<&Json>, Vec<&Json>) = pairings.iter().partition(|pairing| pairing["cadre"] == cadre);
    let mut households: Vec<String> = mine.iter().filter_map(|pairing| pairing["household"].as_str().map(str::to_owned)).collect();
    for other in others.iter().take(6_usize.saturating_sub(households.len())) {
        let household = text(other, "household")?;
        world.daohu(&["pairing", "add", "--household", household, "--cadre", cadre, "--role", "assistant", "--from", "2019-05-01"])?;
        households.push(household.to_owned());
    }
    assert!(households.len() >= 5, "vacuous: {} households", households.len());
    Ok((world.phone("helper", &["--role", "helper", "--cadre", cadre])?, households))
}

fn narratives(seed: &str) -> Outcome<Vec<String>> {
    let script = shared("bench/make_visits.py")?;
    let made = Command::new("python3").arg(script).args([VISITS.to_string().as_str(), seed]).output()?;
    let lines = String::from_utf8(made.stdout)?;
    let text_of = |line: &str| -> Outcome<String> { Ok(text(&serde_json::from_str(line)?, "narrative")?.to_owned()) };
    lines.lines().map(text_of).collect()
}

#[test]
fn an_exchange_with_nothing_to_tell_is_one_request_of_450_bytes() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let proxy = Proxy::before(&world.url, Mood::Pass)?;
    let (phone, _) = helper(&world)?;
    let sync = || phone.attempt_at(&proxy.url, &["sync"]);
    sync()?;
    world.at("2019-05-06T09:00:00+08:00")?;
    proxy.reset();

    let report = sync()?;

    let (up, down, requests) = proxy.counted();
    assert_eq!((report.status, requests), (0, 1), "{}", report.json);
    assert!(up > 0 && down > 0 && up + down <= NO_OP_BYTES_MAX, "{up} B up, {down} B down");
    assert_eq!((&report.json["bytes_up"], &report.json["bytes_down"]), (&up.into(), &down.into()), "the phone tells the same");
    Ok(())
}

#[test]
fn twenty_visits_cost_at_most_300_bytes_each() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let proxy = Proxy::before(&world.url, Mood::Pass)?;
    let (phone, households) = helper(&world)?;
    let mut told = BTreeMap::new();
    for (n, narrative) in narratives("11")?.iter().enumerate() {
        world.at(&format!("2019-05-{:02}T10:00:00+08:00", 6 + n))?;
        let household = &households[n % households.len()];
        let flags = ["--mode", "home", "--purpose", "income", "--met", "户主:本人", "--narrative", narrative];
        let visit = phone.call(&[&["visit", "--household", household], &flags[..]].concat())?;
        told.insert(text(&visit["visit"], "id")?.to_owned(), narrative.clone());
    }
    assert_eq!(told.len(), VISITS);
    proxy.reset();

    let report = phone.attempt_at(&proxy.url, &["sync"])?;

    let (up, _, requests) = proxy.counted();
    assert_eq!((report.status, requests, &report.json["pushed"]), (0, 1, &VISITS.into()), "{}", report.json);
    assert!(up <= VISITS * VISIT_BYTES_MAX, "{} B a visit", up / VISITS);
    let stored = world.daohu(&["record", "list", "visit", "--limit", "200"])?;
    let stored = stored["records"].as_array().into_iter().flatten();
    let stored = stored.filter_map(|row| Some((row["id"].as_str()?.to_owned(), row["fields"]["narrative"].as_str()?.to_owned())));
    assert_eq!(stored.collect::<BTreeMap<_, _>>(), told, "and every word arrived");
    Ok(())
}
