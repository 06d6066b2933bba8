//! Secrets and the audit in SQL.

use daohu_domain::id::Id;
use rusqlite::{Connection, Error, OptionalExtension, params};

use super::{SqliteStore, StoreError, convert};
use crate::store::account::AuditRow;
use crate::store::ports::SecretStore;
use crate::store::rows::SecretRow;

/// Every action the audit knows; a row of a newer server reads as `other`.
const ACTIONS: [&str; 10] = [
    "read_secret",
    "erase_secret",
    "release",
    "export",
    "device_code",
    "device_revoke",
    "store_key",
    "user_change",
    "key_rotate",
    "key_lost",
];

impl SecretStore for SqliteStore {
    fn secret(&self, record: Id, field: &str) -> Result<Option<SecretRow>, StoreError> {
        self.read("read a secret", |connection| {
            connection
                .prepare_cached("SELECT commitment, wrapped_key, sealed, written_at_ms FROM secret WHERE record = ?1 AND field = ?2")?
                .query_row(params![record.as_bytes(), field], |row| {
                    Ok(SecretRow {
                        record,
                        field: field.to_owned(),
                        commitment: convert::fixed(row, 0)?,
                        wrapped_key: row.get(1)?,
                        sealed: row.get(2)?,
                        written_at: convert::instant(row, 3)?,
                    })
                })
                .optional()
        })
    }

    fn erase_secret(&self, record: Id, field: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.write("erase a secret", |transaction| {
            let erased = erase(transaction, record, field)?;
            insert_audit(transaction, audit)?;
            Ok(erased)
        })
    }

    fn audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        self.write("write the audit", |transaction| Ok(insert_audit(transaction, row)?))
    }

    fn audits(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.read("read the audit", |connection| {
            let mut ask =
                connection.prepare_cached("SELECT at_ms, person, action, record, field, reason FROM audit ORDER BY n DESC LIMIT ?1")?;
            let rows = ask.query_map([convert::of_size(limit)], |row| {
                let action: String = row.get(2)?;
                Ok(AuditRow {
                    at: convert::instant(row, 0)?,
                    person: convert::id_or_none(row, 1)?,
                    action: ACTIONS.iter().find(|known| **known == action).copied().unwrap_or("other"),
                    record: convert::id_or_none(row, 3)?,
                    field: row.get(4)?,
                    reason: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }
}

/// Deletes a secret; `secure_delete` overwrites its bytes in the file.
pub(super) fn erase(connection: &Connection, record: Id, field: &str) -> Result<bool, Error> {
    let erased = connection.execute("DELETE FROM secret WHERE record = ?1 AND field = ?2", params![record.as_bytes(), field])?;
    Ok(erased > 0)
}

pub(super) fn insert_audit(connection: &Connection, row: &AuditRow) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO audit (at_ms, person, action, record, field, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            row.at.0,
            row.person.as_ref().map(Id::as_bytes),
            row.action,
            row.record.as_ref().map(Id::as_bytes),
            row.field,
            row.reason
        ])?;
    Ok(())
}

pub(super) fn put(connection: &Connection, secret: &SecretRow) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO secret (record, field, commitment, wrapped_key, sealed, written_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            secret.record.as_bytes(),
            secret.field,
            secret.commitment,
            secret.wrapped_key,
            secret.sealed,
            secret.written_at.0
        ])?;
    Ok(())
}
