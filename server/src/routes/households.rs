//! `/api/v1/households`: households within the scope, and one with all that belongs to it.

use super::{
    ask::Ask,
    caller::{Signed, store_problem},
    etag,
    listing::{self, Wanted},
    problem::Problem,
    visits,
};
use crate::{
    app::App,
    limits::{PAGE_DEFAULT, PAGE_MAX},
    office::Office,
    permit::{Caller, view::Eyes},
    record::OneRecord,
    store::rows::{DocRow, RecordQuery},
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use daohu_domain::{
    calendar::Month,
    id::Id,
    kind::Fields,
    kinds::month_record,
    mask,
    month_text::{VisitOfMonth, compose, copy_text},
    validate::text_of,
};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

/// Kinds whose records make up a household: whoever holds it holds all of these, and its digest covers them.
pub const KINDS: [&str; 6] = ["household", "member", "pairing", "visit", "month_record", "review"];

/// Records of one kind that one household's page shows: ten years of two visits a month, and more.
pub const RECORDS_MAX: usize = 1_000;

/// Lists the households of a place.
///
/// # Errors
/// `bad_place`, `bad_cursor`; `not_found` for a place outside the scope.
pub async fn list(Signed(caller): Signed, State(app): State<App>, ask: Ask, headers: HeaderMap) -> Result<Response, Problem> {
    let place = ask.place_if()?;
    let text = ask.q.clone().filter(|text| !text.is_empty());
    let wanted =
        Wanted { place, text, after: listing::after(ask.cursor.as_deref())?, limit: ask.limit(PAGE_DEFAULT, PAGE_MAX)?, household: None };
    let answer = app
        .call(move |office| {
            if place.is_some_and(|place| !caller.places().contains(&place)) {
                return Err(Problem::not_found());
            }
            let kind = listing::kind("household")?;
            // A search must not find by what the searcher does not see.
            let asked = wanted.text.clone();
            let page = listing::page(office, &caller, kind, &wanted, &|row| {
                asked.as_deref().is_none_or(|text| Json::Object(listing::seen(&caller, kind, row)).to_string().contains(text))
            })?;
            let items: Vec<Json> = page.rows.iter().map(|row| listing::shown(&caller, kind, row)).collect();
            Ok(listing::answer(&items, page.next))
        })
        .await?;
    Ok(etag::answer(&headers, &answer))
}

/// Shows a household.
///
/// # Errors
/// `not_found` outside the scope.
pub async fn show(Signed(caller): Signed, State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let shown = app.call(move |office| detail(office, &caller, &find(office, &caller, &id)?)).await?;
    Ok(etag::answer(&headers, &shown))
}

/// Finds a household by its id or its number (户编号), if the caller reads it.
///
/// # Errors
/// `not_found`, or when the store fails.
pub fn find(office: &Office, caller: &Caller, id: &str) -> Result<DocRow, Problem> {
    let kind = listing::kind("household")?;
    if id.parse::<Id>().is_ok() {
        return listing::one(office, caller, kind, id);
    }
    // What is outside the scope and what does not exist are refused in the same words.
    let row = match office.household(id) {
        Err(error) if error.code() == "not_found" => return Err(Problem::not_found()),
        found => found?,
    };
    if caller.reads(kind, row.place, row.household) { Ok(row) } else { Err(Problem::not_found()) }
}

fn detail(office: &Office, caller: &Caller, row: &DocRow) -> Result<Json, Problem> {
    let kind = listing::kind("household")?;
    let mut records = Vec::new();
    for name in KINDS {
        let query = RecordQuery { kind: Some(name.to_owned()), household: Some(row.record), ..RecordQuery::default() };
        records.extend(office.store().records(&query).map_err(|error| store_problem(&error))?);
    }
    let of_kind = |name: &str| -> Result<Vec<Json>, Problem> {
        let kind = listing::kind(name)?;
        let own = records.iter().filter(|row| row.kind == name && caller.reads(kind, row.place, row.household)).take(RECORDS_MAX);
        Ok(own.map(|row| listing::shown(caller, kind, row)).collect())
    };
    let digest = digest(&records);
    let fields = listing::seen(caller, kind, row);
    let visits = visits::all_of(office, caller, row.record)?;
    let (members, pairings) = (of_kind("member")?, pairings(of_kind("pairing")?, fields.get("number")));
    let reviews = of_kind("review")?;
    let (months, records): (Vec<DocRow>, Vec<DocRow>) = records.into_iter().partition(|row| row.kind == month_record::KIND.name);
    let months = office.as_one(&month_record::KIND, months)?;
    let shown: Vec<&DocRow> = records.iter().chain(months.iter().map(|month| &month.row)).collect();
    let conflicts = conflicts(office, caller, row.record, &shown)?;
    let page = Page { office, caller, fields: &fields, visits: &visits };
    let months = months.iter().filter_map(|month| page.month(month).transpose()).take(RECORDS_MAX).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "id": row.record, "number": fields.get("number"), "place": row.place, "digest": digest,
        "fields": fields, "masked": mask::masked_keys(kind),
        "members": members, "pairings": pairings, "visits": visits, "months": months, "reviews": reviews, "conflicts": conflicts,
    }))
}

/// Returns the SHA-256 over each record's id and sorted heads, records in the order of their ids: the same on any device.
#[must_use]
pub fn digest(records: &[DocRow]) -> String {
    let mut sorted: Vec<&DocRow> = records.iter().collect();
    sorted.sort_by_key(|row| row.record);
    let mut hash = Sha256::new();
    for row in sorted {
        hash.update(row.record.as_bytes());
        hash.update(&row.heads);
    }
    hex::encode(hash.finalize())
}

/// Lifts a pairing's facts beside its id, as the command line prints them.
fn pairings(rows: Vec<Json>, number: Option<&Json>) -> Vec<Json> {
    let lift = |row: Json| {
        let fields = row["fields"].clone();
        let (cadre, role, from, to) = (&fields["cadre"], &fields["role"], &fields["from"], &fields["to"]);
        json!({"id": row["id"], "household": row["household"], "number": number, "cadre": cadre, "role": role, "from": from, "to": to})
    };
    rows.into_iter().map(lift).collect()
}

/// What a month of the household's page is shown from.
struct Page<'a> {
    office: &'a Office,
    caller: &'a Caller,
    fields: &'a Fields,
    visits: &'a [Json],
}

impl Page<'_> {
    /// Shows what is one record of a month: how it stands now, its visits, and all of it as one text; nothing to those who do not read it.
    fn month(&self, record: &OneRecord) -> Result<Option<Json>, Problem> {
        let (kind, row) = (&month_record::KIND, &record.row);
        let Some(month) = text_of(&row.fields, "month").and_then(|text| text.parse::<Month>().ok()) else { return Ok(None) };
        if !self.caller.reads(kind, row.place, row.household) {
            return Ok(None);
        }
        let fold = self.office.month_as_it_stands(record, month)?;
        let fields = listing::seen(self.caller, kind, row);
        let name =
            format!("{} {}", text_of(self.fields, "number").unwrap_or_default(), text_of(self.fields, "head_name").unwrap_or_default());
        let is_counted = |visit: &&Json| visit["month"] == json!(month) && visit["state"] != "voided";
        let counted: Vec<&Json> = self.visits.iter().filter(is_counted).collect();
        // What nobody wrote is composed of the visits, as on the phone: a part that a visit tells of is never "none".
        let told: Vec<VisitOfMonth<'_>> = counted.iter().filter_map(|visit| told(visit)).collect();
        let mut parts = compose(&told);
        parts.extend(fields.into_iter().filter(|(_, value)| value.as_str() != Some("")));
        let mut shown = listing::shown(self.caller, kind, row);
        shown["month"] = json!(month);
        shown["state"] = json!(fold.state);
        shown["late"] = json!(fold.late);
        shown["visits"] = counted.iter().map(|visit| visit["id"].clone()).collect();
        shown["text"] = json!(copy_text(month, &name, &parts));
        Ok(Some(shown))
    }
}

fn told(visit: &Json) -> Option<VisitOfMonth<'_>> {
    Some(VisitOfMonth { day: visit["occurred_day"].as_str()?.parse().ok()?, fields: visit["fields"].as_object()? })
}

/// Shows both values of what two people changed, to those who see records whole: a conflict quotes names and notes.
fn conflicts(office: &Office, caller: &Caller, household: Id, records: &[&DocRow]) -> Result<Vec<Json>, Problem> {
    let mut records = records.to_vec();
    records.sort_by_key(|row| row.record);
    let mut shown = Vec::new();
    for row in records {
        let Some(conflicts) = row.conflicts.as_ref().and_then(Json::as_array) else { continue };
        let kind = listing::kind(&row.kind)?;
        if !caller.reads(kind, row.place, row.household) || listing::eyes(caller, row) != Eyes::Whole {
            continue;
        }
        let seen = listing::seen(caller, kind, row);
        for conflict in conflicts.iter().filter(|conflict| conflict["field"].as_str().is_some_and(|field| seen.contains_key(field))) {
            let mut whole: Map<String, Json> = conflict.as_object().cloned().unwrap_or_default();
            whole.insert("record".to_owned(), json!(row.record));
            whole.insert("kind".to_owned(), json!(row.kind));
            whole.insert("household".to_owned(), json!(household));
            shown.push(Json::Object(whole));
        }
    }
    office.name_values(&mut shown)?;
    Ok(shown)
}
