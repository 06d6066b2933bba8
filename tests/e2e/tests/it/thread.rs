//! The thread: a visit recorded with no network reaches the server by one exchange and shows in the month's coverage.

use daohu_e2e::{Outcome, World, text};

#[test]
fn a_visit_recorded_without_network_is_counted_after_one_sync() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = &world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0];
    let (household, cadre) = (text(pairing, "household")?, text(pairing, "cadre")?);
    let phone = world.phone("helper", &["--role", "helper", "--cadre", cadre])?;
    phone.call(&["sync"])?;
    let before = world.daohu(&["coverage", "--place", "610802209000", "--month", "2019-05"])?;
    assert_eq!((&before["sums"]["due"], &before["sums"]["met_declared"]), (&450.into(), &0.into()));

    world.at("2019-05-12T10:00:00+08:00")?;
    let visit = phone.call(&[
        "visit",
        "--household",
        household,
        "--mode",
        "home",
        "--purpose",
        "learn_situation",
        "--met",
        "户主:本人",
        "--narrative",
        "核对了收入台账,羊增加两只。",
    ])?;
    assert_eq!(visit["visit"]["state"], "submitted", "{visit}");
    assert_eq!(phone.call(&["status"])?["unsent"], 1);
    let due = phone.call(&["due", "--month", "2019-05"])?;
    let mine = due["households"].as_array().and_then(|all| all.iter().find(|row| row["id"] == household)).cloned().unwrap_or_default();
    assert_eq!(mine["met"], true, "{due}");
    let sync = phone.call(&["sync"])?;

    assert_eq!((&sync["requests"], &sync["pushed"], &sync["receipts"]), (&1.into(), &1.into(), &1.into()), "{sync}");
    assert_eq!(phone.call(&["status"])?["unsent"], 0);
    let after = world.daohu(&["coverage", "--place", "610802209000", "--month", "2019-05"])?;
    assert_eq!((&after["sums"]["due"], &after["sums"]["met_declared"]), (&450.into(), &1.into()));
    assert_eq!(world.daohu(&["verify"])?["ok"], true);
    Ok(())
}
