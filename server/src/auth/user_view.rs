//! An account as people and scripts see it: never its password or second factor.

use crate::store::account::{AccountRow, RoleRow};
use serde_json::{Value as Json, json};

/// Returns an account with the roles it was given and still has.
#[must_use]
pub fn user_json(account: &AccountRow) -> Json {
    let roles: Vec<Json> = account.roles.iter().filter(|row| row.ended_at.is_none()).map(role_json).collect();
    json!({"id": account.id, "login": account.login, "cadre": account.cadre, "disabled": account.disabled, "totp": account.totp.is_some(), "roles": roles})
}

fn role_json(row: &RoleRow) -> Json {
    let day = |day: &Option<daohu_domain::calendar::Day>| day.map(|day| day.to_string());
    json!({"role": row.role, "place": row.place, "unit": row.unit, "from": day(&row.from), "to": day(&row.to)})
}
