//! Adds, edits and shows one record; a household is named by its record id or its number (户编号).

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kind::{Fields, Home, Kind};
use daohu_domain::kinds;
use daohu_domain::place::Place;
use daohu_domain::validate::{self, Violation};
use daohu_record::{Document, RecordError};
use serde_json::{Value, json};

use super::write::missing_household;
use super::{RecordWrite, Writes};
use crate::error::OfficeError;
use crate::office::Office;
use crate::project::natural_key_of;
use crate::store::rows::{DocRow, RecordQuery, RegionQuery};

/// Keys of `record add` that say where a record lives and whose it is, where the kind has no field of that name.
const PLACE: &str = "place";
/// See [`PLACE`].
const HOUSEHOLD: [&str; 2] = ["household", "subject"];
/// What a record is, where it lives and whose it is: written with its first change and never again.
const HEADER: [&str; 6] = ["id", "kind", PLACE, "household", "subject", "by"];

impl Office {
    /// Adds a record from `k=v` pairs; `place` and `household` say where it belongs.
    ///
    /// # Errors
    /// `unknown_kind`, `invalid_record` with the fields, `already_taken` where the kind's natural key is in use.
    pub fn record_add(&self, kind: &str, pairs: &[(&str, &str)]) -> Result<Value, OfficeError> {
        let kind = kinds::find(kind).ok_or(OfficeError::about("unknown_kind", "kind"))?;
        let id = self.new_id();
        let (place, subject) = self.home_of(kind, id, pairs)?;
        let fields = read_fields(kind, pairs)?;
        if let Some(key) = natural_key_of(kind, subject, &fields)
            && !self.by_natural_key(kind.name, &key)?.is_empty()
        {
            return Err(OfficeError::about("already_taken", kind.unique.first().copied().unwrap_or_default()));
        }
        let record = RecordWrite { id, kind, place, subject, is_new: true, fields };
        self.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        self.record_show(id)
    }

    /// Edits a record by `k=v` pairs; an empty value deletes.
    ///
    /// # Errors
    /// `not_found`, `sealed`, `invalid_record` with the fields.
    pub fn record_edit(&self, id: Id, pairs: &[(&str, &str)]) -> Result<Value, OfficeError> {
        let row = self.record(id)?;
        let kind = kinds::find(&row.kind).ok_or(OfficeError::about("unknown_kind", "kind"))?;
        if let Some((key, _)) = pairs.iter().find(|(key, _)| HEADER.contains(key) && kind.field(key).is_none()) {
            return Err(RecordError::Sealed((*key).to_owned()).into());
        }
        let fields = read_fields(kind, pairs)?;
        let record = RecordWrite { id, kind, place: row.place, subject: row.household, is_new: false, fields };
        self.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        self.record_show(id)
    }

    /// Returns a record as `record show` prints it: fields, masked secrets, events, conflicts, state.
    ///
    /// # Errors
    /// `not_found`, or a failure of the store.
    pub fn record_show(&self, id: Id) -> Result<Value, OfficeError> {
        let row = self.record(id)?;
        let masked = match kinds::find(&row.kind) {
            Some(kind) => self.masked_secrets(kind, id)?,
            None => Fields::new(),
        };
        let keys: Vec<&String> = masked.keys().collect();
        let mut fields = row.fields.clone();
        fields.extend(masked.clone());
        let mut conflicts = row.conflicts.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        self.name_values(&mut conflicts)?;
        Ok(json!({
            "id": row.record,
            "kind": row.kind,
            "place": row.place,
            "household": row.household,
            "fields": fields,
            "masked": keys,
            "state": row.state,
            "by": row.author,
            "changes": row.changes,
            "conflicts": conflicts,
            "events": self.events_of(&row)?,
            "received_at": row.received_at,
            "changed_at": row.changed_at,
        }))
    }

    /// Returns a record's row.
    ///
    /// # Errors
    /// `not_found`, or a failure of the store.
    pub fn record(&self, id: Id) -> Result<DocRow, OfficeError> {
        let query = RecordQuery { record: Some(id), ..RecordQuery::default() };
        self.store().records(&query)?.into_iter().next().ok_or_else(|| OfficeError::not_found("record"))
    }

    /// Finds a household by its record id or its number.
    ///
    /// # Errors
    /// `not_found`, or a failure of the store.
    pub fn household(&self, name: &str) -> Result<DocRow, OfficeError> {
        if let Ok(id) = name.parse::<Id>() {
            let query = RecordQuery { record: Some(id), kind: Some("household".to_owned()), ..RecordQuery::default() };
            return self.store().records(&query)?.into_iter().next().ok_or_else(|| OfficeError::not_found("household"));
        }
        let query = RecordQuery { kind: Some("household".to_owned()), text: Some(name.to_owned()), ..RecordQuery::default() };
        let rows = self.store().records(&query)?;
        let found = rows.into_iter().find(|row| row.fields.get("number").and_then(Value::as_str) == Some(name));
        found.ok_or_else(|| OfficeError::not_found("household"))
    }

    /// Returns every value a field has had, or all fields', oldest first.
    ///
    /// # Errors
    /// `not_found`, or a failure of the store.
    pub fn record_history(&self, id: Id, field: Option<&str>) -> Result<Value, OfficeError> {
        let row = self.record(id)?;
        let kind = kinds::find(&row.kind).ok_or(OfficeError::about("unknown_kind", "kind"))?;
        let changes = self.store().changes(id)?;
        let bytes: Vec<u8> = changes.iter().flat_map(|change| change.bytes.iter().copied()).collect();
        let document = Document::load(id, &bytes)?;
        let secret = |key: &str| kind.field(key).is_some_and(daohu_domain::kind::Field::is_secret);
        let past = document.history(kind, field).into_iter().filter(|past| !secret(&past.field));
        let shown = past.map(|past| {
            let change = changes.iter().find(|change| change.hash == past.change);
            json!({
                "field": past.field,
                "value": past.value,
                "by": change.and_then(|change| change.arrival.person),
                "device": past.actor,
                "claimed_at": Instant(past.claimed_at_ms),
                "received_at": change.map(|change| change.arrival.received_at),
                "change": hex::encode(past.change),
            })
        });
        Ok(Value::Array(shown.collect()))
    }

    fn events_of(&self, row: &DocRow) -> Result<Vec<Value>, OfficeError> {
        let events = self.store().events(row.record)?;
        let shown = events.into_iter().map(|event| {
            json!({
                "name": event.name,
                "by": event.person,
                "device": event.device,
                "received_at": event.received_at,
                "claimed_at": event.claimed_at,
                "refused": event.refused,
                "fields": event.fields,
            })
        });
        Ok(shown.collect())
    }

    fn by_natural_key(&self, kind: &str, key: &str) -> Result<Vec<DocRow>, OfficeError> {
        let query = RecordQuery { kind: Some(kind.to_owned()), natural_key: Some(key.to_owned()), ..RecordQuery::default() };
        Ok(self.store().records(&query)?)
    }

    /// Returns the place and household of a new record: as given, else the household's village, else the only township.
    fn home_of(&self, kind: &Kind, id: Id, pairs: &[(&str, &str)]) -> Result<(Place, Option<Id>), OfficeError> {
        let given = |keys: &[&str]| pairs.iter().find(|(name, _)| keys.contains(name) && is_of_home(kind, name)).map(|(_, value)| *value);
        let place = given(&[PLACE]).map(|text| text.parse::<Place>().map_err(|_| OfficeError::about("bad_place", PLACE))).transpose()?;
        if kind.name == "household" {
            return Ok((place.ok_or(OfficeError::about("bad_place", PLACE))?, Some(id)));
        }
        match given(&HOUSEHOLD) {
            Some(text) if kind.subject.may_be() => {
                let household = self.household(text)?;
                return Ok((household.place, Some(household.record)));
            }
            None if kind.subject.must_be() => return Err(missing_household()),
            _ => {}
        }
        if let Some(place) = place {
            return Ok((place, None));
        }
        match kind.home {
            Home::Village => Err(OfficeError::about("bad_place", PLACE)),
            Home::Township => Ok((self.only_township()?.ok_or(OfficeError::about("bad_place", PLACE))?, None)),
        }
    }

    /// Returns the township of a store that has one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn only_township(&self) -> Result<Option<Place>, OfficeError> {
        let rows = self.store().regions(RegionQuery::All)?;
        let mut towns = rows.iter().filter(|row| row.region.level == "town").map(|row| row.region.code);
        Ok(towns.next().filter(|_| towns.next().is_none()))
    }
}

fn is_of_home(kind: &Kind, key: &str) -> bool {
    kind.field(key).is_none() && (key == PLACE || HOUSEHOLD.contains(&key))
}

fn read_fields(kind: &'static Kind, pairs: &[(&str, &str)]) -> Result<Fields, OfficeError> {
    let mut fields = Fields::new();
    let mut violations: Vec<Violation> = Vec::new();
    for (key, text) in pairs {
        let Some(field) = kind.field(key) else {
            if !is_of_home(kind, key) {
                violations.push(validate::problem(key, "没有这个字段。", "there is no such field."));
            }
            continue;
        };
        if text.trim().is_empty() {
            fields.insert((*key).to_owned(), Value::Null);
            continue;
        }
        match validate::read_text(field, text) {
            Ok(value) => _ = fields.insert((*key).to_owned(), value),
            Err(violation) => violations.push(violation),
        }
    }
    if violations.is_empty() { Ok(fields) } else { Err(OfficeError::Invalid(violations)) }
}
