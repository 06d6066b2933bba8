//! A household's page as a phone shows it: month records that two phones made are one, and every value says whose it is.

use daohu_domain::{calendar::Instant, id::Id};
use serde_json::{Value, json};

use super::{Client, add_user};
use crate::phone::Phone;
use crate::world::{Outcome, VILLAGE, World};

const WRITTEN: &str = "2019-05-12T10:00:00+08:00";

/// A household, its two helpers, and the month record that each phone began without seeing the other's.
struct Twins {
    world: World,
    household: Id,
    phones: [Phone; 2],
    records: [Id; 2],
}

impl Twins {
    fn new() -> Outcome<Self> {
        let world = World::new()?;
        let (first, household, _) = world.helper("一号", "6108022090420001")?;
        let cadre = world.cadre("二号")?;
        world.pair(household, cadre, "assistant")?;
        world.user("二号", "assistant_helper", None, Some(cadre))?;
        let mut phones = [first, world.phone("二号")?];
        let at_ms = WRITTEN.parse::<Instant>()?.0;
        let mut records = Vec::new();
        for (phone, work, later_ms) in [(0, "核对收入台账", 0), (1, "送去补贴存折", 1)] {
            let phone = &mut phones[phone];
            phone.sync(&world.office)?;
            let home = (phone.place_of(household)?, Some(household));
            let fields = json!({"month": "2019-05", "work": work}).as_object().cloned().unwrap_or_default();
            records.push(phone.create("month_record", home, &fields, None, at_ms + later_ms)?);
        }
        world.at("2019-05-13T20:00:00+08:00")?;
        // The phone that began later arrives first: what is shown does not hang on the order.
        phones[1].sync(&world.office)?;
        phones[0].sync(&world.office)?;
        let records = <[Id; 2]>::try_from(records).map_err(|_| "not two")?;
        Ok(Self { world, household, phones, records })
    }

    async fn shown(&self) -> Outcome<Value> {
        add_user(&self.world, "secretary", "village_secretary", Some(VILLAGE))?;
        let client = Client::new(&self.world).signed_in("secretary").await?;
        client.get(&format!("/api/v1/households/{}", self.household)).await?.json()
    }
}

#[tokio::test]
async fn month_records_of_two_phones_are_shown_as_one_with_both_texts() -> Outcome {
    let twins = Twins::new()?;

    let shown = twins.shown().await?;

    let months = shown["months"].as_array().ok_or("no months")?;
    assert_eq!(months.len(), 1, "{shown}");
    assert_eq!(
        (&months[0]["id"], &months[0]["month"], &months[0]["fields"]["work"]),
        (&json!(twins.records[0]), &json!("2019-05"), &json!("核对收入台账"))
    );
    let conflicts = shown["conflicts"].as_array().ok_or("no conflicts")?;
    assert_eq!(conflicts.len(), 1, "{shown}");
    assert_eq!(
        (&conflicts[0]["record"], &conflicts[0]["kind"], &conflicts[0]["household"], &conflicts[0]["field"]),
        (&json!(twins.records[0]), &json!("month_record"), &json!(twins.household), &json!("work"))
    );
    let values = conflicts[0]["values"].as_array().ok_or("no values")?;
    let said: Vec<_> = values.iter().map(|one| (&one["n"], &one["value"], &one["by"], &one["device"], &one["claimed_at"])).collect();
    let (first, second) = (json!(twins.phones[0].id), json!(twins.phones[1].id));
    assert_eq!(
        said,
        [
            (&json!(1), &json!("核对收入台账"), &json!("一号"), &first, &json!(WRITTEN)),
            (&json!(2), &json!("送去补贴存折"), &json!("二号"), &second, &json!(WRITTEN)),
        ]
    );
    assert!(values.iter().all(|one| one["change"].as_str().is_some_and(|change| change.len() == 64)), "{shown}");
    Ok(())
}

#[test]
fn a_list_names_the_twin_of_each_month_record() -> Outcome {
    let twins = Twins::new()?;
    let [first, second] = twins.records;

    let listed = twins.world.office.record_list("month_record", None, None, None, None)?;
    let households = twins.world.office.record_list("household", None, None, None, None)?;

    let rows = listed["records"].as_array().ok_or("no records")?;
    let named: Vec<_> = rows.iter().map(|row| (&row["id"], &row["twins"])).collect();
    assert_eq!(named, [(&json!(first), &json!([second])), (&json!(second), &json!([first]))]);
    assert_eq!(households["records"][0].get("twins"), None, "a record that is alone has none");
    Ok(())
}

#[tokio::test]
async fn a_month_is_shown_with_its_text_its_visits_and_whether_it_was_late() -> Outcome {
    let mut twins = Twins::new()?;
    let visit = twins.phones[0].visit(twins.household, "2019-05-13T21:00:00+08:00", "卖了两只羊")?;
    twins.world.at("2019-06-20T09:00:00+08:00")?;
    let at_ms = twins.world.office.now().0;
    twins.phones[0].append(twins.records[0], "submit", at_ms)?;
    twins.phones[0].sync(&twins.world.office)?;

    let shown = twins.shown().await?;

    let month = &shown["months"][0];
    assert_eq!((&month["state"], &month["late"], &month["visits"]), (&json!("submitted"), &json!(true), &json!([visit])));
    let text = month["text"].as_str().ok_or("no text")?;
    assert!(text.contains("6108022090420001 王建军") && text.contains("本月工作：核对收入台账"), "{text}");
    assert!(text.contains("5月13日：卖了两只羊"), "what nobody wrote is composed of the visits: {text}");
    assert_eq!(shown.get("state"), None, "a household has no states");
    Ok(())
}

#[tokio::test]
async fn a_month_that_the_office_passed_without_naming_a_level_is_passed_by_the_township() -> Outcome {
    let mut twins = Twins::new()?;
    twins.world.at("2019-05-28T09:00:00+08:00")?;
    let at_ms = twins.world.office.now().0;
    twins.phones[0].append(twins.records[0], "submit", at_ms)?;
    twins.phones[0].sync(&twins.world.office)?;
    let pass = json!({"target": twins.records[0], "target_kind": "month_record", "result": "pass"});
    twins.world.write("review", Some(twins.household), crate::world::VILLAGE, pass)?;

    let shown = twins.shown().await?;

    assert_eq!(shown["months"][0]["state"], "town_reviewed", "roles are those of who wrote, not what a review says of itself");
    assert_eq!(twins.world.office.record_show(twins.records[0])?["state"], "town_reviewed");
    Ok(())
}
