//! Snapshot packs: what a grant of a whole place gets at its first pull, made once and fetched by many devices.
//!
//! A pack holds what rows would bring, in the same order, and nothing else: it is cut by who may read, and a chunk goes only to a device
//! with a grant that reads every kind in it. Packs can be made anew at any time and are believed only while they belong to this log.

mod build;
mod shelf;

use std::collections::BTreeSet;
use std::sync::PoisonError;

use daohu_domain::place::Place;
use daohu_wire::limits::{PACK_CHUNK_CUT_BYTES, PACK_CHUNKS_MAX};
use daohu_wire::request::CAP_TAKES_PACKS;
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{ChunkRef, PackOffer, SignedHead, SyncRequest};

use super::door::{self, Standing};
use super::{SyncRefusal, pull};
use crate::error::OfficeError;
use crate::grants::kinds_of;
use crate::limits::{PACK_CHANGES_MIN, PACK_TAIL_SHARE};
use crate::office::{InFlight, Office};
use crate::store::account::GrantRow;

use shelf::{Index, Shelf};

/// From what size on packs are made, and how big their chunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackSizes {
    /// Changes in the log of a place before it gets a pack.
    pub changes_min: u64,
    /// Bytes of changes after which a chunk is cut, before compression.
    pub chunk_bytes: usize,
}

impl Default for PackSizes {
    fn default() -> Self {
        Self { changes_min: PACK_CHANGES_MIN, chunk_bytes: PACK_CHUNK_CUT_BYTES }
    }
}

/// What this process makes packs with, and of which places it is making one now; nothing that is stored depends on it.
#[derive(Debug, Default)]
pub(crate) struct PackDesk {
    sizes: PackSizes,
    making: BTreeSet<Place>,
}

/// A chunk as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedChunk {
    /// Its bytes.
    pub body: Vec<u8>,
    /// The SHA-256 of them.
    pub hash: [u8; 32],
}

/// A pack that is being made; others of the place serve rows meanwhile. It ends when this is dropped.
struct Making<'a> {
    office: &'a Office,
    place: Place,
    sizes: PackSizes,
}

impl<'a> Making<'a> {
    fn begin(office: &'a Office, place: Place) -> Option<Self> {
        let mut desk = office.pack_desk().lock().unwrap_or_else(PoisonError::into_inner);
        desk.making.insert(place).then_some(Self { office, place, sizes: desk.sizes })
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.office.pack_desk().lock().unwrap_or_else(PoisonError::into_inner).making.remove(&self.place);
    }
}

impl Office {
    /// Makes packs of other sizes from now on, in this process: tests and simulations have small places.
    pub fn set_pack_sizes(&self, sizes: PackSizes) {
        self.pack_desk().lock().unwrap_or_else(PoisonError::into_inner).sizes = sizes;
    }

    /// Answers `GET /v1/packs/{place}/{epoch}/{seq}/{n}`: the header `daohu-signature`, and the path without query.
    ///
    /// # Errors
    /// 404 for a chunk that is not there, not of this log, or not for this device, which cannot be told apart; as a sync for the rest.
    pub fn pack_chunk(&self, signature: &str, path: &str) -> Result<PackedChunk, SyncRefusal> {
        let admitted = door::admit(self, signature, SeenRequest { method: "GET", path, body: &[] })?;
        let _in_flight = InFlight::begin(self, admitted.device.id).map_err(SyncRefusal::later)?;
        let gone = SyncRefusal::of(404, "not_found");
        let (place, epoch, seq, n) = parts(path).ok_or(gone)?;
        if admitted.standing != Standing::Enrolled || epoch != self.epoch() {
            return Err(gone);
        }
        let shelf = Shelf::of(self);
        let index = shelf.find(place, epoch, seq).ok_or(gone)?;
        if !is_of_this_log(self, &index, &self.head()?)? {
            return Err(gone);
        }
        let grants = self.store().settle_grants(admitted.account.id, &admitted.rights.pull, self.now())?;
        let mut reads = grants.iter().filter(|row| takes_packs(row) && row.grant.place == place).map(kinds_of);
        let chunk = index.chunks.iter().find(|chunk| chunk.n == n).ok_or(gone)?;
        if !reads.any(|kinds| chunk.is_read_by(&kinds)) {
            return Err(gone);
        }
        match shelf.read(&index, chunk) {
            Some(body) => Ok(PackedChunk { body, hash: chunk.hash }),
            None => {
                // A damaged pack helps nobody: it goes, and the next first pull makes another.
                shelf.remove(&index);
                Err(gone)
            }
        }
    }
}

/// Returns what packs a device is offered, and for which grants it gets neither pack nor rows in this answer.
///
/// A pack that is missing or old is made here, on the thread of this pull alone: it reads only, and waits where the request pushes.
pub(super) fn offers(
    office: &Office,
    grants: &[GrantRow],
    request: &SyncRequest,
    head: &SignedHead,
) -> Result<(Vec<PackOffer>, bool), OfficeError> {
    let mut offers: Vec<PackOffer> = Vec::new();
    if request.caps & CAP_TAKES_PACKS == 0 {
        return Ok((offers, false));
    }
    let mut left = PACK_CHUNKS_MAX;
    for row in grants.iter().filter(|row| takes_packs(row)) {
        if !request.cursors.iter().any(|cursor| cursor.grant == row.id && cursor.seq == 0) {
            continue;
        }
        let Some(index) = current(office, row.grant.place, head, request.batches.is_empty())? else { continue };
        let Some(offer) = offer_of(row, &index) else { continue };
        if offer.chunks.len() > left {
            // The device asks again when it has fetched these.
            return Ok((offers, true));
        }
        left -= offer.chunks.len();
        offers.push(offer);
    }
    Ok((offers, false))
}

fn takes_packs(row: &GrantRow) -> bool {
    row.grant.ended_at.is_none() && row.grant.household.is_none()
}

fn offer_of(row: &GrantRow, index: &Index) -> Option<PackOffer> {
    let kinds = kinds_of(row);
    let of_grant = index.chunks.iter().filter(|chunk| chunk.is_read_by(&kinds));
    let chunks: Vec<ChunkRef> = of_grant.map(|chunk| ChunkRef { n: chunk.n, bytes: chunk.bytes, hash: chunk.hash }).collect();
    (!chunks.is_empty()).then_some(PackOffer { grant: row.id, seq: index.seq, chunks })
}

/// Returns the pack of a place, made anew where there is none or the tail behind it grew too long.
fn current(office: &Office, place: Place, head: &SignedHead, may_make: bool) -> Result<Option<Index>, OfficeError> {
    let shelf = Shelf::of(office);
    let end = pull::head_of(office, place)?;
    let mut held = shelf.newest(place, office.epoch());
    if let Some(other) = held.take_if(|index| index.seq > end) {
        shelf.remove(&other);
    }
    if let Some(index) = &held
        && !is_of_this_log(office, index, head)?
    {
        // The store was restored from a backup since.
        shelf.remove(index);
        held = None;
    }
    let tail = end.saturating_sub(held.as_ref().map_or(0, |index| index.seq));
    let is_old = held.as_ref().is_none_or(|index| tail.saturating_mul(PACK_TAIL_SHARE) > index.seq);
    if !is_old || !may_make {
        return Ok(held);
    }
    let Some(making) = Making::begin(office, place) else { return Ok(held) };
    if end < making.sizes.changes_min {
        return Ok(held);
    }
    match build::make(office, place, &making.sizes) {
        Ok(Some(index)) => Ok(Some(index)),
        Ok(None) => Ok(held),
        Err(error) => {
            // Rows bring the same; a full disk must not end a pull.
            tracing::warn!(code = error.code(), "a pack was not made");
            Ok(held)
        }
    }
}

fn is_of_this_log(office: &Office, index: &Index, head: &SignedHead) -> Result<bool, OfficeError> {
    Ok(office.consistency((index.tree_size, index.tree_root), head)?.is_some())
}

/// Reads a path: place, epoch, number, chunk.
fn parts(path: &str) -> Option<(Place, u64, u64, u32)> {
    let mut parts = path.strip_prefix("/v1/packs/")?.split('/');
    let found = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(found)
}
