//! A newer client and an older one write the same record: what the older does not know survives it.

use crate::sample::{NEWER_NOTE, NINE, NOTE, context, device, edit, event_named, fields, header};
use daohu_record::{Document, guard};
use serde_json::json;

#[test]
fn an_unknown_field_passes_and_is_still_there_after_an_older_client_edited() {
    let written = fields(json!({"tone": "calm", "title": "水", "mood": "高兴", "diary": "今天晴。"}));
    let (_, change) = Document::create(&header(), &NEWER_NOTE, &written, Some(&event_named("praise")), device(1), NINE).unwrap();
    let accepted = guard(None, &change.bytes, &context(1)).unwrap();
    assert!(accepted.newer);
    assert!(accepted.touched.fields.contains(&"mood".to_owned()));
    let mut document = accepted.document;
    let edited = edit(&mut document, 2, "title", json!("水通了")).unwrap();
    let older = document.view(&NOTE);
    assert_eq!((&older.fields["mood"], &older.fields["diary"]), (&json!("高兴"), &json!("今天晴。")));
    let newer = document.view(&NEWER_NOTE);
    assert_eq!((&newer.fields["mood"], &newer.fields["title"]), (&json!("高兴"), &json!("水通了")));
    assert_eq!(newer.events.first().map(|event| event.name.as_str()), Some("praise"));
    assert_eq!(Document::load(header().id, &document.save()).unwrap().heads(), [edited.hash]);
}

#[test]
fn a_newer_edit_of_an_unknown_text_passes_too() {
    let written = fields(json!({"tone": "calm", "title": "水", "diary": "今天晴。"}));
    let (mut document, first) = Document::create(&header(), &NEWER_NOTE, &written, None, device(1), NINE).unwrap();
    let base = guard(None, &first.bytes, &context(1)).unwrap().document;
    let more = document.edit(&NEWER_NOTE, &fields(json!({"diary": "今天晴。风大。"})), device(2), NINE).unwrap();
    let accepted = guard(Some(&base), &more.bytes, &context(2)).unwrap();
    assert!(accepted.newer);
    assert_eq!(accepted.touched.fields, ["diary"]);
    assert_eq!(accepted.document.view(&NOTE).fields["diary"], json!("今天晴。风大。"));
}

#[test]
fn an_older_client_does_not_write_what_it_does_not_know() {
    let written = fields(json!({"tone": "calm", "title": "水", "mood": "高兴"}));
    let (mut document, _) = Document::create(&header(), &NEWER_NOTE, &written, None, device(1), NINE).unwrap();
    assert_eq!(edit(&mut document, 2, "mood", json!("难过")).map_err(|error| error.code()), Err("invalid_record"));
}
