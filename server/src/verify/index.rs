//! Checks what is kept of every record beside its changes: its row, its document, its heads, who wrote each change, and where its log rows
//! say that it belongs.
//!
//! Fields, searches, states and figures are not compared: a newer program may work them out otherwise, and `rebuild` makes them anew.

use daohu_domain::kinds;
use daohu_record::Document;

use super::Bad;
use crate::error::OfficeError;
use crate::store::Store;
use crate::store::rows::IndexedRow;

/// Checks every record's row, one at a time.
pub(super) fn check(store: &dyn Store) -> Result<Option<Bad>, OfficeError> {
    let mut after = None;
    while let Some(row) = store.indexed(after)? {
        if let Some(reason) = amiss(&row) {
            return Ok(Some(Bad { batch: format!("record {}", row.record), reason }));
        }
        after = Some(row.record);
    }
    let reference: Vec<&str> = kinds::all().iter().filter(|kind| kind.reference).map(|kind| kind.name).collect();
    Ok(store.misplaced(&reference)?.map(Bad::from))
}

/// Says what of a record's row is not as its changes have it. The document that is kept may itself be changed, so it counts only by its
/// hashes, which are those of the changes that the log proves.
fn amiss(row: &IndexedRow) -> Option<&'static str> {
    let bytes = match (&row.snapshot, row.changes.as_slice()) {
        (Some(snapshot), _) => snapshot,
        (None, [only]) => &only.bytes,
        (None, []) => return Some("change_missing"),
        (None, _) => return Some("doc_snapshot"),
    };
    let Ok(document) = Document::load(row.record, bytes) else { return Some("doc_snapshot") };
    let mut held: Vec<_> = document.changes().into_iter().map(|change| (change.hash, change.actor)).collect();
    let mut proved: Vec<_> = row.changes.iter().map(|change| (change.hash, change.device)).collect();
    held.sort_unstable();
    proved.sort_unstable();
    if !held.iter().map(|(hash, _)| hash).eq(proved.iter().map(|(hash, _)| hash)) {
        return Some("doc_snapshot");
    }
    if held != proved {
        return Some("change_device");
    }
    let Ok(header) = document.header() else { return Some("doc_snapshot") };
    let mut heads = document.heads();
    heads.sort_unstable();
    let said = (row.kind.as_str(), row.place, row.household, row.author);
    let span = row.changes.first().zip(row.changes.last()).map(|(first, last)| (first.arrival.received_at, last.arrival.received_at));
    [
        ("doc_heads", row.heads == heads.concat()),
        ("doc_changes", usize::try_from(row.count) == Ok(row.changes.len())),
        ("doc_header", said == (header.kind.as_str(), header.place, header.subject, header.by)),
        ("doc_received_at", Some(row.span) == span),
    ]
    .into_iter()
    .find_map(|(reason, holds)| (!holds).then_some(reason))
}
