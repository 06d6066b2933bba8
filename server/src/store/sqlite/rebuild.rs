//! Makes every projection anew from the changes, in one transaction, and counts what came out otherwise.

use std::collections::BTreeMap;

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use rusqlite::{Connection, Error, types::Value};

use super::log::{CHANGE_COLUMNS, CHANGE_JOINS, change_from_row};
use super::{Failed, SqliteStore, StoreError, convert, coverage, project, state};
use crate::store::ports::Project;
use crate::store::rows::{ChangeRow, RebuildCount};

/// The disposable tables, each with the columns that name a row. The row number of `doc` is no fact and is left out of the comparison.
const TABLES: [(&str, &str); 8] = [
    (
        "doc",
        "record, kind, place, household, author, changes, heads, snapshot, state, fields, conflicts, search, natural_key, newer, \
         received_at_ms, changed_at_ms",
    ),
    ("event_fact", "*"),
    ("visit_fact", "*"),
    ("review_fact", "*"),
    ("month_fact", "*"),
    ("pairing_fact", "*"),
    ("region_fact", "*"),
    ("blob_use", "*"),
];

impl SqliteStore {
    pub(super) fn rebuild_all(&self, now: Instant, make: &Project<'_>) -> Result<RebuildCount, StoreError> {
        self.write("rebuild", |transaction| {
            coverage::tick(transaction, now)?;
            let before = snapshot(transaction)?;
            for (table, _) in TABLES {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            let projections = write_all(transaction, make)?;
            let after = snapshot(transaction)?;
            let (coverage_rows, moved) = coverage::rebuild(transaction, now)?;
            Ok(RebuildCount { projections, coverage_rows, differences: differences(&before, &after) + moved })
        })
    }
}

fn write_all(connection: &Connection, make: &Project<'_>) -> Result<u64, Failed> {
    // In the order of first arrival, so that a place's row of the tree is decided as it was.
    let mut records = connection.prepare("SELECT record FROM change GROUP BY record ORDER BY min(n)")?;
    let records = records.query_map([], |row| convert::id(row, 0))?.collect::<Result<Vec<Id>, _>>()?;
    for record in &records {
        project::write_document(connection, &make(&changes_of(connection, *record)?)?, true)?;
    }
    let mut targets = connection.prepare("SELECT record FROM visit_fact UNION SELECT record FROM month_fact")?;
    let targets = targets.query_map([], |row| convert::id(row, 0))?.collect::<Result<Vec<Id>, _>>()?;
    state::restate(connection, &targets.into_iter().collect())?;
    Ok(u64::try_from(records.len()).unwrap_or(u64::MAX))
}

/// Returns the changes of a record in the order of their arrival.
pub(super) fn changes_of(connection: &Connection, record: Id) -> Result<Vec<ChangeRow>, Error> {
    connection
        .prepare_cached(&format!("SELECT {CHANGE_COLUMNS} FROM {CHANGE_JOINS} WHERE change.record = ?1 ORDER BY change.n"))?
        .query_map([record.as_bytes()], change_from_row)?
        .collect()
}

/// Every row of the disposable tables, counted.
type Rows = BTreeMap<(usize, String), u64>;

fn snapshot(connection: &Connection) -> Result<Rows, Error> {
    let mut rows = Rows::new();
    for (table, (name, columns)) in TABLES.iter().enumerate() {
        let mut ask = connection.prepare(&format!("SELECT {columns} FROM {name}"))?;
        let width = ask.column_count();
        let mut cursor = ask.query([])?;
        while let Some(row) = cursor.next()? {
            let values = (0..width).map(|column| row.get::<_, Value>(column)).collect::<Result<Vec<_>, _>>()?;
            *rows.entry((table, format!("{values:?}"))).or_default() += 1;
        }
    }
    Ok(rows)
}

/// Counts rows that stand on one side only; a row that changed counts once.
fn differences(before: &Rows, after: &Rows) -> u64 {
    let only = |left: &Rows, right: &Rows| left.iter().map(|(row, n)| n.saturating_sub(right.get(row).copied().unwrap_or(0))).sum::<u64>();
    only(before, after).max(only(after, before))
}
