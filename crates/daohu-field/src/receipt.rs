//! Receipts: the server's proofs that it holds a batch, each of which stands for itself in a file.

use crate::{
    error::FieldError,
    ledger::Ledger,
    store::{change, outbox},
};
use daohu_domain::{calendar::Instant, id::Id};
use daohu_wire::{ItemProof, Receipt, receipt::to_file};
use serde::Serialize;

/// A receipt as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// The batch.
    pub batch: u64,
    /// How many items it has.
    pub items: u64,
    /// When the server received it.
    pub received_at: Instant,
    /// The size of the log under whose head it is proved.
    pub tree_size: u64,
    /// The file it was written to, once a host has done so.
    pub file: Option<String>,
    /// The content of the file: a `.dhr` with this one receipt and the path of every item.
    #[serde(skip)]
    pub content: Vec<u8>,
}

impl Ledger {
    /// Returns the receipts of this device, oldest first.
    ///
    /// # Errors
    /// `store_damaged` when one cannot be read.
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, FieldError> {
        let mut views = Vec::new();
        for row in outbox::receipts(&self.connection)? {
            let mut receipt = Receipt::from_bytes(&row.bytes)?;
            receipt.items = self.item_proofs(row.device, row.batch)?;
            views.push(ReceiptView {
                batch: row.batch,
                items: row.items,
                received_at: Instant(row.received_ms),
                tree_size: row.tree_size,
                file: None,
                content: to_file(&[receipt]),
            });
        }
        Ok(views)
    }

    /// Returns the path of each item of a batch, so that one visit can be proved by itself.
    fn item_proofs(&self, device: Id, batch: u64) -> Result<Vec<ItemProof>, FieldError> {
        let Some(row) = outbox::find(&self.connection, device, batch)? else { return Ok(Vec::new()) };
        let whole = crate::sync::seal::stored(&self.connection, &row)?;
        let items = change::of_batch(&self.connection, device, batch)?;
        // Of a batch that another copy of this store sent, or of which something was purged, the tree cannot be made again.
        if items.len() as u64 != row.items {
            return Ok(Vec::new());
        }
        let mut proofs = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (Some(path), Ok(index)) = (whole.item_path(index), u32::try_from(index)) else { continue };
            proofs.push(ItemProof { index, typ: item.typ, record: item.record, place: item.place, hash: item.hash, path });
        }
        Ok(proofs)
    }
}
