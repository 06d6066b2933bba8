//! Users, devices, codes, sessions and wrong tries in SQL.

use daohu_domain::id::Id;
use rusqlite::{Connection, Error, OptionalExtension, Row, Transaction, params};

use super::{Failed, SqliteStore, StoreError, convert, grant, revision};
use crate::store::account::{
    AccountChange, AccountQuery, AccountRow, CodeRow, DeviceQuery, DeviceRow, GrantRow, RoleRow, SessionRow, TriesRow, WantedGrant,
};
use crate::store::ports::AccountStore;

impl AccountStore for SqliteStore {
    fn accounts(&self, query: &AccountQuery) -> Result<Vec<AccountRow>, StoreError> {
        self.read("read users", |connection| accounts(connection, query))
    }

    fn devices(&self, query: DeviceQuery) -> Result<Vec<DeviceRow>, StoreError> {
        self.read("read devices", |connection| devices(connection, query))
    }

    fn code(&self, name: &str) -> Result<Option<CodeRow>, StoreError> {
        self.read("read a device code", |connection| {
            connection
                .prepare_cached(
                    "SELECT salt, rest_hash, account, made_at_ms, expires_at_ms, used_at_ms, device FROM device_code WHERE name = ?1",
                )?
                .query_row([name], |row| {
                    Ok(CodeRow {
                        name: name.to_owned(),
                        salt: convert::fixed(row, 0)?,
                        rest_hash: convert::fixed(row, 1)?,
                        account: convert::id(row, 2)?,
                        made_at: convert::instant(row, 3)?,
                        expires_at: convert::instant(row, 4)?,
                        used_at: convert::instant_or_none(row, 5)?,
                        device: convert::id_or_none(row, 6)?,
                    })
                })
                .optional()
        })
    }

    fn session(&self, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        self.read("read a session", |connection| {
            connection
                .prepare_cached("SELECT account, began_at_ms, used_at_ms FROM session WHERE token_hash = ?1")?
                .query_row([token_hash], |row| {
                    Ok(SessionRow {
                        token_hash: *token_hash,
                        account: convert::id(row, 0)?,
                        began_at: convert::instant(row, 1)?,
                        used_at: convert::instant(row, 2)?,
                    })
                })
                .optional()
        })
    }

    fn tries(&self, key: &str) -> Result<TriesRow, StoreError> {
        self.read("read wrong tries", |connection| tries(connection, key))
    }

    fn apply(&self, change: &AccountChange) -> Result<(), StoreError> {
        self.write("change accounts", |transaction| apply(transaction, change))
    }

    fn settle_grants(
        &self,
        account: Id,
        wanted: &[WantedGrant],
        now: daohu_domain::calendar::Instant,
    ) -> Result<Vec<GrantRow>, StoreError> {
        let stored = self.read("read grants", |connection| grant::of_account(connection, account))?;
        // Nearly every sync finds its grants as they are and writes nothing.
        if grant::is_settled(&stored, wanted) {
            return Ok(stored);
        }
        self.write("settle grants", |transaction| Ok(grant::settle(transaction, account, wanted, now)?))
    }

    fn policy_rev(&self) -> Result<u64, StoreError> {
        self.read("read the policy's revision", revision::of_all)
    }
}

fn tries(connection: &Connection, key: &str) -> Result<TriesRow, Error> {
    let found = connection
        .prepare_cached("SELECT tries, first_at_ms, locked_until_ms FROM wrong_try WHERE key = ?1")?
        .query_row([key], |row| {
            Ok(TriesRow { tries: convert::small(row, 0)?, first_at: convert::instant(row, 1)?, locked_until: convert::instant(row, 2)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn put_tries(connection: &Connection, key: &str, tries: TriesRow) -> Result<(), Error> {
    connection.execute(
        "INSERT OR REPLACE INTO wrong_try (key, tries, first_at_ms, locked_until_ms) VALUES (?1, ?2, ?3, ?4)",
        params![key, tries.tries, tries.first_at.0, tries.locked_until.0],
    )?;
    Ok(())
}

fn accounts(connection: &Connection, query: &AccountQuery) -> Result<Vec<AccountRow>, Error> {
    const SELECT: &str = "SELECT id, login, cadre, password, totp, totp_step, disabled, grants_rev, disabled_at_ms FROM account";
    let mut rows = match query {
        AccountQuery::All => connection
            .prepare_cached(&format!("{SELECT} ORDER BY login"))?
            .query_map([], account_from_row)?
            .collect::<Result<Vec<_>, _>>()?,
        AccountQuery::Id(id) => connection
            .prepare_cached(&format!("{SELECT} WHERE id = ?1"))?
            .query_map([id.as_bytes()], account_from_row)?
            .collect::<Result<Vec<_>, _>>()?,
        AccountQuery::Login(login) => connection
            .prepare_cached(&format!("{SELECT} WHERE login = ?1"))?
            .query_map([login], account_from_row)?
            .collect::<Result<Vec<_>, _>>()?,
        AccountQuery::Cadre(cadre) => connection
            .prepare_cached(&format!("{SELECT} WHERE cadre = ?1 ORDER BY login"))?
            .query_map([cadre.as_bytes()], account_from_row)?
            .collect::<Result<Vec<_>, _>>()?,
    };
    for row in &mut rows {
        row.roles = roles(connection, row.id)?;
    }
    Ok(rows)
}

fn account_from_row(row: &Row<'_>) -> Result<AccountRow, Error> {
    Ok(AccountRow {
        id: convert::id(row, 0)?,
        login: row.get(1)?,
        cadre: convert::id_or_none(row, 2)?,
        password: row.get(3)?,
        totp: row.get(4)?,
        totp_step: convert::count(row, 5)?,
        disabled: row.get(6)?,
        disabled_at: convert::instant_or_none(row, 8)?,
        grants_rev: convert::count(row, 7)?,
        roles: Vec::new(),
    })
}

fn roles(connection: &Connection, account: Id) -> Result<Vec<RoleRow>, Error> {
    let mut ask = connection
        .prepare_cached("SELECT role, place, unit, from_day, to_day, ended_at_ms FROM account_role WHERE account = ?1 ORDER BY n")?;
    let rows = ask.query_map([account.as_bytes()], |row| {
        Ok(RoleRow {
            role: row.get(0)?,
            place: convert::place_or_none(row, 1)?,
            unit: convert::id_or_none(row, 2)?,
            from: convert::day_or_none(row, 3)?,
            to: convert::day_or_none(row, 4)?,
            ended_at: convert::instant_or_none(row, 5)?,
        })
    })?;
    rows.collect()
}

fn devices(connection: &Connection, query: DeviceQuery) -> Result<Vec<DeviceRow>, Error> {
    const SELECT: &str = "SELECT id, account, public_key, label, enrolled_at_ms, last_contact_at_ms, last_batch, last_hash, \
        last_counter, revoked_at_ms, reason, store_key FROM device";
    let (sql, key) = match query {
        DeviceQuery::All => (format!("{SELECT} ORDER BY n"), None),
        DeviceQuery::Id(id) => (format!("{SELECT} WHERE id = ?1"), Some(id)),
        DeviceQuery::Own => (format!("{SELECT} WHERE account IS NULL"), None),
        DeviceQuery::Account(id) => (format!("{SELECT} WHERE account = ?1 ORDER BY n"), Some(id)),
    };
    let mut ask = connection.prepare_cached(&sql)?;
    let key = key.as_ref().map(Id::as_bytes);
    ask.query_map(rusqlite::params_from_iter(key), device_from_row)?.collect()
}

fn device_from_row(row: &Row<'_>) -> Result<DeviceRow, Error> {
    Ok(DeviceRow {
        id: convert::id(row, 0)?,
        account: convert::id_or_none(row, 1)?,
        public_key: convert::fixed(row, 2)?,
        label: row.get(3)?,
        enrolled_at: convert::instant(row, 4)?,
        last_contact_at: convert::instant(row, 5)?,
        last_batch: convert::count(row, 6)?,
        last_hash: convert::fixed(row, 7)?,
        last_counter: convert::count(row, 8)?,
        revoked_at: convert::instant_or_none(row, 9)?,
        reason: row.get(10)?,
        store_key: row.get(11)?,
    })
}

fn apply(transaction: &Transaction<'_>, change: &AccountChange) -> Result<(), Failed> {
    match change {
        AccountChange::Add(account, at) => add(transaction, account, at.0),
        AccountChange::Grant(account, role) => Ok(insert_role(transaction, *account, role)?),
        AccountChange::Ungrant { account, role, place, to, at } => {
            transaction.execute(
                "UPDATE account_role SET to_day = coalesce(?4, to_day), ended_at_ms = iif(?4 IS NULL, ?5, ended_at_ms) \
                 WHERE account = ?1 AND role = ?2 AND (?3 IS NULL OR place = ?3) AND ended_at_ms IS NULL",
                params![account.as_bytes(), role, place.map(convert::of_place), to.map(|day| day.to_string()), at.0],
            )?;
            Ok(())
        }
        AccountChange::Disable(account, at) => {
            transaction.execute(
                "UPDATE account SET disabled = 1, disabled_at_ms = ?2 WHERE id = ?1 AND disabled = 0",
                params![account.as_bytes(), at.0],
            )?;
            end_sessions(transaction, *account)
        }
        AccountChange::Password(account, hash) => {
            transaction.execute("UPDATE account SET password = ?2 WHERE id = ?1", params![account.as_bytes(), hash])?;
            end_sessions(transaction, *account)
        }
        AccountChange::Totp(account, secret, step) => {
            transaction.execute(
                "UPDATE account SET totp = ?2, totp_step = ?3 WHERE id = ?1",
                params![account.as_bytes(), secret, convert::of_count(*step)],
            )?;
            Ok(())
        }
        AccountChange::Code(code) => add_code(transaction, code),
        AccountChange::Tries(key, tries) => Ok(put_tries(transaction, key, *tries)?),
        AccountChange::Wrong { key, at, tries_max, lock_ms } => {
            let row = tries(transaction, key)?.after_wrong(*at, *tries_max, *lock_ms);
            Ok(put_tries(transaction, key, row)?)
        }
        AccountChange::Enrol(device, code) => enrol(transaction, device, code),
        AccountChange::Revoke { device, reason, at } => {
            transaction
                .execute("UPDATE device SET revoked_at_ms = ?2, reason = ?3 WHERE id = ?1", params![device.as_bytes(), at.0, reason])?;
            Ok(())
        }
        AccountChange::Contact { device, at, counter } => {
            transaction.execute(
                "UPDATE device SET last_contact_at_ms = max(last_contact_at_ms, ?2), last_counter = max(last_counter, ?3) WHERE id = ?1",
                params![device.as_bytes(), at.0, convert::of_count(*counter)],
            )?;
            Ok(())
        }
        AccountChange::Session(session) => {
            transaction.execute(
                "INSERT INTO session (token_hash, account, began_at_ms, used_at_ms) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (token_hash) DO UPDATE SET used_at_ms = excluded.used_at_ms",
                params![session.token_hash, session.account.as_bytes(), session.began_at.0, session.used_at.0],
            )?;
            Ok(())
        }
        AccountChange::EndSession(token_hash) => {
            transaction.execute("DELETE FROM session WHERE token_hash = ?1", [token_hash])?;
            Ok(())
        }
    }
}

fn end_sessions(transaction: &Transaction<'_>, account: Id) -> Result<(), Failed> {
    transaction.execute("DELETE FROM session WHERE account = ?1", [account.as_bytes()])?;
    Ok(())
}

fn add(transaction: &Transaction<'_>, account: &AccountRow, at_ms: i64) -> Result<(), Failed> {
    let taken: bool = transaction.prepare_cached("SELECT 1 FROM account WHERE login = ?1")?.exists([&account.login])?;
    if taken {
        return Err(StoreError::Taken("login").into());
    }
    transaction.execute(
        "INSERT INTO account (id, login, cadre, password, totp, totp_step, disabled, grants_rev, created_at_ms, disabled_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            account.id.as_bytes(),
            account.login,
            account.cadre.as_ref().map(Id::as_bytes),
            account.password,
            account.totp,
            convert::of_count(account.totp_step),
            account.disabled,
            convert::of_count(account.grants_rev),
            at_ms,
            account.disabled_at.map(|at| at.0)
        ],
    )?;
    for role in &account.roles {
        insert_role(transaction, account.id, role)?;
    }
    Ok(())
}

fn insert_role(connection: &Connection, account: Id, role: &RoleRow) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO account_role (account, role, place, unit, from_day, to_day, ended_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            account.as_bytes(),
            role.role,
            role.place.map(convert::of_place),
            role.unit.as_ref().map(Id::as_bytes),
            role.from.map(|day| day.to_string()),
            role.to.map(|day| day.to_string()),
            role.ended_at.map(|at| at.0)
        ],
    )?;
    Ok(())
}

fn add_code(transaction: &Transaction<'_>, code: &CodeRow) -> Result<(), Failed> {
    let open: bool = transaction
        .prepare_cached("SELECT 1 FROM device_code WHERE name = ?1 AND used_at_ms IS NULL AND expires_at_ms > ?2")?
        .exists(params![code.name, code.made_at.0])?;
    if open {
        return Err(StoreError::Taken("code").into());
    }
    transaction.execute(
        "INSERT OR REPLACE INTO device_code (name, salt, rest_hash, account, made_at_ms, expires_at_ms, used_at_ms, device) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL)",
        params![code.name, code.salt, code.rest_hash, code.account.as_bytes(), code.made_at.0, code.expires_at.0],
    )?;
    Ok(())
}

fn enrol(transaction: &Transaction<'_>, device: &DeviceRow, code: &str) -> Result<(), Failed> {
    let prefix: Vec<u8> = device.id.as_bytes().iter().skip(12).copied().collect();
    let taken: bool = transaction
        .prepare_cached("SELECT 1 FROM device WHERE id = ?1 OR prefix = ?2 OR (?3 AND account IS NULL)")?
        .exists(params![device.id.as_bytes(), prefix, device.account.is_none()])?;
    if taken {
        return Err(StoreError::Taken("device").into());
    }
    if device.account.is_some() {
        let used = transaction.execute(
            "UPDATE device_code SET used_at_ms = ?2, device = ?3 WHERE name = ?1 AND used_at_ms IS NULL",
            params![code, device.enrolled_at.0, device.id.as_bytes()],
        )?;
        if used == 0 {
            return Err(StoreError::Taken("code").into());
        }
    }
    transaction.execute(
        "INSERT INTO device (id, prefix, account, public_key, label, enrolled_at_ms, last_contact_at_ms, last_batch, last_hash, \
         last_counter, store_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, zeroblob(32), ?8, ?9)",
        params![
            device.id.as_bytes(),
            prefix,
            device.account.as_ref().map(Id::as_bytes),
            device.public_key,
            device.label,
            device.enrolled_at.0,
            device.last_contact_at.0,
            convert::of_count(device.last_counter),
            device.store_key
        ],
    )?;
    revision::bump(transaction, device.enrolled_at)?;
    Ok(())
}
