//! Devices as the office works with them: one-time codes, the list, revocation.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::role::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::OfficeError;
use crate::limits::CODE_TTL_MAX_MS;
use crate::office::Office;
use crate::permit::view::Eyes;
use crate::random;
use crate::store::StoreError;
use crate::store::account::{AccountChange, AccountQuery, AccountRow, CodeRow, DeviceQuery, DeviceRow};
use crate::store::rows::RecordQuery;

/// Crockford's base 32: no I, L, O and U, so that a code can be read aloud and typed from paper.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a code; the first four name it, the rest is the secret.
const CODE_LETTERS: usize = 12;
/// See [`CODE_LETTERS`].
const NAME_LETTERS: usize = 4;

/// How often a new code is drawn when its name is in use.
const DRAWS_MAX: usize = 8;

impl Office {
    /// Makes a one-time code with which a user enrols a device; it is shown this once.
    ///
    /// # Errors
    /// `not_found` for an unknown or closed login, `no_device` for a role that works without one, `usage` for a life that is too long.
    pub fn device_code(&self, login: &str, ttl_ms: i64) -> Result<Value, OfficeError> {
        if !(1..=CODE_TTL_MAX_MS).contains(&ttl_ms) {
            return Err(OfficeError::about("usage", "ttl"));
        }
        let accounts = self.store().accounts(&AccountQuery::Login(login.to_owned()))?;
        let account = accounts.into_iter().next().filter(|account| !account.disabled).ok_or(OfficeError::about("not_found", "user"))?;
        if !has_device_role(&account) {
            return Err(OfficeError::about("no_device", "user"));
        }
        let now = self.now();
        let expires_at = Instant(now.0 + ttl_ms);
        for _ in 0..DRAWS_MAX {
            let code = drawn(random::bytes(self.random()));
            let (name, rest) = code.split_at(NAME_LETTERS);
            let salt = random::bytes(self.random());
            let rest_hash = hash_of_rest(&salt, rest);
            let row = CodeRow {
                name: name.to_owned(),
                salt,
                rest_hash,
                account: account.id,
                made_at: now,
                expires_at,
                used_at: None,
                device: None,
            };
            match self.store().apply(&AccountChange::Code(row)) {
                Ok(()) => return Ok(json!({ "code": shown(&code), "expires_at": expires_at, "uses": 1 })),
                Err(StoreError::Taken(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Returns all devices but the server's own.
    ///
    /// # Errors
    /// When the store fails.
    pub fn device_list(&self) -> Result<Value, OfficeError> {
        let rows = self.store().devices(DeviceQuery::All)?;
        Ok(Value::Array(rows.iter().filter(|row| row.account.is_some()).map(device_json).collect()))
    }

    /// Revokes a device: one that was handed back may push for thirty days more, a lost one is closed at once.
    ///
    /// A device that was reported as handed back may still be reported as lost.
    ///
    /// # Errors
    /// `not_found` for an unknown device, `usage` for another reason.
    pub fn device_revoke(&self, device: Id, reason: &str) -> Result<Value, OfficeError> {
        if !["left", "lost"].contains(&reason) {
            return Err(OfficeError::about("usage", "reason"));
        }
        let find = || -> Result<DeviceRow, OfficeError> {
            let row = self.store().devices(DeviceQuery::Id(device))?.into_iter().next().filter(|row| row.account.is_some());
            row.ok_or(OfficeError::refused("not_found"))
        };
        let row = find()?;
        let is_done = row.reason.as_deref() == Some("lost") || row.reason.as_deref() == Some(reason);
        if !is_done {
            self.store().apply(&AccountChange::Revoke { device, reason: reason.to_owned(), at: self.now() })?;
        }
        Ok(device_json(&find()?))
    }
}

/// Returns the person behind an account: the cadre, else the user.
pub(crate) fn person_of(office: &Office, account: Id) -> Result<Id, StoreError> {
    let row = office.store().accounts(&AccountQuery::Id(account))?.into_iter().next();
    Ok(row.map_or(account, |row| row.person()))
}

/// Returns the name of a user: the cadre's, else the login.
pub(crate) fn name_of(office: &Office, account: &AccountRow) -> Result<String, StoreError> {
    let Some(cadre) = account.cadre else { return Ok(account.login.clone()) };
    let row = office.store().records(&RecordQuery { record: Some(cadre), ..RecordQuery::default() })?.into_iter().next();
    let name = row.and_then(|row| row.fields.get("name")?.as_str().map(str::to_owned));
    Ok(name.unwrap_or_else(|| account.login.clone()))
}

/// Returns a typed code as it was drawn: capitals, without hyphens, and with the letters that look alike; none where it is no code.
pub(crate) fn read_code(typed: &str) -> Option<(String, String)> {
    let mut code = String::new();
    for letter in typed.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        };
        if !letter.is_ascii() || !LETTERS.contains(&u8::try_from(letter).ok()?) {
            return None;
        }
        code.push(letter);
    }
    let (name, rest) = code.split_at_checked(NAME_LETTERS)?;
    (code.len() == CODE_LETTERS).then(|| (name.to_owned(), rest.to_owned()))
}

/// Returns the hash under which the secret part of a code is kept.
pub(crate) fn hash_of_rest(salt: &[u8; 16], rest: &str) -> [u8; 32] {
    Sha256::digest([salt.as_slice(), rest.as_bytes()].concat()).into()
}

/// Draws a code from random bytes: five bits a letter.
fn drawn(random: [u8; CODE_LETTERS]) -> String {
    random.iter().filter_map(|byte| LETTERS.get(usize::from(*byte % 32))).map(|letter| char::from(*letter)).collect()
}

fn shown(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(NAME_LETTERS).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Units, administrators and those who see names masked work at the office's pages; a user without any role yet may get one later.
fn has_device_role(account: &AccountRow) -> bool {
    let given = account.roles.iter().filter(|row| row.ended_at.is_none());
    let mut roles = given.filter_map(|row| row.role.parse::<Role>().ok()).peekable();
    roles.peek().is_none() || roles.any(Eyes::on_phone)
}

fn device_json(row: &DeviceRow) -> Value {
    json!({
        "id": row.id,
        "user": row.account,
        "label": row.label,
        "enrolled_at": row.enrolled_at,
        "last_contact_at": row.last_contact_at,
        "last_batch": row.last_batch,
        "revoked_at": row.revoked_at,
        "reason": row.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::{drawn, read_code, shown};

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = drawn([0, 1, 31, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(shown(&code), "01Z8-9ABC-DEFG");

        let read = Some(("01Z8".to_owned(), "9ABCDEFG".to_owned()));
        assert_eq!(read_code("01Z8-9ABC-DEFG"), read);
        assert_eq!(read_code(" oiz8 9abc defg"), read, "O is 0, I and L are 1");
        for bad in ["", "01Z8-9ABC-DEF", "01Z8-9ABC-DEFGH", "01Z8-9ABC-DEFU", "01Z8-9ABC-DEF户"] {
            assert_eq!(read_code(bad), None, "{bad}");
        }
    }
}
