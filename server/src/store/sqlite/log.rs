//! Batches, changes, leaves and the places' logs in SQL.

use std::collections::{BTreeSet, HashMap, HashSet};

use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::types::Value;
use rusqlite::{Connection, Error, OptionalExtension, Row, params, params_from_iter};

use super::{SqliteStore, StoreError, convert, tree};
use crate::limits::PULL_ROWS_MAX;
use crate::store::plan::{Committed, IntakePlan, StartEvidence};
use crate::store::ports::LogStore;
use crate::store::rows::{
    Arrival, BatchKey, BatchRow, ChangeRow, DocumentRow, HeldRow, HoldingQuery, ItemRow, LeafRow, LoggedRow, PullQuery, PulledChange,
    PulledRow, TreeRows,
};

/// What every query of changes selects; the order is that of [`change_from_row`].
pub(super) const CHANGE_COLUMNS: &str = "change.record, change.hash, author.id, coalesce(account.cadre, account.id), batch.leaf, \
    change.item, change.received_at_ms, change.bytes, batch.cose, change.roles";

/// What every query of changes joins.
pub(super) const CHANGE_JOINS: &str = "change JOIN batch ON batch.n = change.batch JOIN device author ON author.n = change.device \
    LEFT JOIN account ON account.id = author.account";

impl LogStore for SqliteStore {
    fn batch(&self, key: BatchKey) -> Result<Option<BatchRow>, StoreError> {
        let select = "SELECT device.id, device.public_key, batch.number, batch.leaf, batch.cose, batch.body_hash, \
            batch.received_at_ms, batch.items FROM batch JOIN device ON device.n = batch.device";
        self.read("read a batch", |connection| match key {
            BatchKey::Number(device, number) => connection
                .prepare_cached(&format!("{select} WHERE device.id = ?1 AND batch.number = ?2"))?
                .query_row(params![device.as_bytes(), convert::of_count(number)], batch_from_row)
                .optional(),
            BatchKey::Leaf(leaf) => connection
                .prepare_cached(&format!("{select} WHERE batch.leaf = ?1"))?
                .query_row([convert::of_count(leaf)], batch_from_row)
                .optional(),
        })
    }

    fn known(&self, changes: &[(Id, [u8; 32])]) -> Result<HashSet<(Id, [u8; 32])>, StoreError> {
        self.read("look for changes", |connection| {
            let mut ask = connection.prepare_cached("SELECT 1 FROM change WHERE record = ?1 AND hash = ?2")?;
            let mut known = HashSet::new();
            for (record, hash) in changes {
                if ask.exists(params![record.as_bytes(), hash])? {
                    known.insert((*record, *hash));
                }
            }
            Ok(known)
        })
    }

    fn documents(&self, records: &[Id]) -> Result<Vec<DocumentRow>, StoreError> {
        self.read("read documents", |connection| records.iter().filter_map(|record| document(connection, *record).transpose()).collect())
    }

    fn places_of(&self, records: &BTreeSet<Id>) -> Result<HashMap<Id, Place>, StoreError> {
        self.read("read places", |connection| {
            let mut ask = connection.prepare_cached("SELECT place FROM doc WHERE record = ?1")?;
            let mut found = HashMap::new();
            for record in records {
                let place = ask.query_row([record.as_bytes()], |row| convert::place(row, 0)).optional()?;
                found.extend(place.map(|place| (*record, place)));
            }
            Ok(found)
        })
    }

    fn commit(&self, plan: &IntakePlan) -> Result<Vec<Committed>, StoreError> {
        self.commit_plan(plan)
    }

    fn pull(&self, query: &PullQuery) -> Result<PulledRow, StoreError> {
        self.read("read a log", |connection| pull(connection, query))
    }

    fn place_head(&self, place: Place) -> Result<u64, StoreError> {
        self.read("read the end of a log", |connection| place_head(connection, place))
    }

    fn holdings(&self, query: &HoldingQuery) -> Result<Vec<HeldRow>, StoreError> {
        self.read("read what a grant covers", |connection| holdings(connection, query))
    }

    fn pulled_of(&self, record: Id) -> Result<Vec<PulledChange>, StoreError> {
        self.read("read a record's changes", |connection| {
            let sql = "SELECT 0, doc.kind, 0, change.record, device.id, change.received_at_ms, change.bytes, \
                 visit_fact.trusted_ms, visit_fact.after_ms, visit_fact.before_ms \
                 FROM change JOIN device ON device.n = change.device JOIN doc ON doc.record = change.record \
                 LEFT JOIN visit_fact ON doc.kind = 'visit' AND visit_fact.record = change.record \
                 WHERE change.record = ?1 ORDER BY change.n";
            connection.prepare_cached(sql)?.query_map([record.as_bytes()], pulled_from_row)?.collect()
        })
    }

    fn tree(&self, nodes: &[(u32, u64)]) -> Result<TreeRows, StoreError> {
        self.read("read the tree", |connection| {
            let hashes = nodes.iter().map(|(level, n)| tree::node(connection, *level, *n)).collect::<Result<_, _>>()?;
            let last = connection
                .prepare_cached("SELECT received_at_ms FROM leaf ORDER BY n DESC LIMIT 1")?
                .query_row([], |row| convert::instant(row, 0))
                .optional()?;
            let clock_set = connection.prepare_cached("SELECT 1 FROM meta WHERE key = 'clock_set'")?.exists([])?;
            Ok(TreeRows { size: tree::size(connection)?, hashes, last_at: last, clock_set })
        })
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<LeafRow>, StoreError> {
        self.read("read leaves", |connection| {
            let mut ask = connection
                .prepare_cached("SELECT n, type, bytes, detail, received_at_ms, clock FROM leaf WHERE n >= ?1 ORDER BY n LIMIT ?2")?;
            let rows = ask.query_map(params![convert::of_count(from), convert::of_size(limit)], |row| {
                Ok(LeafRow {
                    n: convert::count(row, 0)?,
                    typ: row.get(1)?,
                    bytes: row.get(2)?,
                    detail: row.get(3)?,
                    received_at: convert::instant(row, 4)?,
                    clock_set: row.get_ref(5)?.as_str()? == "set",
                })
            })?;
            rows.collect()
        })
    }

    fn logged(&self, place: Place, (first, last): (u64, u64)) -> Result<Vec<LoggedRow>, StoreError> {
        self.read("read the rows of a log", |connection| {
            let mut ask =
                connection.prepare_cached("SELECT seq, change FROM log WHERE place = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq")?;
            let rows = ask.query_map(params![convert::of_place(place), convert::of_count(first), convert::of_count(last)], |row| {
                Ok((convert::count(row, 0)?, row.get::<_, i64>(1)?))
            })?;
            let mut change = connection.prepare_cached(&format!("SELECT {CHANGE_COLUMNS} FROM {CHANGE_JOINS} WHERE change.n = ?1"))?;
            let mut logged = Vec::new();
            for row in rows {
                let (seq, n) = row?;
                logged.push(LoggedRow { seq, change: change.query_row([n], change_from_row).optional()? });
            }
            Ok(logged)
        })
    }
}

fn batch_from_row(row: &Row<'_>) -> Result<BatchRow, Error> {
    Ok(BatchRow {
        device: convert::id(row, 0)?,
        public_key: convert::fixed(row, 1)?,
        number: convert::count(row, 2)?,
        leaf: convert::count(row, 3)?,
        cose: row.get(4)?,
        body_hash: convert::fixed(row, 5)?,
        received_at: convert::instant(row, 6)?,
        items: unpack_items(row.get_ref(7)?.as_blob()?),
    })
}

pub(super) fn change_from_row(row: &Row<'_>) -> Result<ChangeRow, Error> {
    Ok(ChangeRow {
        record: convert::id(row, 0)?,
        hash: convert::fixed(row, 1)?,
        device: convert::id(row, 2)?,
        arrival: Arrival { received_at: convert::instant(row, 6)?, person: convert::id_or_none(row, 3)?, roles: row.get(9)? },
        leaf: convert::count(row, 4)?,
        item: convert::small(row, 5)?,
        bytes: row.get(7)?,
        cose: row.get(8)?,
    })
}

fn document(connection: &Connection, record: Id) -> Result<Option<DocumentRow>, Error> {
    // A document of one change is that change: it is not kept twice.
    let found = connection
        .prepare_cached(
            "SELECT doc.kind, doc.place, doc.household, doc.changes, coalesce(doc.snapshot, change.bytes), change.received_at_ms, \
             coalesce(account.cadre, account.id), change.roles \
             FROM doc JOIN change ON change.n = (SELECT min(n) FROM change WHERE record = doc.record) \
             JOIN device ON device.n = change.device LEFT JOIN account ON account.id = device.account WHERE doc.record = ?1",
        )?
        .query_row([record.as_bytes()], |row| {
            Ok(DocumentRow {
                record,
                kind: row.get(0)?,
                place: convert::place(row, 1)?,
                household: convert::id_or_none(row, 2)?,
                changes: convert::small(row, 3)?,
                bytes: row.get(4)?,
                first: Arrival { received_at: convert::instant(row, 5)?, person: convert::id_or_none(row, 6)?, roles: row.get(7)? },
                events: HashMap::new(),
            })
        })
        .optional()?;
    let Some(mut document) = found else { return Ok(None) };
    let mut ask = connection.prepare_cached("SELECT key, received_at_ms, person, roles FROM event_fact WHERE record = ?1")?;
    document.events = ask
        .query_map([record.as_bytes()], |row| {
            let arrival = Arrival { received_at: convert::instant(row, 1)?, person: convert::id_or_none(row, 2)?, roles: row.get(3)? };
            Ok((row.get(0)?, arrival))
        })?
        .collect::<Result<HashMap<String, Arrival>, _>>()?;
    Ok(Some(document))
}

/// Reads a page of a log. The end of the place's log is the cursor once nothing of the grant is left before it, so that the next pull
/// of a quiet household does not look at its neighbours' rows again.
fn pull(connection: &Connection, query: &PullQuery) -> Result<PulledRow, Error> {
    let head = place_head(connection, query.place)?;
    if head <= query.after {
        return Ok(PulledRow { to: query.after.max(head), more: false, head, rows: Vec::new() });
    }
    let mut sql = String::from(
        "SELECT log.seq, log.kind, sender.id, change.record, device.id, change.received_at_ms, change.bytes, \
         visit_fact.trusted_ms, visit_fact.after_ms, visit_fact.before_ms \
         FROM log JOIN change ON change.n = log.change JOIN device ON device.n = change.device JOIN device sender ON sender.n = log.device \
         LEFT JOIN visit_fact ON log.kind = 'visit' AND visit_fact.record = change.record \
         WHERE log.place = ?1 AND log.seq > ?2",
    );
    let mut values: Vec<Value> = vec![convert::of_place(query.place).into(), convert::of_count(query.after).into()];
    if let Some(household) = query.household {
        values.push(household.as_bytes().to_vec().into());
        sql.push_str(" AND log.household = ?3");
    } else if query.reference {
        sql.push_str(" AND log.reference = 1");
    }
    sql.push_str(&format!(" ORDER BY log.seq LIMIT {PULL_ROWS_MAX}"));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut cursor = statement.query(params_from_iter(values))?;
    let mut page = PulledRow { to: head, more: false, head, rows: Vec::new() };
    let (mut bytes, mut seen) = (0, 0);
    while let Some(row) = cursor.next()? {
        let seq = convert::count(row, 0)?;
        let change = pulled_from_row(row)?;
        seen += 1;
        if wanted(query, row.get_ref(1)?.as_str()?, convert::id(row, 2)?) {
            if !page.rows.is_empty() && bytes + change.bytes.len() > query.bytes_max {
                page.more = true;
                return Ok(page);
            }
            bytes += change.bytes.len();
            page.rows.push(change);
        }
        if seen == PULL_ROWS_MAX {
            page.more = seq < head;
        }
        page.to = seq;
    }
    if !page.more {
        page.to = head;
    }
    Ok(page)
}

fn place_head(connection: &Connection, place: Place) -> Result<u64, Error> {
    let mut ask = connection.prepare_cached("SELECT head FROM place_head WHERE place = ?1")?;
    Ok(ask.query_row([convert::of_place(place)], |row| convert::count(row, 0)).optional()?.unwrap_or(0))
}

/// Reads which records a grant covers, with their heads; the conditions are those of [`pull`].
fn holdings(connection: &Connection, query: &HoldingQuery) -> Result<Vec<HeldRow>, Error> {
    // The kinds are names out of our own declarations.
    let kinds: Vec<String> = query.kinds.iter().map(|kind| format!("'{kind}'")).collect();
    let mut sql = format!("SELECT record, heads FROM doc WHERE place = ?1 AND kind IN ({})", kinds.join(", "));
    let mut values: Vec<Value> = vec![convert::of_place(query.place).into()];
    if let Some(household) = query.household {
        values.push(household.as_bytes().to_vec().into());
        sql.push_str(" AND household = ?2");
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok(HeldRow { record: convert::id(row, 0)?, heads: row.get_ref(1)?.as_blob()?.as_chunks::<32>().0.to_vec() })
    })?;
    rows.collect()
}

fn wanted(query: &PullQuery, kind: &str, sender: Id) -> bool {
    query.not_of != Some(sender) && query.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
}

fn pulled_from_row(row: &Row<'_>) -> Result<PulledChange, Error> {
    let start = match (convert::instant_or_none(row, 7)?, convert::instant_or_none(row, 8)?, convert::instant_or_none(row, 9)?) {
        (Some(at), _, _) => Some(StartEvidence::Trusted(at)),
        (None, Some(after), Some(before)) => Some(StartEvidence::Between(after, before)),
        _ => (row.get_ref(1)?.as_str()? == "visit").then_some(StartEvidence::None),
    };
    Ok(PulledChange {
        record: convert::id(row, 3)?,
        kind: row.get(1)?,
        device: convert::id(row, 4)?,
        received_at: convert::instant(row, 5)?,
        start,
        bytes: row.get(6)?,
    })
}

/// Packs a batch's items into one column: type, record, place, hash, then the code with its length.
///
/// `None` for a code over 255 bytes, which no code is.
pub(super) fn pack_items(items: &[ItemRow]) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(items.len() * 60);
    for item in items {
        packed.push(item.typ);
        packed.extend_from_slice(item.record.as_bytes());
        packed.extend_from_slice(&item.place.number().to_be_bytes());
        packed.extend_from_slice(&item.hash);
        packed.push(u8::try_from(item.code.len()).ok()?);
        packed.extend_from_slice(item.code.as_bytes());
    }
    Some(packed)
}

/// Unpacks what [`pack_items`] packed; bytes that were tampered with give fewer items, which the log's check then names.
fn unpack_items(mut packed: &[u8]) -> Vec<ItemRow> {
    std::iter::from_fn(|| unpack_item(&mut packed)).collect()
}

fn unpack_item(packed: &mut &[u8]) -> Option<ItemRow> {
    let (typ, rest) = packed.split_first()?;
    let (record, rest) = rest.split_at_checked(16)?;
    let (place, rest) = rest.split_first_chunk::<8>()?;
    let (hash, rest) = rest.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first()?;
    let (code, rest) = rest.split_at_checked(usize::from(*length))?;
    *packed = rest;
    Some(ItemRow {
        typ: *typ,
        record: Id::from_slice(record)?,
        place: Place::from_number(u64::from_be_bytes(*place))?,
        hash: *hash,
        code: String::from_utf8(code.to_vec()).ok()?,
    })
}
