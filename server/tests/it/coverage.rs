//! Figures over a real store: counted in the transaction that brings a visit, first figures written once at the freeze and never moved.

use daohu_domain::calendar::Month;
use daohu_domain::id::Id;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::phone::Phone;
use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World, id_in};

/// Met and due.
type Pair = (u64, u64);

/// A township with one due household, its helper and his phone.
struct Scene {
    world: World,
    phone: Phone,
    household: Id,
    pairing: Id,
    cadre: Id,
}

fn due_household(world: &World, village: &str, number: &str) -> Outcome<Id> {
    let places = format!("{village},2019-01-01,");
    let pairs = [
        ("place", village),
        ("number", number),
        ("head_name", "王建军"),
        ("status", "poor,2019-01-01,"),
        ("tier", "monthly,2019-01-01,"),
        ("places", places.as_str()),
    ];
    id_in(&world.office.record_add("household", &pairs)?)
}

fn scene() -> Outcome<Scene> {
    let world = World::new()?;
    let household = due_household(&world, VILLAGE, "6108022092010001")?;
    let cadre = world.cadre("一号")?;
    let pairing = world.pair(household, cadre, "primary")?;
    world.user("一号", "helper", None, Some(cadre))?;
    let mut phone = world.phone("一号")?;
    phone.sync(&world.office)?;
    Ok(Scene { world, phone, household, pairing, cadre })
}

impl Scene {
    fn coverage(&self, month: &str) -> Outcome<Value> {
        Ok(self.world.office.coverage(TOWN.parse()?, month.parse()?, None)?)
    }

    fn visit_at(&mut self, at: &str) -> Outcome {
        self.world.at(at)?;
        self.phone.visit(self.household, at, "核对了台账。")?;
        Ok(())
    }

    fn sync_at(&mut self, at: &str) -> Outcome {
        self.world.at(at)?;
        self.phone.sync(&self.world.office)?;
        Ok(())
    }

    fn kept(&self, month: &str) -> Outcome<(Option<Pair>, Pair)> {
        let month: Month = month.parse()?;
        let rows = self.world.office.village_months(VILLAGE.parse()?, month, month)?;
        let row = rows.first().ok_or("no row")?;
        Ok((row.first_declared, row.declared))
    }
}

#[test]
fn a_visit_marks_its_household_in_the_transaction_that_brings_it_and_the_next_read_reckons_it() -> Outcome {
    let mut scene = scene()?;
    assert_eq!(scene.kept("2019-05")?, (None, (0, 1)));
    let marked = |scene: &Scene| -> Outcome<(i64, i64)> {
        let ask = "SELECT household_month.stale, village_month.stale FROM household_month JOIN village_month USING (place, month)";
        Ok(scene.world.sql()?.query_row(ask, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    };
    assert_eq!(marked(&scene)?, (0, 0));
    scene.visit_at("2019-05-06T10:00:00+08:00")?;
    scene.sync_at("2019-05-06T20:00:00+08:00")?;

    assert_eq!(marked(&scene)?, (1, 1), "no read has settled it yet");
    assert_eq!(scene.kept("2019-05")?, (None, (1, 1)));
    assert_eq!(marked(&scene)?, (0, 0));
    assert_eq!(scene.coverage("2019-05")?["sums"]["met_declared"], 1);
    assert_eq!(scene.kept("2019-04")?.1, (0, 1));
    Ok(())
}

#[test]
fn the_first_figure_is_written_before_the_late_visit_and_never_moves() -> Outcome {
    let mut scene = scene()?;
    scene.visit_at("2019-05-31T17:00:00+08:00")?;
    scene.sync_at("2019-06-14T19:00:00+08:00")?;

    let late = scene.coverage("2019-05")?;
    assert_eq!(late["report"]["declared"], json!({"first": [0, 1], "revised": [1, 1], "reasons": {"late_sync": [1, 0]}}));
    assert_eq!(late["first_roster"], json!([[scene.household, scene.cadre]]));
    assert_eq!(scene.kept("2019-05")?, (Some((0, 1)), (1, 1)));

    scene.world.at("2019-07-05T09:00:00+08:00")?;
    scene.world.office.pairing_end(scene.pairing, "2019-05-10".parse()?, "调动")?;
    let corrected = scene.coverage("2019-05")?;
    assert_eq!(corrected["report"]["declared"]["first"], json!([0, 1]));
    assert_eq!(corrected["first_roster"], json!([[scene.household, scene.cadre]]), "the roster as it stood");
    Ok(())
}

#[test]
fn the_last_second_before_the_freeze_still_counts_in_the_first_figure() -> Outcome {
    for (at, first) in [("2019-06-10T23:59:59+08:00", 1), ("2019-06-11T00:00:00+08:00", 0)] {
        let mut scene = scene()?;
        scene.visit_at("2019-05-31T17:00:00+08:00")?;
        scene.sync_at(at)?;
        scene.world.at("2019-06-12T09:00:00+08:00")?;
        assert_eq!(scene.coverage("2019-05")?["report"]["declared"]["first"], json!([first, 1]), "{at}");
    }
    Ok(())
}

#[test]
fn months_frozen_before_the_first_roster_get_their_figure_from_the_transaction_that_brings_it() -> Outcome {
    let scene = scene()?;
    let months = rows(&scene, "SELECT month FROM first_month ORDER BY month")?;
    assert_eq!(months, ["2019-01", "2019-02", "2019-03"], "April freezes on 10 May");
    assert_eq!(scene.kept("2019-03")?.0, Some((0, 1)));
    assert_eq!(scene.kept("2019-04")?.0, None);
    Ok(())
}

#[test]
fn a_household_entered_later_moves_the_revised_figure_by_the_reason_roster() -> Outcome {
    let mut scene = scene()?;
    scene.visit_at("2019-05-06T10:00:00+08:00")?;
    scene.sync_at("2019-05-06T20:00:00+08:00")?;
    scene.world.at("2019-06-12T09:00:00+08:00")?;
    assert_eq!(scene.coverage("2019-05")?["report"]["declared"]["first"], json!([1, 1]));

    let fields = scene.world.office.record_show(scene.household)?;
    assert_eq!(fields["kind"], "household");
    scene.world.office.record_edit(scene.household, &[("status", "poor,2019-06-01,")])?;
    let after = scene.coverage("2019-05")?;
    assert_eq!(after["report"]["declared"]["first"], json!([1, 1]));
    assert_eq!(after["report"]["declared"]["revised"], json!([0, 0]));
    assert_eq!(after["report"]["declared"]["reasons"], json!({"roster": [0, 1]}));
    Ok(())
}

#[test]
fn rules_are_versioned_and_a_frozen_month_keeps_its_own() -> Outcome {
    let scene = scene()?;
    let office = &scene.world.office;
    assert_eq!(office.config_show(None)?["version"], 0);
    assert_eq!(office.config_show(None)?["config"]["k_min"], 10);
    let set = office.config_set(&[("k_min", "20"), ("tiers.monthly.need", "2")], None, Some("2019-06-01".parse()?))?;
    assert_eq!((&set["version"], &set["config"]["k_min"], &set["config"]["tiers"]["monthly"]["need"]), (&json!(2), &json!(20), &json!(2)));

    for (key, value, code) in [("k_min", "6", "bad_config"), ("unicorns", "1", "usage"), ("freeze_day", "2", "bad_config")] {
        let refused = office.config_set(&[(key, value)], None, Some("2019-06-01".parse()?));
        assert_eq!(refused.err().map(|error| error.code()), Some(code), "{key}={value}");
    }
    assert_eq!(
        office.config_set(&[("k_min", "12")], None, Some("2019-02-01".parse()?)).err().map(|error| error.code()),
        Some("bad_config")
    );
    assert_eq!(office.config_show(None)?["version"], 2, "nothing refused was written");
    scene.world.at("2019-06-05T09:00:00+08:00")?;
    assert_eq!(scene.coverage("2019-05")?["households"][0]["need"], 1);
    assert_eq!(scene.coverage("2019-06")?["households"][0]["need"], 2);
    Ok(())
}

#[test]
fn gaps_name_the_household_its_days_and_who_held_it_last() -> Outcome {
    let scene = scene()?;
    scene.world.office.pairing_end(scene.pairing, "2019-05-03".parse()?, "调动")?;
    scene.world.at("2019-05-20T09:00:00+08:00")?;
    let gaps = scene.world.office.gaps(TOWN.parse()?, "2019-05".parse()?)?;
    assert_eq!(
        gaps,
        json!([{"household": scene.household, "number": "6108022092010001", "place": VILLAGE, "gap_days": 17, "hidden_days": 0,
            "since": "2019-05-03", "last_holder": scene.cadre, "reason": "no_holder"}])
    );
    assert_eq!(scene.world.office.gaps(OTHER_VILLAGE.parse()?, "2019-05".parse()?)?, json!([]));
    Ok(())
}

#[test]
fn a_place_that_is_not_in_the_tree_is_refused() -> Outcome {
    let scene = scene()?;
    let refused = scene.world.office.coverage("610802209999".parse()?, "2019-05".parse()?, None);
    assert_eq!(refused.err().map(|error| error.code()), Some("bad_place"));
    Ok(())
}

/// What happens next in a random history.
#[derive(Debug, Clone)]
enum Step {
    Visit,
    Sync,
    EndPairing(u8),
    Days(u8),
    Status(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Visit),
        4 => Just(Step::Sync),
        1 => (1..28_u8).prop_map(Step::EndPairing),
        4 => (1..12_u8).prop_map(Step::Days),
        1 => any::<bool>().prop_map(Step::Status),
    ]
}

/// All rows of a table as text.
fn rows(scene: &Scene, sql: &str) -> Outcome<Vec<String>> {
    let connection = scene.world.sql()?;
    let mut ask = connection.prepare(sql)?;
    let rows = ask.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(rows)
}

const FIRST: &str = "SELECT place || month || hex(household) || coalesce(attributed, '-') || due || met_declared || met_verified FROM first_figure ORDER BY 1";

/// Plays a history and checks, after every step, that what was written first still stands and that what is kept is what is counted.
fn play(steps: &[Step]) -> Outcome {
    let mut scene = scene()?;
    let mut now = "2019-05-05T09:00:00+08:00".parse::<daohu_domain::calendar::Instant>()?;
    let mut first = rows(&scene, FIRST)?;
    for step in steps {
        now.0 += 3_600_000;
        scene.world.at(&now.to_string())?;
        match step {
            Step::Visit => {
                scene.phone.visit(scene.household, &now.to_string(), "核对了台账。")?;
            }
            Step::Sync => {
                scene.phone.sync(&scene.world.office)?;
            }
            Step::EndPairing(day) => {
                scene.world.office.pairing_end(scene.pairing, format!("2019-05-{day:02}").parse()?, "调动")?;
            }
            Step::Days(days) => now.0 += i64::from(*days) * 86_400_000,
            Step::Status(due) => {
                let status = if *due { "poor,2019-01-01," } else { "poor,2019-01-01,2019-05-20;ordinary,2019-05-20," };
                // The same status once more is no change.
                _ = scene.world.office.record_edit(scene.household, &[("status", status)]);
            }
        }
        scene.world.at(&now.to_string())?;
        let later = rows(&scene, FIRST)?;
        assert!(first.iter().all(|row| later.contains(row)), "a first figure moved");
        first = later;
        for month in ["2019-04", "2019-05", "2019-06"] {
            let month: Month = month.parse()?;
            let counted = scene.world.office.coverage(VILLAGE.parse()?, month, None)?;
            for row in scene.world.office.village_months(VILLAGE.parse()?, month, month)? {
                assert_eq!(
                    json!([row.declared.0, row.declared.1]),
                    json!([counted["sums"]["met_declared"], counted["sums"]["due"]]),
                    "{month}"
                );
                assert_eq!(
                    row.first_declared.map(|(met, due)| json!([met, due])).unwrap_or_default(),
                    counted["report"]["declared"]["first"]
                );
                assert_eq!(json!(row.gap_households), counted["sums"]["gap_households"], "{month}");
            }
        }
        first = rows(&scene, FIRST)?.into_iter().chain(first).collect();
    }
    assert_eq!(scene.world.office.rebuild()?["differences"], 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn first_figures_never_move_and_kept_rows_are_what_is_counted(steps in prop::collection::vec(step(), 1..14)) {
        play(&steps).map_err(|why| TestCaseError::fail(why.to_string()))?;
    }
}
