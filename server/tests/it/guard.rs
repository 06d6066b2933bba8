//! Every class of bad item over the wire: it gets its code, waits in quarantine, and the good item beside it goes through.

use automerge::ScalarValue;
use daohu_domain::id::Id;
use daohu_domain::kind::Fields;
use daohu_domain::place::Place;
use daohu_domain::role::Role;
use daohu_server::auth::users::{self, Span};
use daohu_wire::Item;
use serde_json::json;

use crate::hostile::{header, mutant, put};
use crate::phone::Phone;
use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

fn fields(value: serde_json::Value) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}

fn at_ms() -> Outcome<i64> {
    Ok(AT.parse::<daohu_domain::calendar::Instant>()?.0)
}

/// A phone that has pulled its household.
fn ready() -> Outcome<(World, Phone, Id)> {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    Ok((world, phone, household))
}

/// Sends a bad item with a good one beside it and returns the bad one's code, having checked everything else.
fn sent(world: &World, phone: &mut Phone, household: Id, bad: Item) -> Outcome<String> {
    let good = phone.visit(household, AT, "好的一条。")?;
    phone.waiting.insert(0, bad.clone());
    let synced = phone.sync(&world.office)?;
    assert_eq!(synced.ok, 1, "the good item went through");
    assert_eq!(world.office.record_show(good)?["kind"], "visit");
    let listed = world.office.quarantine_list()?;
    let kept = listed.as_array().and_then(|rows| rows.last()).ok_or("nothing in quarantine")?;
    let shown = world.office.quarantine_show(kept["id"].as_str().ok_or("no id")?.parse()?)?;
    assert_eq!(shown["bytes"], hex::encode(&bad.bytes), "kept byte for byte");
    assert_eq!(kept["code"].as_str(), synced.codes.first().map(String::as_str));
    assert_ne!(kept["zh"], kept["code"], "the author is told what to do");
    assert_eq!(world.office.verify()?["ok"], true, "the log proves refused items too");
    synced.codes.into_iter().next().ok_or_else(|| "no code".into())
}

/// A change of the household by this phone that a hostile program wrote.
fn household_change(phone: &Phone, household: Id, values: &[(&str, ScalarValue)]) -> Outcome<Item> {
    let bytes = put(phone.documents.get(&household), phone.id, values)?;
    Ok(Item::change(household, phone.place_of(household)?, bytes))
}

#[test]
fn bytes_that_are_no_change_are_unreadable() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let bad = Item::change(household, VILLAGE.parse()?, b"not a change at all".to_vec());

    assert_eq!(sent(&world, &mut phone, household, bad)?, "unreadable");
    Ok(())
}

#[test]
fn a_compressed_chunk_is_refused_before_it_is_inflated() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let mut bytes = household_change(&phone, household, &[("contact_note", "上午".into())])?.bytes;
    bytes[8] = 2;

    let bad = Item::change(household, VILLAGE.parse()?, bytes);

    assert_eq!(sent(&world, &mut phone, household, bad)?, "compressed_chunk");
    Ok(())
}

#[test]
fn a_change_over_the_limit_is_too_big() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let long = "长".repeat(30_000);
    let bad = household_change(&phone, household, &[("contact_note", long.as_str().into())])?;

    assert_eq!(sent(&world, &mut phone, household, bad)?, "too_big");
    Ok(())
}

#[test]
fn a_mutant_that_makes_the_library_panic_is_named_so_and_ends_nothing() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let honest = household_change(&phone, household, &[("contact_note", "上午打电话".into())])?;
    let place: Place = VILLAGE.parse()?;
    for code in ["panics", "not_canonical"] {
        let base = phone.documents.get(&household).ok_or("not here")?;
        let bytes = mutant(code, (base, household, place, phone.id), &honest.bytes)?;
        assert_eq!(sent(&world, &mut phone, household, Item::change(household, place, bytes))?, code);
    }
    Ok(())
}

#[test]
fn a_sealed_field_is_not_touched() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let visit = phone.visit(household, AT, "第一次。")?;
    phone.sync(&world.office)?;
    let bytes = put(phone.documents.get(&visit), phone.id, &[("narrative", "第二次。".into())])?;

    let bad = Item::change(visit, VILLAGE.parse()?, bytes);

    assert_eq!(sent(&world, &mut phone, household, bad)?, "sealed_touched");
    assert_eq!(world.office.record_show(visit)?["fields"]["narrative"], "第一次。");
    Ok(())
}

#[test]
fn an_event_is_neither_edited_nor_forged() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let visit = phone.visit(household, AT, "第一次。")?;
    phone.sync(&world.office)?;
    let own = format!("events/{}.1", phone.id.event_prefix());
    for key in [own.as_str(), "events/deadbeef.1"] {
        let bytes = put(phone.documents.get(&visit), phone.id, &[(key, ScalarValue::Bytes(vec![0xa0]))])?;
        assert_eq!(sent(&world, &mut phone, household, Item::change(visit, VILLAGE.parse()?, bytes))?, "event_edited", "{key}");
    }
    Ok(())
}

#[test]
fn a_helper_does_not_write_the_facts_of_a_household() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let bad = household_change(&phone, household, &[("head_name", "李四".into())])?;

    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_writer");
    assert_eq!(world.office.record_show(household)?["fields"]["head_name"], "王建军");
    Ok(())
}

#[test]
fn a_record_in_another_persons_name_is_refused() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let person = std::mem::replace(&mut phone.person, Id::from_bytes([7; 16]));
    phone.visit(household, AT, "替别人写的。")?;
    phone.person = person;
    let bad = phone.waiting.pop().ok_or("no item")?;

    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_writer");
    Ok(())
}

#[test]
fn a_change_of_another_device_is_not_this_ones_to_send() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let bytes = put(phone.documents.get(&household), Id::from_bytes([9; 16]), &[("contact_note", "冒名".into())])?;

    let bad = Item::change(household, VILLAGE.parse()?, bytes);

    assert_eq!(sent(&world, &mut phone, household, bad)?, "actor_taken");
    Ok(())
}

#[test]
fn a_place_outside_the_grants_is_forbidden_and_so_is_anothers_household() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let neighbour = world.household(VILLAGE, "610802209201002")?;
    let far = world.household(OTHER_VILLAGE, "610802209202001")?;
    phone.visit_at(far, OTHER_VILLAGE.parse()?, AT, "别村。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_place");

    phone.visit_at(neighbour, VILLAGE.parse()?, AT, "邻居。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_writer");

    phone.visit_at(household, OTHER_VILLAGE.parse()?, AT, "换了村。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_place");
    Ok(())
}

#[test]
fn a_household_that_lives_elsewhere_is_forbidden_to_one_who_works_in_both_villages_too() -> Outcome {
    let world = World::new()?;
    let household = world.household(VILLAGE, "610802209201001")?;
    let cadre = world.cadre("两村")?;
    world.user("both", "village_secretary", Some(VILLAGE), Some(cadre))?;
    users::grant(
        &world.office,
        "both",
        &Span { role: Role::VillageSecretary, place: Some(OTHER_VILLAGE.parse()?), unit: None, from: None, to: None },
    )?;
    let mut phone = world.phone("both")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    let right = phone.visit(household, AT, "在本村。")?;
    let wrong = phone.visit_at(household, OTHER_VILLAGE.parse()?, AT, "换了村。")?;
    phone.append(wrong, "withdraw", at_ms()?)?;

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.codes), (1, vec!["forbidden_place".to_owned(), "missing_dep".to_owned()]));
    assert_eq!(world.office.record_show(right)?["kind"], "visit");
    assert!(world.office.record_show(wrong).is_err(), "nothing of it was taken");
    Ok(())
}

#[test]
fn what_breaks_its_declaration_is_invalid_and_a_number_in_the_text_has_its_own_code() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let long = "长".repeat(501);
    let bad = household_change(&phone, household, &[("contact_note", long.as_str().into())])?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "invalid_record");

    phone.visit(household, AT, "他的电话是13812345678。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "secret_in_text");
    Ok(())
}

#[test]
fn an_unknown_kind_waits_byte_for_byte() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let place: Place = VILLAGE.parse()?;
    let record = world.office.new_id();
    let bytes = put(None, phone.id, &header("spaceship", place, phone.person))?;

    assert_eq!(sent(&world, &mut phone, household, Item::change(record, place, bytes))?, "unknown_kind");
    world.office.begin_serving()?;
    assert_eq!(world.office.quarantine_list()?.as_array().map(Vec::len), Some(1), "this version still does not know it");
    Ok(())
}

#[test]
fn what_waited_for_its_kind_is_let_in_by_a_server_that_knows_it() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let neighbour = world.household(VILLAGE, "610802209201002")?;
    let visit = phone.visit_at(neighbour, VILLAGE.parse()?, AT, "老服务器不认识的一条。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    sent(&world, &mut phone, household, bad)?;
    // An older server would have named another reason; since then the pairing was entered too.
    world.sql()?.execute("UPDATE quarantine SET code = 'unknown_kind'", [])?;
    world.office.begin_serving()?;
    assert!(world.office.record(visit).is_err(), "the sender's own rights are still asked for");
    world.pair(neighbour, phone.person, "primary")?;

    world.office.begin_serving()?;

    assert_eq!(world.office.record_show(visit)?["household"], json!(neighbour));
    assert_eq!(world.office.quarantine_list()?, json!([]));
    Ok(())
}

#[test]
fn unknown_fields_of_a_newer_phone_are_kept_and_served() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let item = household_change(&phone, household, &[("contact_note", "上午".into()), ("from_the_future", "新".into())])?;
    phone.waiting.push(item);

    let synced = phone.sync(&world.office)?;

    assert_eq!(synced.codes, ["ok_newer"]);
    assert_eq!(world.office.record_show(household)?["fields"]["from_the_future"], "新");
    Ok(())
}

#[test]
fn what_rests_on_a_missing_change_waits_and_is_let_in_when_that_comes() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.edit(household, &fields(json!({ "contact_note": "一" })), at_ms()?)?;
    phone.edit(household, &fields(json!({ "contact_note": "二" })), at_ms()?)?;
    let second = phone.waiting.pop().ok_or("no item")?;
    let first = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, second)?, "missing_dep");

    phone.waiting.push(first);
    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.codes.len()), (1, 0));
    assert_eq!(world.office.record_show(household)?["fields"]["contact_note"], "二", "the waiting change was let in");
    assert_eq!(world.office.quarantine_list()?, json!([]));
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}

#[test]
fn an_item_that_was_refused_for_its_sender_can_be_let_in_by_the_office() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let neighbour = world.household(VILLAGE, "610802209201002")?;
    let visit = phone.visit_at(neighbour, VILLAGE.parse()?, AT, "帮邻居看了看。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_writer");
    let id: Id = world.office.quarantine_list()?[0]["id"].as_str().ok_or("no id")?.parse()?;

    let shown = world.office.quarantine_release(id)?;

    assert_ne!(shown["released_at"], serde_json::Value::Null);
    assert_eq!(world.office.quarantine_list()?, json!([]));
    assert_eq!(world.office.record_show(visit)?["household"], json!(neighbour));
    assert_eq!(world.office.quarantine_release(id).map_err(|error| error.code()), Err("already_released"));
    assert_eq!(world.office.verify()?["ok"], true);
    assert_eq!(world.office.rebuild()?["differences"], 0);
    Ok(())
}

#[test]
fn an_item_that_is_wrong_in_itself_cannot_be_let_in() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let bad = Item::change(household, VILLAGE.parse()?, b"rubbish".to_vec());
    sent(&world, &mut phone, household, bad)?;
    let id: Id = world.office.quarantine_list()?[0]["id"].as_str().ok_or("no id")?.parse()?;

    assert_eq!(world.office.quarantine_release(id).map_err(|error| error.code()), Err("not_releasable"));
    Ok(())
}

#[test]
fn the_township_is_not_a_helpers_to_write() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let place: Place = TOWN.parse()?;
    let region = fields(json!({ "code": "610802209299", "name": "假村", "level": "village" }));
    phone.create("region", (place, None), &region, None, at_ms()?)?;
    let bad = phone.waiting.pop().ok_or("no item")?;

    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_place");
    Ok(())
}

/// A village clerk's phone, a member with the hash of a telephone number, and that number sealed to the server.
fn sealed_member(world: &World) -> Outcome<(Phone, Id, Item)> {
    let household = world.household(VILLAGE, "610802209201009")?;
    world.user("文书", "village_clerk", Some(VILLAGE), None)?;
    let mut phone = world.phone("文书")?;
    phone.sync(&world.office)?;
    let place: Place = VILLAGE.parse()?;
    let member = world.office.new_id();
    let value = daohu_wire::SealedValue::seal(&world.office.seal_key(), (&member, "phone"), b"\"13812345678\"", &[5; 48])?;
    let written =
        fields(json!({ "number": "1", "name": "王小军", "relation": "head", "phone": { "hash": hex::encode(value.commitment) } }));
    let header = daohu_record::Header { id: member, kind: "member".to_owned(), place, subject: Some(household), by: phone.person };
    let kind = daohu_domain::kinds::find("member").ok_or("no such kind")?;
    let (document, change) = daohu_record::Document::create(&header, kind, &written, None, phone.id, at_ms()?)?;
    phone.documents.insert(member, document);
    phone.waiting.push(Item::change(member, place, change.bytes));
    Ok((phone, member, Item::sealed(member, place, &value)))
}

#[test]
fn a_sealed_value_is_opened_checked_against_its_record_and_kept_as_a_secret() -> Outcome {
    let world = World::new()?;
    let (mut phone, member, sealed) = sealed_member(&world)?;
    phone.waiting.insert(0, sealed.clone());

    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.codes), (2, Vec::new()), "in whatever order they stand in the batch");
    assert_eq!(world.office.read_secret((member, "phone"), None, "核实")?, "13812345678");
    let shown = world.office.record_show(member)?;
    assert_eq!((&shown["masked"], &shown["fields"]["phone"]), (&json!(["phone"]), &json!("138****5678")));
    assert_eq!(world.office.verify()?["ok"], true);
    phone.waiting.push(sealed);
    assert_eq!(phone.sync(&world.office)?.codes, ["duplicate"]);
    world.office.erase_secret((member, "phone"), None, "本人要求")?;
    assert_eq!(world.office.verify()?["ok"], true, "the log holds without it");
    Ok(())
}

#[test]
fn a_sealed_value_that_no_record_names_is_not_kept() -> Outcome {
    let (world, mut phone, household) = ready()?;
    let seal = |to: [u8; 32], record: Id, value: &[u8]| daohu_wire::SealedValue::seal(&to, (&record, "phone"), value, &[5; 48]);
    let place: Place = VILLAGE.parse()?;
    let (own, number) = (world.office.seal_key(), b"\"13812345678\"".as_slice());
    let unknown = world.office.new_id();
    let bad = Item::sealed(unknown, place, &seal(own, unknown, number)?);
    assert_eq!(sent(&world, &mut phone, household, bad)?, "missing_dep", "its record did not come");
    let bad = Item::sealed(household, place, &seal(own, household, number)?);
    assert_eq!(sent(&world, &mut phone, household, bad)?, "missing_dep", "the record does not hold its hash");
    let bad = Item::sealed(household, place, &seal(own, unknown, number)?);
    assert_eq!(sent(&world, &mut phone, household, bad)?, "invalid_record", "sealed for another record");
    let bad = Item::sealed(household, place, &seal([9; 32], household, number)?);
    assert_eq!(sent(&world, &mut phone, household, bad)?, "invalid_record", "sealed for another server");
    assert_eq!(world.office.record_show(household)?["masked"], json!([]));
    Ok(())
}

#[test]
fn what_was_let_in_late_comes_back_to_its_author_who_knows_it_as_refused() -> Outcome {
    let (world, mut phone, household) = ready()?;
    for note in ["上午打", "下午打"] {
        let note = json!({ "contact_note": note }).as_object().cloned().unwrap_or_default();
        phone.edit(household, &note, world.office.now().0)?;
    }
    let later = phone.waiting.pop().ok_or("no item")?;
    let first = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, later)?, "missing_dep");

    phone.waiting.push(first);
    let synced = phone.sync(&world.office)?;

    assert_eq!((synced.ok, synced.pulled), (1, 1));
    assert_eq!(world.office.record_show(household)?["fields"]["contact_note"], "下午打");
    Ok(())
}

#[test]
fn nothing_is_let_in_at_a_place_where_its_household_does_not_live() -> Outcome {
    let (world, mut phone, household) = ready()?;
    phone.visit_at(household, OTHER_VILLAGE.parse()?, AT, "写错了村。")?;
    let bad = phone.waiting.pop().ok_or("no item")?;
    assert_eq!(sent(&world, &mut phone, household, bad)?, "forbidden_place");
    let id: Id = world.office.quarantine_list()?[0]["id"].as_str().ok_or("no id")?.parse()?;

    let refused = world.office.quarantine_release(id).map_err(|error| error.code());

    assert_eq!(refused, Err("forbidden_place"));
    assert_eq!(world.office.quarantine_list()?.as_array().map(Vec::len), Some(1), "it waits on");
    Ok(())
}
