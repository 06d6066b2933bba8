//! The thread: two phones of one household, offline and back, and the office that sees it all.

use serde_json::{Value, json};

use crate::world::{Outcome, VILLAGE, World};

fn note(text: &str) -> daohu_domain::kind::Fields {
    json!({ "contact_note": text }).as_object().cloned().unwrap_or_default()
}

#[test]
fn two_phones_of_one_household_come_back_and_agree() -> Outcome {
    let world = World::new()?;
    let (mut first, household, _) = world.helper("一号", "610802209201001")?;
    let cadre = world.cadre("二号")?;
    world.pair(household, cadre, "assistant")?;
    world.user("二号", "assistant_helper", None, Some(cadre))?;
    let mut second = world.phone("二号")?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let mut secretary = world.phone("书记")?;
    for phone in [&mut first, &mut second, &mut secretary] {
        phone.sync(&world.office)?;
    }
    let at = "2019-05-12T10:00:00+08:00";
    let at_ms = at.parse::<daohu_domain::calendar::Instant>()?.0;
    let visit = first.visit(household, at, "核对了收入台账,羊增加两只。")?;
    first.edit(household, &note("上午打电话"), at_ms)?;
    second.visit(household, at, "补贴已到账。")?;
    second.edit(household, &note("只接村委会电话"), at_ms)?;

    world.at("2019-05-13T20:00:00+08:00")?;
    for _ in 0..2 {
        for phone in [&mut second, &mut first, &mut secretary] {
            phone.sync(&world.office)?;
        }
    }

    let heads = |phone: &crate::phone::Phone| phone.documents.get(&household).map(|document| document.heads());
    assert_eq!(heads(&first), heads(&second));
    assert_eq!(heads(&first), heads(&secretary));
    assert_eq!(first.note_of(household)?.conflicts.len(), 1, "both notes are shown");
    let listed = world.office.record_list("visit", None, None, None, None)?;
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(2));
    let shown = world.office.record_show(visit)?;
    assert_eq!(shown["state"], "received");
    assert_eq!(shown["fields"]["narrative"], "核对了收入台账,羊增加两只。");
    let shown = world.office.record_show(household)?;
    assert_eq!(shown["conflicts"][0]["values"].as_array().map(Vec::len), Some(2));
    let verified = world.office.verify()?;
    assert_eq!(verified["ok"], json!(true), "{verified}");
    assert_eq!(verified["clock"], "set");
    Ok(())
}

#[test]
fn a_sync_with_nothing_new_brings_nothing_and_writes_nothing() -> Outcome {
    let world = World::new()?;
    let (mut phone, _, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    let before = std::fs::metadata(world.data().join("daohu.db-wal"))?.len();

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.requests, synced.pulled, synced.receipts, synced.policy), (1, 0, 0, false));
    assert_eq!(std::fs::metadata(world.data().join("daohu.db-wal"))?.len(), before);
    Ok(())
}

#[test]
fn a_helper_pulls_its_household_and_what_everybody_sees() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    let other = world.household(VILLAGE, "610802209201002")?;

    phone.sync(&world.office)?;

    assert_eq!(phone.kinds(), ["cadre", "household", "pairing", "region"]);
    assert!(phone.documents.contains_key(&household));
    assert!(!phone.documents.contains_key(&other), "a neighbour's household is not its business");
    assert_eq!(phone.policy.grants.len(), 2);
    let names: Vec<&str> = phone.policy.places.iter().map(|place| place.name.as_str()).collect();
    assert!(names.contains(&"红石桥乡") && names.contains(&"左界村"), "{names:?}");
    let directory = |id| phone.policy.devices.iter().find(|known| known.device == id).map(|known| known.name.clone());
    assert_eq!(directory(phone.id).as_deref(), Some("一号"));
    Ok(())
}

#[test]
fn secrets_of_a_cadre_are_in_no_document_and_shown_masked() -> Outcome {
    let world = World::new()?;
    let cadre = world.cadre("一号")?;

    let shown = world.office.record_show(cadre)?;

    assert_eq!(shown["fields"]["phone"], "138****5678");
    assert_eq!(shown["masked"], json!(["phone"]));
    let read = world.office.read_secret((cadre, "phone"), None, "核对电话")?;
    assert_eq!(read, Value::from("13812345678"));
    let bytes = std::fs::read(world.data().join("daohu.db"))?;
    let wal = std::fs::read(world.data().join("daohu.db-wal"))?;
    let holds = |haystack: &[u8]| haystack.windows(11).any(|window| window == b"13812345678");
    assert!(!holds(&bytes) && !holds(&wal), "the number stands nowhere in the file");
    Ok(())
}
