//! Records of one natural key that phones made without seeing each other: shown as one, by the rule that the phones have too.

use std::collections::BTreeMap;

use daohu_domain::calendar::Month;
use daohu_domain::coverage::deadline;
use daohu_domain::id::Id;
use daohu_domain::kind::Kind;
use daohu_domain::kinds;
use daohu_domain::state::{MonthRecordFacts, MonthRecordFold, PastEvent, PastReview, fold_month_record};
use daohu_record::{Document, View, together};
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::project::{conflicts, natural_key_of, past_event, without_secrets};
use crate::store::StoreError;
use crate::store::rows::{DocRow, RecordQuery};
use crate::sync;

/// What is shown as one record.
#[derive(Debug, Clone, PartialEq)]
pub struct OneRecord {
    /// The row with the lowest id, with the fields and the conflicts of all.
    pub row: DocRow,
    /// The ids of all, the lowest first.
    pub ids: Vec<Id>,
}

impl Office {
    /// Returns the rows of a kind with those of one natural key as one, in the order of the keys.
    ///
    /// # Errors
    /// When the store fails or holds a document that cannot be read.
    pub fn as_one(&self, kind: &'static Kind, rows: Vec<DocRow>) -> Result<Vec<OneRecord>, OfficeError> {
        let mut twins: BTreeMap<String, Vec<DocRow>> = BTreeMap::new();
        for row in rows {
            let key = natural_key_of(kind, row.household, &row.fields).unwrap_or_else(|| row.record.to_string());
            twins.entry(key).or_default().push(row);
        }
        twins.into_values().map(|rows| self.one(kind, rows)).collect()
    }

    fn one(&self, kind: &'static Kind, mut rows: Vec<DocRow>) -> Result<OneRecord, OfficeError> {
        rows.sort_by_key(|row| row.record);
        let ids: Vec<Id> = rows.iter().map(|row| row.record).collect();
        let mut row = rows.into_iter().next().ok_or(StoreError::Damaged)?;
        if ids.len() > 1 {
            let read = |row: crate::store::rows::DocumentRow| Ok(Document::load(row.record, &row.bytes)?.view(kind));
            let views = self.store().documents(&ids)?.into_iter().map(read).collect::<Result<Vec<View>, OfficeError>>()?;
            let shown = together(&views.iter().collect::<Vec<_>>()).ok_or(StoreError::Damaged)?;
            row.fields = without_secrets(kind, &shown.fields);
            row.conflicts = conflicts(kind, &shown.conflicts);
        }
        Ok(OneRecord { row, ids })
    }

    /// Returns the other records with a record's natural key, in the order of their ids.
    ///
    /// # Errors
    /// When the store fails.
    pub fn twins_of(&self, row: &DocRow) -> Result<Vec<Id>, OfficeError> {
        let key = kinds::find(&row.kind).and_then(|kind| natural_key_of(kind, row.household, &row.fields));
        let Some(key) = key else { return Ok(Vec::new()) };
        let query = RecordQuery { kind: Some(row.kind.clone()), natural_key: Some(key), ..RecordQuery::default() };
        Ok(self.store().records(&query)?.into_iter().map(|other| other.record).filter(|id| *id != row.record).collect())
    }

    /// Folds what is shown as the record of a month, as it stands now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn month_as_it_stands(&self, record: &OneRecord, month: Month) -> Result<MonthRecordFold, OfficeError> {
        let (mut events, mut reviews): (Vec<PastEvent>, Vec<PastReview>) = (Vec::new(), Vec::new());
        for id in &record.ids {
            events.extend(self.store().events(*id)?.iter().map(past_event));
            reviews.extend(self.store().reviews(*id)?);
        }
        let freeze = deadline(month, self.rules_on(Some(record.row.place), month.first_day())?.duty.freeze_day);
        Ok(fold_month_record(&MonthRecordFacts { events: &events, reviews: &reviews, freeze, now: self.now(), due: true }))
    }

    /// Puts the name of who said it beside each value of conflicts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn name_values(&self, conflicts: &mut [Value]) -> Result<(), OfficeError> {
        if conflicts.is_empty() {
            return Ok(());
        }
        let devices = sync::devices(self)?;
        for value in conflicts.iter_mut().filter_map(|conflict| conflict["values"].as_array_mut()).flatten() {
            let device = devices.iter().find(|known| json!(known.device) == value["device"]);
            value["by"] = json!(device.map(|known| known.name.clone()));
        }
        Ok(())
    }
}
