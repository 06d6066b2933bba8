//! What no honest phone sends: changes that were made right and then changed where it hurts, with their checksum mended.

use crate::{
    Outcome,
    dice::Dice,
    template::{Cast, Enemy},
    town::{SYNC, Town},
};
use daohu_domain::{id::Id, kind::Fields, kinds, time::Stamp};
use daohu_field::Request;
use daohu_record::{Document, Event, Header};
use daohu_wire::{Batch, BatchHeader, DeviceKey, Item, RequestSignature, SyncAnswer, SyncRequest, request_signature::SeenRequest};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What is wrong with an item, and what the server must say to it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trick {
    /// A first change whose counter does not begin at one.
    FirstLeap,
    /// A later change whose counter leaves numbers out.
    LaterLeap,
    /// A counter written longer than it need be.
    LongNumber,
    /// A change in the name of another device.
    OtherActor,
    /// A record of a place that the device has nothing to do with.
    OtherPlace,
    /// A record in the name of another person: wrong, and yet the office may let it in.
    OtherWriter,
    /// A byte anywhere.
    AnyByte,
}

const TRICKS: [Trick; 7] =
    [Trick::FirstLeap, Trick::LaterLeap, Trick::LongNumber, Trick::OtherActor, Trick::OtherPlace, Trick::OtherWriter, Trick::AnyByte];

/// The enemy's side of a run.
pub(crate) struct Hostile {
    enemy: Enemy,
    number: u64,
    previous: [u8; 32],
    counter: u64,
    /// Items that must never become part of a record.
    pub(crate) forbidden: Vec<(Id, [u8; 32])>,
}

impl Hostile {
    pub(crate) fn new(cast: &Cast) -> Self {
        Self { enemy: cast.enemy.clone(), number: 0, previous: [0; 32], counter: 0, forbidden: Vec::new() }
    }

    /// Begins anew after a server forgot what it knew: what it asks for is the last batch that it has.
    pub(crate) fn follow(&mut self, town: &Town) -> Outcome {
        use daohu_server::store::account::DeviceQuery;
        let row = town.office()?.store().devices(DeviceQuery::Id(self.enemy.device))?.into_iter().next().ok_or("no such device")?;
        (self.number, self.previous) = (row.last_batch, row.last_hash);
        Ok(())
    }

    /// Sends one item and returns what was done and said. An error says that it was accepted and must not have been.
    pub(crate) fn send(&mut self, town: &Town, cast: &Cast, now_ms: i64, dice: &Dice) -> Outcome<String> {
        self.follow(town)?;
        let trick = *dice.pick(&TRICKS).ok_or("no trick")?;
        let items = self.items(cast, trick, now_ms, dice)?;
        let last = items.last().map(|item| (item.record, item.hash)).ok_or("no item")?;
        let count = items.len();
        let key = DeviceKey::from_seed(&self.enemy.seed);
        let header = BatchHeader::new(self.enemy.device, self.number + 1, self.previous, now_ms, Vec::new());
        let mut request = SyncRequest::new(self.enemy.device, now_ms);
        request.batches.push(Batch::seal(&key, header, items)?);
        let body = request.encode()?;
        self.counter += 1;
        // Two seconds apart a counter of a clock never falls behind, even where the server was set back.
        let counter = u64::try_from(now_ms / 1000).unwrap_or(0) + self.counter;
        let signature = RequestSignature::sign(&key, self.enemy.device, counter, SeenRequest { method: "POST", path: SYNC, body: &body })?;
        let headers = vec![("daohu-signature".to_owned(), signature)];
        let response = town.carry(&Request { method: "POST", path: SYNC.to_owned(), headers, body })?;
        if response.status != 200 {
            return Ok(format!("{trick:?} {}", response.status));
        }
        let answer = SyncAnswer::decode(&response.body)?;
        let said = answer.statuses.first().map(|status| status.items.clone()).unwrap_or_default();
        let last_index = u32::try_from(count - 1)?;
        let code = said.iter().find(|item| item.index == last_index).map_or("ok", |item| item.code.as_str()).to_owned();
        let expected: &[&str] = match trick {
            Trick::FirstLeap | Trick::LaterLeap => &["not_canonical"],
            Trick::LongNumber => &["not_canonical", "unreadable"],
            Trick::OtherActor => &["actor_taken"],
            Trick::OtherPlace => &["forbidden_place"],
            Trick::OtherWriter => &["forbidden_writer"],
            Trick::AnyByte => return Ok(format!("{trick:?} {code}")),
        };
        if !expected.contains(&code.as_str()) {
            return Err(format!("a hostile item ({trick:?}) was answered with {code}, not with {expected:?}").into());
        }
        self.forbidden.push(last);
        Ok(format!("{trick:?} {code}"))
    }

    fn items(&self, cast: &Cast, trick: Trick, now_ms: i64, dice: &Dice) -> Outcome<Vec<Item>> {
        let (household, mut place) = *cast.households.first().ok_or("no household")?;
        let mut drawn = [0; 10];
        dice.bytes(&mut drawn);
        if matches!(trick, Trick::OtherPlace) {
            place = cast.villages[1];
        }
        let by = if matches!(trick, Trick::OtherWriter) { cast.cadres[0] } else { self.enemy.person };
        let header = Header { id: Id::v7(now_ms, drawn), kind: "visit".to_owned(), place, subject: Some(household), by };
        let kind = kinds::find("visit").ok_or("no such kind")?;
        let at = daohu_domain::calendar::Instant(now_ms);
        // Six digits at most: more of them may read as a telephone or identity number, and `secret_in_text` would be the rightful answer.
        let fields = json!({ "mode": "home", "purpose": ["verify"], "start": at, "end": at, "met": [{ "name": "甲" }],
            "narrative": format!("外人写的{}", dice.below(1_000_000)), "recorder": self.enemy.person });
        let fields: Fields = fields.as_object().cloned().unwrap_or_default();
        let event =
            |name: &str| Event { name: name.to_owned(), stamp: Stamp { wall_ms: now_ms, mono_ms: 1, boot: 1 }, fields: Fields::new() };
        let actor = match trick {
            Trick::OtherActor => Id::from_bytes([9; 16]),
            _ => self.enemy.device,
        };
        let (mut document, first) = Document::create(&header, kind, &fields, Some(&event("submit")), actor, now_ms)?;
        let item = |bytes: Vec<u8>| Item::change(header.id, place, bytes);
        Ok(match trick {
            Trick::FirstLeap => vec![item(forged(&first.bytes, |body| counter(body, |value| vec![value + 7])).ok_or("no change")?)],
            Trick::LongNumber => {
                let long = |value: u8| vec![value | 0x80, 0];
                vec![item(forged(&first.bytes, |body| counter(body, long)).ok_or("no change")?)]
            }
            Trick::LaterLeap => {
                let later = document.append(kind, &event("withdraw"), actor, now_ms)?;
                let leapt = forged(&later.bytes, |body| counter(body, |value| vec![value + 9])).ok_or("no change")?;
                vec![item(first.bytes.clone()), item(leapt)]
            }
            Trick::AnyByte => {
                let (at, value) = (dice.next(), u8::try_from(dice.between(1, 255))?);
                let any = |body: &[u8]| {
                    let mut body = body.to_vec();
                    let index = usize::try_from(at % u64::try_from(body.len()).ok()?).ok()?;
                    *body.get_mut(index)? ^= value;
                    Some(body)
                };
                vec![item(forged(&first.bytes, any).ok_or("no change")?)]
            }
            Trick::OtherActor | Trick::OtherPlace | Trick::OtherWriter => vec![item(first.bytes)],
        })
    }
}

/// Changes the body of a change and mends its length and checksum.
fn forged(bytes: &[u8], change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let length_at = 9;
    let mut body_at = length_at;
    while bytes.get(body_at)? & 0x80 != 0 {
        body_at += 1;
    }
    let body = change(bytes.get(body_at + 1..)?)?;
    let mut hashed = vec![*bytes.get(8)?];
    let mut rest = body.len();
    while rest >= 0x80 {
        hashed.push(u8::try_from(rest & 0x7f).ok()? | 0x80);
        rest >>= 7;
    }
    hashed.push(u8::try_from(rest).ok()?);
    hashed.extend(&body);
    let hash = Sha256::digest(&hashed);
    let mut whole = bytes.get(..4)?.to_vec();
    whole.extend(hash.get(..4)?);
    whole.extend(hashed);
    Some(whole)
}

/// Writes the counter of the first operation otherwise; it lies behind the dependencies, the actor and the number of the change.
fn counter(body: &[u8], write: impl FnOnce(u8) -> Vec<u8>) -> Option<Vec<u8>> {
    let dependencies = usize::from(*body.first()?);
    let actor_at = 1 + 32 * dependencies;
    let number_at = actor_at + 1 + usize::from(*body.get(actor_at)?);
    let counter_at = number_at + 1;
    // Numbers below 64 are one byte, and the forged ones stay so.
    let value = *body.get(counter_at).filter(|value| **value < 0x40)?;
    let mut changed = body.get(..counter_at)?.to_vec();
    changed.extend(write(value));
    changed.extend(body.get(counter_at + 1..)?);
    Some(changed)
}
