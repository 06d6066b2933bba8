//! Rows of drafts: a row a field, so that every keystroke is one small durable write.

use super::{id_from_row, place_from_row, place_number};
use crate::error::FieldError;
use daohu_domain::{id::Id, place::Place};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value as Json};

/// The head of a draft.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DraftRow {
    pub(crate) id: Id,
    pub(crate) household: Id,
    pub(crate) place: Place,
    pub(crate) state: String,
    pub(crate) changed_ms: i64,
}

const COLUMNS: &str = "SELECT id, household, place, state, changed_ms FROM draft";

fn draft_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<DraftRow> {
    Ok(DraftRow {
        id: id_from_row(row, 0)?,
        household: id_from_row(row, 1)?,
        place: place_from_row(row, 2)?,
        state: row.get(3)?,
        changed_ms: row.get(4)?,
    })
}

/// Writes the head of a draft, new or changed.
pub(crate) fn put(connection: &Connection, draft: &DraftRow) -> Result<(), FieldError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO draft (id, household, place, state, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![draft.id.as_bytes(), draft.household.as_bytes(), place_number(draft.place), draft.state, draft.changed_ms])?;
    Ok(())
}

/// Returns a draft's head.
pub(crate) fn find(connection: &Connection, id: Id) -> Result<Option<DraftRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    Ok(found.query_row([id.as_bytes()], draft_from_row).optional()?)
}

/// Returns every draft, oldest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<DraftRow>, FieldError> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} ORDER BY id"))?;
    let rows = found.query_map([], draft_from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Writes one field; null takes it away.
pub(crate) fn set_field(connection: &Connection, id: Id, field: &str, value: &Json) -> Result<(), FieldError> {
    if value.is_null() {
        connection.prepare_cached("DELETE FROM draft_field WHERE draft = ?1 AND field = ?2")?.execute(params![id.as_bytes(), field])?;
    } else {
        connection.prepare_cached("INSERT OR REPLACE INTO draft_field (draft, field, value) VALUES (?1, ?2, ?3)")?.execute(params![
            id.as_bytes(),
            field,
            value.to_string()
        ])?;
    }
    Ok(())
}

/// Returns the fields of a draft.
pub(crate) fn fields(connection: &Connection, id: Id) -> Result<Map<String, Json>, FieldError> {
    let mut found = connection.prepare_cached("SELECT field, value FROM draft_field WHERE draft = ?1 ORDER BY field")?;
    let rows = found.query_map([id.as_bytes()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut fields = Map::new();
    for row in rows {
        let (field, value) = row?;
        fields.insert(field, serde_json::from_str(&value).unwrap_or(Json::Null));
    }
    Ok(fields)
}

/// Takes a draft away, once its document is written in the same transaction.
pub(crate) fn remove(connection: &Connection, id: Id) -> Result<(), FieldError> {
    connection.execute("DELETE FROM draft WHERE id = ?1", [id.as_bytes()])?;
    connection.execute("DELETE FROM draft_field WHERE draft = ?1", [id.as_bytes()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DraftRow, fields, put, set_field};
    use crate::store::{attempt, in_transaction, open::open};
    use daohu_domain::id::Id;
    use serde_json::json;

    #[test]
    fn a_full_disk_says_so_and_costs_nothing_that_was_written_before() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("a.db"), &[7; 32]).unwrap();
        let id = Id::from_bytes([1; 16]);
        let place = "610802209201".parse().unwrap();
        put(&connection, &DraftRow { id, household: id, place, state: "draft".to_owned(), changed_ms: 0 }).unwrap();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 4), [], |_| Ok(())).unwrap();

        let mut written = 0;
        let full = (0..1000).find_map(|n| {
            let refused = set_field(&connection, id, &format!("field{n}"), &json!("写下的字".repeat(200))).err();
            written += usize::from(refused.is_none());
            refused
        });

        assert_eq!(full.unwrap().code(), "disk_full");
        let mut connection = connection;
        let long = json!("写下的字".repeat(20_000));
        let tried = in_transaction(&mut connection, |connection| attempt(connection, || set_field(connection, id, "long", &long)));
        assert_eq!(tried.and_then(|tried| tried).unwrap_err().code(), "disk_full", "also inside a savepoint");
        assert!(written > 2);
        assert_eq!(fields(&connection, id).unwrap().len(), written);
        connection.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
        set_field(&connection, id, "after", &json!("还能写")).unwrap();
        assert_eq!(fields(&connection, id).unwrap().len(), written + 1);
    }
}
