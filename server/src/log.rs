//! The log as others see it: signed heads, receipts, proofs of consistency. The tree itself is in the store.

use daohu_wire::merkle::{Hash, NodeSource, Tree};
use daohu_wire::{Leaf, Receipt, SignedHead};

use crate::error::OfficeError;
use crate::office::Office;
use crate::store::rows::BatchKey;
use crate::store::{Store, StoreError};

/// The tree's nodes as any store keeps them. Nodes never change, so each may be read in a transaction of its own.
#[derive(Debug)]
pub(crate) struct StoredNodes<'a>(pub(crate) &'a dyn Store);

impl NodeSource for StoredNodes<'_> {
    type Error = StoreError;

    fn node(&self, level: u32, index: u64) -> Result<Hash, StoreError> {
        self.0.tree(&[(level, index)])?.hashes.first().copied().flatten().ok_or(StoreError::Damaged)
    }
}

impl Office {
    /// Signs the head of the log as it is now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn head(&self) -> Result<SignedHead, OfficeError> {
        let size = self.store().tree(&[])?.size;
        let root = Tree::new(&StoredNodes(self.store()), size).root()?;
        Ok(SignedHead::sign(self.log_key(), size, root, self.now().0, self.clock_kind()?)?)
    }

    /// Returns the receipt of a leaf under a head; `cose` is put in where the receipt must stand for itself.
    ///
    /// # Errors
    /// `not_found` where the head does not cover the leaf.
    pub(crate) fn receipt(&self, leaf: u64, head: &SignedHead, with_batch: bool) -> Result<Receipt, OfficeError> {
        let row = self.store().leaves(leaf, 1)?.into_iter().next().ok_or(OfficeError::refused("not_found"))?;
        let path = Tree::new(&StoredNodes(self.store()), head.head().size).inclusion_path(leaf)?;
        let cose = match with_batch {
            true => self.store().batch(BatchKey::Leaf(leaf))?.ok_or(StoreError::Damaged)?.cose,
            false => Vec::new(),
        };
        Ok(Receipt {
            leaf: Leaf::from_cbor(&row.bytes)?,
            index: leaf,
            path: path.ok_or(OfficeError::refused("not_found"))?,
            head: head.clone(),
            cose,
            items: Vec::new(),
            codes: Vec::new(),
        })
    }

    /// Returns the proof that an older head (size and root) is the beginning of this one; none where it is not, which tells a device
    /// that this store was restored from a backup.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn consistency(&self, old: (u64, Hash), head: &SignedHead) -> Result<Option<Vec<Hash>>, OfficeError> {
        let (size, root) = old;
        if size > head.head().size {
            return Ok(None);
        }
        if Tree::new(&StoredNodes(self.store()), size).root()? != root {
            return Ok(None);
        }
        Ok(Tree::new(&StoredNodes(self.store()), head.head().size).consistency_path(size)?)
    }
}
