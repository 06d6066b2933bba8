//! Two helpers of one household and the village secretary, offline, then any order of sync.

use daohu_e2e::{Outcome, World, text};
use serde_json::Value as Json;

/// The rows of `conflicts` that concern one field.
fn about<'a>(conflicts: &'a Json, field: &str) -> Vec<&'a Json> {
    conflicts.as_array().map(|all| all.iter().filter(|one| one["field"] == field).collect()).unwrap_or_default()
}

/// Asserts that the note and the month's work are each in conflict once, with two values of two people.
fn both_are_shown(conflicts: &Json, household: &str) {
    for field in ["contact_note", "work"] {
        let found = about(conflicts, field);
        assert_eq!(found.len(), 1, "one record is shown, with what both wrote: {conflicts}");
        assert_eq!(found[0]["household"], household);
        let values: Vec<_> = found[0]["values"].as_array().into_iter().flatten().collect();
        assert_eq!(values.len(), 2, "{conflicts}");
        assert!(values.iter().all(|said| said["by"].as_str().is_some_and(|by| !by.is_empty())), "{conflicts}");
        assert_ne!(values[0]["by"], values[1]["by"], "{conflicts}");
    }
}

#[test]
fn both_values_are_shown_and_the_household_counts_once() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let (household, first) = (text(&pairing, "household")?, text(&pairing, "cadre")?);
    let cadres = world.daohu(&["record", "list", "cadre", "--limit", "200"])?;
    let second = cadres["records"]
        .as_array()
        .and_then(|all| all.iter().find_map(|row| row["id"].as_str().filter(|id| *id != first)))
        .ok_or("one cadre only")?;
    world.daohu(&["pairing", "add", "--household", household, "--cadre", second, "--role", "assistant", "--from", "2019-05-01"])?;
    let shown = world.daohu(&["record", "show", household])?;
    let place = text(&shown, "place")?;
    let a = world.phone("helper-a", &["--role", "helper", "--cadre", first])?;
    let b = world.phone("helper-b", &["--role", "assistant_helper", "--cadre", second])?;
    let secretary = world.phone("secretary", &["--role", "village_secretary", "--place", place])?;
    for phone in [&a, &b, &secretary] {
        phone.call(&["sync"])?;
    }

    world.at("2019-05-12T10:00:00+08:00")?;
    for (phone, note, work) in [(&a, "上午打电话,下午下地", "核对收入台账"), (&b, "只接村委会电话", "送去补贴存折")]
    {
        phone.call(&[
            "visit",
            "--household",
            household,
            "--mode",
            "home",
            "--purpose",
            "verify",
            "--met",
            "户主:本人",
            "--narrative",
            work,
        ])?;
        phone.call(&["edit", household, &format!("contact_note={note}")])?;
        phone.call(&["month", household, "2019-05", "--set", &format!("work={work}")])?;
    }
    world.at("2019-05-13T20:00:00+08:00")?;
    for phone in [&b, &a, &secretary, &a, &b, &secretary] {
        phone.call(&["sync"])?;
    }

    let digests: Vec<Json> = [&a, &b, &secretary]
        .iter()
        .map(|phone| phone.call(&["household", household]).map(|shown| shown["digest"].clone()))
        .collect::<Outcome<_>>()?;
    assert!(digests.iter().all(|digest| digest.is_string() && *digest == digests[0]), "{digests:?}");
    for phone in [&a, &b, &secretary] {
        let conflicts = phone.call(&["conflicts"])?;
        both_are_shown(&conflicts, household);
    }
    let coverage = world.daohu(&["coverage", "--place", "610802209000", "--month", "2019-05"])?;
    let mine = coverage["households"].as_array().and_then(|all| all.iter().find(|row| row["id"] == household)).cloned().unwrap_or_default();
    assert_eq!((&coverage["sums"]["met_declared"], &mine["visits"]), (&1.into(), &2.into()));

    let conflicts = a.call(&["conflicts"])?;
    for field in ["contact_note", "work"] {
        let conflict = about(&conflicts, field)[0];
        let taken = a.call(&["resolve", text(conflict, "record")?, field, "--take", "1"])?;
        assert_eq!(taken["changed"], serde_json::json!([field]));
    }
    a.call(&["sync"])?;
    secretary.call(&["sync"])?;
    assert_eq!(secretary.call(&["conflicts"])?, serde_json::json!([]));
    let month = secretary.call(&["month", household, "2019-05"])?;
    assert_eq!(month["month_record"]["fields"]["work"], about(&conflicts, "work")[0]["values"][0]["value"]);
    assert_eq!(world.daohu(&["verify"])?["ok"], true);
    Ok(())
}
