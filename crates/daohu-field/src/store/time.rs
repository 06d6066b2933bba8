//! Rows of boots and anchors: what time evidence is computed from.

use crate::error::FieldError;
use daohu_domain::time::ANCHOR_AGE_MS_MAX;
use rusqlite::{Connection, OptionalExtension, params};

/// How many anchors of one boot are kept: the first, and the two newest. Each costs nineteen bytes in every batch.
const ANCHORS_PER_BOOT_MAX: usize = 3;

/// Returns the small number of a boot, giving it one if it is new.
pub(crate) fn boot_number(connection: &Connection, boot: &str) -> Result<u32, FieldError> {
    let found = connection.prepare_cached("SELECT number FROM boot WHERE id = ?1")?.query_row([boot], |row| row.get(0)).optional()?;
    if let Some(number) = found {
        return Ok(number);
    }
    connection.execute("INSERT INTO boot (number, id) SELECT coalesce(max(number), 0) + 1, ?1 FROM boot", [boot])?;
    Ok(connection.query_row("SELECT number FROM boot WHERE id = ?1", [boot], |row| row.get(0))?)
}

/// Returns the number of a boot, or the one that it would be given.
pub(crate) fn boot_number_seen(connection: &Connection, boot: &str) -> Result<u32, FieldError> {
    let sql = "SELECT coalesce((SELECT number FROM boot WHERE id = ?1), (SELECT max(number) FROM boot), 0) + (SELECT count(*) = 0 FROM boot WHERE id = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([boot], |row| row.get(0))?)
}

/// Returns what names a boot.
pub(crate) fn boot_id(connection: &Connection, number: u32) -> Result<Option<String>, FieldError> {
    Ok(connection.prepare_cached("SELECT id FROM boot WHERE number = ?1")?.query_row([number], |row| row.get(0)).optional()?)
}

/// Keeps the server's time at a moment of a boot.
pub(crate) fn add_anchor(connection: &Connection, boot: u32, mono_ms: i64, server_ms: i64) -> Result<(), FieldError> {
    connection
        .execute("INSERT OR REPLACE INTO anchor (boot, mono_ms, server_ms) VALUES (?1, ?2, ?3)", params![boot, mono_ms, server_ms])?;
    let kept = anchors(connection, boot)?;
    if kept.len() > ANCHORS_PER_BOOT_MAX {
        // The first and the newest stay; the second oldest goes.
        if let Some((_, mono)) = kept.get(1) {
            connection.execute("DELETE FROM anchor WHERE boot = ?1 AND mono_ms = ?2", params![boot, mono])?;
        }
    }
    Ok(())
}

/// Returns the anchors of a boot as (server ms, mono ms), oldest first.
pub(crate) fn anchors(connection: &Connection, boot: u32) -> Result<Vec<(i64, i64)>, FieldError> {
    let mut found = connection.prepare_cached("SELECT server_ms, mono_ms FROM anchor WHERE boot = ?1 ORDER BY mono_ms")?;
    let rows = found.query_map([boot], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows)
}

/// Says whether the server's time is known near enough to a moment of a boot for what is captured then.
pub(crate) fn is_anchored(connection: &Connection, boot: u32, mono_ms: i64) -> Result<bool, FieldError> {
    let near = |(_, anchor_ms): &(i64, i64)| mono_ms.saturating_sub(*anchor_ms).saturating_abs() <= ANCHOR_AGE_MS_MAX;
    Ok(anchors(connection, boot)?.iter().any(near))
}

/// Returns the last anchor of the boots before `boot`: the latest server time known before the phone was restarted.
pub(crate) fn last_before(connection: &Connection, boot: u32) -> Result<Option<i64>, FieldError> {
    Ok(connection.query_row("SELECT max(server_ms) FROM anchor WHERE boot < ?1", [boot], |row| row.get(0))?)
}

/// Returns the first anchor of the boots after `boot`.
pub(crate) fn first_after(connection: &Connection, boot: u32) -> Result<Option<i64>, FieldError> {
    Ok(connection.query_row("SELECT min(server_ms) FROM anchor WHERE boot > ?1", [boot], |row| row.get(0))?)
}

/// Returns the last boot before `boot` in which the server's time is known.
pub(crate) fn anchored_before(connection: &Connection, boot: u32) -> Result<Option<u32>, FieldError> {
    Ok(connection.query_row("SELECT max(boot) FROM anchor WHERE boot < ?1", [boot], |row| row.get(0))?)
}
