//! First figures never move: late sync and a corrected roster change the revised figure only.

use daohu_e2e::{Outcome, World, text};
use serde_json::json;

#[test]
fn a_visit_synced_after_the_freeze_and_a_later_correction_leave_the_first_figure() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let (household, cadre) = (text(&pairing, "household")?, text(&pairing, "cadre")?);
    let phone = world.phone("helper", &["--role", "helper", "--cadre", cadre])?;
    phone.call(&["sync"])?;
    world.at("2019-05-31T17:00:00+08:00")?;
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
        "月末走访,核对饮水。",
    ])?;
    world.at("2019-06-14T19:00:00+08:00")?;
    phone.call(&["sync"])?;
    let may = ["coverage", "--place", "610802209000", "--month", "2019-05"];

    let late = world.daohu(&may)?;
    assert_eq!(late["report"]["declared"], json!({"first": [0, 450], "revised": [1, 450], "reasons": {"late_sync": [1, 0]}}));
    let june = world.daohu(&["coverage", "--place", "610802209000", "--month", "2019-06"])?;
    assert_eq!(june["sums"]["met_declared"], 0);

    world.at("2019-07-05T09:00:00+08:00")?;
    world.daohu(&["pairing", "end", text(&pairing, "id")?, "--to", "2019-05-05", "--reason", "调动"])?;
    let corrected = world.daohu(&may)?;
    assert_eq!(corrected["report"]["declared"]["first"], json!([0, 450]));
    let roster = corrected["first_roster"].as_array().ok_or("no first_roster")?;
    assert!(roster.contains(&json!([household, cadre])), "the roster as it was at the freeze");
    let duty = |shown: &serde_json::Value| {
        shown["cadres"].as_array().and_then(|all| all.iter().find(|row| row["cadre"] == cadre)).map(|row| row["cov_duty"][1].as_i64())
    };
    assert_ne!(duty(&late), duty(&corrected), "cadres show the corrected duty");
    Ok(())
}
