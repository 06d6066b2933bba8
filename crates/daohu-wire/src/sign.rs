//! Signatures: COSE_Sign1 (RFC 9052) with Ed25519, a purpose in `external_aad`, and {alg, kid} in the protected header.

use crate::{error::WireError, merkle::sha256};
use coset::{
    CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, ProtectedHeader, RegisteredLabelWithPrivate, SignatureContext,
    iana::Algorithm, sig_structure_data,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;

/// The purpose of a signed batch header.
pub const AAD_BATCH: &[u8] = b"daohu/batch/1";
/// The purpose of a signed request.
pub const AAD_REQUEST: &[u8] = b"daohu/request/1";
/// The purpose of a signed enrolment.
pub const AAD_ENROL: &[u8] = b"daohu/enrol/1";
/// The purpose of a signed tree head.
pub const AAD_HEAD: &[u8] = b"daohu/head/1";

/// The purpose of a mark in an exported log.
pub const AAD_LOG: &[u8] = b"daohu/log/1";

/// The bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// An Ed25519 public key.
pub type PublicKey = [u8; 32];

/// An Ed25519 key of a device or of the log.
///
/// It signs and gives its public half; it is never printed.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey(public {:02x?})", self.public())
    }
}

impl DeviceKey {
    /// Takes a seed of 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns the seed, to be kept in a key file or a keystore.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.verifying_key().to_bytes()
    }

    /// Returns the name of the public half, as [`key_id`].
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        key_id(&self.public())
    }
}

/// Returns the name of the log's public key: the first eight bytes of its SHA-256.
#[must_use]
pub fn key_id(public: &PublicKey) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[public]);
    [a, b, c, d, e, f, g, h]
}

/// A COSE_Sign1 that was read and whose header has the one form this protocol allows; not verified yet.
#[derive(Debug, Clone)]
pub(crate) struct Signed(CoseSign1);

/// Signs `payload` for a purpose and returns the COSE_Sign1 without a tag.
pub(crate) fn sign(key: &DeviceKey, kid: &[u8], aad: &[u8], payload: Vec<u8>) -> Result<Vec<u8>, WireError> {
    let signed = CoseSign1Builder::new().protected(header(kid)).payload(payload).create_signature(aad, |tbs| signature(key, tbs)).build();
    signed.to_vec().map_err(|_| WireError::BadSignature("could not be written"))
}

/// Signs a payload that is not sent along; `number` goes into the unprotected header under `label`.
pub(crate) fn sign_detached(key: &DeviceKey, kid: &[u8], aad: &[u8], payload: &[u8], number: (i64, u64)) -> Result<Vec<u8>, WireError> {
    let (label, value) = number;
    let unprotected = HeaderBuilder::new().value(label, coset::cbor::value::Value::from(value)).build();
    let builder = CoseSign1Builder::new().protected(header(kid)).unprotected(unprotected);
    let signed = builder.create_detached_signature(payload, aad, |tbs| signature(key, tbs)).build();
    signed.to_vec().map_err(|_| WireError::BadSignature("could not be written"))
}

/// Signs a payload that whoever verifies can work out: the signature alone is returned.
pub(crate) fn sign_bare(key: &DeviceKey, kid: &[u8], aad: &[u8], payload: &[u8]) -> [u8; SIGNATURE_BYTES] {
    key.0.sign(&signed_bytes(kid, aad, payload)).to_bytes()
}

/// Verifies a signature made by [`sign_bare`].
pub(crate) fn verify_bare(public: &PublicKey, aad: &[u8], payload: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> Result<(), WireError> {
    verify(public, signature, &signed_bytes(&key_id(public), aad, payload))
}

fn signed_bytes(kid: &[u8], aad: &[u8], payload: &[u8]) -> Vec<u8> {
    let protected = ProtectedHeader { original_data: None, header: header(kid) };
    sig_structure_data(SignatureContext::CoseSign1, protected, None, aad, payload)
}

fn header(kid: &[u8]) -> coset::Header {
    HeaderBuilder::new().algorithm(Algorithm::EdDSA).key_id(kid.to_vec()).build()
}

fn signature(key: &DeviceKey, tbs: &[u8]) -> Vec<u8> {
    key.0.sign(tbs).to_bytes().to_vec()
}

impl Signed {
    /// Reads a COSE_Sign1 and checks the form of its header: `EdDSA` and a kid, nothing else protected, nothing critical.
    pub(crate) fn read(bytes: &[u8], max: usize) -> Result<Self, WireError> {
        if bytes.len() > max {
            return Err(WireError::TooBig { what: "signed bytes", max });
        }
        let signed = CoseSign1::from_slice(bytes).map_err(|_| WireError::BadFrame("not a COSE_Sign1"))?;
        let protected = &signed.protected.header;
        let expected = header(&protected.key_id);
        if protected.alg != Some(RegisteredLabelWithPrivate::Assigned(Algorithm::EdDSA)) || *protected != expected {
            return Err(WireError::BadSignature("the protected header is not {EdDSA, kid}"));
        }
        // Nothing outside the signature may vary: a batch's hash is taken over these very bytes.
        if signed.clone().to_vec().ok().as_deref() != Some(bytes) {
            return Err(WireError::BadFrame("a COSE_Sign1 in another form"));
        }
        Ok(Self(signed))
    }

    pub(crate) fn kid(&self) -> &[u8] {
        &self.0.protected.header.key_id
    }

    pub(crate) fn payload(&self) -> Result<&[u8], WireError> {
        self.0.payload.as_deref().ok_or(WireError::BadFrame("a signed payload is missing"))
    }

    /// Returns the number under `label` of the unprotected header.
    pub(crate) fn number(&self, label: i64) -> Option<u64> {
        let value = self.0.unprotected.rest.iter().find(|(name, _)| *name == coset::Label::Int(label))?;
        value.1.as_integer().and_then(|number| u64::try_from(number).ok())
    }

    /// Verifies the attached payload; an unprotected header, which no signature covers, is refused.
    pub(crate) fn verify(&self, public: &PublicKey, aad: &[u8]) -> Result<(), WireError> {
        self.payload()?;
        if !self.0.unprotected.is_empty() {
            return Err(WireError::BadFrame("an unprotected header"));
        }
        self.0.verify_signature(aad, |signature, tbs| verify(public, signature, tbs))
    }

    /// Verifies a payload that was not sent along.
    pub(crate) fn verify_detached(&self, public: &PublicKey, aad: &[u8], payload: &[u8]) -> Result<(), WireError> {
        if self.0.payload.is_some() {
            return Err(WireError::BadFrame("a detached payload was expected"));
        }
        self.0.verify_detached_signature(payload, aad, |signature, tbs| verify(public, signature, tbs))
    }
}

fn verify(public: &PublicKey, signature: &[u8], tbs: &[u8]) -> Result<(), WireError> {
    let key = VerifyingKey::from_bytes(public).map_err(|_| WireError::BadSignature("the public key is not a point"))?;
    let signature = Signature::from_slice(signature).map_err(|_| WireError::BadSignature("64 bytes were expected"))?;
    key.verify_strict(tbs, &signature).map_err(|_| WireError::BadSignature("it does not fit the key and the content"))
}
