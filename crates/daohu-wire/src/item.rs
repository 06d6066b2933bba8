//! One item of a batch: a raw change of a record, or a sealed value. Its leaf binds record, place and content.

use crate::{
    change::content_hash,
    merkle::{Hash, leaf_hash, sha256},
    value::SealedValue,
};
use daohu_domain::{id::Id, place::Place};

/// The type of an item that holds a raw change.
pub const TYPE_CHANGE: u8 = 1;
/// The type of an item that holds a sealed value.
pub const TYPE_SEALED_VALUE: u8 = 2;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The type; an unknown one is kept and gets a code of its own.
    pub typ: u8,
    /// The record.
    pub record: Id,
    /// The place the sender says the record is at.
    pub place: Place,
    /// A raw change chunk, or the CBOR of a [`SealedValue`].
    pub bytes: Vec<u8>,
    /// The hash that the leaf holds, computed from the bytes and never sent.
    pub hash: Hash,
}

impl Item {
    /// Makes an item and computes its hash.
    ///
    /// Bytes that are not what the type says get SHA-256 over them as their hash: they too must be covered by the root.
    #[must_use]
    pub fn new(typ: u8, record: Id, place: Place, bytes: Vec<u8>) -> Self {
        let hash = match typ {
            TYPE_CHANGE => content_hash(&bytes),
            TYPE_SEALED_VALUE => SealedValue::from_bytes(&bytes).map_or_else(|_| sha256(&[&bytes]), |value| value.hash()),
            _ => sha256(&[&bytes]),
        };
        Self { typ, record, place, bytes, hash }
    }

    /// Makes an item of a raw change.
    #[must_use]
    pub fn change(record: Id, place: Place, bytes: Vec<u8>) -> Self {
        Self::new(TYPE_CHANGE, record, place, bytes)
    }

    /// Makes an item of a sealed value.
    #[must_use]
    pub fn sealed(record: Id, place: Place, value: &SealedValue) -> Self {
        Self::new(TYPE_SEALED_VALUE, record, place, value.to_bytes())
    }

    /// Returns the leaf hash: SHA-256(0x00 ‖ type ‖ record ‖ place as twelve digits ‖ hash).
    #[must_use]
    pub fn leaf(&self) -> Hash {
        item_leaf(self.typ, &self.record, self.place, &self.hash)
    }
}

/// Returns the leaf hash of an item whose content is known by its hash only.
#[must_use]
pub fn item_leaf(typ: u8, record: &Id, place: Place, hash: &Hash) -> Hash {
    let mut content = Vec::with_capacity(1 + 16 + 12 + 32);
    content.push(typ);
    content.extend_from_slice(record.as_bytes());
    content.extend_from_slice(place.to_string().as_bytes());
    content.extend_from_slice(hash);
    leaf_hash(&content)
}
