//! Records as the office works with them: added, edited, listed, shown, paired, on leave; secrets kept and erased.

use serde_json::{Value, json};

use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World, id_in};

fn refused<T: std::fmt::Debug>(answer: Result<T, daohu_server::error::OfficeError>) -> Outcome<(&'static str, String, Value)> {
    let error = answer.err().ok_or("it was not refused")?;
    Ok((error.code(), error.zh(), error.detail()))
}

#[test]
fn a_record_that_breaks_its_declaration_is_refused_with_sentences() -> Outcome {
    let world = World::new()?;
    let answer = world.office.record_add("household", &[("place", VILLAGE), ("number", "1"), ("people", "很多")]);

    let (code, zh, detail) = refused(answer)?;

    assert_eq!(code, "invalid_record");
    assert!(!zh.is_empty());
    assert_eq!(detail["violations"][0]["field"], "people");
    let (_, _, detail) = refused(world.office.record_add("household", &[("place", VILLAGE), ("number", "1")]))?;
    assert_eq!(detail["violations"][0]["field"], "head_name");
    let (_, _, detail) = refused(world.office.record_add("household", &[("place", VILLAGE), ("nmber", "1")]))?;
    assert_eq!(detail["violations"][0]["field"], "nmber");
    assert_eq!(refused(world.office.record_add("spaceship", &[]))?.0, "unknown_kind");
    assert_eq!(refused(world.office.record_add("household", &[("number", "1"), ("head_name", "王")]))?.0, "bad_place");
    Ok(())
}

#[test]
fn a_natural_key_is_given_once() -> Outcome {
    let world = World::new()?;
    world.office.record_add("org", &[("name", "区医院")])?;

    assert_eq!(refused(world.office.record_add("org", &[("name", "区医院")]))?.0, "already_taken");
    Ok(())
}

#[test]
fn a_sealed_field_is_refused_and_an_unknown_record_not_found() -> Outcome {
    let world = World::new()?;
    let (household, cadre) = (world.household(VILLAGE, "1")?, world.cadre("一号")?);
    let pairing = world.pair(household, cadre, "primary")?;

    assert_eq!(refused(world.office.record_edit(pairing, &[("from", "2019-02-01")]))?.0, "sealed");
    assert_eq!(refused(world.office.record_edit(world.office.new_id(), &[("number", "2")]))?.0, "not_found");
    assert_eq!(refused(world.office.record_show(world.office.new_id()))?.0, "not_found");
    Ok(())
}

#[test]
fn what_a_record_is_and_whose_never_changes() -> Outcome {
    let world = World::new()?;
    let (household, other, cadre) = (world.household(VILLAGE, "1")?, world.household(VILLAGE, "2")?, world.cadre("一号")?);
    let visit = json!({"mode": "home", "purpose": ["verify"], "start": "2019-05-04T10:00:00+08:00", "end": "2019-05-04T10:40:00+08:00",
        "met": [{"name": "王建军", "relation": "户主"}], "narrative": "核对羊圈台账", "recorder": cadre});
    let visit = world.write("visit", Some(household), VILLAGE, visit)?;

    for (key, value) in
        [("household", other.to_string()), ("place", OTHER_VILLAGE.to_owned()), ("kind", "task".to_owned()), ("by", cadre.to_string())]
    {
        let (code, zh, detail) = refused(world.office.record_edit(visit, &[(key, &value)]))?;

        assert_eq!((code, &detail["field"]), ("sealed", &json!(key)));
        assert!(zh.contains(key), "{zh}");
    }
    assert_eq!(world.office.record_show(visit)?["household"], json!(household));
    Ok(())
}

#[test]
fn a_refusal_says_which_field_and_what_was_not_found() -> Outcome {
    let world = World::new()?;
    let (household, nobody) = (world.household(VILLAGE, "1")?, world.office.new_id());

    let (code, zh, detail) = refused(world.office.record_edit(household, &[("head_name", "")]))?;
    assert_eq!((code, &detail["violations"][0]["field"]), ("invalid_record", &json!("head_name")));
    assert!(zh.contains("户主"), "{zh}");

    let (code, zh, detail) = refused(world.office.record_add("task", &[("title", "修水管")]))?;
    assert_eq!((code, &detail["violations"][0]["field"]), ("invalid_record", &json!("household")));
    assert!(zh.contains("哪一户"), "{zh}");

    let (code, zh, detail) = refused(world.office.record_add("task", &[("title", "修水管"), ("household", "404")]))?;
    assert_eq!(
        (code, &detail),
        ("not_found", &json!({ "field": "household" })),
        "what was typed is not repeated: it may be a telephone number"
    );
    assert!(zh.contains("这一户"), "{zh}");

    let (_, zh, detail) = refused(world.office.record_show(nobody))?;
    assert_eq!(detail, json!({ "field": "record" }));
    assert!(zh.contains("这条记录"), "{zh}");
    Ok(())
}

#[test]
fn an_edit_that_says_nothing_new_writes_nothing() -> Outcome {
    let world = World::new()?;
    let household = world.household(VILLAGE, "1")?;
    let before = world.office.verify()?["tree_size"].clone();

    world.office.record_edit(household, &[("number", "1")])?;

    assert_eq!(world.office.verify()?["tree_size"], before);
    Ok(())
}

#[test]
fn a_list_comes_in_pages_filtered_by_place_and_text() -> Outcome {
    let world = World::new()?;
    for n in 0..7 {
        world.household(VILLAGE, &format!("61080220920100{n}"))?;
    }
    let far = world.household(OTHER_VILLAGE, "610802209202001")?;
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = world.office.record_list("household", Some(TOWN.parse()?), None, Some(3), cursor.as_deref())?;
        seen.extend(page["records"].as_array().into_iter().flatten().map(|row| row["id"].to_string()));
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 8);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique, seen, "in the order of ids, each once");

    let page = world.office.record_list("household", Some(OTHER_VILLAGE.parse()?), None, None, None)?;
    assert_eq!(id_in(&page["records"][0])?, far);
    let page = world.office.record_list("household", None, Some("9202001"), None, None)?;
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1));
    let page = world.office.record_list("household", None, Some("王建"), None, None)?;
    assert_eq!(page["records"].as_array().map(Vec::len), Some(8));
    assert_eq!(refused(world.office.record_list("household", None, None, None, Some("x")))?.0, "bad_cursor");
    Ok(())
}

#[test]
fn a_pairing_begins_and_ends_and_is_found_by_day() -> Outcome {
    let world = World::new()?;
    let (household, cadre) = (world.household(VILLAGE, "610802209201001")?, world.cadre("一号")?);
    let added = world.office.pairing_add("610802209201001", cadre, "primary", "2019-03-01".parse()?, Some("石发〔2019〕3号"))?;
    assert_eq!(added["pairing"]["household"], json!(household));
    assert_eq!(added["pairing"]["number"], "610802209201001");
    assert_eq!(added["pairing"]["to"], Value::Null);
    let id = id_in(&added["pairing"])?;
    let again = world.office.pairing_add("610802209201001", cadre, "primary", "2019-04-01".parse()?, None);
    assert_eq!(refused(again)?.0, "overlap");

    let ended = world.office.pairing_end(id, "2019-05-01".parse()?, "换届")?;

    assert_eq!(ended["pairing"]["to"], "2019-05-01");
    assert_eq!(world.office.record_show(id)?["fields"]["end_reason"], "election");
    let on = |day: &str| -> Outcome<usize> {
        let listed = world.office.pairing_list(None, None, Some(day.parse()?))?;
        Ok(listed.as_array().map_or(0, Vec::len))
    };
    assert_eq!([on("2019-02-28")?, on("2019-03-01")?, on("2019-04-30")?, on("2019-05-01")?], [0, 1, 1, 0]);
    world.office.pairing_add("610802209201001", cadre, "primary", "2019-05-01".parse()?, None)?;
    assert_eq!(refused(world.office.pairing_end(id, "2019-02-01".parse()?, "更正"))?.0, "invalid_record");
    Ok(())
}

#[test]
fn an_end_with_another_reason_keeps_the_words() -> Outcome {
    let world = World::new()?;
    let (household, cadre) = (world.household(VILLAGE, "1")?, world.cadre("一号")?);
    let id = world.pair(household, cadre, "primary")?;

    world.office.pairing_end(id, "2019-05-01".parse()?, "家里有事")?;

    let shown = world.office.record_show(id)?;
    assert_eq!((&shown["fields"]["end_reason"], &shown["fields"]["end_note"]), (&json!("other"), &json!("家里有事")));
    Ok(())
}

#[test]
fn a_leave_has_a_deputy_and_an_order_of_days() -> Outcome {
    let world = World::new()?;
    let (cadre, deputy) = (world.cadre("一号")?, world.cadre("二号")?);

    let added = world.office.leave_add(cadre, "2019-05-01".parse()?, "2019-06-01".parse()?, Some(deputy))?;

    assert_eq!(added["leave"]["deputy"], json!(deputy));
    let shown = world.office.record_show(id_in(&added["leave"])?)?;
    assert_eq!(shown["fields"]["to"], "2019-06-01");
    let unknown = world.office.leave_add(world.office.new_id(), "2019-05-01".parse()?, "2019-06-01".parse()?, None);
    assert_eq!(refused(unknown)?.0, "not_found");
    Ok(())
}

#[test]
fn a_secret_is_read_with_a_reason_and_the_reading_is_told() -> Outcome {
    let world = World::new()?;
    let cadre = world.cadre("一号")?;
    assert_eq!(refused(world.office.read_secret((cadre, "phone"), None, " "))?.0, "needs_reason");
    assert_eq!(world.office.store().audits(10)?.len(), 0);

    let person = world.office.new_id();
    world.office.read_secret((cadre, "phone"), Some(person), "群众来电核实")?;

    let audits = world.office.store().audits(10)?;
    assert_eq!(audits.len(), 1);
    assert_eq!((audits[0].action, audits[0].person, audits[0].reason.as_str()), ("read_secret", Some(person), "群众来电核实"));
    assert_eq!(refused(world.office.read_secret((cadre, "id_number"), None, "x"))?.0, "not_found");
    Ok(())
}

#[test]
fn an_erased_secret_is_gone_from_the_file() -> Outcome {
    let world = World::new()?;
    let cadre = world.cadre("一号")?;
    let sealed: Vec<u8> = world.sql()?.query_row("SELECT sealed FROM secret", [], |row| row.get(0))?;
    world.office.erase_secret((cadre, "phone"), None, "本人要求")?;

    assert_eq!(refused(world.office.read_secret((cadre, "phone"), None, "x"))?.0, "not_found");
    assert_eq!(world.office.record_show(cadre)?["masked"], json!([]));
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    rusqlite::Connection::open_with_flags(world.data().join("daohu.db"), flags)?.query_row(
        "PRAGMA wal_checkpoint(TRUNCATE)",
        [],
        |_| Ok(()),
    )?;
    let file = std::fs::read(world.data().join("daohu.db"))?;
    assert!(!file.windows(sealed.len()).any(|window| window == sealed), "not even the ciphertext is left in a free page");
    assert_eq!(world.office.verify()?["ok"], true, "the log still holds");
    Ok(())
}

#[test]
fn a_secret_that_is_changed_replaces_the_old_one_and_an_empty_one_erases_it() -> Outcome {
    let world = World::new()?;
    let cadre = world.cadre("一号")?;
    world.office.record_edit(cadre, &[("phone", "15987654321")])?;
    assert_eq!(world.office.record_show(cadre)?["fields"]["phone"], "159****4321");

    world.office.record_edit(cadre, &[("phone", "")])?;

    assert_eq!(world.office.record_show(cadre)?["masked"], json!([]));
    let count: i64 = world.sql()?.query_row("SELECT count(*) FROM secret", [], |row| row.get(0))?;
    assert_eq!(count, 0);
    Ok(())
}

#[test]
fn digests_of_secrets_are_equal_for_equal_ones_and_keyed() -> Outcome {
    let (world, other) = (World::new()?, World::new()?);
    let (one, two) = (world.cadre("一号")?, world.cadre("二号")?);

    assert_eq!(world.office.secret_digest(one, "phone")?, world.office.secret_digest(two, "phone")?);
    assert_eq!(world.office.secret_digest(one, "phone")?, Some(world.office.digest("13812345678")));
    assert_ne!(world.office.digest("13812345678"), other.office.digest("13812345678"));
    assert_eq!(world.office.secret_digest(one, "id_number")?, None);
    Ok(())
}

#[test]
fn a_history_tells_who_said_what_when() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, cadre) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at("2019-05-06T10:00:00+08:00")?;
    let note = json!({ "contact_note": "上午打电话" }).as_object().cloned().unwrap_or_default();
    phone.edit(household, &note, world.office.now().0)?;
    phone.sync(&world.office)?;
    world.office.record_edit(household, &[("contact_note", "下午打电话")])?;

    let past = world.office.record_history(household, Some("contact_note"))?;

    assert_eq!(past.as_array().map(Vec::len), Some(2));
    assert_eq!((&past[0]["value"], &past[0]["by"]), (&json!("上午打电话"), &json!(cadre)));
    assert_eq!((&past[1]["value"], &past[1]["by"]), (&json!("下午打电话"), &Value::Null));
    assert_eq!(past[0]["received_at"], "2019-05-06T10:00:00+08:00");
    Ok(())
}
