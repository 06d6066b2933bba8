//! The documents that a batch touches: each loaded once, grown in memory, and projected once at the end.

use std::collections::HashMap;

use daohu_domain::id::Id;
use daohu_domain::kind::Kind;
use daohu_domain::kinds;
use daohu_domain::place::Place;
use daohu_record::Document;
use daohu_wire::Boot;

use crate::project::{Arrivals, project};
use crate::store::plan::DocumentPlan;
use crate::store::rows::{Arrival, DocumentRow};
use crate::store::{Store, StoreError};

/// The documents of the records that a batch names.
#[derive(Debug, Default)]
pub(crate) struct Work {
    documents: HashMap<Id, Slot>,
    /// In the order in which they first grew, so that the same batch always gives the same plan.
    order: Vec<Id>,
}

#[derive(Debug)]
struct Slot {
    stored: Option<DocumentRow>,
    document: Option<Document>,
    grown: Option<Touched>,
    events: Vec<String>,
    boots: Option<Vec<Boot>>,
}

/// A record that grew.
#[derive(Debug, Clone)]
pub(crate) struct Touched {
    /// Its kind.
    pub(crate) kind: &'static Kind,
    /// Its place.
    pub(crate) place: Place,
    /// The household it belongs to.
    pub(crate) household: Option<Id>,
}

impl Work {
    /// Loads the documents that exist among these records.
    ///
    /// # Errors
    /// When the store fails or holds a document that cannot be loaded.
    pub(crate) fn load(store: &dyn Store, records: impl Iterator<Item = Id>) -> Result<Self, StoreError> {
        let mut wanted: Vec<Id> = records.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut work = Self::default();
        for row in store.documents(&wanted)? {
            let document = Document::load(row.record, &row.bytes).map_err(|_| StoreError::Damaged)?;
            // The evidence of a visit stays that of the batch which brought it.
            let boots = if row.kind == "visit" { Some(boots_of_first(store, row.record)?) } else { None };
            let record = row.record;
            work.documents.insert(record, Slot { document: Some(document), grown: None, events: Vec::new(), boots, stored: Some(row) });
        }
        Ok(work)
    }

    /// Returns the document of a record as it is now.
    pub(crate) fn current(&self, record: Id) -> Option<&Document> {
        self.documents.get(&record)?.document.as_ref()
    }

    /// Returns the kind of a stored record.
    pub(crate) fn kind_of(&self, record: Id) -> Option<&str> {
        Some(self.documents.get(&record)?.stored.as_ref()?.kind.as_str())
    }

    /// Takes the document that a change made of a record, and the keys of the events that it brought.
    pub(crate) fn grow(&mut self, record: Id, document: Document, touched: Touched, events: Vec<String>) {
        let empty = || Slot { stored: None, document: None, grown: None, events: Vec::new(), boots: None };
        let slot = self.documents.entry(record).or_insert_with(empty);
        slot.document = Some(document);
        slot.events.extend(events);
        if slot.grown.replace(touched).is_none() {
            self.order.push(record);
        }
    }

    /// Returns the records that grew, in order.
    pub(crate) fn grown(&self) -> Vec<Id> {
        self.order.clone()
    }

    /// Returns how many changes each record that grew had when it was loaded.
    pub(crate) fn expectations(&self) -> Vec<(Id, u32)> {
        let changes = |record: &Id| self.documents.get(record).and_then(|slot| slot.stored.as_ref()).map_or(0, |row| row.changes);
        self.order.iter().map(|record| (*record, changes(record))).collect()
    }

    /// Returns the projections of the records that grew. `boots` are those of the batch; `arrival` tells how a record's new changes
    /// arrived.
    pub(crate) fn projections(&self, boots: &[Boot], arrival: &dyn Fn(&Touched) -> Arrival) -> Vec<DocumentPlan> {
        let slots = self.order.iter().filter_map(|record| self.documents.get(record));
        slots.filter_map(|slot| slot.project(boots, arrival)).collect()
    }
}

impl Slot {
    fn project(&self, boots: &[Boot], arrival: &dyn Fn(&Touched) -> Arrival) -> Option<DocumentPlan> {
        let (document, touched) = (self.document.as_ref()?, self.grown.as_ref()?);
        let now = arrival(touched);
        let mut by_event = self.stored.as_ref().map(|row| row.events.clone()).unwrap_or_default();
        by_event.extend(self.events.iter().map(|key| (key.clone(), now.clone())));
        let arrivals = Arrivals {
            by_event,
            first: Some(self.stored.as_ref().map_or_else(|| now.clone(), |row| row.first.clone())),
            last: Some(now),
            boots: self.boots.as_deref().unwrap_or(boots),
        };
        Some(project(document, touched.kind, &arrivals))
    }
}

/// Returns the boots of the batch that brought a record's first change.
fn boots_of_first(store: &dyn Store, record: Id) -> Result<Vec<Boot>, StoreError> {
    let changes = store.changes(record)?;
    let Some(first) = changes.first() else { return Ok(Vec::new()) };
    boots_in(&first.cose)
}

/// Returns the boots of a batch's header.
pub(crate) fn boots_in(cose: &[u8]) -> Result<Vec<Boot>, StoreError> {
    daohu_wire::batch::header_of(cose).map(|header| header.boots).map_err(|_| StoreError::Damaged)
}

/// Finds the declaration of a kind.
pub(crate) fn kind_of(name: &str) -> Option<&'static Kind> {
    kinds::find(name)
}
