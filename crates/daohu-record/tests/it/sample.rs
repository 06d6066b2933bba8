//! A small kind with every way of merging, and short words to write records of it.

use daohu_domain::{
    calendar::Instant,
    declare::{choice, choices, day, event, evidence, instant, int, long_text, one, rows, spans, text, texts, to_many, to_one, yes_no},
    id::Id,
    kind::{Choice, EventType, Field, Home, Kind, Mask, SpanOf},
    permission::Act,
    place::Place,
    time::Stamp,
};
use daohu_record::{Change, Document, Event, Fields, GuardContext, Header, Json, Limits, RecordError};
use serde_json::json;

const TONES: &[Choice] = &[one("calm", "平和", "calm"), one("urgent", "紧急", "urgent")];
static PERSON: [Field; 2] = [text("name", "姓名", "name"), text("relation", "关系", "relation")];

static FIELDS: [Field; 15] = FIELDS_BY_VALUE;

static NEWER_FIELDS: [Field; 17] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = FIELDS_BY_VALUE;
    let mood = text("mood", "情绪", "mood");
    let diary = long_text("diary", "日记", "diary").merged();
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, mood, diary]
};

const FIELDS_BY_VALUE: [Field; 15] = [
    choice("tone", "语气", "tone", TONES).required().sealed(),
    text("title", "标题", "title").required(),
    int("count", "数量", "count", 0, 1000),
    yes_no("done", "办完", "done"),
    day("due", "期限", "due day"),
    instant("heard", "听到的时间", "heard at"),
    choices("topics", "事项", "topics", TONES),
    texts("words", "原话", "words"),
    to_one("source", "来源", "source", "note"),
    rows("people", "人", "people", &PERSON),
    spans("tiers", "档", "tiers", SpanOf::Text),
    evidence("photos", "照片", "photos"),
    long_text("story", "经过", "story").merged(),
    to_many("seen", "看过的人", "seen by", "cadre").growing(),
    text("phone", "电话", "telephone").l3(Mask::Phone),
];

static REASON: [Field; 1] = [text("reason", "原因", "reason")];
static EVENTS: [EventType; 2] = [event("submit", "提交", "submit"), event("return", "退回", "return").carries(&REASON)];
static NEWER_EVENTS: [EventType; 3] =
    [event("submit", "提交", "submit"), event("return", "退回", "return").carries(&REASON), event("praise", "表扬", "praise")];
const STATES: &[Choice] = &[one("open", "未交", "open"), one("submitted", "已交", "submitted")];

/// A kind with every shape and every way of merging.
pub(crate) static NOTE: Kind = Kind::new("note", "便条", "note", Home::Village).of_household().fields(&FIELDS).moves(STATES, &EVENTS);

/// The same kind as a later version declares it.
pub(crate) static NEWER_NOTE: Kind =
    Kind::new("note", "便条", "note", Home::Village).of_household().fields(&NEWER_FIELDS).moves(STATES, &NEWER_EVENTS);

/// 09:00 on 5 June 2019 at +08:00.
pub(crate) const NINE: i64 = 1_559_696_400_000;

/// Names a device; its event prefix differs from that of every other.
pub(crate) fn device(n: u8) -> Id {
    Id::from_bytes([n, 1, 2, 3, 4, 5, 0x70, 7, 0x80, 9, 10, 11, n, n, n, n])
}

/// Names a record, a household, a person.
pub(crate) fn id(n: u8) -> Id {
    Id::from_bytes([n, 0x11, 0x22, 0x33, 0x44, 0x55, 0x76, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, n])
}

/// The village of the samples.
pub(crate) fn village() -> Place {
    "610802209201".parse().unwrap()
}

/// The header of the sample record.
pub(crate) fn header() -> Header {
    Header { id: id(1), kind: "note".to_owned(), place: village(), subject: Some(id(2)), by: id(3) }
}

/// The fields of an object.
pub(crate) fn fields(value: Json) -> Fields {
    value.as_object().unwrap().clone()
}

/// An event of the sample kind.
pub(crate) fn event_named(name: &str) -> Event {
    Event { name: name.to_owned(), stamp: Stamp { wall_ms: NINE + 321, mono_ms: 5_000_321, boot: 4 }, fields: Fields::new() }
}

/// A whole note by device 1, submitted.
pub(crate) fn note() -> (Document, Change) {
    let fields = fields(json!({"tone": "calm", "title": "水压偏小", "count": 3, "story": "上午入户。"}));
    Document::create(&header(), &NOTE, &fields, Some(&event_named("submit")), device(1), NINE).unwrap()
}

/// An edit of one field by a device.
pub(crate) fn edit(document: &mut Document, writer: u8, key: &str, value: Json) -> Result<Change, RecordError> {
    document.edit(&NOTE, &Fields::from_iter([(key.to_owned(), value)]), device(writer), NINE + 60_000)
}

/// Ends a conflict by writing one of its values.
pub(crate) fn resolve(document: &mut Document, field: &str, take: usize, writer: u8) -> Result<Change, RecordError> {
    let view = document.view(&NOTE);
    document.choose(&NOTE, (field, &view.chosen(field, take)?.value), device(writer), NINE)
}

/// Finds the sample kind only.
pub(crate) fn note_kind(name: &str) -> Option<&'static Kind> {
    (name == "note").then_some(&NOTE)
}

/// Allows everything.
pub(crate) fn anyone(_: &Kind, _: Act<'_>, _: &Header) -> bool {
    true
}

/// What the guard knows when device `writer` sends a change of the sample record.
pub(crate) fn context(writer: u8) -> GuardContext<'static> {
    GuardContext { kind_of: &note_kind, device: device(writer), record: id(1), place: village(), may: &anyone, limits: Limits::default() }
}

/// The instant as text.
pub(crate) fn at(ms: i64) -> String {
    Instant(ms).to_string()
}
