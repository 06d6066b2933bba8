//! Who may have a file: whoever may read a record that names it, and sees there the field that does. For everybody else it is not there.

use daohu_domain::kind::{Fields, Json};
use daohu_domain::kinds;
use daohu_domain::permission::{Act, Grant, covers, may, role_may};
use daohu_domain::role::Role;
use daohu_wire::limits::{THUMB_BYTES_MAX, THUMBS_MAX};
use daohu_wire::request_signature::SeenRequest;
use daohu_wire::{Hash, ThumbsAnswer, ThumbsRequest, WireError};

use crate::office::Office;
use crate::permit::view::{Eyes, fields_for};
use crate::store::StoreError;
use crate::store::blob::{BlobRole, BlobRow, BlobUseRow};
use crate::sync::{Admitted, Standing, SyncRefusal, admit};

/// Types of pictures that a browser shows and does not run.
const PICTURES: [&str; 2] = ["image/jpeg", "image/png"];

/// Other types that are called what they are; a browser is told to save them.
const FILES: [&str; 1] = ["application/pdf"];

/// What everything else is called.
const BYTES: &str = "application/octet-stream";

/// A file that the reader may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub hash: [u8; 32],
    /// Its bytes.
    pub size: u64,
    /// What it is given out as: one of a few that nobody's browser runs.
    pub media_type: &'static str,
    /// Whether a browser may show it.
    pub is_picture: bool,
}

impl Office {
    /// Finds a file for somebody with these grants; none where it is not there or not for him, which cannot be told apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn blob_for(&self, grants: &[Grant], hash: &[u8; 32]) -> Result<Option<Found>, StoreError> {
        let Some(blob) = self.store().blob(hash)? else { return Ok(None) };
        let named = self.store().blob_uses(hash)?;
        Ok(named.iter().find(|named| reads(grants, named)).map(|named| found(blob, named)))
    }

    /// Answers `GET /v1/blobs/{sha256}`: the header `daohu-signature`, method and path without query.
    ///
    /// # Errors
    /// 404 for a file that is not there or not for this device; as a sync for the rest.
    pub fn blob_for_device(&self, signature: &str, (method, path): (&str, &str), hash: Option<[u8; 32]>) -> Result<Found, SyncRefusal> {
        let admitted = admit(self, signature, SeenRequest { method, path, body: &[] })?;
        let found = hash.map(|hash| self.blob_for(&grants_of(&admitted), &hash)).transpose()?.flatten();
        found.ok_or(SyncRefusal::of(404, "not_found"))
    }

    /// Answers `POST /v1/blobs/thumbs`: those of the thumbnails asked for that the device may have.
    ///
    /// # Errors
    /// 400 for a body that is none; as a sync for the rest.
    pub fn blob_thumbs(&self, signature: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, SyncRefusal> {
        let admitted = admit(self, signature, SeenRequest { method: "POST", path, body })?;
        let (grants, mut hashes) = (grants_of(&admitted), Vec::<Hash>::new());
        for hash in ThumbsRequest::from_cbor(body)?.hashes {
            let found = self.blob_for(&grants, &hash)?;
            if found.is_some_and(|found| found.size <= THUMB_BYTES_MAX as u64) && !hashes.contains(&hash) && hashes.len() < THUMBS_MAX {
                hashes.push(hash);
            }
        }
        let read = self.shelf().read(&hashes)?;
        let thumbs = hashes.into_iter().zip(read).filter_map(|(hash, bytes)| Some((hash, bytes?))).collect();
        ThumbsAnswer { thumbs }.to_cbor().map_err(WireError::into)
    }
}

/// Returns what a device may hold now: what it pulls. One that left holds nothing any more.
fn grants_of(admitted: &Admitted) -> Vec<Grant> {
    if admitted.standing != Standing::Enrolled {
        return Vec::new();
    }
    let running = admitted.rights.pull.iter().filter(|grant| grant.ended_at.is_none());
    let grant = |role: Role, place, household| Grant { role, place, household };
    running.filter_map(|wanted| Some(grant(wanted.role.as_deref()?.parse().ok()?, wanted.place, wanted.household))).collect()
}

/// Says whether somebody reads the record and sees in it the field that names the file.
fn reads(grants: &[Grant], named: &BlobUseRow) -> bool {
    let Some(kind) = kinds::find("evidence") else { return false };
    if !may(kind, Act::Read, grants, named.place, named.household) {
        return false;
    }
    let reach = grants.iter().filter(|grant| covers(grant, named.place, named.household) && role_may(kind, Act::Read, grant.role));
    let eyes = Eyes::best(reach.map(|grant| grant.role));
    let field = Fields::from_iter([(named.role.name().to_owned(), Json::Null)]);
    fields_for(kind, &field, eyes).contains_key(named.role.name())
}

fn found(blob: BlobRow, named: &BlobUseRow) -> Found {
    // A thumbnail is a JPEG whatever it is of; the record says what the others are, and only what is known is believed.
    let said = if named.role == BlobRole::Thumb { "image/jpeg" } else { named.media_type.as_str() };
    let known = |types: &'static [&'static str]| types.iter().find(|known| **known == said).copied();
    let picture = known(&PICTURES);
    let media_type = picture.or_else(|| known(&FILES)).unwrap_or(BYTES);
    Found { hash: blob.hash, size: blob.size, media_type, is_picture: picture.is_some() }
}
