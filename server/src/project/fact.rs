//! The narrow facts of a record: what grants, lists and figures read without opening documents.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kind::{Fields, Json, Kind};
use daohu_domain::place::Place;
use daohu_domain::validate::{day_of, instant_of, text_of};
use daohu_record::View;

use super::{Arrivals, evidence};
use crate::store::blob::BlobRole;
use crate::store::plan::{EvidenceFact, Fact, MonthFact, PairingFact, RegionFact, ReviewFact, VisitFact};

/// Kinds that the roster is made of, beside pairings and places.
const ROSTER: [&str; 5] = ["cadre", "household", "leave", "org", "post_term"];

/// Returns the fact of a record; a record that lacks what its fact needs (a newer writer may have left it out) has none.
pub(super) fn of(kind: &Kind, view: &View, arrivals: &Arrivals<'_>) -> Fact {
    let fact = match kind.name {
        "visit" => visit(view, arrivals).map(|visit| Fact::Visit(Box::new(visit))),
        "review" => review(view, arrivals).map(Fact::Review),
        "month_record" => month(view).map(Fact::Month),
        "pairing" => pairing(view).map(Fact::Pairing),
        "evidence" => files(&view.fields).map(Fact::Evidence),
        "region" => region(&view.fields).map(Fact::Region),
        name if ROSTER.contains(&name) => Some(Fact::Roster),
        _ => None,
    };
    fact.unwrap_or(Fact::None)
}

fn visit(view: &View, arrivals: &Arrivals<'_>) -> Option<VisitFact> {
    let fields = &view.fields;
    let recorder = id_of(fields, "recorder").unwrap_or(view.header.by);
    let participants = ids_of(fields, "participants");
    let start = instant_of(fields, "start")?;
    let received_at = arrivals.first.as_ref().map_or(Instant(0), |arrival| arrival.received_at);
    let submitted = view.events.iter().find(|event| event.name == "submit");
    Some(VisitFact {
        household: view.header.subject?,
        recorder,
        participants: if participants.is_empty() { vec![recorder] } else { participants },
        mode: text_of(fields, "mode")?.to_owned(),
        start,
        end: instant_of(fields, "end").unwrap_or(start),
        evidence: submitted
            .map_or(crate::store::plan::StartEvidence::None, |event| evidence::of_start(start, event, arrivals.boots, received_at)),
        submitted_at: submitted.map(|event| evidence::best(&event.stamp, arrivals.boots, received_at)),
        received_at,
        absent_reason: text_of(fields, "absent_reason").map(str::to_owned),
        original_day: day_of(fields, "original_date"),
        backfill_reason: text_of(fields, "backfill_reason").map(str::to_owned),
        duplicate_of: id_of(fields, "duplicate_of"),
        confirmed: fields.get("household_confirmed").and_then(Json::as_bool).unwrap_or(false),
        names: ids_of(fields, "names"),
    })
}

fn review(view: &View, arrivals: &Arrivals<'_>) -> Option<ReviewFact> {
    Some(ReviewFact {
        target: id_of(&view.fields, "target")?,
        target_kind: text_of(&view.fields, "target_kind")?.to_owned(),
        result: text_of(&view.fields, "result")?.to_owned(),
        rule: text_of(&view.fields, "rule").map(str::to_owned),
        roles: arrivals.first.as_ref().and_then(|arrival| arrival.roles.clone()),
    })
}

fn month(view: &View) -> Option<MonthFact> {
    let submitted = view.events.iter().find(|event| event.name == "submit");
    Some(MonthFact {
        household: view.header.subject?,
        month: text_of(&view.fields, "month")?.to_owned(),
        submitted_at: submitted.map(|event| Instant(event.stamp.wall_ms)),
    })
}

fn pairing(view: &View) -> Option<PairingFact> {
    Some(PairingFact {
        household: view.header.subject?,
        cadre: id_of(&view.fields, "cadre")?,
        role: text_of(&view.fields, "role")?.to_owned(),
        from: day_of(&view.fields, "from")?,
        to: day_of(&view.fields, "to"),
        unit: id_of(&view.fields, "unit"),
    })
}

fn region(fields: &Fields) -> Option<RegionFact> {
    Some(RegionFact {
        code: place_of(fields, "code")?,
        name: text_of(fields, "name")?.to_owned(),
        level: text_of(fields, "level")?.to_owned(),
        parent: place_of(fields, "parent"),
    })
}

fn files(fields: &Fields) -> Option<EvidenceFact> {
    let named = |role: BlobRole| {
        let hashes = fields.get(role.name()).and_then(Json::as_array).into_iter().flatten();
        hashes.filter_map(move |hash| Some((role, hash_of(hash.as_str()?)?)))
    };
    Some(EvidenceFact { media_type: text_of(fields, "media_type")?.to_owned(), files: BlobRole::ALL.into_iter().flat_map(named).collect() })
}

fn hash_of(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
}

fn place_of(fields: &Fields, key: &str) -> Option<Place> {
    text_of(fields, key)?.parse().ok()
}

fn id_of(fields: &Fields, key: &str) -> Option<Id> {
    text_of(fields, key)?.parse().ok()
}

fn ids_of(fields: &Fields, key: &str) -> Vec<Id> {
    let texts = fields.get(key).and_then(Json::as_array).into_iter().flatten();
    texts.filter_map(|text| text.as_str()?.parse().ok()).collect()
}
