//! Secrets: values of level L3 and L4, which no document may hold because a document cannot forget.
//!
//! Each value is encrypted under a key of its own, and that key under the folder's master key; deleting the row erases the value. The
//! document holds SHA-256(salt ‖ value), and the salt is inside the ciphertext only, so that nobody can try out numbers against it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use daohu_domain::id::Id;
use daohu_domain::kind::{Fields, Json, Kind};
use daohu_domain::mask::masked;
use daohu_wire::SealedValue;
use daohu_wire::seal::INFO_VALUE;
use sha2::{Digest, Sha256};

use crate::error::OfficeError;
use crate::office::Office;
use crate::random::{self, Random};
use crate::store::account::AuditRow;
use crate::store::rows::SecretRow;

const NONCE_BYTES: usize = 12;
const SALT_BYTES: usize = 16;

/// Purposes: a ciphertext of one is never read as another.
const VALUE: &[u8] = b"daohu/secret/1";
const WRAPPED: &[u8] = b"daohu/secret-key/1";
const TOTP: &[u8] = b"daohu/totp/1";
const MATCH: &[u8] = b"daohu/match-key/1";

impl Office {
    /// Reads a secret whole; who read it and why is in the audit before the value is given out.
    ///
    /// # Errors
    /// `not_found` where there is none, `needs_reason` without a reason, `secret_lost` where its key was lost.
    pub fn read_secret(&self, (record, field): (Id, &str), person: Option<Id>, reason: &str) -> Result<Json, OfficeError> {
        if reason.trim().is_empty() {
            return Err(OfficeError::refused("needs_reason"));
        }
        let row = self.store().secret(record, field)?.ok_or(OfficeError::refused("not_found"))?;
        let value = open(&self.master_key(), &row).ok_or(OfficeError::refused("secret_lost"))?;
        self.store().audit(&self.audit_of("read_secret", (record, field), person, reason))?;
        Ok(value)
    }

    /// Erases a secret for good; the record keeps the hash, which says nothing without the salt.
    ///
    /// # Errors
    /// `not_found` where there is none, `needs_reason` without a reason.
    pub fn erase_secret(&self, (record, field): (Id, &str), person: Option<Id>, reason: &str) -> Result<(), OfficeError> {
        if reason.trim().is_empty() {
            return Err(OfficeError::refused("needs_reason"));
        }
        let audit = self.audit_of("erase_secret", (record, field), person, reason);
        if self.store().erase_secret(record, field, &audit)? { Ok(()) } else { Err(OfficeError::refused("not_found")) }
    }

    /// Returns the secrets of a record as those see them who may not see them whole; null for one whose key was lost.
    ///
    /// # Errors
    /// When the store fails.
    pub fn masked_secrets(&self, kind: &Kind, record: Id) -> Result<Fields, OfficeError> {
        let mut shown = Fields::new();
        for field in kind.fields.iter().filter(|field| field.is_secret()) {
            let Some(row) = self.store().secret(record, field.key)? else { continue };
            let value = open(&self.master_key(), &row);
            shown.insert(field.key.to_owned(), value.map_or(Json::Null, |value| masked(field, &value)));
        }
        Ok(shown)
    }

    /// Returns a keyed digest of a secret as it is stored, in hex: an import compares with it without the value leaving this function. One
    /// that was erased, and one whose key was [lost](Self::secret_is_lost), have none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn secret_digest(&self, record: Id, field: &str) -> Result<Option<String>, OfficeError> {
        let Some(row) = self.store().secret(record, field)? else { return Ok(None) };
        Ok(open(&self.master_key(), &row).map(|value| self.digest(&text_of(&value))))
    }

    /// Says whether a secret is there and its key is lost.
    ///
    /// # Errors
    /// When the store fails.
    pub fn secret_is_lost(&self, record: Id, field: &str) -> Result<bool, OfficeError> {
        Ok(self.store().secret(record, field)?.is_some_and(|row| open(&self.master_key(), &row).is_none()))
    }

    /// Returns the keyed digest of a text, in hex: equal for equal texts of one folder, and of no use without its key.
    #[must_use]
    pub fn digest(&self, text: &str) -> String {
        hex::encode(self.keyed_hash(text))
    }

    /// Encrypts the secret of a second factor.
    #[must_use]
    pub fn seal_totp(&self, account: Id, secret: &[u8]) -> Vec<u8> {
        encrypt(&self.master_key(), &aad(TOTP, account, ""), secret, self.random())
    }

    /// Decrypts the secret of a second factor; none where it was sealed for another account or folder.
    #[must_use]
    pub fn open_totp(&self, account: Id, sealed: &[u8]) -> Option<Vec<u8>> {
        decrypt(&self.master_key(), &aad(TOTP, account, ""), sealed)
    }

    pub(crate) fn audit_of(&self, action: &'static str, (record, field): (Id, &str), person: Option<Id>, reason: &str) -> AuditRow {
        let field = (!field.is_empty()).then(|| field.to_owned());
        AuditRow { at: self.now(), person, action, record: Some(record), field, reason: reason.to_owned() }
    }
}

/// Encrypts a value for the store and makes the hash that the document holds.
pub(crate) fn seal(office: &Office, record: Id, field: &str, value: &Json) -> SecretRow {
    let plain = [random::bytes::<SALT_BYTES>(office.random()).as_slice(), value.to_string().as_bytes()].concat();
    seal_plain(office, record, field, &plain)
}

/// Takes a value that a device sealed to the server, salt first, and encrypts it for the store under the same hash; none where the
/// device sealed it for another key, record or field, or it is not what its hash says.
pub(crate) fn take(office: &Office, record: Id, sealed: &SealedValue) -> Option<(Json, SecretRow)> {
    let aad = [record.as_bytes().as_slice(), sealed.field.as_bytes()].concat();
    let plain = office.seal().open((INFO_VALUE, &aad), &sealed.ciphertext).ok()?;
    let row = seal_plain(office, record, &sealed.field, &plain);
    if row.commitment != sealed.commitment {
        return None;
    }
    Some((value_in(&plain)?, row))
}

fn seal_plain(office: &Office, record: Id, field: &str, plain: &[u8]) -> SecretRow {
    let random = office.random();
    let own_key = random::bytes::<32>(random);
    SecretRow {
        record,
        field: field.to_owned(),
        commitment: Sha256::digest(plain).into(),
        wrapped_key: encrypt(&office.master_key(), &aad(WRAPPED, record, field), &own_key, random),
        sealed: encrypt(&own_key, &aad(VALUE, record, field), plain, random),
        written_at: office.now(),
    }
}

/// Wraps the own key of a secret under another master key; none where the old one does not open it.
pub(crate) fn rewrapped(old: &[u8; 32], new: &[u8; 32], row: &SecretRow, random: &dyn Random) -> Option<Vec<u8>> {
    let aad = aad(WRAPPED, row.record, &row.field);
    Some(encrypt(new, &aad, &decrypt(old, &aad, &row.wrapped_key)?, random))
}

/// Encrypts a second factor under another master key; none as above.
pub(crate) fn totp_again(old: &[u8; 32], new: &[u8; 32], (account, sealed): (Id, &[u8]), random: &dyn Random) -> Option<Vec<u8>> {
    let aad = aad(TOTP, account, "");
    Some(encrypt(new, &aad, &decrypt(old, &aad, sealed)?, random))
}

/// Says whether a master key opens a secret.
pub(crate) fn opens(master: &[u8; 32], row: &SecretRow) -> bool {
    open(master, row).is_some()
}

/// Encrypts the key of imports under a master key.
pub(crate) fn seal_match_key(master: &[u8; 32], key: &[u8; 32], random: &dyn Random) -> Vec<u8> {
    encrypt(master, MATCH, key, random)
}

/// Decrypts what [`seal_match_key`] made.
pub(crate) fn open_match_key(master: &[u8; 32], sealed: &[u8]) -> Option<[u8; 32]> {
    decrypt(master, MATCH, sealed)?.try_into().ok()
}

/// Decrypts a value; none where a key, the record, the field or a byte is not the one it was sealed with.
fn open(master: &[u8; 32], row: &SecretRow) -> Option<Json> {
    let own_key: [u8; 32] = decrypt(master, &aad(WRAPPED, row.record, &row.field), &row.wrapped_key)?.try_into().ok()?;
    let plain = decrypt(&own_key, &aad(VALUE, row.record, &row.field), &row.sealed)?;
    if Sha256::digest(&plain).as_slice() != row.commitment {
        return None;
    }
    value_in(&plain)
}

/// Returns the value after the salt: JSON, the same from the office and from devices.
fn value_in(plain: &[u8]) -> Option<Json> {
    serde_json::from_slice(plain.get(SALT_BYTES..)?).ok()
}

/// Returns a value as the text of which digests are made.
fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn aad(purpose: &[u8], record: Id, field: &str) -> Vec<u8> {
    [purpose, record.as_bytes(), field.as_bytes()].concat()
}

fn encrypt(key: &[u8; 32], aad: &[u8], plain: &[u8], random: &dyn Random) -> Vec<u8> {
    let nonce = random::bytes::<NONCE_BYTES>(random);
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    // Encryption fails only for more bytes than memory holds; an empty ciphertext never opens, so nothing wrong is ever shown.
    let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad }).unwrap_or_default();
    [nonce.as_slice(), &sealed].concat()
}

fn decrypt(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    ChaCha20Poly1305::new(&Key::from(*key)).decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad }).ok()
}
