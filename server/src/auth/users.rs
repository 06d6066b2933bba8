//! Accounts as the office keeps them: add, give and take roles, close, new password, second factor.
//!
//! A password that daohu makes is returned once and kept only as a hash. System, security and audit administrators are three
//! people: no account holds two of these roles at a time.

use super::{password, totp, user_view::user_json};
use crate::{
    error::OfficeError,
    office::Office,
    permit::scope::clash,
    random,
    store::account::{AccountChange, AccountQuery, AccountRow, RoleRow},
    store::rows::RecordQuery,
};
use daohu_domain::{
    calendar::Day,
    id::Id,
    place::Place,
    role::{Reach, Role},
};
use serde_json::{Value as Json, json};

/// A role for a span of days.
#[derive(Debug, Clone)]
pub struct Span {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub place: Option<Place>,
    /// The unit of a unit's role.
    pub unit: Option<Id>,
    /// First day.
    pub from: Option<Day>,
    /// First day on which it no longer holds.
    pub to: Option<Day>,
}

/// A user to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What the user types.
    pub login: String,
    /// The cadre record of the user.
    pub cadre: Option<Id>,
    /// The first role.
    pub span: Span,
    /// The password; one is made when absent.
    pub password: Option<String>,
}

/// Adds a user; the answer shows a made password this once.
///
/// # Errors
/// `login_taken`, `weak_password`, `unknown_cadre`, `bad_place`, `usage` for a login or span that cannot be.
pub fn add(office: &Office, new: &NewUser) -> Result<Json, OfficeError> {
    add_as(office, new, office.new_id())
}

/// Adds a user under the id that an account had which a restored server lost: the phones of that account enrol again as the same person's.
///
/// # Errors
/// As [`add`]; `already_taken` for an id of an account or a record that is here.
pub fn add_again(office: &Office, new: &NewUser, id: Id) -> Result<Json, OfficeError> {
    let has_account = !office.store().accounts(&AccountQuery::Id(id))?.is_empty();
    if has_account || !office.store().records(&RecordQuery { record: Some(id), ..RecordQuery::default() })?.is_empty() {
        return Err(OfficeError::about("already_taken", "id"));
    }
    add_as(office, new, id)
}

fn add_as(office: &Office, new: &NewUser, id: Id) -> Result<Json, OfficeError> {
    let login = new.login.trim();
    if login.is_empty()
        || login.len() > super::sign_in::LOGIN_BYTES_MAX
        || login.chars().any(|letter| letter.is_whitespace() || letter.is_control())
    {
        return Err(OfficeError::about("usage", "login"));
    }
    if find_if(office, login)?.is_some() {
        return Err(OfficeError::refused("login_taken"));
    }
    check_cadre(office, new.cadre)?;
    check_span(&new.span)?;
    let (typed, made) = password_or_made(office, new.password.as_deref());
    let account = AccountRow {
        id,
        login: login.to_owned(),
        cadre: new.cadre,
        password: hashed(office, &typed)?,
        totp: None,
        totp_step: 0,
        disabled: false,
        disabled_at: None,
        grants_rev: 0,
        roles: vec![row_of(&new.span)],
    };
    office.store().apply(&AccountChange::Add(account.clone(), office.now()))?;
    Ok(json!({"user": user_json(&account), "password": made}))
}

/// Gives a user one more role.
///
/// # Errors
/// `not_found`, `not_permitted` where the three administrators would become two people.
pub fn grant(office: &Office, login: &str, span: &Span) -> Result<Json, OfficeError> {
    let account = find(office, login)?;
    check_span(span)?;
    let held = account.roles.iter().filter(|row| row.ended_at.is_none() && overlaps(row, span)).filter_map(|row| row.role.parse().ok());
    if held.into_iter().any(|role: Role| clash(role, span.role)) {
        return Err(OfficeError::about("not_permitted", "role"));
    }
    office.store().apply(&AccountChange::Grant(account.id, row_of(span)))?;
    shown(office, login)
}

/// Takes a role away, at once or from a day on.
///
/// # Errors
/// `not_found` for a user or role that is not there.
pub fn ungrant(office: &Office, login: &str, span: &Span) -> Result<Json, OfficeError> {
    let account = find(office, login)?;
    let slug = span.role.slug();
    let is_meant = |row: &&RoleRow| row.ended_at.is_none() && row.role == slug && (span.place.is_none() || row.place == span.place);
    if !account.roles.iter().any(|row| is_meant(&row)) {
        return Err(OfficeError::about("not_found", "role"));
    }
    let ended = AccountChange::Ungrant { account: account.id, role: slug.to_owned(), place: span.place, to: span.to, at: office.now() };
    office.store().apply(&ended)?;
    shown(office, login)
}

/// Lists all users in the order of their logins.
///
/// # Errors
/// When the store fails.
pub fn list(office: &Office) -> Result<Json, OfficeError> {
    let mut accounts = office.store().accounts(&AccountQuery::All)?;
    accounts.sort_by(|a, b| a.login.cmp(&b.login));
    Ok(Json::Array(accounts.iter().map(user_json).collect()))
}

/// Closes an account and ends its sessions; for thirty days its devices may still hand in what they have.
///
/// # Errors
/// `not_found`.
pub fn disable(office: &Office, login: &str) -> Result<Json, OfficeError> {
    let account = find(office, login)?;
    office.store().apply(&AccountChange::Disable(account.id, office.now()))?;
    shown(office, login)
}

/// Sets a password, or makes one and shows it this once; ends the user's sessions and lock.
///
/// # Errors
/// `not_found`, `weak_password`.
pub fn set_password(office: &Office, login: &str, typed: Option<&str>) -> Result<Json, OfficeError> {
    let account = find(office, login)?;
    let (typed, made) = password_or_made(office, typed);
    office.store().apply(&AccountChange::Password(account.id, hashed(office, &typed)?))?;
    let open = crate::store::account::TriesRow::default();
    office.store().apply(&AccountChange::Tries(super::lockout::key_of(account.id), open))?;
    let mut answer = shown(office, login)?;
    answer["password"] = json!(made);
    Ok(answer)
}

/// Begins the second factor with a new secret, shown this once, or ends it.
///
/// # Errors
/// `not_found`.
pub fn set_totp(office: &Office, login: &str, off: bool) -> Result<Json, OfficeError> {
    let account = find(office, login)?;
    if off {
        office.store().apply(&AccountChange::Totp(account.id, None, 0))?;
        return shown(office, login);
    }
    let secret: [u8; totp::SECRET_BYTES] = random::bytes(office.random());
    // A master key that is replaced between the two would leave a second factor that nobody can read.
    let _no_rotation = office.hold_keys()?;
    let sealed = office.seal_totp(account.id, &secret);
    office.store().apply(&AccountChange::Totp(account.id, Some(sealed), 0))?;
    let mut answer = shown(office, login)?;
    answer["totp"] = json!({"secret": totp::shown(secret), "address": totp::address(login, secret)});
    Ok(answer)
}

/// Finds a user by login.
///
/// # Errors
/// `not_found`.
pub fn find(office: &Office, login: &str) -> Result<AccountRow, OfficeError> {
    find_if(office, login.trim())?.ok_or(OfficeError::about("not_found", "login"))
}

fn find_if(office: &Office, login: &str) -> Result<Option<AccountRow>, OfficeError> {
    Ok(office.store().accounts(&AccountQuery::Login(login.to_owned()))?.into_iter().next())
}

fn shown(office: &Office, login: &str) -> Result<Json, OfficeError> {
    Ok(json!({"user": user_json(&find(office, login)?)}))
}

fn password_or_made(office: &Office, typed: Option<&str>) -> (String, Option<String>) {
    match typed {
        Some(typed) => (typed.to_owned(), None),
        None => {
            let made = password::make(random::bytes(office.random()));
            (made.clone(), Some(made))
        }
    }
}

fn hashed(office: &Office, typed: &str) -> Result<String, OfficeError> {
    password::hash(typed, random::bytes(office.random())).map_err(|error| match error {
        password::PasswordError::Length => OfficeError::refused("weak_password"),
        password::PasswordError::Hash => OfficeError::refused("internal"),
    })
}

fn check_cadre(office: &Office, cadre: Option<Id>) -> Result<(), OfficeError> {
    let Some(cadre) = cadre else { return Ok(()) };
    let query = RecordQuery { record: Some(cadre), kind: Some("cadre".to_owned()), ..RecordQuery::default() };
    if office.store().records(&query)?.is_empty() { Err(OfficeError::about("unknown_cadre", "cadre")) } else { Ok(()) }
}

/// Refuses a role that would reach nothing for want of a place, and days that run backwards.
fn check_span(span: &Span) -> Result<(), OfficeError> {
    let needs_place = matches!(span.role.level(), Reach::Village | Reach::Township | Reach::County);
    if needs_place && span.place.is_none() {
        return Err(OfficeError::about("bad_place", "place"));
    }
    if span.from.zip(span.to).is_some_and(|(from, to)| to <= from) {
        return Err(OfficeError::about("usage", "to"));
    }
    Ok(())
}

fn overlaps(row: &RoleRow, span: &Span) -> bool {
    let before = |end: Option<Day>, start: Option<Day>| end.zip(start).is_some_and(|(end, start)| end <= start);
    !before(row.to, span.from) && !before(span.to, row.from)
}

fn row_of(span: &Span) -> RoleRow {
    RoleRow { role: span.role.slug().to_owned(), place: span.place, unit: span.unit, from: span.from, to: span.to, ended_at: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(role: Role, from: Option<&str>, to: Option<&str>) -> Span {
        let day = |text: &str| text.parse::<Day>().unwrap();
        Span { role, place: None, unit: None, from: from.map(day), to: to.map(day) }
    }

    #[test]
    fn spans_that_only_touch_do_not_overlap() {
        let first = row_of(&span(Role::Sysadmin, Some("2019-01-01"), Some("2019-06-01")));

        assert!(!overlaps(&first, &span(Role::Auditor, Some("2019-06-01"), None)));
        assert!(overlaps(&first, &span(Role::Auditor, Some("2019-05-31"), None)));
        assert!(overlaps(&first, &span(Role::Auditor, None, None)));
    }

    #[test]
    fn a_role_of_a_place_needs_the_place() {
        assert_eq!(check_span(&span(Role::VillageSecretary, None, None)).unwrap_err().code(), "bad_place");
        assert!(check_span(&span(Role::Helper, None, None)).is_ok());
        assert!(check_span(&span(Role::Sysadmin, Some("2019-06-02"), Some("2019-06-02"))).is_err());
    }
}
