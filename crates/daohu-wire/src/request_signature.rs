//! The header `daohu-signature`: which device sends this request, and that nobody changed it on the way.
//!
//! A COSE_Sign1 with detached payload. The payload is rebuilt by the receiver from what it sees of the request, from the
//! device in the kid and from the counter in the unprotected header; it is covered because it is part of the payload.

use crate::{
    codec::MapWriter,
    error::WireError,
    limits::SIGNATURE_HEADER_BYTES_MAX,
    merkle::sha256,
    sign::{AAD_REQUEST, DeviceKey, PublicKey, Signed, sign_detached},
};
use daohu_domain::id::Id;

/// The label of the counter in the unprotected header, from the range for private use.
pub const LABEL_COUNTER: i64 = -65_537;

/// A request as both sides see it.
#[derive(Debug, Clone, Copy)]
pub struct SeenRequest<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path without query, such as `/v1/sync`.
    pub path: &'a str,
    /// The body as sent, compressed.
    pub body: &'a [u8],
}

/// A signature that was read but not verified: it names the device whose key is needed.
#[derive(Debug, Clone)]
pub struct RequestSignature {
    /// The device.
    pub device: Id,
    /// The counter, which grows with each request of the device.
    pub counter: u64,
    signed: Signed,
}

impl RequestSignature {
    /// Signs a request and returns the value of the header: base64url without padding.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn sign(key: &DeviceKey, device: Id, counter: u64, request: SeenRequest<'_>) -> Result<String, WireError> {
        let payload = payload(device, counter, request);
        let cose = sign_detached(key, device.as_bytes(), AAD_REQUEST, &payload, (LABEL_COUNTER, counter))?;
        Ok(to_base64url(&cose))
    }

    /// Reads the value of the header.
    ///
    /// # Errors
    /// `bad_signature` when it is not one.
    pub fn read(header: &str) -> Result<Self, WireError> {
        const UNREADABLE: WireError = WireError::BadSignature("the header daohu-signature is not readable");
        if header.len() > SIGNATURE_HEADER_BYTES_MAX {
            return Err(UNREADABLE);
        }
        let cose = from_base64url(header).ok_or(UNREADABLE)?;
        let signed = Signed::read(&cose, SIGNATURE_HEADER_BYTES_MAX).map_err(|_| UNREADABLE)?;
        let device = Id::from_slice(signed.kid()).ok_or(UNREADABLE)?;
        let counter = signed.number(LABEL_COUNTER).ok_or(UNREADABLE)?;
        Ok(Self { device, counter, signed })
    }

    /// Checks that the device's key signed this very request.
    ///
    /// # Errors
    /// `bad_signature` when it did not.
    pub fn verify(&self, public: &PublicKey, request: SeenRequest<'_>) -> Result<(), WireError> {
        let payload = payload(self.device, self.counter, request);
        self.signed.verify_detached(public, AAD_REQUEST, &payload).map_err(|error| match error {
            WireError::BadSignature(_) => error,
            _ => WireError::BadSignature("a detached payload was expected"),
        })
    }
}

fn payload(device: Id, counter: u64, request: SeenRequest<'_>) -> Vec<u8> {
    let mut map = MapWriter::new();
    map.key(1).text(request.method);
    map.key(2).text(request.path);
    map.key(3).bytes(&sha256(&[request.body]));
    map.key(4).id(&device);
    map.key(5).uint(counter);
    map.finish()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns base64url without padding (RFC 4648, section 5).
fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let digit = usize::try_from((word >> (18 - 6 * place)) & 63).unwrap_or_default();
            text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'A')));
        }
    }
    text
}

/// Reads base64url without padding; `None` for other characters and for bits that no byte needs.
fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut word = 0_u32;
        for character in chunk {
            let digit = ALPHABET.iter().position(|letter| letter == character)?;
            word = (word << 6) | u32::try_from(digit).ok()?;
        }
        word <<= 6 * (4 - chunk.len());
        let [_, group @ ..] = word.to_be_bytes();
        let (used, unused) = group.split_at(chunk.len() - 1);
        if unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(used);
    }
    Some(bytes)
}
