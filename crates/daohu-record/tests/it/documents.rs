//! One writer: what is written is what is read, and the same act gives the same bytes.

use crate::sample::{NINE, NOTE, at, device, edit, event_named, fields, header, id, note};
use daohu_record::{Document, Event, Fields, RecordError};
use serde_json::json;

#[test]
fn every_shape_comes_back_as_it_was_written() {
    let written = fields(json!({
        "tone": "urgent", "title": "水压偏小", "count": 7, "done": true, "due": "2019-06-30", "heard": at(NINE + 1),
        "topics": ["calm", "urgent"], "words": ["没水", "要修"], "source": id(9).to_string(),
        "people": [{"name": "王建国", "relation": "户主"}], "tiers": [{"value": "monthly", "from": "2019-01-01", "to": null}],
        "photos": ["ab".repeat(32)], "story": "上午入户。", "seen": [id(4).to_string(), id(5).to_string()],
        "phone": {"hash": "cd".repeat(32)},
    }));
    let (document, _) = Document::create(&header(), &NOTE, &written, None, device(1), NINE).unwrap();
    let view = document.view(&NOTE);
    for (key, value) in &written {
        assert_eq!(view.fields.get(key), Some(value), "{key}");
    }
    assert_eq!(view.header, header());
    assert_eq!((view.fields.len(), view.conflicts.len(), view.events.len()), (written.len(), 0, 0));
}

#[test]
fn a_record_with_its_event_is_one_change() {
    let (document, change) = note();
    assert_eq!((document.change_count(), change.deps.len(), change.actor, change.bytes[8]), (1, 0, device(1), 1));
    assert_eq!(document.heads(), [change.hash]);
    let view = document.view(&NOTE);
    let event = view.events.first().unwrap();
    assert_eq!((event.name.as_str(), event.key.as_str(), event.actor), ("submit", "01010101.1", device(1)));
    assert_eq!(event.stamp, event_named("submit").stamp);
    assert_eq!(event.change, change.hash);
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_the_order_of_the_fields() {
    let one = fields(json!({"tone": "calm", "title": "甲", "count": 1}));
    let other = fields(json!({"count": 1, "title": "甲", "tone": "calm"}));
    let (_, first) = Document::create(&header(), &NOTE, &one, None, device(1), NINE + 5).unwrap();
    let (_, second) = Document::create(&header(), &NOTE, &other, None, device(1), NINE + 5).unwrap();
    assert_eq!(first, second);
}

#[test]
fn a_document_is_the_same_after_it_was_saved() {
    let (mut document, change) = note();
    assert_eq!(document.save(), change.bytes, "a single change is kept as it travels");
    edit(&mut document, 2, "title", json!("水压正常")).unwrap();
    let loaded = Document::load(id(1), &document.save()).unwrap();
    assert_eq!(loaded.heads(), document.heads());
    assert_eq!(loaded.view(&NOTE), document.view(&NOTE));
    assert_eq!(loaded.changes(), document.changes());
}

#[test]
fn raw_changes_one_after_the_other_load_too() {
    let (mut document, _) = note();
    edit(&mut document, 2, "count", json!(4)).unwrap();
    let joined: Vec<u8> = document.changes().into_iter().flat_map(|change| change.bytes).collect();
    assert_eq!(Document::load(id(1), &joined).unwrap().heads(), document.heads());
}

#[test]
fn an_edit_writes_only_what_differs() {
    let (mut document, _) = note();
    assert_eq!(edit(&mut document, 2, "count", json!(3)), Err(RecordError::NothingChanged));
    let saved = document.save();
    assert_eq!(Document::load(id(1), &saved).unwrap().change_count(), 1, "nothing is left of an edit that changed nothing");
    let change = document.edit(&NOTE, &fields(json!({"count": 3, "done": true})), device(2), NINE).unwrap();
    assert_eq!(document.change_count(), 2);
    assert_eq!(change.deps.len(), 1);
    assert_eq!(document.view(&NOTE).fields.get("done"), Some(&json!(true)));
}

#[test]
fn null_deletes_a_field_and_empties_a_merged_text() {
    let (mut document, _) = note();
    document.edit(&NOTE, &fields(json!({"count": null, "story": null})), device(1), NINE).unwrap();
    let view = document.view(&NOTE);
    assert!(!view.fields.contains_key("count") && !view.fields.contains_key("story"));
    edit(&mut document, 1, "story", json!("下午。")).unwrap();
    assert_eq!(document.view(&NOTE).fields.get("story"), Some(&json!("下午。")));
}

#[test]
fn what_a_kind_does_not_allow_is_refused_and_changes_nothing() {
    let (mut document, _) = note();
    let cases = [
        ("tone", json!("urgent"), "sealed"),
        ("colour", json!("red"), "invalid_record"),
        ("title", json!(null), "invalid_record"),
        ("title", json!(7), "invalid_record"),
        ("count", json!("many"), "invalid_record"),
        ("heard", json!("yesterday"), "invalid_record"),
        ("source", json!("nobody"), "invalid_record"),
        ("topics", json!(["calm,urgent"]), "invalid_record"),
        ("people", json!([1]), "invalid_record"),
        ("tiers", json!([{"value": "a;b", "from": "2019-01-01"}]), "invalid_record"),
        ("photos", json!(["abc"]), "invalid_record"),
        ("seen", json!(["nobody"]), "invalid_record"),
        ("phone", json!("13800001234"), "secret_in_text"),
    ];
    let before = document.heads();
    for (key, value, code) in cases {
        assert_eq!(edit(&mut document, 1, key, value).map_err(|error| error.code()), Err(code), "{key}");
    }
    let unknown = document.append(&NOTE, &event_named("dance"), device(1), NINE);
    assert_eq!(unknown, Err(RecordError::UnknownEvent("dance".to_owned())));
    assert_eq!(document.heads(), before);
}

#[test]
fn events_of_a_device_are_numbered_and_carry_their_fields() {
    let (mut document, _) = note();
    let returned = Event { fields: fields(json!({"reason": "太短"})), ..event_named("return") };
    document.append(&NOTE, &returned, device(2), NINE).unwrap();
    document.append(&NOTE, &event_named("submit"), device(1), NINE).unwrap();
    let events = document.view(&NOTE).events;
    let keys: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!(keys, ["01010101.1", "02020202.1", "01010101.2"]);
    assert_eq!(events[1].fields, returned.fields);
    assert!(events.iter().all(|event| !event.edited));
}

#[test]
fn the_past_of_a_field_names_value_writer_and_time() {
    let (mut document, first) = note();
    let second = edit(&mut document, 2, "count", json!(4)).unwrap();
    let third = edit(&mut document, 1, "count", json!(null)).unwrap();
    edit(&mut document, 1, "story", json!("上午入户。下午再去。")).unwrap();
    let past = document.history(&NOTE, Some("count"));
    let told: Vec<_> = past.iter().map(|past| (past.value.clone(), past.actor, past.claimed_at_ms, past.change)).collect();
    assert_eq!(
        told,
        [
            (json!(3), device(1), NINE, first.hash),
            (json!(4), device(2), NINE + 60_000, second.hash),
            (json!(null), device(1), NINE + 60_000, third.hash)
        ]
    );
    let story: Vec<_> = document.history(&NOTE, Some("story")).into_iter().map(|past| past.value).collect();
    assert_eq!(story, [json!("上午入户。"), json!("上午入户。下午再去。")]);
    let all = document.history(&NOTE, None);
    assert!(all.iter().all(|past| !past.field.starts_with('@') && !past.field.starts_with("events/")));
}

#[test]
fn bytes_that_are_no_document_are_refused() {
    for bytes in [&[][..], b"not a document", &[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, 0]] {
        assert_eq!(Document::load(id(1), bytes).map(|_| ()).map_err(|error| error.code()), Err("store_damaged"));
    }
}

#[test]
fn a_change_whose_ground_is_missing_is_not_applied() {
    let (mut document, _) = note();
    let mut behind = Document::load(id(1), &document.save()).unwrap();
    edit(&mut document, 2, "count", json!(4)).unwrap();
    let late = edit(&mut document, 2, "count", json!(5)).unwrap();
    let before = behind.heads();
    assert!(behind.apply_trusted(&late.bytes).is_err());
    assert_eq!(behind.heads(), before);
    for change in document.changes() {
        behind.apply_trusted(&change.bytes).unwrap();
    }
    assert_eq!(behind.view(&NOTE), document.view(&NOTE));
}

#[test]
fn an_empty_edit_changes_nothing() {
    let (mut document, _) = note();
    assert_eq!(document.edit(&NOTE, &Fields::new(), device(1), NINE), Err(RecordError::NothingChanged));
}
