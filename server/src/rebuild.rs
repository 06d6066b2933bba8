//! Makes all projections anew from the changes that the log proves, and tells how many came out otherwise.

use daohu_record::Document;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::intake::{boots_in, kind_of};
use crate::office::Office;
use crate::project::{Arrivals, project};
use crate::store::StoreError;
use crate::store::plan::DocumentPlan;
use crate::store::rows::{ChangeRow, RebuildCount};
use crate::verify;

impl Office {
    /// Makes the projections anew and answers as `rebuild` prints it.
    ///
    /// # Errors
    /// As [`Office::rebuild_projections`].
    pub fn rebuild(&self) -> Result<Value, OfficeError> {
        let count = self.rebuild_projections()?;
        Ok(json!({ "projections": count.projections, "coverage_rows": count.coverage_rows, "differences": count.differences }))
    }

    /// Makes the projections anew from the changes that the log proves, all or nothing.
    ///
    /// # Errors
    /// `log_damaged` where the log does not prove what is stored, with the first place: nobody knows then what is true, and a wrong time
    /// of arrival would go into the figures. `store_damaged` where a change cannot be read. Then nothing is changed.
    pub fn rebuild_projections(&self) -> Result<RebuildCount, OfficeError> {
        if let Some(bad) = verify::proved(self.store())?.first_bad {
            return Err(OfficeError::Refused { code: "log_damaged", detail: json!({ "batch": bad.batch, "reason": bad.reason }) });
        }
        Ok(self.store().rebuild(self.now(), &projected)?)
    }
}

/// Returns the projection that the changes of one record give.
fn projected(changes: &[ChangeRow]) -> Result<DocumentPlan, StoreError> {
    let (first, last) = changes.first().zip(changes.last()).ok_or(StoreError::Damaged)?;
    let (head, rest) = changes.split_first().ok_or(StoreError::Damaged)?;
    let mut document = Document::load(head.record, &head.bytes).map_err(|_| StoreError::Damaged)?;
    for change in rest {
        document.apply_trusted(&change.bytes).map_err(|_| StoreError::Damaged)?;
    }
    let kind = document.header().ok().and_then(|header| kind_of(&header.kind)).ok_or(StoreError::Damaged)?;
    let by_event = document.view(kind).events.into_iter().filter_map(|event| {
        let brought = changes.iter().find(|change| change.hash == event.change)?;
        Some((event.key, brought.arrival.clone()))
    });
    let boots = boots_in(&first.cose)?;
    let arrivals =
        Arrivals { by_event: by_event.collect(), first: Some(first.arrival.clone()), last: Some(last.arrival.clone()), boots: &boots };
    Ok(project(&document, kind, &arrivals))
}
