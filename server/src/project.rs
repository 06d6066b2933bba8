//! From a document to what the office reads: fields, events in the order of the fold, state, and the narrow facts that figures need.
//!
//! Pure but for what is handed in, so that a rebuild from the changes gives the same rows.

mod evidence;
mod fact;

use std::collections::HashMap;

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kind::{Fields, Json, Kind, Shape};
use daohu_domain::role::{self, Role};
use daohu_domain::state::{PastEvent, fold, fold_visit, rules_on_arrival};
use daohu_domain::validate::is_newer;
use daohu_record::{Conflict, Document, EventView, View};
use daohu_wire::Boot;
use serde_json::json;

use crate::store::plan::{DocumentPlan, EventPlan, Fact};
use crate::store::rows::Arrival;

/// How the changes of a record arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrivals<'a> {
    /// By the key of the event that the change carries.
    pub(crate) by_event: HashMap<String, Arrival>,
    /// The first change's.
    pub(crate) first: Option<Arrival>,
    /// The last change's.
    pub(crate) last: Option<Arrival>,
    /// The boots of the batch that brought the first change.
    pub(crate) boots: &'a [Boot],
}

/// Makes the projection of a record.
pub(crate) fn project(document: &Document, kind: &'static Kind, arrivals: &Arrivals<'_>) -> DocumentPlan {
    let view = document.view(kind);
    let received_at = arrivals.first.as_ref().map_or(Instant(0), |arrival| arrival.received_at);
    let events = events(kind, &view, arrivals);
    let mut plan = DocumentPlan {
        record: view.header.id,
        kind: kind.name.to_owned(),
        place: view.header.place,
        household: view.header.subject,
        author: view.header.by,
        changes: u32::try_from(document.change_count()).unwrap_or(u32::MAX),
        heads: sorted(document.heads()),
        snapshot: (document.change_count() > 1).then(|| document.save()),
        state: String::new(),
        fields: without_secrets(kind, &view.fields),
        conflicts: conflicts(kind, &view.conflicts),
        search: search(kind, &view.fields),
        natural_key: natural_key(kind, &view),
        newer: is_newer(kind, &view.fields) || view.events.iter().any(|event| kind.event(&event.name).is_none()),
        received_at,
        changed_at: arrivals.last.as_ref().map_or(received_at, |arrival| arrival.received_at),
        events,
        fact: fact::of(kind, &view, arrivals),
    };
    settle_state(kind, &mut plan);
    plan
}

fn sorted(mut heads: Vec<[u8; 32]>) -> Vec<[u8; 32]> {
    heads.sort_unstable();
    heads
}

/// A document holds only hashes of secrets; nobody reads those, so they are no fields of the projection.
pub(crate) fn without_secrets(kind: &Kind, fields: &Fields) -> Fields {
    let plain = fields.iter().filter(|(key, _)| !kind.field(key).is_some_and(daohu_domain::kind::Field::is_secret));
    plain.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn events(kind: &Kind, view: &View, arrivals: &Arrivals<'_>) -> Vec<EventPlan> {
    let event = |event: &EventView| {
        let arrival = arrivals.by_event.get(&event.key);
        EventPlan {
            key: event.key.clone(),
            name: event.name.clone(),
            device: event.actor,
            by_author: arrival.is_none_or(|arrival| arrival.person.is_none_or(|person| person == view.header.by)),
            person: arrival.and_then(|arrival| arrival.person),
            change: event.change,
            received_at: arrival.map_or(Instant(0), |arrival| arrival.received_at),
            claimed_at: Instant(event.stamp.wall_ms),
            roles: arrival.and_then(|arrival| arrival.roles.clone()),
            refused: kind.event(&event.name).is_none(),
            fields: event.fields.clone(),
        }
    };
    view.events.iter().map(event).collect()
}

/// Folds the record's own events; what reviews add is folded where they are stored.
fn settle_state(kind: &'static Kind, plan: &mut DocumentPlan) {
    let past: Vec<PastEvent> = plan.events.iter().map(past_event).collect();
    let refused: Vec<bool> = if kind.name == "visit" {
        let is_trusted = !matches!(&plan.fact, Fact::Visit(visit) if !visit.is_time_trusted());
        let folded = fold_visit(&past, &[], Some(plan.received_at), rules_on_arrival(is_trusted));
        plan.state = folded.state;
        past.iter().map(|event| folded.refused.contains(&event.key)).collect()
    } else {
        let folded = fold(kind, &past);
        plan.state = folded.state;
        (0..past.len()).map(|index| folded.refused.contains(&index)).collect()
    };
    for (event, refused) in plan.events.iter_mut().zip(refused) {
        event.refused = refused;
    }
}

/// Returns an event as the folds of the domain want it.
pub(crate) fn past_event(event: &EventPlan) -> PastEvent {
    PastEvent {
        name: event.name.clone(),
        by_author: event.by_author,
        roles: roles_of(event.roles.as_deref()),
        at: event.received_at,
        key: event.key.clone(),
        fields: event.fields.clone(),
    }
}

/// Reads roles by comma. What the office wrote itself has none written down and may do what any role may.
pub(crate) fn roles_of(text: Option<&str>) -> Vec<Role> {
    text.map_or_else(|| role::ALL.to_vec(), |text| text.split(',').filter_map(|slug| slug.parse().ok()).collect())
}

/// Returns conflicts as they are kept; none where there are none.
pub(crate) fn conflicts(kind: &Kind, conflicts: &[Conflict]) -> Option<Json> {
    let shown: Vec<Json> = conflicts
        .iter()
        .filter(|conflict| !kind.field(&conflict.field).is_some_and(daohu_domain::kind::Field::is_secret))
        .map(|conflict| {
            let said = |(n, said): (usize, &daohu_record::Said)| {
                json!({
                    "n": n + 1,
                    "value": said.value,
                    "device": said.actor,
                    "claimed_at": Instant(said.claimed_at_ms),
                    "change": hex::encode(said.change),
                })
            };
            json!({ "field": conflict.field, "values": conflict.values.iter().enumerate().map(said).collect::<Vec<_>>() })
        })
        .collect();
    (!shown.is_empty()).then_some(Json::Array(shown))
}

/// Returns what a search looks in: the short texts of a record, lower case, one a line.
fn search(kind: &Kind, fields: &Fields) -> String {
    let short = kind.fields.iter().filter(|field| matches!(field.shape, Shape::Text { .. }) && !field.is_secret());
    let texts = short.filter_map(|field| fields.get(field.key)?.as_str());
    texts.map(str::to_lowercase).collect::<Vec<_>>().join("\n")
}

/// Returns the natural key of a record, parts by a bar; none where the kind has none or a part is missing.
fn natural_key(kind: &Kind, view: &View) -> Option<String> {
    natural_key_of(kind, view.header.subject, &view.fields)
}

/// Returns the natural key that these fields make.
pub(crate) fn natural_key_of(kind: &Kind, subject: Option<Id>, fields: &Fields) -> Option<String> {
    if kind.unique.is_empty() {
        return None;
    }
    let part = |key: &&str| match *key {
        "subject" => subject.map(|subject| subject.to_string()),
        key => fields.get(key).and_then(|value| match value {
            Json::Null => None,
            Json::String(text) if text.is_empty() => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }),
    };
    kind.unique.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join("|"))
}
