//! A sealed value: a secret field of a record on its way to the server's vault, never in a document and never in a pull.
//!
//! The plaintext is salt (16) ‖ value. The document holds only the commitment SHA-256(salt ‖ value); the salt travels inside the
//! ciphertext alone, so nobody without the vault can try values against the commitment.

use crate::{
    codec::{Reader, Writer},
    error::WireError,
    limits::{NAME_BYTES_MAX, SEALED_VALUE_BYTES_MAX},
    merkle::{Hash, sha256},
    seal::{INFO_VALUE, SealKey, SealTo, seal},
};
use daohu_domain::id::Id;

/// Random bytes of one salt.
pub const SALT_BYTES: usize = 16;

/// One secret value, sealed to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// The field's key.
    pub field: String,
    /// SHA-256(salt ‖ value), which the document holds too.
    pub commitment: Hash,
    /// HPKE: encapsulated key (32) ‖ ciphertext, info `daohu/value/1`, aad = record (16) ‖ field.
    pub ciphertext: Vec<u8>,
}

impl SealedValue {
    /// Seals `value` of `field` of `record`; salt and ephemeral key are made from the random bytes handed in.
    ///
    /// # Errors
    /// When the value is too big or the server's key is no key.
    pub fn seal(to: &SealTo, place: (&Id, &str), value: &[u8], random: &[u8; 48]) -> Result<Self, WireError> {
        let (record, field) = place;
        let (salt, ephemeral) = random.split_first_chunk::<SALT_BYTES>().ok_or(WireError::BadFrame("random bytes"))?;
        let ephemeral: &[u8; 32] = ephemeral.try_into().map_err(|_| WireError::BadFrame("random bytes"))?;
        if value.len() > SEALED_VALUE_BYTES_MAX {
            return Err(WireError::TooBig { what: "a sealed value", max: SEALED_VALUE_BYTES_MAX });
        }
        let plain = [salt.as_slice(), value].concat();
        let ciphertext = seal(to, (INFO_VALUE, &aad(record, field)), &plain, ephemeral)?;
        Ok(Self { field: field.to_owned(), commitment: sha256(&[&plain]), ciphertext })
    }

    /// Opens the value and checks it against its commitment.
    ///
    /// # Errors
    /// When it was sealed for another key, record or field, or does not fit its commitment.
    pub fn open(&self, key: &SealKey, record: &Id) -> Result<Vec<u8>, WireError> {
        let mut plain = key.open((INFO_VALUE, &aad(record, &self.field)), &self.ciphertext)?;
        if plain.len() < SALT_BYTES || sha256(&[&plain]) != self.commitment {
            return Err(WireError::BadMerkleRoot("a sealed value does not fit its commitment"));
        }
        Ok(plain.split_off(SALT_BYTES))
    }

    /// Returns the hash that stands for this value in an item leaf: SHA-256(field ‖ commitment ‖ SHA-256(ciphertext)).
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(&[self.field.as_bytes(), &self.commitment, &sha256(&[&self.ciphertext])])
    }

    /// Returns the bytes of a batch item: CBOR [field, commitment, ciphertext].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.array(3).text(&self.field).bytes(&self.commitment).bytes(&self.ciphertext);
        writer.finish()
    }

    /// Reads the bytes of a batch item.
    ///
    /// # Errors
    /// When they are not a sealed value.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole(bytes, |reader| {
            reader.tuple(3, |reader| {
                let field = reader.text("a field key", NAME_BYTES_MAX)?;
                let commitment = reader.fixed()?;
                let ciphertext = reader.bytes("a sealed value", SEALED_VALUE_BYTES_MAX + 1024)?.to_vec();
                Ok(Self { field, commitment, ciphertext })
            })
        })
    }
}

fn aad(record: &Id, field: &str) -> Vec<u8> {
    [record.as_bytes().as_slice(), field.as_bytes()].concat()
}
