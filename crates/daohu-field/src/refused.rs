//! What becomes of work that the server refused: a visit is a draft again, so that its author can mend it and hand it
//! in once more under the same id.

use crate::{
    error::FieldError,
    store::{
        Connection,
        change::{self, ChangeRow, TYP_CHANGE},
        draft::{self, DraftRow},
        quarantine,
    },
    visit::draft_again,
};
use daohu_domain::kinds;
use daohu_record::Document;

/// Turns a refused visit into a draft again, if the refused change is the one that made it.
///
/// Changes of other records stay as they are: a corrected edit is simply written again.
pub(crate) fn restore_draft(connection: &Connection, item: &ChangeRow) -> Result<(), FieldError> {
    if item.typ != TYP_CHANGE || draft::find(connection, item.record)?.is_some() || !change::of_record(connection, item.record)?.is_empty()
    {
        return Ok(());
    }
    let Ok(document) = Document::load(item.record, &item.bytes) else { return Ok(()) };
    let Ok(header) = document.header() else { return Ok(()) };
    let (Some(household), Some(kind)) = (header.subject, kinds::find(&header.kind)) else { return Ok(()) };
    if kind.name != "visit" {
        return Ok(());
    }
    let view = document.view(kind);
    let code = quarantine::code_of(connection, item.record)?.unwrap_or_default();
    let row = DraftRow {
        id: item.record,
        household,
        place: header.place,
        state: "sealed".to_owned(),
        changed_ms: item.received_ms.unwrap_or_default(),
    };
    draft_again(connection, &row, &view, &code)
}
