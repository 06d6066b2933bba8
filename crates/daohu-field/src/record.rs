//! Records of any declared kind: listed, shown, added. A new kind needs nothing here.

use crate::{
    edit::read_pairs,
    error::FieldError,
    ledger::Ledger,
    pen::NewRecord,
    store::{
        in_transaction,
        projection::{self, Listing, RecordRow},
    },
};
use daohu_domain::{
    id::Id,
    kind::{Fields, Home, Kind},
    kinds,
    place::Place,
};
use serde::Serialize;

/// How many records a page has unless more are asked for.
const PAGE_ROWS: u32 = 50;
/// How many records a page has at most.
const PAGE_ROWS_MAX: u32 = 1_000;

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub struct RecordQuery {
    /// Only records of this place.
    pub place: Option<Place>,
    /// Only records whose number or name contains this.
    pub text: Option<String>,
    /// At most this many.
    pub limit: Option<u32>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordList {
    /// The records, in order of their ids.
    pub records: Vec<RecordView>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}

/// A record, plainly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordView {
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// Its place.
    pub place: Place,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// Where it stands; empty for a kind without states.
    pub state: String,
    /// What it says.
    pub fields: Fields,
    /// The fields in which two people disagree.
    pub conflicts: Vec<String>,
    /// A newer version wrote something in it that this one does not know.
    pub newer: bool,
}

impl From<RecordRow> for RecordView {
    fn from(row: RecordRow) -> Self {
        let RecordRow { id, kind, place, household, state, fields, conflicts, newer, .. } = row;
        Self { id, kind, place, household, state, fields, conflicts, newer }
    }
}

impl Ledger {
    /// Returns a page of the records of a kind.
    ///
    /// # Errors
    /// `unknown_kind`, `bad_cursor`.
    pub fn records(&self, kind: &str, query: &RecordQuery) -> Result<RecordList, FieldError> {
        let kind = kind_named(kind)?;
        let after = query.cursor.as_deref().map(str::parse).transpose().map_err(|_| FieldError::new("bad_cursor"))?;
        let rows_max = query.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX);
        let wanted = Listing { kind: kind.name.to_owned(), place: query.place, text: query.text.clone(), after, rows_max: rows_max + 1 };
        let mut rows = projection::list(&self.connection, &wanted)?;
        let page = usize::try_from(rows_max).unwrap_or(usize::MAX);
        let is_last = rows.len() <= page;
        rows.truncate(page);
        let next = if is_last { None } else { rows.last().map(|row| row.id.to_string()) };
        Ok(RecordList { records: rows.into_iter().map(RecordView::from).collect(), next })
    }

    /// Shows one record.
    ///
    /// # Errors
    /// `not_found`.
    pub fn record(&self, id: Id) -> Result<RecordView, FieldError> {
        projection::find(&self.connection, id)?.map(RecordView::from).ok_or_else(|| FieldError::new("not_found"))
    }

    /// Adds a record of any kind from `(field, text)`; `household` and `place` say where it belongs.
    ///
    /// # Errors
    /// `unknown_kind`, `not_found` for the household, `bad_place`, `forbidden_writer`, `invalid_record`,
    /// `secret_in_text`: nothing is written then.
    pub fn add_record(&mut self, kind: &str, pairs: &[(String, String)]) -> Result<RecordView, FieldError> {
        let kind = kind_named(kind)?;
        let named = |key: &str| pairs.iter().find(|(name, _)| name == key && kind.field(key).is_none()).map(|(_, text)| text.as_str());
        let household = match named("household").filter(|_| kind.subject.may_be()) {
            Some(text) => Some(self.find_household(text)?),
            None if kind.subject.must_be() && kind.name != "household" => {
                return Err(FieldError::new("invalid_record")
                    .saying("要写是哪一户：household=户编号。", "say which household: household=NUMBER")
                    .with(serde_json::json!({ "fields": [{ "field": "household" }] })));
            }
            None => None,
        };
        let pen = self.pen()?;
        let place = match (named("place"), &household) {
            (Some(text), _) => Some(text.parse().map_err(|_| FieldError::new("bad_place"))?),
            (None, Some(card)) => Some(card.place),
            (None, None) if kind.home == Home::Township => pen.me.township,
            (None, None) => pen.me.grants.iter().map(|grant| grant.place).find(|place| Some(*place) != pen.me.township),
        };
        let place = place.ok_or_else(|| FieldError::new("bad_place"))?;
        let own: Vec<(String, String)> =
            pairs.iter().filter(|(key, _)| kind.field(key).is_some() || !matches!(key.as_str(), "household" | "place")).cloned().collect();
        let fields = read_pairs(kind, &own)?.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let id = self.new_id();
        let household = if kind.name == "household" { Some(id) } else { household.map(|card| card.id) };
        in_transaction(&mut self.connection, |connection| {
            pen.create(connection, NewRecord { id, kind, place, household, fields, event: None, grants: &pen.me.grants })
        })?;
        self.record(id)
    }
}

fn kind_named(name: &str) -> Result<&'static Kind, FieldError> {
    kinds::find(name).ok_or_else(|| FieldError::new("unknown_kind"))
}
