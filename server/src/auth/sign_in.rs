//! Signing in: one use case that reads the account, decides, and writes back once.
//!
//! An unknown login, a wrong password, a wrong or missing second factor and a closed account give the same answer after the
//! same work, so that nobody learns which logins exist.

use super::{lockout, password, session, totp};
use crate::{
    office::Office,
    store::{
        StoreError,
        account::{AccountChange, AccountQuery, AccountRow, SessionRow, TriesRow},
    },
};
use daohu_domain::calendar::Instant;
use std::sync::{Mutex, PoisonError};

/// Most bytes of a login.
pub const LOGIN_BYTES_MAX: usize = 64;

/// What a person typed.
#[derive(Clone)]
pub struct Attempt {
    /// The login.
    pub login: String,
    /// The password.
    pub password: String,
    /// The second factor, where one was typed.
    pub totp: Option<String>,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A password must not reach a log by way of a derived Debug.
        f.write_str("Attempt(..)")
    }
}

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub account: AccountRow,
    /// The token, which only its holder keeps.
    pub token: String,
    /// When the session ends at the latest.
    pub expires_at: Instant,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Something typed is wrong; what, is not said.
    #[error("name, password or code is wrong")]
    BadLogin,
    /// Too many wrong tries; the minutes left.
    #[error("the account is locked for {0} minutes")]
    Locked(i64),
    /// The store failed.
    #[error("could not read the account")]
    Store(#[from] StoreError),
}

/// Signs a person in.
///
/// # Errors
/// `BadLogin` and `Locked` as they say; a wrong try is counted before they are returned.
pub fn sign_in(office: &Office, attempt: &Attempt) -> Result<SignedIn, SignInError> {
    let (store, now) = (office.store(), office.clock().now());
    let known = attempt.login.len() <= LOGIN_BYTES_MAX && !attempt.login.is_empty();
    let account = if known { store.accounts(&AccountQuery::Login(attempt.login.clone()))?.into_iter().next() } else { None };
    let key = account.as_ref().map_or_else(|| lockout::key_of_unknown(&attempt.login), |account| lockout::key_of(account.id));
    if let Some(minutes) = lockout::minutes_left(&store.tries(&key)?, now) {
        return Err(SignInError::Locked(minutes));
    }
    let fits = match &account {
        Some(account) => password::fits(&attempt.password, &account.password),
        None => password::fits(&attempt.password, password::decoy()),
    };
    let Some(account) = account.filter(|account| fits && !account.disabled) else { return Err(wrong(office, &key, now)?) };
    let Some(step) = second_factor(office, &account, attempt.totp.as_deref(), now) else { return Err(wrong(office, &key, now)?) };
    if let Some(step) = step {
        store.apply(&AccountChange::Totp(account.id, account.totp.clone(), step))?;
    }
    store.apply(&AccountChange::Tries(key, TriesRow::default()))?;
    let token = session::token(crate::random::bytes(office.random()));
    store.apply(&AccountChange::Session(SessionRow {
        token_hash: session::token_hash(&token),
        account: account.id,
        began_at: now,
        used_at: now,
    }))?;
    Ok(SignedIn { account, token, expires_at: Instant(now.0 + session::LIFE_MS) })
}

/// Returns the accepted step, `Some(None)` where the account has no second factor, `None` where the code is wrong.
#[expect(clippy::option_option, reason = "no factor, a right one and a wrong one are three answers")]
fn second_factor(office: &Office, account: &AccountRow, code: Option<&str>, now: Instant) -> Option<Option<u64>> {
    let Some(sealed) = &account.totp else { return Some(None) };
    let secret = office.open_totp(account.id, sealed)?;
    totp::step_of(code.unwrap_or_default().trim(), &secret, now.0, account.totp_step).map(Some)
}

/// Counts a wrong try and returns what to answer. Counting is one at a time in this process: tries sent at once all count.
fn wrong(office: &Office, key: &str, now: Instant) -> Result<SignInError, StoreError> {
    static COUNTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let row = lockout::after_wrong(&office.store().tries(key)?, now);
    office.store().apply(&AccountChange::Tries(key.to_owned(), row))?;
    // The try that locks is answered as wrong: the lock begins with the next one.
    Ok(SignInError::BadLogin)
}

/// Returns the account of a session that is still good, and notes its use.
///
/// # Errors
/// When the store fails.
pub fn account_of(office: &Office, token: &str) -> Result<Option<AccountRow>, StoreError> {
    let (store, now) = (office.store(), office.clock().now());
    let Some(row) = store.session(&session::token_hash(token))? else { return Ok(None) };
    if !session::is_good(row.began_at.0, row.used_at.0, now.0) {
        store.apply(&AccountChange::EndSession(row.token_hash))?;
        return Ok(None);
    }
    let account = store.accounts(&AccountQuery::Id(row.account))?.into_iter().next().filter(|account| !account.disabled);
    if account.is_some() && now.0 - row.used_at.0 >= session::TOUCH_MS {
        store.apply(&AccountChange::Session(SessionRow { used_at: now, ..row }))?;
    }
    Ok(account)
}

/// Ends a session; ending one that is not there does nothing.
///
/// # Errors
/// When the store fails.
pub fn sign_out(office: &Office, token: &str) -> Result<(), StoreError> {
    office.store().apply(&AccountChange::EndSession(session::token_hash(token)))
}
