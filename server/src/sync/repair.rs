//! Repair: which records differ between a device and the office, found by set reconciliation, and those records whole.
//!
//! Each question stands for itself: what the device may hold is read anew, so that no session is kept between two of them.

use daohu_domain::id::Id;
use daohu_wire::limits::{MAX_BYTES_CEILING, MAX_BYTES_FLOOR};
use daohu_wire::repair::{RepairAnswer, RepairRequest};
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{Cursor, Holdings, Pulled, WireError};

use super::SyncRefusal;
use super::door::{self, Standing};
use super::pull::People;
use crate::error::OfficeError;
use crate::grants::kinds_of;
use crate::office::{InFlight, Office};
use crate::store::StoreError;
use crate::store::account::GrantRow;
use crate::store::rows::HoldingQuery;

/// Changes shrink by about three on the way; twice the wanted size, unpacked, stays below it packed.
const SHRINK: usize = 2;

impl Office {
    /// Answers `POST /v1/repair`: the body as sent, the header `daohu-signature`, and the path without query.
    ///
    /// # Errors
    /// With the status and code of the contracts.
    pub fn repair(&self, body: &[u8], signature: &str, path: &str) -> Result<Vec<u8>, SyncRefusal> {
        let admitted = door::admit(self, signature, SeenRequest { method: "POST", path, body })?;
        let _in_flight = InFlight::begin(self, admitted.device.id).map_err(SyncRefusal::later)?;
        let request = RepairRequest::decode(body)?;
        if request.device != admitted.device.id {
            return Err(WireError::BadSignature("the request is another device's").into());
        }
        let grants = match admitted.standing {
            Standing::Enrolled => self.store().settle_grants(admitted.account.id, &admitted.rights.pull, self.now())?,
            // Whoever left holds nothing any more.
            Standing::Left(_) => Vec::new(),
        };
        Ok(answer(self, &grants, &request)?.encode()?)
    }
}

fn answer(office: &Office, grants: &[GrantRow], request: &RepairRequest) -> Result<RepairAnswer, OfficeError> {
    let mut answer = RepairAnswer::new(office.head()?);
    // Before the records are read: what comes in between is pulled once more, and not missed.
    for row in in_force(grants) {
        answer.cursors.push(Cursor { grant: row.id, seq: office.store().place_head(row.grant.place)? });
    }
    let holdings = holdings(office, grants)?;
    if !request.message.is_empty() {
        answer.message = holdings.answer(&request.message)?;
    }
    let wanted = request.max_bytes.clamp(MAX_BYTES_FLOOR, MAX_BYTES_CEILING);
    let mut left = usize::try_from(wanted).unwrap_or(usize::MAX) * SHRINK;
    let mut people = People::new(office);
    let mut pulled = Pulled { grant: 0, from: 0, to: 0, items: Vec::new() };
    for element in &request.need {
        if left == 0 {
            break;
        }
        // A record that moved on since is found in the next round under its new heads.
        if let Some(record) = holdings.record(element) {
            let items = items_of(office, record, &mut people)?;
            left = left.saturating_sub(items.iter().map(|item| item.bytes.len()).sum());
            pulled.items.extend(items);
        }
        answer.done += 1;
    }
    if !pulled.items.is_empty() {
        answer.pulled.push(pulled);
    }
    Ok(answer)
}

fn items_of(office: &Office, record: Id, people: &mut People<'_>) -> Result<Vec<daohu_wire::PulledItem>, StoreError> {
    let places = office.store().places_of(&[record].into())?;
    let Some(place) = places.get(&record) else { return Ok(Vec::new()) };
    office.store().pulled_of(record)?.into_iter().map(|change| people.item(*place, change)).collect()
}

fn in_force(grants: &[GrantRow]) -> impl Iterator<Item = &GrantRow> {
    grants.iter().filter(|row| row.grant.ended_at.is_none())
}

/// Returns what a device with these grants should hold.
///
/// # Errors
/// When the store fails.
pub(super) fn holdings(office: &Office, grants: &[GrantRow]) -> Result<Holdings, StoreError> {
    let mut holdings = Holdings::default();
    for row in in_force(grants) {
        let query = HoldingQuery { place: row.grant.place, household: row.grant.household, kinds: kinds_of(row) };
        for held in office.store().holdings(&query)? {
            holdings.add(held.record, &held.heads);
        }
    }
    Ok(holdings)
}
