//! Lists records of a kind, a page at a time, in the order of their ids.

use daohu_domain::id::Id;
use daohu_domain::kinds;
use daohu_domain::place::Place;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::office::Office;
use crate::store::rows::{DocRow, RecordQuery, RegionQuery};

/// Which records somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct RecordWanted {
    /// At this place and below it.
    pub place: Option<Place>,
    /// With this text.
    pub text: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// After the page whose `next` this is.
    pub cursor: Option<String>,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordPage {
    /// The records.
    pub rows: Vec<DocRow>,
    /// What to ask for the next page with.
    pub next: Option<String>,
}

impl Office {
    /// Returns a page of the records of a kind.
    ///
    /// # Errors
    /// `unknown_kind`, `bad_cursor`, or a failure of the store.
    pub fn record_page(&self, kind: &str, wanted: &RecordWanted) -> Result<RecordPage, OfficeError> {
        let kind = kinds::find(kind).ok_or(OfficeError::about("unknown_kind", "kind"))?;
        let after =
            wanted.cursor.as_deref().map(|cursor| cursor.parse::<Id>().map_err(|_| OfficeError::refused("bad_cursor"))).transpose()?;
        let limit = wanted.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
        let query = RecordQuery {
            kind: Some(kind.name.to_owned()),
            places: wanted.place.map(|place| self.places_below(place)).transpose()?,
            text: wanted.text.clone().filter(|text| !text.trim().is_empty()),
            after,
            limit: Some(limit + 1),
            ..RecordQuery::default()
        };
        let mut rows = self.store().records(&query)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|row| row.record.to_string()) } else { None };
        Ok(RecordPage { rows, next })
    }

    /// Returns a page as `record list` prints it.
    ///
    /// # Errors
    /// As [`Office::record_page`].
    #[expect(clippy::too_many_arguments, reason = "these are the flags of the command; callers with more to say use `record_page`")]
    pub fn record_list(
        &self,
        kind: &str,
        place: Option<Place>,
        text: Option<&str>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Value, OfficeError> {
        let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let wanted = RecordWanted { place, text: text.map(str::to_owned), limit, cursor: cursor.map(str::to_owned) };
        let page = self.record_page(kind, &wanted)?;
        let records = page.rows.iter().map(|row| self.listed(row)).collect::<Result<Vec<Value>, OfficeError>>()?;
        Ok(json!({ "records": records, "next": page.next }))
    }

    /// Returns a row as lists show it; one of several with one natural key names the others.
    fn listed(&self, row: &DocRow) -> Result<Value, OfficeError> {
        let mut shown = json!({ "id": row.record, "kind": row.kind, "place": row.place, "fields": row.fields });
        let twins = self.twins_of(row)?;
        if !twins.is_empty() {
            shown["twins"] = json!(twins);
        }
        Ok(shown)
    }

    /// Returns a place and all below it; itself where the tree does not know it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn places_below(&self, place: Place) -> Result<Vec<Place>, OfficeError> {
        let rows = self.store().regions(RegionQuery::Below(place))?;
        let mut places: Vec<Place> = rows.iter().map(|row| row.region.code).collect();
        if !places.contains(&place) {
            places.push(place);
        }
        Ok(places)
    }
}
