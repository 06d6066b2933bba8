//! Killed at any moment, phone or server: what was answered is there, nothing is there twice.

use daohu_e2e::{
    Outcome, Phone, World,
    chance::Chance,
    gate::{Gate, POINTS},
    text,
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    process::Child,
};

const ROUNDS: u64 = 10;
const SEED: u64 = 20_190_505;

/// Turns of a loop after which a command is killed: longer after one that was cut, shorter after one that answered.
struct Fuse(u64);

impl Fuse {
    /// Kills a command when the fuse has burnt and returns what it had answered by then.
    fn burn(&mut self, mut child: Child, chance: &mut Chance) -> Outcome<Option<Json>> {
        for _ in 0..self.0 / 2 + chance.below(self.0) {
            std::hint::spin_loop();
        }
        child.kill()?;
        let mut answer = String::new();
        child.stdout.take().ok_or("no stdout")?.read_to_string(&mut answer)?;
        child.wait()?;
        let answer = serde_json::from_str(&answer).ok();
        self.0 = if answer.is_some() { self.0 / 3 + 1_000 } else { self.0.saturating_mul(2).min(200_000_000) };
        Ok(answer)
    }
}

/// A township with a helper who has synced, and his household.
fn helper() -> Outcome<(World, String)> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?.call(&["sync"])?;
    Ok((world, text(&pairing, "household")?.to_owned()))
}

fn visit<'a>(household: &'a str, narrative: &'a str) -> Vec<&'a str> {
    vec!["visit", "--household", household, "--mode", "home", "--purpose", "verify", "--met", "户主:本人", "--narrative", narrative]
}

/// The visits of a store by id, with their text.
fn listed(answer: &Json) -> Outcome<BTreeMap<String, String>> {
    let rows = answer["records"].as_array().ok_or("no records")?;
    let found: Outcome<BTreeMap<String, String>> =
        rows.iter().map(|row| Ok((text(row, "id")?.to_owned(), text(&row["fields"], "narrative")?.to_owned()))).collect();
    assert_eq!(found.as_ref().map_or(0, BTreeMap::len), rows.len(), "none is listed twice");
    found
}

#[test]
fn a_phone_killed_in_the_middle_of_visits_edits_and_syncs_loses_and_doubles_nothing() -> Outcome<()> {
    let (world, household) = helper()?;
    let phone = world.phone_again("helper");
    let (mut chance, mut fuses) = (Chance(SEED), [Fuse(200_000), Fuse(200_000)]);
    let mut answered = BTreeSet::new();
    let draft = phone.call(&[visit(&household, "原稿。"), vec!["--draft"]].concat())?;
    let draft = text(&draft["visit"], "id")?.to_owned();
    let mut may_say = vec!["原稿。".to_owned()];
    for round in 0..ROUNDS {
        world.at(&format!("2019-05-{:02}T10:00:00+08:00", 6 + round))?;
        let words = format!("第{round}次，核对台账。");
        let made = fuses[0].burn(phone.start_at(&world.url, &visit(&household, &words))?, &mut chance)?;
        answered.extend(made.and_then(|made| made["visit"]["id"].as_str().map(str::to_owned)));

        let set = fuses[1].burn(phone.start_at(&world.url, &["visit", "set", &draft, "--narrative", &words])?, &mut chance)?;
        if set.is_some() {
            may_say.clear();
        }
        may_say.push(words);
        let shown = phone.call(&["visit", "show", &draft])?;
        let says = text(&shown["visit"]["fields"], "narrative")?;
        assert!(may_say.iter().any(|said| said == says), "seed {SEED}, round {round}: the draft says {says}, not one of {may_say:?}");

        let gate = Gate::before(&world.url, chance.one_of(&POINTS)?)?;
        let mut sync = phone.start_at(&gate.url, &["sync"])?;
        gate.wait()?;
        sync.kill()?;
        sync.wait()?;
        gate.go_on();
    }

    let there: BTreeSet<String> = listed(&phone.call(&["record", "list", "visit", "--limit", "200"])?)?.into_keys().collect();
    assert!(answered.is_subset(&there), "seed {SEED}: answered {answered:?}, there {there:?}");
    let drafts = phone.call(&["status"])?["drafts"].as_u64();
    assert!(drafts.is_some_and(|drafts| drafts >= 1), "the draft is still one: {drafts:?}");
    phone.call(&["sync"])?;
    assert_eq!(phone.call(&["status"])?["unsent"], 0);
    let stored = listed(&world.daohu(&["record", "list", "visit", "--limit", "200"])?)?;
    assert_eq!(stored.into_keys().collect::<BTreeSet<_>>(), there, "seed {SEED}");
    assert_eq!(world.daohu(&["verify"])?["ok"], true);
    assert_eq!(world.daohu(&["rebuild"])?["differences"], 0);
    Ok(())
}

#[test]
fn a_server_killed_in_the_middle_of_syncs_loses_and_doubles_nothing() -> Outcome<()> {
    let (mut world, household) = helper()?;
    let mut chance = Chance(SEED);
    let mut made = BTreeMap::new();
    for round in 0..ROUNDS {
        world.at(&format!("2019-05-{:02}T10:00:00+08:00", 6 + round))?;
        let words = format!("第{round}次，核对台账。");
        let phone = world.phone_again("helper");
        let answer = phone.call(&visit(&household, &words))?;
        made.insert(text(&answer["visit"], "id")?.to_owned(), words);
        let (at, gate_and_sync) = sync_held(&phone, &world.url, &mut chance)?;
        let (gate, mut sync) = gate_and_sync;
        for _ in 0..chance.below(2_000_000) {
            std::hint::spin_loop();
        }

        world.kill()?;

        gate.go_on();
        sync.wait()?;
        world.serve()?;
        let phone = world.phone_again("helper");
        if chance.below(2) == 0 {
            phone.call(&["sync"])?;
            let stored = listed(&world.daohu(&["record", "list", "visit", "--limit", "200"])?)?;
            assert_eq!(stored, made, "seed {SEED}, round {round}, killed at {at}");
        }
    }

    let phone = world.phone_again("helper");
    phone.call(&["sync"])?;
    assert_eq!(phone.call(&["status"])?["unsent"], 0);
    assert_eq!(listed(&world.daohu(&["record", "list", "visit", "--limit", "200"])?)?, made, "seed {SEED}");
    let proof = world.daohu(&["verify"])?;
    assert_eq!((&proof["ok"], &proof["first_bad"]), (&true.into(), &Json::Null), "{proof}");
    assert_eq!(world.daohu(&["rebuild"])?["differences"], 0);
    let may = world.daohu(&["coverage", "--place", "610802209000", "--month", "2019-05"])?;
    let mine = may["households"].as_array().and_then(|all| all.iter().find(|row| row["id"] == household.as_str())).cloned();
    assert_eq!(mine.map(|row| row["visits"].clone()), Some(ROUNDS.into()), "counted once each");
    Ok(())
}

/// Starts a sync that is held at a point that chance chooses.
fn sync_held(phone: &Phone<'_>, server: &str, chance: &mut Chance) -> Outcome<(String, (Gate, Child))> {
    let point = chance.one_of(&POINTS)?;
    let gate = Gate::before(server, point)?;
    let sync = phone.start_at(&gate.url, &["sync"])?;
    gate.wait()?;
    Ok((format!("{point:?}"), (gate, sync)))
}
