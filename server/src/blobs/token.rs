//! The token of an upload: what a client of tus, which cannot sign each request, sends instead. It is kept nowhere.
//!
//! It is the device, the instant at which it ends, and an HMAC over both under the key of this folder. It ends with its time, and with
//! whatever ends the device: one that was given before a device was handed back is no token after it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_wire::merkle::sha256;
use daohu_wire::request_signature::SeenRequest;
use serde_json::{Value, json};

use crate::limits::BLOB_TOKEN_MS;
use crate::office::Office;
use crate::sync::{Admitted, Standing, SyncRefusal, admit, admit_carried};

/// Where a token is asked for; also what tells its HMAC from every other one.
const PATH: &str = "/v1/blobs/token";

/// Characters of a token: 56 bytes in base64.
const TOKEN_CHARS: usize = 75;

impl Office {
    /// Answers `POST /v1/blobs/token`: the header `daohu-signature` over an empty body.
    ///
    /// # Errors
    /// With the status and code of the contracts.
    pub fn blob_token(&self, signature: &str, path: &str, body: &[u8]) -> Result<Value, SyncRefusal> {
        let admitted = admit(self, signature, SeenRequest { method: "POST", path, body })?;
        let ends_at = Instant(self.now().0.saturating_add(BLOB_TOKEN_MS));
        Ok(json!({ "token": write(self, admitted.device.id, ends_at), "expires_at": ends_at }))
    }
}

/// Lets in the device whose token this is; a device that left may still send what belongs to its work.
///
/// # Errors
/// 401 `bad_token` for one that is none, is over, or was given before the device left; 403 `device_revoked`.
pub(super) fn device_of(office: &Office, token: &str) -> Result<Admitted, SyncRefusal> {
    const BAD: SyncRefusal = SyncRefusal::of(401, "bad_token");
    let (device, ends_at) = read(office, token).filter(|(_, ends_at)| office.now() < *ends_at).ok_or(BAD)?;
    let admitted = admit_carried(office, device)?;
    let began = Instant(ends_at.0.saturating_sub(BLOB_TOKEN_MS));
    match admitted.standing {
        Standing::Left(at) if began <= at => Err(BAD),
        Standing::Enrolled | Standing::Left(_) => Ok(admitted),
    }
}

fn write(office: &Office, device: Id, ends_at: Instant) -> String {
    let said = [device.as_bytes().as_slice(), &ends_at.0.to_be_bytes()].concat();
    URL_SAFE_NO_PAD.encode([said.as_slice(), &office.keyed_hash_for(PATH.as_bytes(), &said)].concat())
}

fn read(office: &Office, token: &str) -> Option<(Id, Instant)> {
    if token.len() != TOKEN_CHARS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (said, mac) = bytes.split_at_checked(24)?;
    // Hashed once more, so that how long the comparison takes tells nothing of the right one.
    if sha256(&[mac]) != sha256(&[&office.keyed_hash_for(PATH.as_bytes(), said)]) {
        return None;
    }
    let (device, ends_at) = said.split_first_chunk::<16>()?;
    Some((Id::from_bytes(*device), Instant(i64::from_be_bytes(ends_at.try_into().ok()?))))
}
