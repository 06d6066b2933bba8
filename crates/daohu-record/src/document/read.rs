//! Reading a document: its view, its conflicts, its past.

use super::{Document, HEADER};
use crate::{
    Conflict, Event, EventView, Fields, Json, Origin, Past, Said, View, device_of, event,
    values::{Stored, restore, undeclared},
};
use automerge::{ActorId, Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use daohu_domain::{
    id::Id,
    kind::{Field, Kind, Merge},
    time::Stamp,
};
use std::collections::{BTreeMap, HashMap};

/// Who made a change and when its clock says so, in seconds.
#[derive(Clone)]
struct Maker {
    actor: ActorId,
    seconds: i64,
}

/// Reads the values of one document, now or at some changes, and knows who made each change.
struct Reader<'a> {
    document: &'a Automerge,
    makers: HashMap<ChangeHash, Maker>,
    /// Where everything comes from, if there is one change: most records never have another.
    only: Option<Origin>,
}

/// One of the values of a root key.
struct Found {
    stored: Stored,
    operation: ObjId,
    origin: Origin,
}

impl Document {
    /// Returns the record in plain values.
    #[must_use]
    pub fn view(&self, kind: &Kind) -> View {
        let reader = Reader::new(&self.inner);
        let mut view = View {
            header: self.header.clone(),
            fields: Fields::new(),
            conflicts: Vec::new(),
            events: Vec::new(),
            origins: BTreeMap::new(),
        };
        let mut events = Vec::new();
        for item in self.inner.map_range(ROOT, ..) {
            let key = item.key.to_string();
            if HEADER.contains(&key.as_str()) {
                continue;
            }
            let found = if item.conflict { reader.found(&key) } else { vec![reader.one(item.id(), &item.value.into_value())] };
            if let Some(short) = event::short_key(&key) {
                events.extend(found.last().map(|last| (order(&last.operation), reader.event(short, last, found.len() > 1))));
            } else {
                show(&mut view, kind.fields.iter().find(|field| field.key == key), &key, &found);
            }
        }
        events.sort_by(|(left, _), (right, _)| left.cmp(right));
        view.events = events.into_iter().map(|(_, event)| event).collect();
        view
    }

    /// Returns every value that a field, or every field, has had, in an order that is the same on every device.
    #[must_use]
    pub fn history(&self, kind: &Kind, field: Option<&str>) -> Vec<Past> {
        let mut changes = self.inner.get_changes(&[]);
        changes.sort_by_cached_key(|change| (change.start_op(), change.actor_id().clone()));
        let mut past = Vec::new();
        for change in &changes {
            for key in touched(&self.inner, change) {
                let skipped = HEADER.contains(&key.as_str()) || event::short_key(&key).is_some() || field.is_some_and(|field| field != key);
                if skipped {
                    continue;
                }
                let declared = kind.fields.iter().find(|field| field.key == key);
                past.push(Past {
                    value: stored_at(&self.inner, &key, change.hash()).map_or(Json::Null, |stored| json(declared, &stored)),
                    field: key,
                    actor: device_of(change.actor_id()),
                    claimed_at_ms: change.timestamp().saturating_mul(1000),
                    change: change.hash().0,
                });
            }
        }
        past
    }
}

impl<'a> Reader<'a> {
    fn new(document: &'a Automerge) -> Self {
        let metas = document.get_changes_meta(&[]).into_iter();
        let makers = metas.map(|meta| (meta.hash, Maker { actor: meta.actor.into_owned(), seconds: meta.timestamp }));
        let makers: HashMap<ChangeHash, Maker> = makers.collect();
        let mut all = makers.iter().map(|(change, maker)| origin_of(*change, Some(maker)));
        let only = if makers.len() == 1 { all.next() } else { None };
        Self { document, makers, only }
    }

    /// Returns all values of a root key that nobody has chosen between, the one that is shown last.
    fn found(&self, key: &str) -> Vec<Found> {
        let values = self.document.get_all(ROOT, key).unwrap_or_default();
        values.into_iter().map(|(value, operation)| self.one(operation, &value)).collect()
    }

    fn one(&self, operation: ObjId, value: &Value<'_>) -> Found {
        Found { stored: stored(self.document, value, &operation, None), origin: self.origin(&operation), operation }
    }

    fn origin(&self, operation: &ObjId) -> Origin {
        self.only.unwrap_or_else(|| {
            let change = self.document.hash_for_opid(operation).unwrap_or(ChangeHash([0; 32]));
            origin_of(change, self.makers.get(&change))
        })
    }

    /// Returns an event. One that cannot be read is shown without a name rather than lost.
    fn event(&self, key: &str, found: &Found, edited: bool) -> EventView {
        let seconds = self.makers.get(&ChangeHash(found.origin.change)).map_or(0, |maker| maker.seconds);
        let decoded = match &found.stored {
            Stored::Plain(ScalarValue::Bytes(bytes)) => event::decode(bytes, seconds),
            _ => None,
        };
        let unreadable = || Event { name: String::new(), stamp: Stamp { wall_ms: 0, mono_ms: 0, boot: 0 }, fields: Fields::new() };
        let Event { name, stamp, fields } = decoded.unwrap_or_else(unreadable);
        EventView { key: key.to_owned(), name, stamp, fields, actor: found.origin.actor, change: found.origin.change, edited }
    }
}

fn origin_of(change: ChangeHash, maker: Option<&Maker>) -> Origin {
    Origin {
        actor: maker.map_or(Id::from_bytes([0; 16]), |maker| device_of(&maker.actor)),
        claimed_at_ms: maker.map_or(0, |maker| maker.seconds.saturating_mul(1000)),
        change: change.0,
    }
}

/// Returns the root keys that a change wrote, directly or inside their objects, each once, in order.
fn touched(document: &Automerge, change: &automerge::Change) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for operation in change.decode().operations {
        let key = match (&operation.obj, &operation.key) {
            (automerge::legacy::ObjectId::Root, automerge::legacy::Key::Map(key)) => Some(key.to_string()),
            (automerge::legacy::ObjectId::Id(id), _) => root_key_of(document, id),
            _ => None,
        };
        if let Some(key) = key.filter(|key| !keys.contains(key)) {
            keys.push(key);
        }
    }
    keys
}

/// Returns what a root key held as the writer of a change saw it.
pub(crate) fn stored_at(document: &Automerge, key: &str, change: ChangeHash) -> Option<Stored> {
    let heads = [change];
    let (value, operation) = document.get_at(ROOT, key, &heads).ok()??;
    Some(stored(document, &value, &operation, Some(&heads)))
}

fn stored(document: &Automerge, value: &Value<'_>, operation: &ObjId, heads: Option<&[ChangeHash]>) -> Stored {
    match value {
        Value::Scalar(scalar) => Stored::Plain(scalar.as_ref().clone()),
        Value::Object(ObjType::Text) => {
            let text = heads.map_or_else(|| document.text(operation), |heads| document.text_at(operation, heads));
            Stored::Text(text.unwrap_or_default())
        }
        Value::Object(_) => Stored::Set(match heads {
            Some(heads) => document.keys_at(operation, heads).collect(),
            None => document.keys(operation).collect(),
        }),
    }
}

/// Returns the root key under which an object lies or lay.
pub(crate) fn root_key_of(document: &Automerge, id: &automerge::legacy::OpId) -> Option<String> {
    let object = ObjId::Id(id.counter(), id.actor().clone(), 0);
    let path = document.parents(object).ok()?.path();
    match path.first() {
        Some((ObjId::Root, automerge::Prop::Map(key))) => Some(key.clone()),
        _ => None,
    }
}

/// The place of an operation in the fold: counter first, so that what saw another comes after it; then the actor.
fn order(operation: &ObjId) -> (u64, Vec<u8>) {
    match operation {
        ObjId::Root => (0, Vec::new()),
        ObjId::Id(counter, actor, _) => (*counter, actor.to_bytes().to_vec()),
    }
}

fn json(field: Option<&Field>, stored: &Stored) -> Json {
    field.and_then(|field| restore(field, stored)).unwrap_or_else(|| undeclared(stored))
}

fn show(view: &mut View, field: Option<&Field>, key: &str, found: &[Found]) {
    let Some(last) = found.last() else { return };
    if field.is_some_and(|field| field.merge == Merge::Grow) {
        let mut elements: Vec<String> = Vec::new();
        for one in found {
            if let Stored::Set(more) = &one.stored {
                elements.extend(more.iter().cloned());
            }
        }
        elements.sort();
        elements.dedup();
        if !elements.is_empty() {
            view.fields.insert(key.to_owned(), json(field, &Stored::Set(elements)));
            view.origins.insert(key.to_owned(), last.origin);
        }
        return;
    }
    if found.len() > 1 {
        let said: Vec<Said> = found.iter().map(|one| said(field, one)).collect();
        if said.iter().any(|one| Some(&one.value) != said.first().map(|first| &first.value)) {
            view.conflicts.push(Conflict { field: key.to_owned(), values: said });
        }
    }
    if last.stored != Stored::Text(String::new()) {
        view.fields.insert(key.to_owned(), json(field, &last.stored));
        view.origins.insert(key.to_owned(), last.origin);
    }
}

fn said(field: Option<&Field>, found: &Found) -> Said {
    let Origin { actor, claimed_at_ms, change } = found.origin;
    Said { value: json(field, &found.stored), actor, claimed_at_ms, change }
}
