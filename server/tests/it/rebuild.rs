//! A rebuild from the changes gives the rows that stand, after every step of random histories.

use daohu_domain::id::Id;
use proptest::prelude::*;
use serde_json::json;

use crate::phone::Phone;
use crate::world::{Outcome, World};

/// What somebody does next.
#[derive(Debug, Clone)]
enum Step {
    Visit(usize, String),
    Note(usize, String),
    Withdraw(usize),
    Review(&'static str),
    OfficeNote(String),
    EndPairing,
    Sync(usize),
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..2_usize;
    prop_oneof![
        3 => (who.clone(), "[一二三四五六]{1,8}").prop_map(|(who, text)| Step::Visit(who, text)),
        2 => (who.clone(), "[甲乙丙丁]{1,4}").prop_map(|(who, text)| Step::Note(who, text)),
        1 => who.clone().prop_map(Step::Withdraw),
        2 => prop_oneof![Just("pass"), Just("flag"), Just("return"), Just("void")].prop_map(Step::Review),
        1 => "[戊己庚辛]{1,4}".prop_map(Step::OfficeNote),
        1 => Just(Step::EndPairing),
        4 => who.prop_map(Step::Sync),
        2 => (1..600_u32).prop_map(Step::Wait),
    ]
}

struct Play {
    world: World,
    phones: [Phone; 2],
    household: Id,
    visits: Vec<Id>,
    ended: bool,
    minutes: u32,
}

impl Play {
    fn new() -> Outcome<Self> {
        let world = World::new()?;
        let (first, household, _) = world.helper("一号", "610802209201001")?;
        let cadre = world.cadre("二号")?;
        world.pair(household, cadre, "assistant")?;
        world.user("二号", "assistant_helper", None, Some(cadre))?;
        let second = world.phone("二号")?;
        let mut phones = [first, second];
        for phone in &mut phones {
            phone.sync(&world.office)?;
        }
        Ok(Self { world, phones, household, visits: Vec::new(), ended: false, minutes: 0 })
    }

    fn now(&self) -> daohu_domain::calendar::Instant {
        self.world.office.now()
    }

    fn play(&mut self, step: &Step) -> Outcome {
        let at = self.now();
        match step {
            Step::Visit(who, text) => {
                let visit = self.phones[*who].visit(self.household, &at.to_string(), text)?;
                self.visits.push(visit);
            }
            Step::Note(who, text) => {
                let note = json!({ "contact_note": text }).as_object().cloned().unwrap_or_default();
                // The same words once more are no change.
                _ = self.phones[*who].edit(self.household, &note, at.0);
            }
            Step::Withdraw(who) => {
                if let Some(visit) = self.visits.iter().find(|visit| self.phones[*who].documents.contains_key(visit)) {
                    self.phones[*who].append(*visit, "withdraw", at.0)?;
                }
            }
            Step::Review(result) => self.review(result)?,
            Step::OfficeNote(text) => _ = self.world.office.record_edit(self.household, &[("contact_note", text)])?,
            Step::EndPairing if !self.ended => {
                let listed = self.world.office.pairing_list(Some(&self.household.to_string()), None, None)?;
                let id = listed[1]["id"].as_str().ok_or("no pairing")?.parse()?;
                self.world.office.pairing_end(id, "2019-06-01".parse()?, "transferred")?;
                self.ended = true;
            }
            Step::EndPairing => {}
            Step::Sync(who) => _ = self.phones[*who].sync(&self.world.office)?,
            Step::Wait(minutes) => {
                self.minutes += minutes;
                let later = daohu_domain::calendar::Instant(at.0 + i64::from(*minutes) * 60_000);
                self.world.at(&later.to_string())?;
            }
        }
        Ok(())
    }

    /// The office reviews a visit that has arrived.
    fn review(&self, result: &str) -> Outcome {
        let arrived = self.visits.iter().find(|visit| self.world.office.record(**visit).is_ok());
        let Some(target) = arrived else { return Ok(()) };
        let fields = json!({ "target": target, "target_kind": "visit", "result": result, "rule": "AR-01", "reason": "看过" });
        self.world.write("review", Some(self.household), "610802209201", fields)?;
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rebuild_changes_no_row_after_any_step(steps in proptest::collection::vec(step(), 1..25)) {
        let mut play = Play::new().map_err(|error| TestCaseError::fail(error.to_string()))?;
        for step in &steps {
            play.play(step).map_err(|error| TestCaseError::fail(format!("{step:?}: {error}")))?;
            let count = play.world.office.rebuild().map_err(|error| TestCaseError::fail(format!("{step:?}: {error:?}")))?;
            prop_assert_eq!(&count["differences"], &json!(0), "after {:?}", step);
        }
        let verified = play.world.office.verify().map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&verified["ok"], &json!(true));
    }
}

#[test]
fn a_projection_that_was_tampered_with_is_mended_and_counted() -> Outcome {
    let world = World::new()?;
    let household = world.household("610802209201", "1")?;
    world.sql()?.execute("UPDATE doc SET fields = json_set(fields, '$.head_name', '别人') WHERE kind = 'household'", [])?;
    assert_eq!(world.office.record_show(household)?["fields"]["head_name"], "别人");

    let count = world.office.rebuild()?;

    assert_eq!(count["differences"], 1);
    assert_eq!(world.office.record_show(household)?["fields"]["head_name"], "王建军");
    assert_eq!(world.office.rebuild()?["differences"], 0);
    Ok(())
}
