//! Two phones that could not see each other make the record of one household and month: shown as one.

use crate::sample::{NINE, NOTE, device, edit, event_named, fields, header, id};
use daohu_record::{Document, Header, together};
use serde_json::{Value, json};

fn twin(number: u8, writer: u8, values: Value) -> Document {
    let header = Header { id: id(number), ..header() };
    let (document, _) = Document::create(&header, &NOTE, &fields(values), Some(&event_named("submit")), device(writer), NINE).unwrap();
    document
}

#[test]
fn the_lowest_id_is_shown_with_the_events_of_all_and_the_other_texts_as_conflicts() {
    let lower = twin(1, 1, json!({"tone": "calm", "title": "六月", "story": "甲写。", "photos": ["aa".repeat(32)]}));
    let higher = twin(9, 2, json!({"tone": "calm", "title": "六月", "story": "乙写。", "count": 4, "photos": ["bb".repeat(32)]}));
    let (a, b) = (lower.view(&NOTE), higher.view(&NOTE));
    let shown = together(&[&b, &a]).unwrap();
    assert_eq!(shown, together(&[&a, &b, &a]).unwrap(), "neither order nor repetition matters");
    assert_eq!(shown.header.id, id(1));
    assert_eq!(shown.fields["story"], json!("甲写。"));
    assert_eq!(shown.fields["count"], json!(4), "what the shown one leaves empty comes from the other");
    assert_eq!(shown.fields["photos"], json!(["aa".repeat(32), "bb".repeat(32)]));
    let writers: Vec<_> = shown.events.iter().map(|event| event.actor).collect();
    assert_eq!(writers, [device(1), device(2)]);
    let conflict = shown.conflicts.first().unwrap();
    let said: Vec<_> = conflict.values.iter().map(|said| (said.value.clone(), said.actor)).collect();
    assert_eq!((shown.conflicts.len(), conflict.field.as_str()), (1, "story"));
    assert_eq!(said, [(json!("甲写。"), device(1)), (json!("乙写。"), device(2))]);
}

#[test]
fn a_conflict_inside_one_of_them_stays_and_takes_in_the_other() {
    let mut lower = twin(1, 1, json!({"tone": "calm", "title": "六月"}));
    let mut copy = lower.clone();
    edit(&mut lower, 1, "title", json!("甲")).unwrap();
    let change = edit(&mut copy, 3, "title", json!("丙")).unwrap();
    lower.apply_trusted(&change.bytes).unwrap();
    let higher = twin(9, 2, json!({"tone": "calm", "title": "乙"}));
    let shown = together(&[&lower.view(&NOTE), &higher.view(&NOTE)]).unwrap();
    let values: Vec<_> = shown.conflicts[0].values.iter().map(|said| said.value.clone()).collect();
    assert_eq!(values, [json!("甲"), json!("丙"), json!("乙")]);
}

#[test]
fn one_is_shown_as_it_is_and_none_as_nothing() {
    let view = twin(1, 1, json!({"tone": "calm", "title": "六月"})).view(&NOTE);
    assert_eq!(together(&[&view]), Some(view.clone()));
    assert_eq!(together(&[]), None);
}
