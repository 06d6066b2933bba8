//! Records as they are read: projections, pairings, places, imports, quarantine.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::state::PastReview;
use rusqlite::types::Value;
use rusqlite::{Connection, Error, OptionalExtension, Row, ToSql, params_from_iter};

use super::{SqliteStore, StoreError, convert, rebuild, state};
use crate::store::plan::{EventPlan, PairingFact, RegionFact};
use crate::store::ports::{Project, RecordStore};
use crate::store::rows::{
    ChangeRow, DocRow, ImportedRow, PairingQuery, PairingRow, QuarantineQuery, QuarantineRow, RebuildCount, RecordQuery, RegionQuery,
    RegionRow,
};

impl RecordStore for SqliteStore {
    fn records(&self, query: &RecordQuery) -> Result<Vec<DocRow>, StoreError> {
        self.read("read records", |connection| records(connection, query))
    }

    fn changes(&self, record: Id) -> Result<Vec<ChangeRow>, StoreError> {
        self.read("read the changes of a record", |connection| rebuild::changes_of(connection, record))
    }

    fn events(&self, record: Id) -> Result<Vec<EventPlan>, StoreError> {
        self.read("read the events of a record", |connection| events(connection, record))
    }

    fn reviews(&self, target: Id) -> Result<Vec<PastReview>, StoreError> {
        self.read("read the reviews of a record", |connection| state::reviews(connection, target, &[], false))
    }

    fn pairings(&self, query: &PairingQuery) -> Result<Vec<PairingRow>, StoreError> {
        self.read("read pairings", |connection| pairings(connection, query))
    }

    fn regions(&self, query: RegionQuery) -> Result<Vec<RegionRow>, StoreError> {
        self.read("read places", |connection| regions(connection, query))
    }

    fn last_import(&self, kind: &str, key: &str) -> Result<Option<ImportedRow>, StoreError> {
        self.read("read an imported row", |connection| {
            connection
                .prepare_cached("SELECT record, \"values\" FROM import_row WHERE kind = ?1 AND key = ?2")?
                .query_row([kind, key], |row| {
                    Ok(ImportedRow {
                        kind: kind.to_owned(),
                        key: key.to_owned(),
                        record: convert::id(row, 0)?,
                        values: convert::fields(row, 1)?,
                    })
                })
                .optional()
        })
    }

    fn quarantine(&self, query: &QuarantineQuery) -> Result<Vec<QuarantineRow>, StoreError> {
        self.read("read the quarantine", |connection| quarantine(connection, query))
    }

    fn rebuild(&self, now: Instant, project: &Project<'_>) -> Result<RebuildCount, StoreError> {
        self.rebuild_all(now, project)
    }
}

/// Conditions of a query with their values, joined by AND.
#[derive(Debug, Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition in which `?` stands for the value.
    fn add(&mut self, sql: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push(sql.replace('?', &format!("?{}", self.values.len())));
    }

    fn add_id(&mut self, sql: &str, id: Option<Id>) {
        if let Some(id) = id {
            self.add(sql, id.as_bytes().to_vec());
        }
    }

    fn written(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!(" WHERE {}", self.sql.join(" AND ")) }
    }

    fn bound(&self) -> impl Iterator<Item = &dyn ToSql> {
        self.values.iter().map(|value| value as &dyn ToSql)
    }
}

fn records(connection: &Connection, query: &RecordQuery) -> Result<Vec<DocRow>, Error> {
    let mut conditions = Conditions::default();
    conditions.add_id("record = ?", query.record);
    conditions.add_id("household = ?", query.household);
    conditions.add_id("record > ?", query.after);
    if let Some(kind) = &query.kind {
        conditions.add("kind = ?", kind.clone());
    }
    if let Some(key) = &query.natural_key {
        conditions.add("natural_key = ?", key.clone());
    }
    if let Some(text) = &query.text {
        conditions.add("instr(search, ?) > 0", text.to_lowercase());
    }
    if let Some(places) = &query.places {
        // As one JSON array: the number of places does not change the statement.
        let places: Vec<u64> = places.iter().map(|place| place.number()).collect();
        conditions.add("place IN (SELECT value FROM json_each(?))", serde_json::json!(places).to_string());
    }
    let limit = query.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    let sql = format!(
        "SELECT record, kind, place, household, author, changes, heads, state, fields, conflicts, received_at_ms, changed_at_ms \
         FROM doc{} ORDER BY record{limit}",
        conditions.written()
    );
    let mut ask = connection.prepare_cached(&sql)?;
    ask.query_map(params_from_iter(conditions.bound()), doc_from_row)?.collect()
}

fn doc_from_row(row: &Row<'_>) -> Result<DocRow, Error> {
    Ok(DocRow {
        record: convert::id(row, 0)?,
        kind: row.get(1)?,
        place: convert::place(row, 2)?,
        household: convert::id_or_none(row, 3)?,
        author: convert::id(row, 4)?,
        changes: convert::small(row, 5)?,
        heads: row.get(6)?,
        state: row.get(7)?,
        fields: convert::fields(row, 8)?,
        conflicts: convert::json_or_none(row, 9)?,
        received_at: convert::instant(row, 10)?,
        changed_at: convert::instant(row, 11)?,
    })
}

fn events(connection: &Connection, record: Id) -> Result<Vec<EventPlan>, Error> {
    let mut ask = connection.prepare_cached(
        "SELECT key, name, device, by_author, person, change, received_at_ms, claimed_at_ms, roles, refused, fields \
         FROM event_fact WHERE record = ?1 ORDER BY ord",
    )?;
    let rows = ask.query_map([record.as_bytes()], |row| {
        Ok(EventPlan {
            key: row.get(0)?,
            name: row.get(1)?,
            device: convert::id(row, 2)?,
            by_author: row.get(3)?,
            person: convert::id_or_none(row, 4)?,
            change: convert::fixed(row, 5)?,
            received_at: convert::instant(row, 6)?,
            claimed_at: convert::instant(row, 7)?,
            roles: row.get(8)?,
            refused: row.get(9)?,
            fields: convert::fields(row, 10)?,
        })
    })?;
    rows.collect()
}

fn pairings(connection: &Connection, query: &PairingQuery) -> Result<Vec<PairingRow>, Error> {
    let mut conditions = Conditions::default();
    conditions.add_id("pairing_fact.record = ?", query.record);
    conditions.add_id("pairing_fact.household = ?", query.household);
    conditions.add_id("pairing_fact.cadre = ?", query.cadre);
    if let Some(day) = query.on {
        // Days are ISO text, so their order is the order of the text.
        conditions.add("from_day <= ? AND (to_day IS NULL OR to_day > ?)", day.to_string());
    }
    let sql = format!(
        "SELECT pairing_fact.record, pairing_fact.place, pairing_fact.household, cadre, role, from_day, to_day, unit, \
         json_extract(home.fields, '$.number'), pairing_fact.changed_at_ms \
         FROM pairing_fact LEFT JOIN doc home ON home.record = pairing_fact.household{} ORDER BY pairing_fact.record",
        conditions.written()
    );
    let mut ask = connection.prepare_cached(&sql)?;
    let rows = ask.query_map(params_from_iter(conditions.bound()), |row| {
        Ok(PairingRow {
            record: convert::id(row, 0)?,
            place: convert::place(row, 1)?,
            pairing: PairingFact {
                household: convert::id(row, 2)?,
                cadre: convert::id(row, 3)?,
                role: row.get(4)?,
                from: convert::day(row, 5)?,
                to: convert::day_or_none(row, 6)?,
                unit: convert::id_or_none(row, 7)?,
            },
            number: row.get(8)?,
            changed_at: convert::instant(row, 9)?,
        })
    })?;
    rows.collect()
}

fn regions(connection: &Connection, query: RegionQuery) -> Result<Vec<RegionRow>, Error> {
    const COLUMNS: &str = "region_fact.record, region_fact.place, region_fact.name, region_fact.level, region_fact.parent";
    // A tree that was entered wrongly may hold a ring: UNION (not UNION ALL) ends it, and the depth bounds the climb.
    let climb = |step: &str| {
        format!(
            "WITH RECURSIVE line (place, depth) AS (SELECT place, 0 FROM region_fact WHERE place = ?1 UNION \
             SELECT {step} WHERE line.depth < 12) \
             SELECT {COLUMNS} FROM region_fact JOIN (SELECT place, min(depth) AS depth FROM line GROUP BY place) found \
             ON found.place = region_fact.place ORDER BY found.depth, region_fact.place"
        )
    };
    let (sql, place) = match query {
        RegionQuery::All => (format!("SELECT {COLUMNS} FROM region_fact ORDER BY place"), None),
        RegionQuery::Place(place) => (format!("SELECT {COLUMNS} FROM region_fact WHERE place = ?1"), Some(place)),
        RegionQuery::Above(place) => (
            climb("own.parent, line.depth + 1 FROM line JOIN region_fact own ON own.place = line.place AND own.parent IS NOT NULL"),
            Some(place),
        ),
        RegionQuery::Below(place) => {
            (climb("child.place, line.depth + 1 FROM line JOIN region_fact child ON child.parent = line.place"), Some(place))
        }
    };
    let mut ask = connection.prepare_cached(&sql)?;
    let bound = place.map(convert::of_place);
    ask.query_map(params_from_iter(bound), region_from_row)?.collect()
}

fn region_from_row(row: &Row<'_>) -> Result<RegionRow, Error> {
    Ok(RegionRow {
        record: convert::id(row, 0)?,
        region: RegionFact {
            code: convert::place(row, 1)?,
            name: row.get(2)?,
            level: row.get(3)?,
            parent: convert::place_or_none(row, 4)?,
        },
    })
}

fn quarantine(connection: &Connection, query: &QuarantineQuery) -> Result<Vec<QuarantineRow>, Error> {
    let mut conditions = Conditions::default();
    conditions.add_id("quarantine.id = ?", query.id);
    if let Some(code) = query.code {
        conditions.add("quarantine.code = ?", code.to_owned());
    }
    if let Some(leaf) = query.leaf {
        conditions.add("batch.leaf = ?", convert::of_count(leaf));
    }
    if let Some(records) = &query.records {
        let records: Vec<String> = records.iter().map(|record| hex::encode_upper(record.as_bytes())).collect();
        conditions.add("hex(quarantine.record) IN (SELECT value FROM json_each(?))", serde_json::json!(records).to_string());
    }
    if query.id.is_none() && query.leaf.is_none() {
        conditions.sql.push("quarantine.released_at_ms IS NULL".to_owned());
    }
    let sql = format!(
        "SELECT quarantine.id, device.id, batch.number, item, type, record, place, kind, code, quarantine.received_at_ms, \
         released_at_ms, bytes FROM quarantine JOIN batch ON batch.n = quarantine.batch JOIN device ON device.n = batch.device{} \
         ORDER BY quarantine.rowid",
        conditions.written()
    );
    let mut ask = connection.prepare_cached(&sql)?;
    ask.query_map(params_from_iter(conditions.bound()), quarantine_from_row)?.collect()
}

fn quarantine_from_row(row: &Row<'_>) -> Result<QuarantineRow, Error> {
    Ok(QuarantineRow {
        id: convert::id(row, 0)?,
        device: convert::id(row, 1)?,
        batch: convert::count(row, 2)?,
        item: convert::small(row, 3)?,
        typ: row.get(4)?,
        record: convert::id(row, 5)?,
        place: convert::place(row, 6)?,
        kind: row.get(7)?,
        code: row.get(8)?,
        received_at: convert::instant(row, 9)?,
        released_at: convert::instant_or_none(row, 10)?,
        bytes: row.get(11)?,
    })
}
