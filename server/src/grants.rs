//! What a user may do, and what the user's devices may pull: from the roles and pairings in force on the server's day.
//!
//! What ended keeps a write-only inbox for thirty days by the server's clock, counted from the end itself and not from the device's
//! next contact, so that a silent device gains nothing.

use std::collections::BTreeSet;

use daohu_domain::calendar::{Day, Instant, start_of};
use daohu_domain::id::Id;
use daohu_domain::kind::Kind;
use daohu_domain::permission::{Act, Grant, kinds_read, may};
use daohu_domain::place::Place;
use daohu_domain::role::{Reach, Role};

use crate::limits::INBOX_MS;
use crate::permit::view::Eyes;
use crate::store::account::{AccountRow, GrantRow, RoleRow, WantedGrant};
use crate::store::rows::{PairingQuery, PairingRow, RegionQuery};
use crate::store::{Store, StoreError};

/// What a user may do now.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    /// For writing: what is in force, and what ended less than thirty days ago.
    pub write: Vec<Grant>,
    /// For pulling, with the ends of those that ended.
    pub pull: Vec<WantedGrant>,
}

impl Rights {
    /// Returns the rights of a user at an instant.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(store: &dyn Store, account: &AccountRow, now: Instant) -> Result<Self, StoreError> {
        let mut rights = Self::default();
        // Pairings give something only to those who reach no further than their own households; others may have hundreds.
        let is_own = |row: &RoleRow| row.role.parse::<Role>().is_ok_and(|role| role.level() == Reach::Own);
        let pairings = match account.cadre.filter(|_| account.roles.iter().any(is_own)) {
            Some(cadre) => store.pairings(&PairingQuery { cadre: Some(cadre), ..PairingQuery::default() })?,
            None => Vec::new(),
        };
        for row in &account.roles {
            let Ok(role) = row.role.parse::<Role>() else { continue };
            let Some(end) = end_of_role(row, now) else { continue };
            match (role.level(), row.place) {
                (Reach::Own, place) => {
                    rights.add_pairings(&pairings, (end, now));
                    rights.add_reference(store, place, end)?;
                }
                (Reach::Village, Some(place)) => {
                    rights.add(role, place, end, now);
                    rights.add_reference(store, Some(place), end)?;
                }
                (Reach::Township | Reach::County, Some(place)) => {
                    for place in below(store, place)? {
                        rights.add(role, place, end, now);
                    }
                    rights.add_reference(store, Some(place), end)?;
                }
                _ => {}
            }
        }
        for pairing in &pairings {
            let end = end_of_pairing(pairing, now).flatten();
            if rights.pull.iter().any(|grant| grant.household == Some(pairing.pairing.household)) {
                rights.add_reference(store, Some(pairing.place), end)?;
            }
        }
        rights.leave_out_doubles();
        Ok(rights)
    }

    /// Returns whether the user may do this to a record.
    #[must_use]
    pub fn may(&self, kind: &Kind, act: Act<'_>, place: Place, household: Option<Id>) -> bool {
        may(kind, act, &self.write, place, household)
    }

    /// Returns whether any grant, in force or in its inbox, names the place.
    #[must_use]
    pub fn reaches(&self, place: Place) -> bool {
        self.write.iter().any(|grant| grant.place == place)
    }

    /// Returns the roles that the user holds over a place or household, by comma, for the change's row.
    #[must_use]
    pub fn roles_at(&self, place: Place, household: Option<Id>) -> Vec<Role> {
        let covering = self.write.iter().filter(|grant| daohu_domain::permission::covers(grant, place, household));
        covering.map(|grant| grant.role).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Adds what each pairing gives; `ended` is when the role of the user ended, if it did.
    fn add_pairings(&mut self, pairings: &[PairingRow], (role_end, now): (Option<Instant>, Instant)) {
        for row in pairings {
            let Some(pairing_end) = end_of_pairing(row, now) else { continue };
            let end = role_end.into_iter().chain(pairing_end).min();
            let role = if row.pairing.role == "primary" { Role::Helper } else { Role::AssistantHelper };
            let household = Some(row.pairing.household);
            if writes_on(end, now) {
                self.write.push(Grant { role, place: row.place, household });
            }
            self.pull.push(WantedGrant {
                place: row.place,
                household,
                reference: false,
                role: Some(role.slug().to_owned()),
                ended_at: end,
            });
        }
    }

    /// Adds a role over a place; to pull only where the role sees families whole, since what is masked is masked by field at the pages
    /// and documents are whole. A phone that holds such a grant from before is told that it ended, and purges.
    fn add(&mut self, role: Role, place: Place, end: Option<Instant>, now: Instant) {
        if writes_on(end, now) {
            self.write.push(Grant { role, place, household: None });
        }
        if !Eyes::on_phone(role) {
            return;
        }
        self.pull.push(WantedGrant { place, household: None, reference: false, role: Some(role.slug().to_owned()), ended_at: end });
    }

    /// Adds what everybody may see of the township over a place; without a place, of the only township there is.
    fn add_reference(&mut self, store: &dyn Store, place: Option<Place>, ended_at: Option<Instant>) -> Result<(), StoreError> {
        for place in townships_of(store, place)? {
            self.pull.push(WantedGrant { place, household: None, reference: true, role: None, ended_at });
        }
        Ok(())
    }

    /// Keeps one of equal grants, the one that lasts longest, and no reference grant where the whole township is granted.
    fn leave_out_doubles(&mut self) {
        let running = |grant: &WantedGrant| grant.ended_at.map_or(i64::MAX, |end| end.0);
        self.pull.sort_by_key(|grant| std::cmp::Reverse(running(grant)));
        let mut kept: Vec<WantedGrant> = Vec::new();
        for grant in self.pull.drain(..) {
            let same =
                |other: &WantedGrant| WantedGrant { ended_at: None, ..other.clone() } == WantedGrant { ended_at: None, ..grant.clone() };
            let whole = |other: &WantedGrant| {
                grant.reference
                    && !other.reference
                    && other.household.is_none()
                    && other.place == grant.place
                    && running(other) >= running(&grant)
            };
            if !kept.iter().any(|other| same(other) || whole(other)) {
                kept.push(grant);
            }
        }
        kept.sort();
        self.pull = kept;
    }
}

/// Returns the kinds that a grant pulls: those that its role reads, and for everybody those that are for everybody.
#[must_use]
pub fn kinds_of(grant: &GrantRow) -> Vec<&'static str> {
    kinds_read(grant.grant.role.as_deref().and_then(|slug| slug.parse::<Role>().ok()))
}

/// Returns until when an ended grant accepts what the device had not sent.
#[must_use]
pub fn inbox_until(ended_at: Instant) -> Instant {
    Instant(ended_at.0.saturating_add(INBOX_MS))
}

fn writes_on(end: Option<Instant>, now: Instant) -> bool {
    end.is_none_or(|end| now < inbox_until(end))
}

/// Returns when a role ended (`Some(None)`: it holds), or none where it has not begun.
#[expect(clippy::option_option, reason = "not begun, running and ended are three answers")]
fn end_of_role(row: &RoleRow, now: Instant) -> Option<Option<Instant>> {
    end_of_span((row.from, row.to), row.ended_at, now)
}

/// Returns when a pairing ended: on its last day, or when the office wrote that day down, whichever is later.
#[expect(clippy::option_option, reason = "not begun, running and ended are three answers")]
fn end_of_pairing(row: &PairingRow, now: Instant) -> Option<Option<Instant>> {
    let end = end_of_span((Some(row.pairing.from), row.pairing.to), None, now)?;
    Some(end.map(|end| end.max(row.changed_at)))
}

#[expect(clippy::option_option, reason = "not begun, running and ended are three answers")]
fn end_of_span((from, to): (Option<Day>, Option<Day>), ended_at: Option<Instant>, now: Instant) -> Option<Option<Instant>> {
    let today = now.day();
    if from.is_some_and(|from| today < from) {
        return None;
    }
    let by_day = to.filter(|to| *to <= today).map(start_of);
    Some(by_day.into_iter().chain(ended_at).min())
}

fn below(store: &dyn Store, place: Place) -> Result<BTreeSet<Place>, StoreError> {
    let rows = store.regions(RegionQuery::Below(place))?;
    let mut places: BTreeSet<Place> = rows.iter().filter(|row| row.region.level != "group").map(|row| row.region.code).collect();
    places.insert(place);
    Ok(places)
}

/// Returns the townships whose common records belong to a place: the one above it, or those below a county.
fn townships_of(store: &dyn Store, place: Option<Place>) -> Result<Vec<Place>, StoreError> {
    let towns = |query| -> Result<Vec<Place>, StoreError> {
        let rows = store.regions(query)?;
        Ok(rows.iter().filter(|row| row.region.level == "town").map(|row| row.region.code).collect())
    };
    let Some(place) = place else {
        let all = towns(RegionQuery::All)?;
        return Ok(if all.len() == 1 { all } else { Vec::new() });
    };
    let above = towns(RegionQuery::Above(place))?;
    if above.is_empty() { towns(RegionQuery::Below(place)) } else { Ok(above.into_iter().take(1).collect()) }
}
