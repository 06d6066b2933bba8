//! Reviews judge visits and month records without writing into them: the state is folded, by the rights the reviewer held.

use daohu_domain::id::Id;
use daohu_domain::place::Place;
use serde_json::{Value, json};

use crate::phone::Phone;
use crate::world::{Outcome, VILLAGE, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

struct Scene {
    world: World,
    helper: Phone,
    secretary: Phone,
    household: Id,
    visit: Id,
}

fn scene() -> Outcome<Scene> {
    let world = World::new()?;
    let (mut helper, household, _) = world.helper("一号", "610802209201001")?;
    let cadre = world.cadre("书记")?;
    world.user("书记", "village_secretary", Some(VILLAGE), Some(cadre))?;
    let mut secretary = world.phone("书记")?;
    helper.sync(&world.office)?;
    world.at(AT)?;
    let visit = helper.visit(household, AT, "核对了台账。")?;
    helper.sync(&world.office)?;
    world.at("2019-05-07T10:00:00+08:00")?;
    secretary.sync(&world.office)?;
    Ok(Scene { world, helper, secretary, household, visit })
}

impl Scene {
    fn review(&mut self, target: Id, fields: Value) -> Outcome<Vec<String>> {
        let mut all = json!({ "target": target, "target_kind": "visit" });
        for (key, value) in fields.as_object().into_iter().flatten() {
            all[key.as_str()] = value.clone();
        }
        let place: Place = VILLAGE.parse()?;
        let fields = all.as_object().cloned().unwrap_or_default();
        let at_ms = self.world.office.now().0;
        self.secretary.create("review", (place, Some(self.household)), &fields, None, at_ms)?;
        Ok(self.secretary.sync(&self.world.office)?.codes)
    }

    fn state(&self) -> Outcome<String> {
        Ok(self.world.office.record_show(self.visit)?["state"].as_str().ok_or("no state")?.to_owned())
    }
}

#[test]
fn a_review_passes_a_visit_and_a_flag_holds_it() -> Outcome {
    let mut scene = scene()?;
    assert_eq!(scene.state()?, "received");
    assert_eq!(scene.review(scene.visit, json!({ "result": "flag", "rule": "AR-01" }))?, Vec::<String>::new());
    assert_eq!(scene.state()?, "flagged");
    scene.world.at("2019-05-07T11:00:00+08:00")?;
    scene.review(scene.visit, json!({ "result": "accept", "rule": "AR-01" }))?;
    assert_eq!(scene.state()?, "passed");

    assert_eq!(scene.world.office.rebuild()?["differences"], 0);
    Ok(())
}

#[test]
fn a_visit_whose_time_is_in_doubt_is_held_until_a_reviewer_accepts_it() -> Outcome {
    let mut scene = scene()?;
    scene.helper.anchors.clear();
    scene.visit = scene.helper.visit(scene.household, AT, "没有锚点。")?;
    scene.helper.sync(&scene.world.office)?;
    assert_eq!(scene.state()?, "flagged");
    scene.world.at("2019-05-07T11:00:00+08:00")?;
    scene.review(scene.visit, json!({ "result": "pass" }))?;
    assert_eq!(scene.state()?, "flagged", "a pass alone settles no doubt");
    scene.world.at("2019-05-07T12:00:00+08:00")?;

    scene.review(scene.visit, json!({ "result": "accept", "rule": "time_doubt" }))?;

    assert_eq!(scene.state()?, "passed");
    assert_eq!(scene.world.office.rebuild()?["differences"], 0);
    Ok(())
}

#[test]
fn a_returned_visit_is_handed_in_again() -> Outcome {
    let mut scene = scene()?;
    scene.review(scene.visit, json!({ "result": "return", "reason": "写得太空" }))?;
    assert_eq!(scene.state()?, "returned");
    scene.helper.sync(&scene.world.office)?;
    scene.world.at("2019-05-08T10:00:00+08:00")?;
    scene.helper.append(scene.visit, "resubmit", scene.world.office.now().0)?;

    scene.helper.sync(&scene.world.office)?;

    assert_eq!(scene.state()?, "received");
    let shown = scene.world.office.record_show(scene.visit)?;
    let names: Vec<&str> = shown["events"].as_array().into_iter().flatten().filter_map(|event| event["name"].as_str()).collect();
    assert_eq!(names, ["submit", "resubmit"]);
    assert_eq!(scene.world.office.rebuild()?["differences"], 0);
    Ok(())
}

#[test]
fn nobody_passes_a_visit_he_took_part_in() -> Outcome {
    let mut scene = scene()?;
    let own = scene.secretary.visit(scene.household, AT, "书记自己走访。")?;
    scene.secretary.sync(&scene.world.office)?;
    scene.world.at("2019-05-07T11:00:00+08:00")?;

    scene.review(own, json!({ "result": "pass" }))?;

    assert_eq!(scene.world.office.record_show(own)?["state"], "received", "the review stands, without effect");
    Ok(())
}

#[test]
fn what_only_the_township_decides_is_refused_from_a_village() -> Outcome {
    let mut scene = scene()?;

    assert_eq!(scene.review(scene.visit, json!({ "result": "approve_backfill" }))?, ["forbidden_writer"]);
    assert_eq!(scene.review(scene.visit, json!({ "result": "void", "reason": "确认不实" }))?, Vec::<String>::new());
    assert_eq!(scene.state()?, "voided");
    assert_eq!(scene.review(scene.visit, json!({ "result": "restore", "reason": "弄错了" }))?, ["forbidden_writer"]);
    Ok(())
}

#[test]
fn a_pass_of_the_month_record_passes_the_months_visits() -> Outcome {
    let mut scene = scene()?;
    let place: Place = VILLAGE.parse()?;
    let month = json!({ "month": "2019-05", "work": "走访一次。" }).as_object().cloned().unwrap_or_default();
    let at_ms = scene.world.office.now().0;
    let record = scene.helper.create("month_record", (place, Some(scene.household)), &month, None, at_ms)?;
    scene.helper.append(record, "submit", at_ms)?;
    scene.helper.sync(&scene.world.office)?;
    assert_eq!(scene.world.office.record_show(record)?["state"], "submitted");
    scene.world.at("2019-05-31T10:00:00+08:00")?;

    scene.review(record, json!({ "target_kind": "month_record", "result": "pass" }))?;

    assert_eq!(scene.world.office.record_show(record)?["state"], "village_reviewed");
    assert_eq!(scene.state()?, "passed");
    assert_eq!(scene.world.office.rebuild()?["differences"], 0);
    Ok(())
}

#[test]
fn an_event_that_does_not_fit_is_kept_and_shown_as_refused() -> Outcome {
    let mut scene = scene()?;
    let at_ms = scene.world.office.now().0;
    scene.helper.append(scene.visit, "resubmit", at_ms)?;

    assert_eq!(scene.helper.sync(&scene.world.office)?.ok, 1);

    let shown = scene.world.office.record_show(scene.visit)?;
    assert_eq!(shown["events"][1]["refused"], true);
    assert_eq!(shown["state"], "received");
    Ok(())
}
