//! What is new under each grant that a device names, in the order of the places' logs, as much as one answer holds.

use std::collections::HashMap;

use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_wire::answer::Start;
use daohu_wire::limits::{MAX_BYTES_CEILING, MAX_BYTES_FLOOR, PULLED_ITEMS_MAX};
use daohu_wire::{PackOffer, Pulled, PulledItem, SyncRequest};

use crate::grants::kinds_of;
use crate::office::Office;
use crate::store::StoreError;
use crate::store::account::{DeviceQuery, GrantRow};
use crate::store::plan::StartEvidence;
use crate::store::rows::{PullQuery, PulledChange};

/// Changes shrink by about three on the way; twice the wanted size, unpacked, stays below it packed.
const SHRINK: usize = 2;

/// What a pull brings.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) pulled: Vec<Pulled>,
    pub(super) more: bool,
}

/// Returns the last number of a place's log.
pub(super) fn head_of(office: &Office, place: Place) -> Result<u64, StoreError> {
    let nothing = PullQuery { place, household: None, reference: false, after: u64::MAX, not_of: None, bytes_max: 0, kinds: None };
    Ok(office.store().pull(&nothing)?.head)
}

/// Reads what is new for a device under its grants in force, but for those that get a pack first.
///
/// `not_of` is the device whose own items are left out; none where it wants those too.
pub(super) fn pull(
    office: &Office,
    grants: &[GrantRow],
    request: &SyncRequest,
    (not_of, packs): (Option<Id>, &[PackOffer]),
) -> Result<Page, StoreError> {
    let cursors: HashMap<u64, u64> = request.cursors.iter().map(|cursor| (cursor.grant, cursor.seq)).collect();
    let wanted = request.max_bytes.clamp(MAX_BYTES_FLOOR, MAX_BYTES_CEILING);
    let mut left = usize::try_from(wanted).unwrap_or(usize::MAX) * SHRINK;
    let mut page = Page { more: !packs.is_empty(), ..Page::default() };
    let mut people = People::new(office);
    let mut count = 0;
    for row in grants.iter().filter(|row| row.grant.ended_at.is_none()) {
        // A grant that the device does not know yet is in the policy of this answer; it asks for it next.
        let Some(from) = cursors.get(&row.id).copied() else { continue };
        if packs.iter().any(|pack| pack.grant == row.id) {
            continue;
        }
        if left == 0 || count >= PULLED_ITEMS_MAX / 2 {
            page.more = true;
            break;
        }
        let query = PullQuery {
            place: row.grant.place,
            household: row.grant.household,
            reference: row.grant.reference,
            after: from,
            not_of,
            bytes_max: left,
            kinds: Some(kinds_of(row)),
        };
        let found = office.store().pull(&query)?;
        left = left.saturating_sub(found.rows.iter().map(|change| change.bytes.len()).sum());
        count += found.rows.len();
        page.more |= found.more;
        if found.to == from && found.rows.is_empty() {
            continue;
        }
        let items = found.rows.into_iter().map(|change| people.item(row.grant.place, change)).collect::<Result<Vec<_>, _>>()?;
        page.pulled.push(Pulled { grant: row.id, from, to: found.to, items });
    }
    Ok(page)
}

/// Who is behind each device, asked once a pull.
pub(super) struct People<'a> {
    office: &'a Office,
    known: HashMap<Id, Id>,
}

impl<'a> People<'a> {
    pub(super) fn new(office: &'a Office) -> Self {
        Self { office, known: HashMap::new() }
    }

    /// Returns a change of a place's log as it is told to a device.
    pub(super) fn item(&mut self, place: Place, change: PulledChange) -> Result<PulledItem, StoreError> {
        let start = change.start.map(|start| match start {
            StartEvidence::Trusted(at) => Start::Trusted(at.0),
            StartEvidence::Between(after, before) => Start::Between(after.0, before.0),
            StartEvidence::None => Start::None,
        });
        Ok(PulledItem {
            record: change.record,
            place,
            device: change.device,
            by: self.of(change.device)?,
            received_ms: change.received_at.0,
            start,
            bytes: change.bytes,
        })
    }

    fn of(&mut self, device: Id) -> Result<Id, StoreError> {
        if let Some(person) = self.known.get(&device) {
            return Ok(*person);
        }
        let row = self.office.store().devices(DeviceQuery::Id(device))?.into_iter().next();
        let person = match row.and_then(|row| row.account) {
            Some(account) => crate::device::person_of(self.office, account)?,
            None => device,
        };
        self.known.insert(device, person);
        Ok(person)
    }
}
