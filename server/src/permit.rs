//! What a caller may do: role × route × place × time, from one table.
//!
//! `table` has a row for every route; a route without one does not answer (and fails a test). `scope` turns the roles that an
//! account holds today into grants of places and households. A [`Caller`] is made from both, and every read of records asks it:
//! what lies outside is absent from lists and unknown by its id. `view` hides from a reader in scope what its role must not see.

pub mod scope;
pub mod table;
pub mod view;

use daohu_domain::{
    id::Id,
    kind::Kind,
    permission::{Act, Grant, covers, may},
    place::Place,
    role::{Reach, Role},
};
use std::collections::BTreeSet;

/// Who is calling, and what the route's row leaves of what he holds today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: Id,
    /// The cadre of the account, where it has one.
    pub cadre: Option<Id>,
    /// The roles in force today that the route admits.
    pub roles: Vec<Role>,
    /// The places and households those roles reach today.
    pub grants: Vec<Grant>,
}

impl Caller {
    /// Tells whether the caller may read a record of this kind at this place and household.
    #[must_use]
    pub fn reads(&self, kind: &Kind, place: Place, household: Option<Id>) -> bool {
        may(kind, Act::Read, &self.grants, place, household)
    }

    /// Returns the places of which the caller sees everything that its roles see at all.
    #[must_use]
    pub fn whole_places(&self) -> BTreeSet<Place> {
        self.grants.iter().filter(|grant| grant.household.is_none()).map(|grant| grant.place).collect()
    }

    /// Returns the households that the caller sees one by one.
    #[must_use]
    pub fn single_households(&self) -> BTreeSet<Id> {
        self.grants.iter().filter_map(|grant| grant.household).collect()
    }

    /// Returns the places of whole and single grants.
    #[must_use]
    pub fn places(&self) -> BTreeSet<Place> {
        self.grants.iter().map(|grant| grant.place).collect()
    }

    /// Returns the roles with which the caller reaches a place and household.
    pub fn roles_at(&self, place: Place, household: Option<Id>) -> impl Iterator<Item = Role> {
        self.grants.iter().filter(move |grant| covers(grant, place, household)).map(|grant| grant.role)
    }

    /// Tells whether the caller administers the system and sees no records.
    #[must_use]
    pub fn is_only_administrator(&self) -> bool {
        self.roles.iter().all(|role| role.level() == Reach::None)
    }
}
