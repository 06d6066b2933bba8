//! The policy part of an answer: grants, what ended, rules, names of places, and whose device is whose.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_wire::limits::{DEVICES_MAX, GRANTS_MAX, NAME_BYTES_MAX, PLACES_MAX};
use daohu_wire::{GrantView, KnownDevice, KnownPlace, Policy, Revoked};

use super::door::Standing;
use crate::error::OfficeError;
use crate::grants::inbox_until;
use crate::office::Office;
use crate::store::StoreError;
use crate::store::account::{AccountQuery, DeviceQuery, GrantRow};
use crate::store::rows::{RecordQuery, RegionQuery, RegionRow};

/// How the office's own device is called in the directory.
const OFFICE_NAME: &str = "办公室";

/// Returns the revision of the policy of an account's device: it grows when its grants, or what every device may see, change.
pub(super) fn revision(office: &Office, account: Id, standing: Standing) -> Result<u64, StoreError> {
    let own = office.store().accounts(&AccountQuery::Id(account))?.first().map_or(0, |row| row.grants_rev);
    // One more, because 0 says that a device knows no policy; and another, higher than what the device has, once it left.
    let base = office.store().policy_rev()?.max(own) + 1;
    Ok(if standing == Standing::Enrolled { base } else { base + 1 })
}

/// Returns the policy of an account's devices.
///
/// # Errors
/// When the store fails.
pub(crate) fn policy_of(office: &Office, account: Id, grants: &[GrantRow]) -> Result<Policy, OfficeError> {
    let open = grants.iter().filter(|row| row.grant.ended_at.is_none());
    Ok(Policy {
        rev: revision(office, account, Standing::Enrolled)?,
        grants: open.clone().take(GRANTS_MAX).map(view_of).collect(),
        revoked: revoked(grants, None),
        config: config_text(office, open.clone().map(|row| row.grant.place).min())?,
        places: places(office, &open.map(|row| row.grant.place).collect())?,
        devices: devices(office)?,
    })
}

/// Returns the policy of a device that left at an instant: no grant is in force, so that it hands in, keeps the receipts and purges.
///
/// # Errors
/// When the store fails.
pub(super) fn policy_of_left(office: &Office, rev: u64, grants: &[GrantRow], left_at: Instant) -> Result<Policy, OfficeError> {
    Ok(Policy {
        rev,
        grants: Vec::new(),
        revoked: revoked(grants, Some(left_at)),
        config: config_text(office, None)?,
        places: Vec::new(),
        devices: Vec::new(),
    })
}

/// Returns the rules in force today as JSON text: those of the highest place that a device has a grant for, by code.
fn config_text(office: &Office, place: Option<Place>) -> Result<String, OfficeError> {
    serde_json::to_string(&office.rules(place)?).map_err(|_| OfficeError::refused("internal"))
}

fn view_of(row: &GrantRow) -> GrantView {
    GrantView {
        id: row.id,
        role: row.grant.role.clone(),
        place: row.grant.place,
        household: row.grant.household,
        reference: row.grant.reference,
    }
}

/// The newest ends first, since a device that has purged an old one does not need it again. What still holds for the account ended for a
/// device when it left.
fn revoked(grants: &[GrantRow], left_at: Option<Instant>) -> Vec<Revoked> {
    let ended = grants.iter().rev().filter_map(|row| {
        let ended_at = row.grant.ended_at.or(left_at)?;
        let reason = match (row.grant.ended_at, row.grant.household) {
            (None, _) => "device_left",
            (Some(_), Some(_)) => "pairing_ended",
            (Some(_), None) => "role_ended",
        };
        let until_ms = inbox_until(ended_at).0;
        Some(Revoked { grant: row.id, at_seq: row.end_seq.unwrap_or(0), until_ms, reason: reason.to_owned() })
    });
    ended.take(GRANTS_MAX).collect()
}

/// The places of the grants, all above them, and all below them.
fn places(office: &Office, granted: &BTreeSet<Place>) -> Result<Vec<KnownPlace>, StoreError> {
    let mut found: BTreeMap<Place, KnownPlace> = BTreeMap::new();
    for place in granted {
        let mut rows = office.store().regions(RegionQuery::Above(*place))?;
        // A township's own villages are named to everybody of it.
        let town = rows.iter().find(|row| row.region.level == "town").map_or(*place, |row| row.region.code);
        if !found.contains_key(&town) || town == *place {
            rows.extend(office.store().regions(RegionQuery::Below(town))?);
        }
        found.extend(rows.into_iter().map(|row| (row.region.code, known(row))));
    }
    Ok(found.into_values().take(PLACES_MAX).collect())
}

fn known(row: RegionRow) -> KnownPlace {
    let region = row.region;
    KnownPlace { place: region.code, name: cut(region.name), level: region.level, parent: region.parent }
}

/// Returns whose device is whose, with the name by which people know them.
pub(crate) fn devices(office: &Office) -> Result<Vec<KnownDevice>, StoreError> {
    let accounts = office.store().accounts(&AccountQuery::All)?;
    let cadres = office.store().records(&RecordQuery { kind: Some("cadre".to_owned()), ..RecordQuery::default() })?;
    let names: HashMap<Id, String> =
        cadres.into_iter().filter_map(|row| Some((row.record, row.fields.get("name")?.as_str()?.to_owned()))).collect();
    let person = |device: Id, account: Option<Id>| {
        let account = account.and_then(|id| accounts.iter().find(|account| account.id == id));
        let Some(account) = account else { return (device, OFFICE_NAME.to_owned()) };
        let person = account.person();
        (person, names.get(&person).cloned().unwrap_or_else(|| account.login.clone()))
    };
    let rows = office.store().devices(DeviceQuery::All)?;
    let known = rows.into_iter().map(|row| {
        let (person, name) = person(row.id, row.account);
        KnownDevice { device: row.id, person, name: cut(name) }
    });
    Ok(known.take(DEVICES_MAX).collect())
}

/// Cuts a name to what the wire takes, between two letters.
fn cut(name: String) -> String {
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).map_or_else(String::new, str::to_owned)
}
