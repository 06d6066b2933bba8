//! Who this device is and whom it works for.

use crate::{
    error::FieldError,
    store::{
        Connection,
        access::{self, IN_FORCE},
        meta::{self, key},
    },
};
use daohu_domain::{id::Id, permission::Grant, place::Place};
use daohu_wire::DeviceKey;

/// The enrolled device and its user.
#[derive(Debug)]
pub(crate) struct Me {
    pub(crate) device: Id,
    pub(crate) key: DeviceKey,
    /// The person in record headers: the user's cadre, else the user.
    pub(crate) person: Id,
    /// What this device may write now.
    pub(crate) grants: Vec<Grant>,
    /// The places of the grants that carry a role, the township first where there is one.
    pub(crate) township: Option<Place>,
}

impl Me {
    /// Reads who this device is.
    ///
    /// # Errors
    /// `unknown_device` when it was never enrolled.
    pub(crate) fn read(connection: &Connection) -> Result<Self, FieldError> {
        let never = || FieldError::new("not_enrolled");
        let device = meta::id(connection, key::DEVICE)?.ok_or_else(never)?;
        let seed = meta::bytes32(connection, key::SEED)?.ok_or_else(never)?;
        let person = meta::id(connection, key::PERSON)?.ok_or_else(never)?;
        let rows = access::grants(connection, IN_FORCE)?;
        let township = rows.iter().find(|row| row.reference).map(|row| row.place);
        let grants = rows.iter().filter_map(|row| grant_of(row.role.as_deref()?, row.place, row.household)).collect();
        Ok(Self { device, key: DeviceKey::from_seed(&seed), person, grants, township })
    }

    /// Returns the grants of this device that were taken away too: what was begun under them may still be handed in.
    pub(crate) fn grants_ever(connection: &Connection) -> Result<Vec<Grant>, FieldError> {
        let mut all = Vec::new();
        for state in [IN_FORCE, access::TAKEN, access::PURGED] {
            let rows = access::grants(connection, state)?;
            all.extend(rows.iter().filter_map(|row| grant_of(row.role.as_deref()?, row.place, row.household)));
        }
        Ok(all)
    }
}

fn grant_of(role: &str, place: Place, household: Option<Id>) -> Option<Grant> {
    Some(Grant { role: role.parse().ok()?, place, household })
}
