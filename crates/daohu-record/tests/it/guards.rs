//! The guard, one refusal at a time: each with a change that an ill-meaning or broken client could send.

use crate::sample::{NEWER_NOTE, NINE, NOTE, anyone, context, device, edit, event_named, fields, header, id, note, note_kind, village};
use automerge::{
    ActorId, Automerge, AutomergeError, ObjType, ROOT, ReadDoc, ScalarValue, TextEncoding,
    transaction::{CommitOptions, Transactable, Transaction},
};
use daohu_domain::{kind::Kind, permission::Act};
use daohu_mutate::chunk;
use daohu_record::{Document, Event, GuardContext, Header, Limits, guard, guard_trusted_reader};
use serde_json::json;

/// Makes a change on top of a document as a client of another make, or an enemy, would.
pub(crate) fn forged(
    base: Option<&Document>,
    writer: u8,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
) -> Vec<u8> {
    let mut inner = match base {
        Some(document) => Automerge::load(&document.save()).unwrap(),
        None => Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint),
    };
    inner.set_actor(ActorId::from(device(writer).as_bytes().as_slice()));
    let hash = inner.transact_with(|_: &()| CommitOptions::default().with_time(NINE / 1000), work).unwrap().hash.unwrap();
    inner.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec()
}

fn code(current: Option<&Document>, bytes: &[u8], context: &GuardContext<'_>) -> &'static str {
    match guard(current, bytes, context) {
        Ok(accepted) if accepted.newer => "ok_newer",
        Ok(_) => "ok",
        Err(refusal) => {
            assert!(!refusal.zh.is_empty() && !refusal.en.is_empty());
            refusal.code
        }
    }
}

#[test]
fn an_honest_record_and_an_honest_edit_pass() {
    let (mut document, first) = note();
    let made = guard(None, &first.bytes, &context(1)).unwrap();
    assert_eq!((made.hash, made.actor, made.at_ms, made.is_new, made.newer), (first.hash, device(1), NINE, true, false));
    assert_eq!(made.header, header());
    assert_eq!(made.touched.events, ["01010101.1"]);
    assert!(made.touched.fields.contains(&"title".to_owned()));
    let second = edit(&mut document, 2, "title", json!("水压正常")).unwrap();
    let edited = guard(Some(&made.document), &second.bytes, &context(2)).unwrap();
    assert_eq!((edited.deps, edited.is_new, edited.touched.fields), (vec![first.hash], false, vec!["title".to_owned()]));
    assert_eq!(edited.document.view(&NOTE), document.view(&NOTE));
}

#[test]
fn a_compressed_chunk_is_refused_unread() {
    let (_, change) = note();
    for kind in [0, 2, 3, 9] {
        let mut bytes = change.bytes.clone();
        bytes[8] = kind;
        assert_eq!(code(None, &bytes, &context(1)), "compressed_chunk");
    }
}

#[test]
fn a_chunk_over_the_limit_is_refused() {
    let (_, change) = note();
    let small = Limits { change_bytes: change.bytes.len() - 1, ..Limits::default() };
    assert_eq!(code(None, &change.bytes, &GuardContext { limits: small, ..context(1) }), "too_big");
    assert_eq!(code(None, &vec![7; 70_000], &context(1)), "too_big");
}

#[test]
fn a_document_over_the_limits_is_refused() {
    let (mut document, first) = note();
    let base = document.clone();
    let second = edit(&mut document, 1, "count", json!(5)).unwrap();
    let limits = |limits| GuardContext { limits, ..context(1) };
    assert_eq!(code(Some(&base), &second.bytes, &limits(Limits { changes: 1, ..Limits::default() })), "too_big");
    assert_eq!(code(None, &first.bytes, &limits(Limits { document_bytes: 100, ..Limits::default() })), "too_big");
    assert_eq!(code(None, &first.bytes, &limits(Limits { operations: 3, ..Limits::default() })), "too_big");
}

#[test]
fn one_change_of_two_texts_and_a_set_touches_all_three() {
    let (mut document, _) = note();
    let values = fields(json!({"story": "上午入户。", "diary": "晴。", "seen": [id(4).to_string()]}));
    document.edit(&NEWER_NOTE, &values, device(2), NINE).unwrap();
    let base = document.clone();
    let values = fields(json!({"story": "下午又去。", "diary": "下雨。", "seen": [id(4).to_string(), id(5).to_string()]}));
    let change = document.edit(&NEWER_NOTE, &values, device(2), NINE).unwrap();
    let newer = |name: &str| (name == "note").then_some(&NEWER_NOTE);
    let accepted = guard(Some(&base), &change.bytes, &GuardContext { kind_of: &newer, ..context(2) }).unwrap();
    let mut touched = accepted.touched.fields;
    touched.sort();
    assert_eq!(touched, ["diary", "seen", "story"]);
}

#[test]
fn what_is_just_within_the_limits_is_taken() {
    let (mut document, first) = note();
    let base = document.clone();
    let second = edit(&mut document, 1, "count", json!(5)).unwrap();
    let operations = |bytes: &[u8]| automerge::Change::try_from(bytes).unwrap().len() as u64;
    let of_first = Limits {
        change_bytes: first.bytes.len(),
        document_bytes: Automerge::load(&first.bytes).unwrap().save_nocompress().len(),
        operations: operations(&first.bytes),
        ..Limits::default()
    };
    assert!(guard(None, &first.bytes, &GuardContext { limits: of_first, ..context(1) }).is_ok());
    let too_few = [
        Limits { operations: of_first.operations - 1, ..of_first },
        Limits { document_bytes: of_first.document_bytes - 1, ..of_first },
        Limits { change_bytes: of_first.change_bytes - 1, ..of_first },
    ];
    for limits in too_few {
        assert_eq!(code(None, &first.bytes, &GuardContext { limits, ..context(1) }), "too_big");
    }
    let of_both = Limits { changes: 2, ..Limits::default() };
    assert!(guard(Some(&base), &second.bytes, &GuardContext { limits: of_both, ..context(1) }).is_ok());
}

#[test]
fn eighty_bytes_that_claim_two_to_the_sixty_operations_are_refused_at_once() {
    let (_, change) = note();
    let body = chunk::body(&change.bytes);
    let honest = chunk::columns(body);
    let many = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
    // One column: the action, a run of 2^60 times the value 1; or whether each inserts, a run of 2^60 times no.
    for column in [[&[1, 0x42, 10][..], &many, &[1]].concat(), [&[1, 0x34, 9][..], &many].concat()] {
        let bomb = [&body[..honest.start], column.as_slice()].concat();
        assert_eq!(code(None, &chunk::sealed(&bomb), &context(1)), "too_big");
    }
}

#[test]
fn what_is_no_change_is_unreadable() {
    let (_, change) = note();
    let mut checksum = change.bytes.clone();
    checksum[5] ^= 1;
    let mut longer = change.bytes.clone();
    longer.push(0);
    for bytes in [&[][..], b"\x85\x6f\x4a", &change.bytes[..40], &checksum, &longer, b"hello, is this the door?"] {
        assert_eq!(code(None, bytes, &context(1)), "unreadable");
    }
}

#[test]
fn a_change_of_another_device_is_refused() {
    let (_, change) = note();
    assert_eq!(code(None, &change.bytes, &context(2)), "actor_taken");
}

#[test]
fn a_device_that_counts_twice_is_refused() {
    let (mut document, _) = note();
    let mut copy = document.clone();
    edit(&mut document, 1, "count", json!(5)).unwrap();
    let cloned = edit(&mut copy, 1, "count", json!(6)).unwrap();
    assert_eq!(code(Some(&document), &cloned.bytes, &context(1)), "actor_taken");
}

#[test]
fn a_change_that_rests_on_an_unknown_one_is_refused() {
    let (mut document, first) = note();
    let base = Document::load(id(1), &first.bytes).unwrap();
    edit(&mut document, 2, "count", json!(5)).unwrap();
    let late = edit(&mut document, 1, "count", json!(6)).unwrap();
    assert_eq!(code(Some(&base), &late.bytes, &context(1)), "missing_dep");
    assert_eq!(code(None, &late.bytes, &context(1)), "missing_dep");
}

#[test]
fn a_change_that_is_there_is_a_duplicate() {
    let (document, change) = note();
    assert_eq!(code(Some(&document), &change.bytes, &context(1)), "duplicate");
}

#[test]
fn a_counter_that_leaps_ahead_is_refused() {
    let (document, _) = note();
    let honest = forged(Some(&document), 2, |tx| tx.put(ROOT, "count", 9_i64));
    let mut expanded = automerge::Change::try_from(&honest[..]).unwrap().decode();
    expanded.start_op = 4_000_000_000_u64.try_into().unwrap();
    let leaping = automerge::Change::from(expanded);
    assert_eq!(code(Some(&document), leaping.raw_bytes(), &context(2)), "not_canonical");
}

#[test]
fn a_header_or_sealed_field_is_never_touched_again() {
    let (document, _) = note();
    let writes: [(&str, ScalarValue); 5] = [
        ("@kind", "visit".into()),
        ("@place", ScalarValue::Uint(610_802_209_202)),
        ("@subject", ScalarValue::Bytes(vec![1; 16])),
        ("@by", ScalarValue::Bytes(vec![1; 16])),
        ("tone", "urgent".into()),
    ];
    for (key, value) in writes {
        let bytes = forged(Some(&document), 2, |tx| tx.put(ROOT, key, value.clone()));
        assert_eq!(code(Some(&document), &bytes, &context(2)), "sealed_touched", "{key}");
    }
    let deleting = forged(Some(&document), 2, |tx| tx.delete(ROOT, "tone"));
    assert_eq!(code(Some(&document), &deleting, &context(2)), "sealed_touched");
}

#[test]
fn a_second_beginning_of_a_record_is_refused() {
    let (document, _) = note();
    let fields = fields(json!({"tone": "urgent", "title": "别的"}));
    let (_, other) = Document::create(&header(), &NOTE, &fields, None, device(2), NINE).unwrap();
    assert_eq!(code(Some(&document), &other.bytes, &context(2)), "sealed_touched");
}

#[test]
fn an_element_is_never_taken_out_of_a_set_that_only_grows() {
    let (mut document, _) = note();
    let seen = id(7).to_string();
    edit(&mut document, 1, "seen", json!([seen])).unwrap();
    let taking = forged(Some(&document), 2, |tx| {
        let (_, set) = tx.get(ROOT, "seen")?.unwrap();
        tx.delete(&set, seen.as_str())
    });
    let dropping = forged(Some(&document), 2, |tx| tx.delete(ROOT, "seen"));
    for bytes in [taking, dropping] {
        assert_eq!(code(Some(&document), &bytes, &context(2)), "sealed_touched");
    }
}

#[test]
fn an_event_is_neither_edited_nor_deleted_nor_written_for_another() {
    let (mut document, _) = note();
    let event = document.append(&NOTE, &event_named("return"), device(2), NINE).unwrap();
    let Ok(change) = automerge::Change::try_from(&event.bytes[..]) else { panic!("a change of ours") };
    let automerge::legacy::OpType::Put(bytes) = change.decode().operations[0].action.clone() else { panic!("an event is a scalar") };
    let put = |key: &'static str| {
        let bytes = bytes.clone();
        move |tx: &mut Transaction<'_>| tx.put(ROOT, key, bytes)
    };
    let cases = [
        forged(Some(&document), 2, |tx| tx.put(ROOT, "events/02020202.1", ScalarValue::Bytes(vec![0xa0]))),
        forged(Some(&document), 2, |tx| tx.delete(ROOT, "events/02020202.1")),
        forged(Some(&document), 2, |tx| tx.delete(ROOT, "events/01010101.1")),
        forged(Some(&document), 2, put("events/01010101.2")),
        forged(Some(&document), 2, put("events/02020202")),
        forged(Some(&document), 2, put("events/02020202.01")),
        forged(Some(&document), 2, |tx| tx.put_object(ROOT, "events/02020202.2", ObjType::Map).map(|_| ())),
    ];
    for (number, bytes) in cases.iter().enumerate() {
        assert_eq!(code(Some(&document), bytes, &context(2)), "event_edited", "case {number}");
    }
    let honest = forged(Some(&document), 2, put("events/02020202.2"));
    assert_eq!(code(Some(&document), &honest, &context(2)), "ok");
    // One more value beside the first, which names no earlier one: only what the document holds tells.
    let mut expanded = automerge::Change::try_from(&cases[0][..]).unwrap().decode();
    expanded.operations[0].pred = Vec::new().into();
    let beside = automerge::Change::from(expanded);
    assert_eq!(code(Some(&document), beside.raw_bytes(), &context(2)), "event_edited");
}

#[test]
fn an_event_written_a_second_time_beside_the_first_is_refused() {
    let (mut document, _) = note();
    let base = document.clone();
    document.append(&NOTE, &event_named("submit"), device(2), NINE).unwrap();
    // The device was restored from a backup, forgot its event, and writes the number again from another branch.
    let change = forged(Some(&base), 2, |tx| tx.put(ROOT, "events/02020202.1", ScalarValue::Bytes(vec![0xa0])));
    assert_eq!(code(Some(&document), &change, &context(2)), "actor_taken");
}

#[test]
fn bytes_that_are_no_event_are_an_invalid_record() {
    let (document, _) = note();
    let bytes = forged(Some(&document), 2, |tx| tx.put(ROOT, "events/02020202.1", ScalarValue::Bytes(vec![0xa0])));
    assert_eq!(code(Some(&document), &bytes, &context(2)), "invalid_record");
}

#[test]
fn a_writer_without_the_right_is_refused_for_each_act() {
    let (mut document, first) = note();
    let base = document.clone();
    let second = edit(&mut document, 2, "count", json!(5)).unwrap();
    let third = document.append(&NOTE, &event_named("return"), device(2), NINE).unwrap();
    let forbid = |forbidden: Act<'static>| move |_: &Kind, act: Act<'_>, _: &Header| act != forbidden;
    let create = forbid(Act::Create);
    assert_eq!(code(None, &first.bytes, &GuardContext { may: &create, ..context(1) }), "forbidden_writer");
    let submit = forbid(Act::Append("submit", true));
    assert_eq!(code(None, &first.bytes, &GuardContext { may: &submit, ..context(1) }), "forbidden_writer");
    let field = forbid(Act::Edit("count"));
    assert_eq!(code(Some(&base), &second.bytes, &GuardContext { may: &field, ..context(2) }), "forbidden_writer");
    let before_third = Document::load(id(1), &[first.bytes, second.bytes].concat()).unwrap();
    let returned = forbid(Act::Append("return", false));
    assert_eq!(code(Some(&before_third), &third.bytes, &GuardContext { may: &returned, ..context(2) }), "forbidden_writer");
    assert_eq!(code(Some(&before_third), &third.bytes, &context(2)), "ok");
}

#[test]
fn who_may_write_nothing_may_not_write_an_unknown_field_either() {
    let (document, _) = note();
    let bytes = forged(Some(&document), 2, |tx| tx.put(ROOT, "mood", "好"));
    let nobody = |_: &Kind, _: Act<'_>, _: &Header| false;
    assert_eq!(code(Some(&document), &bytes, &GuardContext { may: &nobody, ..context(2) }), "forbidden_writer");
    assert_eq!(code(Some(&document), &bytes, &context(2)), "ok_newer");
}

#[test]
fn an_item_that_names_another_place_or_record_is_refused() {
    let (mut document, first) = note();
    let base = document.clone();
    let second = edit(&mut document, 1, "count", json!(5)).unwrap();
    let elsewhere = GuardContext { place: "610802209202".parse().unwrap(), ..context(1) };
    assert_eq!(code(None, &first.bytes, &elsewhere), "forbidden_place");
    assert_eq!(code(Some(&base), &second.bytes, &elsewhere), "forbidden_place");
    assert_eq!(code(Some(&base), &second.bytes, &GuardContext { record: id(8), ..context(1) }), "invalid_record");
}

#[test]
fn a_declared_field_of_another_shape_is_an_invalid_record() {
    let (document, _) = note();
    let cases: [(&str, ScalarValue); 7] = [
        ("count", "many".into()),
        ("count", ScalarValue::Int(5000)),
        ("count", ScalarValue::counter(5)),
        ("heard", ScalarValue::Int(5)),
        ("source", ScalarValue::Bytes(vec![1; 15])),
        ("people", ScalarValue::Bytes(vec![0xff])),
        ("story", "一个字符串".into()),
    ];
    for (key, value) in cases {
        let bytes = forged(Some(&document), 2, |tx| tx.put(ROOT, key, value.clone()));
        assert_eq!(code(Some(&document), &bytes, &context(2)), "invalid_record", "{key}");
    }
    let object = forged(Some(&document), 2, |tx| tx.put_object(ROOT, "count", ObjType::Map).map(|_| ()));
    assert_eq!(code(Some(&document), &object, &context(2)), "invalid_record");
    let required = forged(Some(&document), 2, |tx| tx.delete(ROOT, "title"));
    assert_eq!(code(Some(&document), &required, &context(2)), "invalid_record");
}

#[test]
fn a_record_without_what_its_kind_requires_is_invalid() {
    let without_title = fields(json!({"tone": "calm"}));
    let (_, change) = Document::create(&header(), &NOTE, &without_title, None, device(1), NINE).unwrap();
    assert_eq!(code(None, &change.bytes, &context(1)), "invalid_record");
    let whole = fields(json!({"tone": "calm", "title": "甲"}));
    let nobodys = Header { subject: None, ..header() };
    let (_, change) = Document::create(&nobodys, &NOTE, &whole, None, device(1), NINE).unwrap();
    assert_eq!(code(None, &change.bytes, &context(1)), "invalid_record", "a note belongs to a household");
    let headless = forged(None, 1, |tx| tx.put(ROOT, "title", "甲"));
    assert_eq!(code(None, &headless, &context(1)), "invalid_record");
}

#[test]
fn a_client_may_end_a_conflict_by_deleting_the_value_it_does_not_choose() {
    let (mut document, _) = note();
    let mut theirs = document.clone();
    edit(&mut document, 1, "title", json!("甲")).unwrap();
    let other = edit(&mut theirs, 2, "title", json!("乙")).unwrap();
    document.apply_trusted(&other.bytes).unwrap();
    let chosen = forged(Some(&document), 2, |tx| tx.put(ROOT, "title", "乙"));
    let accepted = guard(Some(&document), &chosen, &context(2)).unwrap();
    assert_eq!(accepted.document.view(&NOTE).fields["title"], json!("乙"));
    assert!(accepted.document.view(&NOTE).conflicts.is_empty());
}

#[test]
fn a_telephone_or_identity_number_in_a_text_is_refused() {
    let (mut document, _) = note();
    let base = document.clone();
    for (key, value) in [("title", json!("电话13812345678")), ("story", json!("他的号码是13812345678，"))] {
        let mut copy = base.clone();
        let change = edit(&mut copy, 2, key, value).unwrap();
        assert_eq!(code(Some(&base), &change.bytes, &context(2)), "secret_in_text", "{key}");
    }
    let plain = forged(Some(&base), 2, |tx| tx.put(ROOT, "phone", "13812345678"));
    assert_eq!(code(Some(&base), &plain, &context(2)), "secret_in_text");
    let hash = edit(&mut document, 2, "phone", json!({"hash": "ab".repeat(32)})).unwrap();
    assert_eq!(code(Some(&base), &hash.bytes, &context(2)), "ok");
}

#[test]
fn a_number_slips_in_neither_under_a_key_of_a_newer_client_nor_in_its_events() {
    let (document, _) = note();
    let scalar = forged(Some(&document), 2, |tx| tx.put(ROOT, "mood", "找13812345678"));
    let object = forged(Some(&document), 2, |tx| {
        let text = tx.put_object(ROOT, "diary", ObjType::Text)?;
        tx.splice_text(&text, 0, 0, "找13812345678")
    });
    for bytes in [scalar, object] {
        assert_eq!(code(Some(&document), &bytes, &context(2)), "secret_in_text");
    }
    let undeclared = Event { fields: fields(json!({"to": {"call": ["13812345678"]}})), ..event_named("return") };
    let event = document.clone().append(&NOTE, &undeclared, device(2), NINE).unwrap();
    assert_eq!(code(Some(&document), &event.bytes, &context(2)), "secret_in_text");
    let mut copy = document.clone();
    let cell = edit(&mut copy, 2, "people", json!([{"name": "王", "mobile": "13812345678"}])).unwrap();
    assert_eq!(code(Some(&document), &cell.bytes, &context(2)), "secret_in_text");
}

#[test]
fn objects_one_inside_the_other_are_refused_untried() {
    let (document, _) = note();
    let deep = forged(Some(&document), 2, |tx| {
        let mut inner = tx.put_object(ROOT, "mood", ObjType::Map)?;
        for _ in 0..3_000 {
            inner = tx.put_object(&inner, "a", ObjType::Map)?;
        }
        Ok(())
    });
    assert!(deep.len() < Limits::default().change_bytes);
    assert_eq!(code(Some(&document), &deep, &context(2)), "not_canonical");
}

#[test]
fn a_kind_that_is_not_known_is_refused_by_the_server_and_kept_by_a_reader() {
    let (_, change) = note();
    let none = |_: &str| None;
    let context = GuardContext { kind_of: &none, ..context(1) };
    assert_eq!(code(None, &change.bytes, &context), "unknown_kind");
    assert!(guard_trusted_reader(None, &change.bytes, &context).unwrap().newer);
}

#[test]
fn a_reader_asks_no_rights_and_takes_a_broken_declaration_for_a_newer_one() {
    let (document, first) = note();
    let nobody = |_: &Kind, _: Act<'_>, _: &Header| false;
    let strict = GuardContext { may: &nobody, ..context(2) };
    assert!(!guard_trusted_reader(None, &first.bytes, &GuardContext { may: &nobody, ..context(1) }).unwrap().newer);
    let longer = forged(Some(&document), 2, |tx| tx.put(ROOT, "count", 5000_i64));
    assert!(guard_trusted_reader(Some(&document), &longer, &strict).unwrap().newer);
    let sealed = forged(Some(&document), 2, |tx| tx.put(ROOT, "tone", "urgent"));
    assert_eq!(guard_trusted_reader(Some(&document), &sealed, &strict).unwrap_err().code, "sealed_touched");
}

#[test]
fn a_right_shape_with_an_unknown_word_passes_as_newer() {
    let fields = fields(json!({"tone": "cheerful", "title": "甲"}));
    let (_, change) = Document::create(&header(), &NEWER_NOTE, &fields, None, device(1), NINE).unwrap();
    let kind = |name: &str| note_kind(name);
    let context = GuardContext { kind_of: &kind, place: village(), may: &anyone, ..context(1) };
    assert_eq!(code(None, &change.bytes, &context), "ok_newer");
}

#[test]
fn marks_messages_and_footers_are_not_ours() {
    let (document, _) = note();
    let honest = forged(Some(&document), 2, |tx| tx.put(ROOT, "count", 9_i64));
    let decoded = automerge::Change::try_from(&honest[..]).unwrap().decode();
    let with_message = automerge::ExpandedChange { message: Some("13812345678".to_owned()), ..decoded.clone() };
    let with_footer = automerge::ExpandedChange { extra_bytes: b"13812345678".to_vec(), ..decoded };
    for expanded in [with_message, with_footer] {
        assert_eq!(code(Some(&document), automerge::Change::from(expanded).raw_bytes(), &context(2)), "not_canonical");
    }
    let marked = forged(Some(&document), 2, |tx| {
        let (_, text) = tx.get(ROOT, "story")?.unwrap();
        tx.mark(&text, automerge::marks::Mark::new("bold".into(), true, 0, 2), automerge::marks::ExpandMark::Both)
    });
    assert_eq!(code(Some(&document), &marked, &context(2)), "not_canonical");
}
