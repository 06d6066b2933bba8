//! From the roles of an account to the places and households it reaches on a day.
//!
//! A role counts from its first day until before its last, and not after the office took it away. A township's role covers the
//! township and all below it; a helper's covers the households that its cadre is paired with that day; a unit liaison's those
//! that its unit's people are paired with.

use crate::store::{
    Store, StoreError,
    account::{AccountRow, RoleRow},
    rows::{PairingQuery, PairingRow, RecordQuery, RegionQuery},
};
use daohu_domain::{
    calendar::Day,
    id::Id,
    permission::Grant,
    place::Place,
    role::{Reach, Role},
};
use std::collections::BTreeSet;

/// Tells whether a role holds on a day.
#[must_use]
pub fn is_in_force(row: &RoleRow, on: Day) -> bool {
    row.ended_at.is_none() && row.from.is_none_or(|from| from <= on) && row.to.is_none_or(|to| on < to)
}

/// Returns the roles in force on a day; a slug that this version does not know is none.
#[must_use]
pub fn roles_on(account: &AccountRow, on: Day) -> Vec<(Role, &RoleRow)> {
    let in_force = account.roles.iter().filter(|row| is_in_force(row, on));
    in_force.filter_map(|row| row.role.parse::<Role>().ok().map(|role| (role, row))).collect()
}

/// Returns what these roles of an account reach on a day.
///
/// # Errors
/// When the store fails.
pub fn grants_on(store: &dyn Store, account: &AccountRow, admitted: &[Role], on: Day) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    for (role, row) in roles_on(account, on).into_iter().filter(|(role, _)| admitted.contains(role)) {
        match role.level() {
            Reach::None => {}
            Reach::Own => {
                let Some(cadre) = account.cadre else { continue };
                let pairings = store.pairings(&PairingQuery { cadre: Some(cadre), on: Some(on), ..PairingQuery::default() })?;
                grants.extend(pairings.iter().map(|pairing| of_household(role, pairing)));
            }
            Reach::Unit => grants.extend(of_unit(store, role, row.unit, on)?),
            Reach::Village | Reach::Township | Reach::County => {
                let Some(place) = row.place else { continue };
                grants.extend(places_below(store, place)?.into_iter().map(|place| Grant { role, place, household: None }));
            }
        }
    }
    Ok(grants)
}

/// Returns a place and all places below it; itself even when the tree does not know it yet.
///
/// # Errors
/// When the store fails.
pub fn places_below(store: &dyn Store, place: Place) -> Result<BTreeSet<Place>, StoreError> {
    let mut places: BTreeSet<Place> = store.regions(RegionQuery::Below(place))?.iter().map(|row| row.region.code).collect();
    places.insert(place);
    Ok(places)
}

fn of_household(role: Role, pairing: &PairingRow) -> Grant {
    Grant { role, place: pairing.place, household: Some(pairing.pairing.household) }
}

fn of_unit(store: &dyn Store, role: Role, unit: Option<Id>, on: Day) -> Result<Vec<Grant>, StoreError> {
    let Some(unit) = unit else { return Ok(Vec::new()) };
    let cadres = store.records(&RecordQuery { kind: Some("cadre".to_owned()), ..RecordQuery::default() })?;
    let unit_text = unit.to_string();
    let own: BTreeSet<Id> = cadres
        .iter()
        .filter(|cadre| cadre.fields.get("org").is_some_and(|org| org == unit_text.as_str()))
        .map(|cadre| cadre.record)
        .collect();
    let pairings = store.pairings(&PairingQuery { on: Some(on), ..PairingQuery::default() })?;
    let is_ours = |row: &&PairingRow| row.pairing.unit.map_or_else(|| own.contains(&row.pairing.cadre), |other| other == unit);
    Ok(pairings.iter().filter(is_ours).map(|pairing| of_household(role, pairing)).collect())
}

/// Tells whether two roles must not be held by one person: system, security and audit administrators are three people (三员分立).
#[must_use]
pub fn clash(one: Role, other: Role) -> bool {
    let is_administrator = |role| matches!(role, Role::Sysadmin | Role::Secadmin | Role::Auditor);
    one != other && is_administrator(one) && is_administrator(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use daohu_domain::calendar::Instant;

    fn role(from: Option<&str>, to: Option<&str>, ended: bool) -> RoleRow {
        let day = |text: &str| text.parse::<Day>().unwrap();
        RoleRow {
            role: "inspector".into(),
            place: None,
            unit: None,
            from: from.map(day),
            to: to.map(day),
            ended_at: ended.then_some(Instant(1)),
        }
    }

    #[test]
    fn a_role_holds_from_its_first_day_until_before_its_last() {
        let row = role(Some("2019-06-01"), Some("2019-06-22"), false);

        assert!(!is_in_force(&row, "2019-05-31".parse().unwrap()));
        assert!(is_in_force(&row, "2019-06-01".parse().unwrap()));
        assert!(is_in_force(&row, "2019-06-21".parse().unwrap()));
        assert!(!is_in_force(&row, "2019-06-22".parse().unwrap()));
    }

    #[test]
    fn a_role_that_was_taken_away_holds_no_more() {
        assert!(is_in_force(&role(None, None, false), "2019-06-01".parse().unwrap()));
        assert!(!is_in_force(&role(None, None, true), "2019-06-01".parse().unwrap()));
    }

    #[test]
    fn the_three_administrators_are_three_people() {
        assert!(clash(Role::Sysadmin, Role::Auditor) && clash(Role::Secadmin, Role::Sysadmin));
        assert!(!clash(Role::Sysadmin, Role::Sysadmin));
        assert!(!clash(Role::VillageSecretary, Role::Helper));
    }
}
