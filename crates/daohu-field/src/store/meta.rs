//! What a store knows of itself: short texts under names.
//!
//! Each is written twice, on different pages: a damaged page must not cost a device its key.

use crate::error::FieldError;
use daohu_domain::id::Id;
use rusqlite::{Connection, OptionalExtension, params};

/// Names of what a store knows of itself.
pub(crate) mod key {
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const SEED: &str = "device_seed";
    pub(crate) const USER: &str = "user";
    pub(crate) const PERSON: &str = "person";
    pub(crate) const NAME: &str = "name";
    pub(crate) const ROLE: &str = "role";
    pub(crate) const ROLES: &str = "roles";
    pub(crate) const SERVER: &str = "server";
    pub(crate) const SERVER_KEY: &str = "server_key";
    pub(crate) const SEAL_KEY: &str = "seal_key";
    pub(crate) const CA: &str = "ca";
    pub(crate) const EPOCH: &str = "epoch";
    pub(crate) const POLICY_REV: &str = "policy_rev";
    pub(crate) const POLICY_AT: &str = "policy_at_ms";
    pub(crate) const CONFIG: &str = "config";
    pub(crate) const TREE_SIZE: &str = "tree_size";
    pub(crate) const TREE_ROOT: &str = "tree_root";
    /// The newest tree head that came with a carried receipt, and that no exchange has proved yet to be of the same log.
    pub(crate) const CARRIED_SIZE: &str = "carried_tree_size";
    pub(crate) const CARRIED_ROOT: &str = "carried_tree_root";
    pub(crate) const LAST_SYNC: &str = "last_sync_ms";
    pub(crate) const COUNTER: &str = "request_counter";
    pub(crate) const LINK_BYTES: &str = "link_bytes";
    pub(crate) const CLOCK_SET: &str = "clock_set";
    pub(crate) const PENDING: &str = "pending_enrolment";
    pub(crate) const CLOSED: &str = "closed";
    pub(crate) const PROGRAM: &str = "program";
    /// Own items are pulled too and nothing new is sealed, until this device knows what the server holds of it.
    pub(crate) const CATCHING_UP: &str = "catching_up";
    /// Another copy of this store handed batches in: what is unsent here would fork.
    pub(crate) const BEHIND: &str = "behind";
    /// What this device and the server hold is to be compared record by record; until then its cursors mean nothing.
    pub(crate) const REPAIR: &str = "repair";
    pub(crate) const LAST_CHECK: &str = "last_check_ms";
    /// Batches that a restored server lost and that cannot be sent again, by comma.
    pub(crate) const LOST: &str = "lost_batches";
    pub(crate) const EXPORTED: &str = "exported_batch";
    pub(crate) const SALVAGED: &str = "salvaged";
    /// Before the number of a grant: the pack that is fetched for it.
    pub(crate) const PACK_PREFIX: &str = "pack.";
    /// Before the number of a grant: how many chunks of that pack are taken.
    pub(crate) const PACK_TAKEN_PREFIX: &str = "pack_taken.";
    pub(crate) const LAST_BATCH: &str = "last_batch";
    pub(crate) const MOVED: &str = "moved";
    pub(crate) const RESTORED: &str = "restored";
}

/// Returns a text, or `None` if it was never set.
pub(crate) fn text(connection: &Connection, key: &str) -> Result<Option<String>, FieldError> {
    let mut found = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(found.query_row([key], |row| row.get(0)).optional()?)
}

/// Sets a text.
pub(crate) fn set(connection: &Connection, key: &str, value: &str) -> Result<(), FieldError> {
    connection.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?.execute(params![key, value])?;
    connection.prepare_cached("INSERT OR REPLACE INTO meta_copy (key, value) VALUES (?1, ?2)")?.execute(params![key, value])?;
    Ok(())
}

/// Returns the names that begin with something, in order.
pub(crate) fn starting_with(connection: &Connection, beginning: &str) -> Result<Vec<String>, FieldError> {
    let mut found = connection.prepare_cached("SELECT key FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key")?;
    let rows = found.query_map([beginning], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Forgets a text.
pub(crate) fn forget(connection: &Connection, key: &str) -> Result<(), FieldError> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [key])?;
    connection.execute("DELETE FROM meta_copy WHERE key = ?1", [key])?;
    Ok(())
}

/// Returns a number; 0 if it was never set.
pub(crate) fn number(connection: &Connection, key: &str) -> Result<i64, FieldError> {
    Ok(text(connection, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Sets a number.
pub(crate) fn set_number(connection: &Connection, key: &str, value: i64) -> Result<(), FieldError> {
    set(connection, key, &value.to_string())
}

/// Returns an id, or `None` if it was never set.
pub(crate) fn id(connection: &Connection, key: &str) -> Result<Option<Id>, FieldError> {
    Ok(text(connection, key)?.and_then(|text| text.parse().ok()))
}

/// Returns thirty-two bytes, or `None` if they were never set.
pub(crate) fn bytes32(connection: &Connection, key: &str) -> Result<Option<[u8; 32]>, FieldError> {
    Ok(text(connection, key)?.and_then(|text| hex::decode(text).ok()).and_then(|bytes| bytes.try_into().ok()))
}

/// Sets bytes.
pub(crate) fn set_bytes(connection: &Connection, key: &str, value: &[u8]) -> Result<(), FieldError> {
    set(connection, key, &hex::encode(value))
}

/// Returns a number that is another one once another process or connection has written into the store.
pub(crate) fn writes_of_others(connection: &Connection) -> Result<i64, FieldError> {
    Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
}
