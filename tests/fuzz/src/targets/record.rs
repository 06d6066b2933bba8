//! Changes of records against the guard, with the right length and checksum around any body, as any device can make them.
//!
//! The first byte says on what the change rests, the rest is its body.

use daohu_domain::{id::Id, kind::Kind, kinds, place::Place, time::Stamp};
use daohu_mutate::chunk;
use daohu_record::{Document, Event, Fields, GuardContext, Header, Json, Limits, guard, guard_trusted_reader};
use serde_json::json;
use std::sync::LazyLock;

/// 09:00 on 5 June 2019 at +08:00.
const NINE: i64 = 1_559_696_400_000;

/// An honest change and the record that it rests on.
struct Ground {
    base: Option<Document>,
    change: Vec<u8>,
    kind: &'static Kind,
    record: Id,
    device: Id,
}

static GROUNDS: LazyLock<Vec<Ground>> = LazyLock::new(grounds);

fn id(last: u8) -> Id {
    Id::v7(NINE, [last; 10])
}

fn village() -> Place {
    "610802209201".parse().unwrap()
}

fn fields(value: &Json) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}

fn event(name: &str, carried: &Json) -> Event {
    Event { name: name.to_owned(), stamp: Stamp { wall_ms: NINE, mono_ms: 5_000_321, boot: 4 }, fields: fields(carried) }
}

/// The records in the order of the first byte: a visit, a household and a month record, each made, then changed in its ways.
fn grounds() -> Vec<Ground> {
    let mut all = Vec::new();
    let visit = json!({
        "mode": "home", "purpose": ["verify"], "start": "2019-06-05T09:00:00+08:00", "end": "2019-06-05T09:40:00+08:00",
        "met": [{"name": "户主", "relation": "本人"}], "narrative": "入户核对了收入。", "recorder": id(3).to_string(),
    });
    let mut note = made(&mut all, "visit", id(1), &visit, Some(&event("submit", &json!({}))));
    appended(&mut all, &mut note, &event("correct", &json!({"reason": "写错了", "narrative": "入户核对了支出。"})), id(0xd1));
    let household = json!({
        "number": "6108022092010001", "head_name": "王某", "people": 3, "group": "二组",
        "status": [{"value": "poor", "from": "2019-01-01", "to": null}], "away": [{"from": "2019-02-01", "to": "2019-03-01"}],
    });
    let mut home = made(&mut all, "household", id(2), &household, None);
    edited(&mut all, &mut home, &json!({"contact_note": "下午在家"}), id(0xd2));
    edited(&mut all, &mut home, &json!({"people": null, "parents": [id(7).to_string()]}), id(0xd1));
    let month = json!({"month": "2019-06", "work": "上门两次。", "needs": "水压偏小。"});
    let mut month = made(&mut all, "month_record", id(4), &month, Some(&event("submit", &json!({}))));
    edited(&mut all, &mut month, &json!({"work": "上门三次,谈了话。", "visits": [id(1).to_string()]}), id(0xd2));
    let mut apart = month.clone();
    edited(&mut all, &mut apart, &json!({"needs": "路要修。"}), id(0xd2));
    let late = month.edit(kind_of(&month), &fields(&json!({"needs": "水通了。"})), id(0xd1), NINE).unwrap();
    all.push(Ground { base: Some(apart.clone()), change: late.bytes.clone(), kind: kind_of(&apart), record: id(4), device: id(0xd1) });
    apart.apply_trusted(&late.bytes).unwrap();
    edited(&mut all, &mut apart, &json!({"needs": "水通了,路还要修。"}), id(0xd2));
    all
}

fn kind_of(document: &Document) -> &'static Kind {
    kinds::find(&document.header().unwrap().kind).unwrap()
}

fn made(all: &mut Vec<Ground>, name: &str, record: Id, written: &Json, event: Option<&Event>) -> Document {
    let kind = kinds::find(name).unwrap();
    let header = Header { id: record, kind: name.to_owned(), place: village(), subject: kind.subject.may_be().then(|| id(2)), by: id(3) };
    let (document, change) = Document::create(&header, kind, &fields(written), event, id(0xd1), NINE).unwrap();
    all.push(Ground { base: None, change: change.bytes, kind, record, device: id(0xd1) });
    document
}

fn edited(all: &mut Vec<Ground>, document: &mut Document, written: &Json, device: Id) {
    let (base, kind) = (document.clone(), kind_of(document));
    let change = document.edit(kind, &fields(written), device, NINE).unwrap();
    all.push(Ground { base: Some(base), change: change.bytes, kind, record: document.id(), device });
}

fn appended(all: &mut Vec<Ground>, document: &mut Document, event: &Event, device: Id) {
    let (base, kind) = (document.clone(), kind_of(document));
    let change = document.append(kind, event, device, NINE).unwrap();
    all.push(Ground { base: Some(base), change: change.bytes, kind, record: document.id(), device });
}

/// Returns the honest inputs.
#[must_use]
pub fn honest() -> Vec<Vec<u8>> {
    (0_u8..).zip(GROUNDS.iter()).map(|(which, ground)| [&[which], chunk::body(&ground.change)].concat()).collect()
}

/// One change. An accepted one leaves a record that its own bytes give back; a refused one leaves all as it was.
#[must_use]
pub fn intake(bytes: &[u8]) -> String {
    let Some((which, body)) = bytes.split_first() else { return "empty".to_owned() };
    let Some(ground) = GROUNDS.get(usize::from(*which) % GROUNDS.len()) else { return "empty".to_owned() };
    let context = GuardContext {
        kind_of: &kinds::find,
        device: ground.device,
        record: ground.record,
        place: village(),
        may: &|_, _, _| true,
        limits: Limits::default(),
    };
    let change = chunk::sealed(body);
    let heads = ground.base.as_ref().map(Document::heads);
    let judged = guard(ground.base.as_ref(), &change, &context);
    assert_eq!(ground.base.as_ref().map(Document::heads), heads, "the honest record stays as it was");
    match judged {
        Ok(accepted) => {
            let saved = accepted.document.save();
            assert!(saved.len() <= context.limits.document_bytes, "no record grows past the limit");
            let reloaded = Document::load(ground.record, &saved).unwrap();
            assert_eq!(reloaded.view(ground.kind), accepted.document.view(ground.kind));
            assert_eq!(reloaded.history(ground.kind, None), accepted.document.history(ground.kind, None));
            assert!(guard_trusted_reader(ground.base.as_ref(), &change, &context).is_ok(), "what the office takes, phones take");
            "ok".to_owned()
        }
        Err(refusal) => refusal.code.to_owned(),
    }
}
