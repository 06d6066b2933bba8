//! The Merkle tree of the log in SQL: nodes of complete subtrees by level and number.

use daohu_wire::merkle::{Hash, NodeSource, Tree, leaf_hash};
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::convert;

/// The tree's nodes as a store holds them.
#[derive(Debug)]
pub(super) struct Nodes<'a>(pub(super) &'a Connection);

impl NodeSource for Nodes<'_> {
    type Error = Error;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Error> {
        self.0
            .prepare_cached("SELECT hash FROM tree_node WHERE level = ?1 AND n = ?2")?
            .query_row(params![level, convert::of_count(index)], |row| convert::fixed(row, 0))
    }
}

/// Returns the number of leaves.
pub(super) fn size(connection: &Connection) -> Result<u64, Error> {
    let last = connection.prepare_cached("SELECT max(n) FROM leaf")?.query_row([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(last.map_or(0, |last| u64::try_from(last).unwrap_or(0) + 1))
}

/// Adds a leaf to the end and keeps the nodes it completes; returns its number.
pub(super) fn append(connection: &Connection, leaf: &NewLeaf<'_>) -> Result<u64, Error> {
    let size = size(connection)?;
    connection
        .prepare_cached("INSERT INTO leaf (n, type, bytes, detail, received_at_ms, clock) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            convert::of_count(size),
            leaf.typ,
            leaf.bytes,
            leaf.detail,
            leaf.received_at_ms,
            if leaf.clock_set { "set" } else { "system" }
        ])?;
    let mut insert = connection.prepare_cached("INSERT INTO tree_node (level, n, hash) VALUES (?1, ?2, ?3)")?;
    for node in Tree::new(&Nodes(connection), size).append(leaf_hash(leaf.bytes))? {
        insert.execute(params![node.level, convert::of_count(node.index), node.hash])?;
    }
    Ok(size)
}

/// A leaf to add.
#[derive(Debug)]
pub(super) struct NewLeaf<'a> {
    pub(super) typ: u8,
    pub(super) bytes: &'a [u8],
    pub(super) detail: Option<&'a [u8]>,
    pub(super) received_at_ms: i64,
    pub(super) clock_set: bool,
}

/// Returns a node, or none where the tree is too small for it.
pub(super) fn node(connection: &Connection, level: u32, index: u64) -> Result<Option<Hash>, Error> {
    Nodes(connection).node(level, index).optional()
}
