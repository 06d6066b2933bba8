//! A receipt: proof that the server's log holds a batch, checkable by anyone with the log's public key and nothing else.
//!
//! It ties four things together: the device's signed header, the leaf that names its hash and the time of receipt, the
//! inclusion path, and the signed head of the whole log. With item paths it also proves single items of the batch.

use crate::{
    answer::{ItemStatus, read_item_status},
    batch::{BatchHeader, header_of},
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    head::SignedHead,
    item::item_leaf,
    leaf::{Leaf, LeafType},
    limits::{
        BATCH_COSE_BYTES_MAX, BATCH_ITEMS_MAX, HEAD_BYTES_MAX, ITEM_PROOFS_MAX, LEAF_BYTES_MAX, PROOF_HASHES_MAX, RECEIPT_FILE_BYTES_MAX,
        RECEIPTS_PER_FILE_MAX,
    },
    merkle::{Hash, sha256, verify_inclusion},
    sign::PublicKey,
};
use daohu_domain::{id::Id, place::Place};

/// The proof that one item is in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemProof {
    /// The item's position in the batch.
    pub index: u32,
    /// Its type.
    pub typ: u8,
    /// Its record.
    pub record: Id,
    /// Its place.
    pub place: Place,
    /// The hash of its content: for a change the change hash.
    pub hash: Hash,
    /// The inclusion path under the root of the batch's header.
    pub path: Vec<Hash>,
}

/// One receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf.
    pub leaf: Leaf,
    /// Its position in the log.
    pub index: u64,
    /// The inclusion path under the head's root.
    pub path: Vec<Hash>,
    /// The signed head.
    pub head: SignedHead,
    /// The batch's COSE_Sign1; empty inside an answer, since the device holds it, and put back before a file is written.
    pub cose: Vec<u8>,
    /// Proofs of single items.
    pub items: Vec<ItemProof>,
    /// What the office says of the items that are not simply `ok`; empty inside an answer. Nothing signs it: see [`Receipt::codes_fit`].
    pub codes: Vec<ItemStatus>,
}

impl Receipt {
    /// Returns the batch number.
    #[must_use]
    pub const fn batch(&self) -> u64 {
        self.leaf.batch
    }

    /// Returns the device.
    #[must_use]
    pub const fn device(&self) -> Id {
        self.leaf.device
    }

    /// Checks everything with the log's public key alone and returns the header of the batch.
    ///
    /// The device's own signature needs the device's key and is checked by [`crate::batch::verified_header`].
    ///
    /// # Errors
    /// `bad_signature` when the log's key did not sign the head, `bad_merkle_root` when a proof or a hash does not fit.
    pub fn verify(&self, log_key: &PublicKey) -> Result<BatchHeader, WireError> {
        self.verify_inclusion(log_key)?;
        if self.leaf.typ != LeafType::Batch {
            return Err(WireError::BadFrame("a receipt for something that is no batch"));
        }
        if self.leaf.body != sha256(&[&self.cose]) {
            return Err(WireError::BadMerkleRoot("the leaf is about another batch"));
        }
        let header = header_of(&self.cose)?;
        if header.device != self.leaf.device || header.number != self.leaf.batch {
            return Err(WireError::BadMerkleRoot("the leaf names another device or number"));
        }
        for item in &self.items {
            let leaf = item_leaf(item.typ, &item.record, item.place, &item.hash);
            if !verify_inclusion(&leaf, u64::from(item.index), u64::from(header.count), &item.path, &header.root) {
                return Err(WireError::BadMerkleRoot("an item is not in the batch"));
            }
        }
        Ok(header)
    }

    /// Checks the head's signature and that the leaf is in the log, which is all that a receipt without its batch can prove.
    ///
    /// # Errors
    /// As [`Receipt::verify`].
    pub fn verify_inclusion(&self, log_key: &PublicKey) -> Result<(), WireError> {
        self.head.verify(log_key)?;
        let head = self.head.head();
        if verify_inclusion(&self.leaf.hash(), self.index, head.size, &self.path, &head.root) {
            Ok(())
        } else {
            Err(WireError::BadMerkleRoot("the leaf is not in the log"))
        }
    }

    /// Says whether the codes under this receipt can be those of the log: the leaf, which is signed, tells how many changes of the batch
    /// were accepted. `changes` tells of each item of the batch, in order, whether it is a change.
    #[must_use]
    pub fn codes_fit(&self, changes: &[bool]) -> bool {
        let said = |index: usize| self.codes.iter().find(|status| usize::try_from(status.index) == Ok(index));
        let is_new = |index: usize| said(index).is_none_or(|status| ["ok", "ok_newer"].contains(&status.code.as_str()));
        let accepted = changes.iter().enumerate().filter(|(index, is_change)| **is_change && is_new(*index)).count();
        let told: u64 = self.leaf.places.iter().map(|range| range.last_seq.saturating_sub(range.first_seq).saturating_add(1)).sum();
        u64::try_from(accepted) == Ok(told)
    }

    /// Returns the bytes of a receipt that stands for itself.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_cbor(None)
    }

    /// Reads the bytes of a receipt that stands for itself. Nothing is verified.
    ///
    /// # Errors
    /// When they are not one receipt.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole(bytes, Self::read)
    }

    /// Writes the receipt; the head is left out where it is the one that stands around it.
    pub(crate) fn to_cbor(&self, around: Option<&SignedHead>) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).bytes(&self.leaf.to_cbor());
        map.key(2).uint(self.index);
        map.key(3).hashes(&self.path);
        if around != Some(&self.head) {
            map.key(4).bytes(self.head.cose());
        }
        if !self.cose.is_empty() {
            map.key(5).bytes(&self.cose);
        }
        if !self.items.is_empty() {
            let items = map.key(6).array(self.items.len());
            for item in &self.items {
                items.array(6).uint(u64::from(item.index)).uint(u64::from(item.typ)).id(&item.record).place(item.place);
                items.bytes(&item.hash).hashes(&item.path);
            }
        }
        if !self.codes.is_empty() {
            let codes = map.key(7).array(self.codes.len());
            for status in &self.codes {
                codes.array(2).uint(u64::from(status.index)).text(&status.code);
            }
        }
        map.finish()
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::read_within(reader, None)
    }

    pub(crate) fn read_within(reader: &mut Reader<'_>, around: Option<&SignedHead>) -> Result<Self, WireError> {
        let (mut leaf, mut index, mut path, mut head) = (None, None, None, around.cloned());
        let (mut cose, mut items, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        reader.map(|key, reader| {
            match key {
                1 => leaf = Some(Leaf::from_cbor(reader.bytes("a leaf", LEAF_BYTES_MAX)?)?),
                2 => index = Some(reader.uint()?),
                3 => path = Some(reader.hashes(PROOF_HASHES_MAX)?),
                4 => head = Some(SignedHead::from_cose(reader.bytes("a head", HEAD_BYTES_MAX)?)?),
                5 => cose = reader.bytes("a batch header", BATCH_COSE_BYTES_MAX)?.to_vec(),
                6 => items = reader.list("item paths", ITEM_PROOFS_MAX, read_item_proof)?,
                7 => codes = reader.list("item codes", BATCH_ITEMS_MAX, read_item_status)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self { leaf: required(leaf)?, index: required(index)?, path: required(path)?, head: required(head)?, cose, items, codes })
    }
}

fn read_item_proof(reader: &mut Reader<'_>) -> Result<ItemProof, WireError> {
    reader.tuple(6, |reader| {
        let index = reader.u32()?;
        let typ = u8::try_from(reader.uint()?).map_err(|_| WireError::BadFrame("an item's type"))?;
        let (record, place, hash) = (reader.id()?, reader.place()?, reader.fixed()?);
        Ok(ItemProof { index, typ, record, place, hash, path: reader.hashes(PROOF_HASHES_MAX)? })
    })
}

/// Returns the content of a `.dhr` file: a CBOR array of receipts.
#[must_use]
pub fn to_file(receipts: &[Receipt]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(receipts.len());
    for receipt in receipts {
        writer.raw(&receipt.to_bytes());
    }
    writer.finish()
}

/// Reads a `.dhr` file. Nothing is verified.
///
/// # Errors
/// When the bytes are not an array of receipts, or over a limit.
pub fn from_file(bytes: &[u8]) -> Result<Vec<Receipt>, WireError> {
    if bytes.len() > RECEIPT_FILE_BYTES_MAX {
        return Err(WireError::TooBig { what: "a receipt file", max: RECEIPT_FILE_BYTES_MAX });
    }
    Reader::whole(bytes, |reader| reader.list("receipts of a file", RECEIPTS_PER_FILE_MAX, Receipt::read))
}
