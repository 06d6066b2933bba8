//! What the store knows of keys: names in `meta`, and everything under the master key wrapped anew.

use daohu_domain::id::Id;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

use super::{Failed, SqliteStore, StoreError, convert, secret};
use crate::store::ports::{KeyRing, KeyStore, Rewrap, RewrapCount};
use crate::store::rows::SecretRow;

const MASTER: &str = "master_key_id";
const SEAL: &str = "seal_key_id";
const MATCH: &str = "match_key";

const SELECT: &str = "SELECT record, field, commitment, wrapped_key, sealed, written_at_ms FROM secret";

impl KeyStore for SqliteStore {
    fn key_ring(&self) -> Result<KeyRing, StoreError> {
        self.read("read the names of the keys", |connection| {
            let bytes = |key: &str| value(connection, key);
            Ok(KeyRing { master: master(connection)?, seal: bytes(SEAL)?.and_then(|name| name.try_into().ok()), match_key: bytes(MATCH)? })
        })
    }

    fn name_keys(&self, master: [u8; 8], seal: [u8; 8]) -> Result<(), StoreError> {
        self.write("note the names of the keys", |transaction| {
            for (key, name) in [(MASTER, master), (SEAL, seal)] {
                transaction.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)", params![key, name])?;
            }
            Ok(())
        })
    }

    fn any_secret(&self) -> Result<Option<SecretRow>, StoreError> {
        self.read("read a secret", |connection| connection.query_row(&format!("{SELECT} LIMIT 1"), [], secret_from_row).optional())
    }

    fn rewrap(&self, rewrap: &Rewrap<'_>) -> Result<RewrapCount, StoreError> {
        self.write("wrap the secrets anew", |transaction| {
            if master(transaction)? != rewrap.old {
                return Err(StoreError::Stale.into());
            }
            let mut count = RewrapCount::default();
            secrets(transaction, rewrap, &mut count)?;
            second_factors(transaction, rewrap, &mut count)?;
            put(transaction, MASTER, Some(&rewrap.new))?;
            put(transaction, MATCH, rewrap.match_key.as_deref())?;
            secret::insert_audit(transaction, &rewrap.audit)?;
            Ok(count)
        })
    }
}

fn secrets(connection: &Connection, rewrap: &Rewrap<'_>, count: &mut RewrapCount) -> Result<(), Failed> {
    let mut ask = connection.prepare(&format!("{SELECT} WHERE (record, field) > (?1, ?2) ORDER BY record, field LIMIT 1"))?;
    let mut write = connection.prepare("UPDATE secret SET wrapped_key = ?3 WHERE record = ?1 AND field = ?2")?;
    let mut after = (Vec::new(), String::new());
    // One at a time: a county has millions of them, and a row is not changed under a cursor that reads on.
    while let Some(row) = ask.query_row(params![after.0, after.1], secret_from_row).optional()? {
        match (rewrap.secret)(&row) {
            Some(wrapped) => {
                write.execute(params![row.record.as_bytes(), row.field, wrapped])?;
                count.secrets += 1;
            }
            None => count.unreadable += 1,
        }
        after = (row.record.as_bytes().to_vec(), row.field);
    }
    Ok(())
}

fn second_factors(connection: &Connection, rewrap: &Rewrap<'_>, count: &mut RewrapCount) -> Result<(), Failed> {
    let mut ask = connection.prepare("SELECT id, totp FROM account WHERE totp IS NOT NULL")?;
    let all = ask.query_map([], |row| Ok((convert::id(row, 0)?, row.get(1)?)))?.collect::<Result<Vec<(Id, Vec<u8>)>, _>>()?;
    for (account, sealed) in all {
        match (rewrap.second_factor)(account, &sealed) {
            Some(sealed) => {
                connection.execute("UPDATE account SET totp = ?2 WHERE id = ?1", params![account.as_bytes(), sealed])?;
                count.second_factors += 1;
            }
            None => count.unreadable += 1,
        }
    }
    Ok(())
}

/// Returns the name of the master key that wraps the secrets.
pub(super) fn master(connection: &Connection) -> Result<Option<[u8; 8]>, Error> {
    Ok(value(connection, MASTER)?.and_then(|name| name.try_into().ok()))
}

fn value(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>, Error> {
    connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

fn put(connection: &Connection, key: &str, value: Option<&[u8]>) -> Result<(), Error> {
    match value {
        Some(value) => connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![key, value])?,
        None => connection.execute("DELETE FROM meta WHERE key = ?1", [key])?,
    };
    Ok(())
}

fn secret_from_row(row: &Row<'_>) -> Result<SecretRow, Error> {
    Ok(SecretRow {
        record: convert::id(row, 0)?,
        field: row.get(1)?,
        commitment: convert::fixed(row, 2)?,
        wrapped_key: row.get(3)?,
        sealed: row.get(4)?,
        written_at: convert::instant(row, 5)?,
    })
}
