//! Who may speak to the sync door: an enrolled device that signed this very request, and has not been revoked.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_wire::{RequestSignature, WireError, request_signature::SeenRequest};

use crate::error::OfficeError;
use crate::grants::{Rights, inbox_until};
use crate::office::Office;
use crate::store::StoreError;
use crate::store::account::{AccountQuery, AccountRow, DeviceQuery, DeviceRow};

/// Why a sync was refused: what HTTP answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}")]
pub struct SyncRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// After how many seconds to try again.
    pub retry_after_s: Option<u32>,
}

impl SyncRefusal {
    pub(crate) const fn of(status: u16, code: &'static str) -> Self {
        Self { status, code, retry_after_s: None }
    }

    /// Makes the refusal of a device that speaks too often.
    pub(super) const fn later(after_s: u32) -> Self {
        Self { status: 429, code: "server_busy", retry_after_s: Some(after_s) }
    }
}

impl From<WireError> for SyncRefusal {
    fn from(error: WireError) -> Self {
        let status = match error {
            WireError::BadFrame(_) | WireError::BadMerkleRoot(_) => 400,
            WireError::BadSignature(_) | WireError::WrongKey => 401,
            WireError::TooBig { .. } => 413,
            WireError::TooOld(_) | WireError::TooNew(_) => 426,
        };
        Self::of(status, error.code())
    }
}

impl From<StoreError> for SyncRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fork => Self::of(409, "batch_fork"),
            StoreError::Busy | StoreError::Stale => Self { status: 503, code: "busy", retry_after_s: Some(5) },
            StoreError::Full => Self::of(507, "server_full"),
            other => Self::of(500, other.code()),
        }
    }
}

impl From<OfficeError> for SyncRefusal {
    fn from(error: OfficeError) -> Self {
        match error {
            OfficeError::Store(error) => error.into(),
            OfficeError::Wire(error) => error.into(),
            other => Self::of(500, other.code()),
        }
    }
}

/// How a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It pushes and pulls.
    Enrolled,
    /// Its user handed it back, or the account was closed, at that instant: for thirty days it may still push.
    Left(Instant),
}

/// A device that may speak.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) device: DeviceRow,
    pub(crate) account: AccountRow,
    pub(crate) standing: Standing,
    pub(crate) rights: Rights,
    pub(crate) counter: u64,
}

/// Lets a device in, or says why not. The body is hashed and not yet read.
pub(crate) fn admit(office: &Office, header: &str, seen: SeenRequest<'_>) -> Result<Admitted, SyncRefusal> {
    let signature = RequestSignature::read(header)?;
    let device = enrolled(office, signature.device)?;
    signature.verify(&device.public_key, seen)?;
    if signature.counter < device.last_counter {
        // An older request, played again by somebody who saw it go by. The newest may be: its answer may have been lost.
        return Err(WireError::BadSignature("an older request").into());
    }
    standing_of(office, device, signature.counter)
}

/// Lets in a device whose signed batches somebody else brought.
pub(crate) fn admit_carried(office: &Office, device: Id) -> Result<Admitted, SyncRefusal> {
    let device = enrolled(office, device)?;
    let counter = device.last_counter;
    standing_of(office, device, counter)
}

fn enrolled(office: &Office, device: Id) -> Result<DeviceRow, SyncRefusal> {
    let found = office.store().devices(DeviceQuery::Id(device))?.into_iter().next();
    found.filter(|device| device.account.is_some()).ok_or(UNKNOWN)
}

fn standing_of(office: &Office, device: DeviceRow, counter: u64) -> Result<Admitted, SyncRefusal> {
    let (store, now) = (office.store(), office.now());
    let account = device.account.ok_or(UNKNOWN)?;
    let account = store.accounts(&AccountQuery::Id(account))?.into_iter().next().ok_or(UNKNOWN)?;
    let standing = standing(&device, &account, now).ok_or(SyncRefusal::of(403, "device_revoked"))?;
    let rights = Rights::of(store, &account, now)?;
    Ok(Admitted { device, account, standing, rights, counter })
}

const UNKNOWN: SyncRefusal = SyncRefusal::of(401, "unknown_device");

/// Returns how a device stands; none where it may not speak at all.
fn standing(device: &DeviceRow, account: &AccountRow, now: Instant) -> Option<Standing> {
    if device.reason.as_deref() == Some("lost") {
        return None;
    }
    let closed_at = if account.disabled { Some(account.disabled_at?) } else { None };
    match device.revoked_at.into_iter().chain(closed_at).min() {
        None => Some(Standing::Enrolled),
        Some(at) => (now < inbox_until(at)).then_some(Standing::Left(at)),
    }
}
