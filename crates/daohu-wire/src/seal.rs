//! Sealing to the server: HPKE (RFC 9180), base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Sealed bytes are the encapsulated key (32) ‖ ciphertext. The info text names the purpose, so that bytes sealed for one
//! purpose cannot be passed off as another. Randomness is handed in.

use crate::error::WireError;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    rand_core::{TryCryptoRng, TryRng},
};
use std::{convert::Infallible, fmt};

/// The purpose of a batch file (`DHB1`).
pub const INFO_FILE: &[u8] = b"daohu/file/1";
/// The purpose of a sealed value of a record.
pub const INFO_VALUE: &[u8] = b"daohu/value/1";
/// The purpose of a copy of a phone's store key.
pub const INFO_STORE_KEY: &[u8] = b"daohu/store-key/1";

/// The bytes of an encapsulated key, which stand before the ciphertext.
const ENCAPSULATED_BYTES: usize = 32;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// The public half of the server's seal key, to which devices seal.
pub type SealTo = [u8; 32];

/// The server's X25519 seal key.
#[derive(Clone)]
pub struct SealKey {
    private: PrivateKey,
    bytes: [u8; 32],
    public: SealTo,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey(public {:02x?})", self.public)
    }
}

impl SealKey {
    /// Takes 32 random bytes as the private half.
    ///
    /// # Errors
    /// When the bytes are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, WireError> {
        let private = PrivateKey::from_bytes(bytes).map_err(|_| WireError::WrongKey)?;
        let public = X25519HkdfSha256::sk_to_pk(&private).to_bytes().into();
        Ok(Self { private, bytes: *bytes, public })
    }

    /// Returns the private half, to be kept in a key file.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 32] {
        self.bytes
    }

    /// Returns the public half.
    #[must_use]
    pub const fn public(&self) -> SealTo {
        self.public
    }

    /// Opens what was sealed for (info, aad).
    ///
    /// # Errors
    /// When it was sealed for another key or purpose, or changed on the way.
    pub fn open(&self, purpose: (&[u8], &[u8]), sealed: &[u8]) -> Result<Vec<u8>, WireError> {
        let (info, aad) = purpose;
        let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED_BYTES).ok_or(WireError::WrongKey)?;
        let encapsulated = EncappedKey::from_bytes(encapsulated).map_err(|_| WireError::WrongKey)?;
        let mode = OpModeR::Base;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(&mode, &self.private, &encapsulated, info, ciphertext, aad)
            .map_err(|_| WireError::WrongKey)
    }
}

/// Seals `plain` for (info, aad); `random` becomes the ephemeral key and must be fresh for each call.
///
/// # Errors
/// When `to` is no public key.
pub fn seal(to: &SealTo, purpose: (&[u8], &[u8]), plain: &[u8], random: &[u8; 32]) -> Result<Vec<u8>, WireError> {
    let (info, aad) = purpose;
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to).map_err(|_| WireError::WrongKey)?;
    let mut random = Given { bytes: *random, used: 0 };
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        plain,
        aad,
        &mut random,
    )
    .map_err(|_| WireError::WrongKey)?;
    Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Random bytes that the caller made; HPKE draws exactly the 32 bytes of one ephemeral key.
struct Given {
    bytes: [u8; 32],
    used: usize,
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for byte in target {
            *byte = self.bytes.get(self.used % self.bytes.len()).copied().unwrap_or_default();
            self.used += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
