//! What a newer phone writes survives an older server and an older phone that edits the same record.
//!
//! The newer phone is made here, over the crates of records and bytes: a month record with one field and one event more.

use daohu_domain::{
    calendar::Instant,
    declare::{event, text as short_text},
    id::Id,
    kind::{EventType, Field, Fields, Kind},
    kinds::month_record::KIND,
    time::Stamp,
};
use daohu_e2e::{Outcome, World, http, text};
use daohu_record::{Document, Event, Header};
use daohu_wire::{
    Batch, BatchHeader, Cursor, DeviceKey, EnrolAnswer, EnrolRequest, Item, RequestSignature, SyncAnswer, SyncRequest,
    request_signature::SeenRequest,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The kind as a later version might declare it.
fn newer_kind() -> Kind {
    let fields: Vec<Field> = KIND.fields.iter().copied().chain([short_text("mood", "情绪", "mood")]).collect();
    let events: Vec<EventType> = KIND.events.iter().copied().chain([event("praise", "表扬", "praise")]).collect();
    Kind { fields: fields.leak(), events: events.leak(), ..KIND }
}

/// A phone of a later version, as far as this test needs one.
struct NewerPhone<'a> {
    world: &'a World,
    id: Id,
    key: DeviceKey,
    enrolled: EnrolAnswer,
    cursors: BTreeMap<u64, u64>,
    batches: u64,
    requests: u64,
}

impl<'a> NewerPhone<'a> {
    fn enrol(world: &'a World, code: &str) -> Outcome<Self> {
        let (id, key) = (Id::v7(now_ms(world)?, [7; 10]), DeviceKey::from_seed(&[7; 32]));
        let request = EnrolRequest {
            code: code.to_owned(),
            device: id,
            public_key: key.public(),
            label: "newer".to_owned(),
            store_key_sealed: None,
            proto: (1, 1),
        };
        let reply = http::send(&world.url, ("POST", "/v1/enrol"), &[("content-type", "application/cbor")], &request.seal(&key)?)?;
        let enrolled = EnrolAnswer::decode(&reply.body)?;
        Ok(Self { world, id, key, enrolled, cursors: BTreeMap::new(), batches: 0, requests: 0 })
    }

    /// Sends items and returns what came back, with the changes of one record.
    fn sync(&mut self, items: Vec<Item>, record: Id) -> Outcome<(SyncAnswer, Vec<u8>)> {
        let mut request = SyncRequest::new(self.id, now_ms(self.world)?);
        if !items.is_empty() {
            self.batches += 1;
            let header = BatchHeader::new(self.id, self.batches, [0; 32], now_ms(self.world)?, Vec::new());
            request.batches = vec![Batch::seal(&self.key, header, items)?];
        }
        let mut changes = Vec::new();
        loop {
            let grants = &self.enrolled.policy.grants;
            let cursor = |grant| self.cursors.get(grant).copied().unwrap_or(0);
            request.cursors = grants.iter().map(|grant| Cursor { grant: grant.id, seq: cursor(&grant.id) }).collect();
            request.policy_rev = self.enrolled.policy.rev;
            let answer = self.ask(&request)?;
            for pulled in &answer.pulled {
                self.cursors.insert(pulled.grant, pulled.to);
                changes.extend(pulled.items.iter().filter(|item| item.record == record).flat_map(|item| item.bytes.clone()));
            }
            if !answer.more {
                return Ok((answer, changes));
            }
        }
    }

    fn ask(&mut self, request: &SyncRequest) -> Outcome<SyncAnswer> {
        self.requests += 1;
        let body = request.encode()?;
        let seen = SeenRequest { method: "POST", path: "/v1/sync", body: &body };
        let signature = RequestSignature::sign(&self.key, self.id, self.requests, seen)?;
        let headers =
            [("content-type", "application/vnd.daohu.sync+cbor"), ("content-encoding", "zstd"), ("daohu-signature", signature.as_str())];
        let reply = http::send(&self.world.url, ("POST", "/v1/sync"), &headers, &body)?;
        if reply.status == 200 { Ok(SyncAnswer::decode(&reply.body)?) } else { Err(String::from_utf8_lossy(&reply.body).into()) }
    }
}

fn now_ms(world: &World) -> Outcome<i64> {
    Ok(world.now()?.parse::<Instant>()?.0)
}

fn fields(json: Json) -> Fields {
    if let Json::Object(fields) = json { fields } else { Fields::new() }
}

#[test]
fn a_field_and_an_event_of_a_newer_phone_survive_an_older_server_and_an_older_phone() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let household = text(&pairing, "household")?;
    let place = world.daohu(&["record", "show", household])?["place"].clone();
    let place = place.as_str().ok_or("no place")?;
    let older = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    world.daohu(&["user", "add", "--login", "secretary", "--role", "village_secretary", "--place", place])?;
    let code = world.daohu(&["device", "code", "--user", "secretary"])?;
    let mut newer = NewerPhone::enrol(&world, text(&code, "code")?)?;
    let (kind, at_ms) = (newer_kind(), now_ms(&world)?);
    let header = Header {
        id: Id::v7(at_ms, [9; 10]),
        kind: kind.name.to_owned(),
        place: place.parse()?,
        subject: Some(household.parse()?),
        by: newer.enrolled.person,
    };
    let written = fields(json!({ "month": "2019-05", "work": "核对台账。", "mood": "高兴" }));
    let praise = Event { name: "praise".to_owned(), stamp: Stamp { wall_ms: at_ms, mono_ms: at_ms, boot: 1 }, fields: Fields::new() };
    let (_, change) = Document::create(&header, &kind, &written, Some(&praise), newer.id, at_ms)?;

    let (answer, own) = newer.sync(vec![Item::change(header.id, header.place, change.bytes.clone())], header.id)?;
    older.call(&["sync"])?;
    older.call(&["month", household, "2019-05", "--set", "policy=补贴已到账。"])?;
    older.call(&["sync"])?;
    let (_, edited) = newer.sync(Vec::new(), header.id)?;

    let codes: Vec<&str> = answer.statuses.iter().flat_map(|batch| &batch.items).map(|item| item.code.as_str()).collect();
    assert_eq!(codes, ["ok_newer"], "{:?}", answer.statuses);
    let record = header.id.to_string();
    let on_server = world.daohu(&["record", "show", &record])?;
    let on_phone = older.call(&["record", "show", &record])?;
    for shown in [&on_server, &on_phone] {
        assert_eq!((&shown["fields"]["mood"], &shown["fields"]["policy"]), (&"高兴".into(), &"补贴已到账。".into()), "{shown}");
    }
    let first = if own.is_empty() { change.bytes } else { own };
    let view = Document::load(header.id, &[first, edited].concat())?.view(&kind);
    assert_eq!((&view.fields["mood"], &view.fields["policy"]), (&"高兴".into(), &"补贴已到账。".into()));
    assert_eq!(view.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["praise"]);
    assert_eq!(world.daohu(&["rebuild"])?["differences"], 0);
    assert_eq!(world.daohu(&["verify"])?["ok"], true);
    Ok(())
}
