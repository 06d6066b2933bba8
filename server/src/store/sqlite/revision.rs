//! Revisions of the policy. Each is higher than every one before and than the clock, so that a store that was put back to a copy, where
//! the log tells nothing of it, never gives a number again that a device had for something else.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::convert;

/// Counts a change of what every device may see of the policy.
pub(super) fn bump(connection: &Connection, now: Instant) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('policy_rev', CAST(CAST(?1 AS TEXT) AS BLOB))")?
        .execute([next(connection, now)?])?;
    Ok(())
}

/// Counts a change of an account's grants.
pub(super) fn bump_of(connection: &Connection, account: Id, now: Instant) -> Result<(), Error> {
    connection
        .prepare_cached("UPDATE account SET grants_rev = ?2 WHERE id = ?1")?
        .execute(params![account.as_bytes(), next(connection, now)?])?;
    Ok(())
}

/// Returns the revision of what every device may see.
pub(super) fn of_all(connection: &Connection) -> Result<u64, Error> {
    let found = connection
        .prepare_cached("SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta WHERE key = 'policy_rev'")?
        .query_row([], |row| convert::count(row, 0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

fn next(connection: &Connection, now: Instant) -> Result<i64, Error> {
    let of_accounts: i64 =
        connection.prepare_cached("SELECT coalesce(max(grants_rev), 0) FROM account")?.query_row([], |row| row.get(0))?;
    Ok(now.0.max(of_accounts + 1).max(convert::of_count(of_all(connection)?) + 1))
}
