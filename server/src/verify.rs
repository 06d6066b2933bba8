//! Checks the whole log against everything that is stored.
//!
//! Every leaf is read: its bytes, the nodes above it, its batch with signature, chain, root and items, every change's hash, arrival and
//! writer, and the numbers in the places' logs; then whatever no leaf stands behind, every record's row against its changes (`index`),
//! every page of the file, and that the files which arrived are where they should be (`files`). The first thing that does not fit is named. What is in memory at a time is a page of leaves, one batch and one
//! record, however big the store.

mod files;
mod index;

use std::collections::BTreeMap;

use daohu_domain::place::Place;
use daohu_wire::item::{TYPE_SEALED_VALUE, item_leaf};
use daohu_wire::merkle::{GrowingRoot, Hash, Tree, leaf_hash, root, sha256};
use daohu_wire::{ClockKind, Leaf, batch, change_hash};
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::log::StoredNodes;
use crate::office::Office;
use crate::store::Store;
use crate::store::rows::{BatchKey, BatchRow, ChangeRow, LeafRow, QuarantineQuery, Unproved};

/// Leaves read at once.
const PAGE: usize = 256;

/// What a check of the log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCheck {
    /// Leaves in the log.
    pub tree_size: u64,
    /// The root over them.
    pub root: Hash,
    /// Batches among them.
    pub batches: u64,
    /// `system`, or `set` for a store that was ever opened with a clock that was set.
    pub clock: &'static str,
    /// The first thing that does not fit.
    pub first_bad: Option<Bad>,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The leaf's batch as `device/number`, the leaf's own number, or another place: `record …`, `place …`, `device …`, `blob …`, `daohu.db`.
    pub batch: String,
    /// Why, as a stable word.
    pub reason: &'static str,
}

impl LogCheck {
    /// Returns the answer of `verify`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "ok": self.first_bad.is_none(),
            "tree_size": self.tree_size,
            "root": hex::encode(self.root),
            "batches": self.batches,
            "clock": self.clock,
            "first_bad": self.first_bad.as_ref().map(|bad| json!({ "batch": bad.batch, "reason": bad.reason })),
        })
    }
}

impl Office {
    /// Checks the whole log and answers as `verify` prints it.
    ///
    /// # Errors
    /// As [`Office::check_log`].
    pub fn verify(&self) -> Result<Value, OfficeError> {
        Ok(self.check_log()?.to_json())
    }

    /// Checks the whole log.
    ///
    /// # Errors
    /// When the store cannot be read at all; what is read and does not fit is in the answer.
    pub fn check_log(&self) -> Result<LogCheck, OfficeError> {
        let mut check = check(self.store())?;
        if check.first_bad.is_none() {
            check.first_bad = files::check(self.store(), self.shelf())?;
        }
        Ok(LogCheck { clock: self.clock_kind()?.name(), ..check })
    }
}

/// Checks a store without its keys, as that of a backup: its log, its records, its pages.
///
/// # Errors
/// As [`Office::check_log`].
pub(crate) fn check(store: &dyn Store) -> Result<LogCheck, OfficeError> {
    let mut check = proved(store)?;
    if check.first_bad.is_none() {
        check.first_bad = index::check(store)?;
    }
    if check.first_bad.is_none() && store.unsound()?.is_some() {
        check.first_bad = Some(Bad { batch: "daohu.db".to_owned(), reason: "store_pages" });
    }
    Ok(check)
}

/// Checks what the log proves, and not what is worked out from it.
///
/// # Errors
/// As [`Office::check_log`].
pub(crate) fn proved(store: &dyn Store) -> Result<LogCheck, OfficeError> {
    let tree = store.tree(&[])?;
    let mut walk = Walk { store, root: GrowingRoot::default(), batches: 0, heads: BTreeMap::new() };
    let mut first_bad = walk.leaves(tree.size)?;
    let root = walk.root.root();
    if first_bad.is_none() && Tree::new(&StoredNodes(store), tree.size).root()? != root {
        first_bad = Some(bad_leaf(tree.size, "tree_root"));
    }
    if first_bad.is_none() {
        first_bad = store.unproved()?.map(Bad::from);
    }
    let clock = if tree.clock_set { ClockKind::Set } else { ClockKind::System };
    Ok(LogCheck { tree_size: tree.size, root, batches: walk.batches, clock: clock.name(), first_bad })
}

impl From<Unproved> for Bad {
    fn from(found: Unproved) -> Self {
        Self { batch: found.place, reason: found.reason }
    }
}

struct Walk<'a> {
    store: &'a dyn Store,
    root: GrowingRoot,
    batches: u64,
    /// The last number seen in each place's log.
    heads: BTreeMap<Place, u64>,
}

impl Walk<'_> {
    fn leaves(&mut self, size: u64) -> Result<Option<Bad>, OfficeError> {
        let mut from = 0;
        while from < size {
            let page = self.store.leaves(from, PAGE)?;
            // Leaves that came since belong to the next check.
            for row in page.iter().take_while(|row| row.n < size) {
                if row.n != from {
                    return Ok(Some(bad_leaf(from, "leaf_missing")));
                }
                from += 1;
                if let Some(bad) = self.leaf(row)? {
                    return Ok(Some(bad));
                }
            }
            if page.is_empty() {
                return Ok(Some(bad_leaf(from, "leaf_missing")));
            }
        }
        Ok(None)
    }

    fn leaf(&mut self, row: &LeafRow) -> Result<Option<Bad>, OfficeError> {
        let nodes = self.root.push(leaf_hash(&row.bytes));
        let stored = self.store.tree(&nodes.iter().map(|node| (node.level, node.index)).collect::<Vec<_>>())?.hashes;
        if let Some((node, _)) = nodes.iter().zip(stored).find(|(node, stored)| *stored != Some(node.hash)) {
            let reason = if node.level == 0 { "leaf_hash" } else { "tree_node" };
            return Ok(Some(bad_leaf(node.index << node.level, reason)));
        }
        let Ok(leaf) = Leaf::from_cbor(&row.bytes) else { return Ok(Some(bad_leaf(row.n, "leaf_unreadable"))) };
        if leaf.received_at_ms != row.received_at.0 {
            return Ok(Some(bad_leaf(row.n, "received_at")));
        }
        let reason = match row.typ {
            1 => return self.batch(row, &leaf),
            2 => row.detail.as_ref().is_none_or(|detail| sha256(&[detail]) != leaf.body).then_some("audit_segment"),
            3 => leaf.start.as_ref().is_none_or(|(key, _)| sha256(&[key]) != leaf.body).then_some("server_start"),
            _ => Some("leaf_type"),
        };
        Ok(reason.map(|reason| bad_leaf(row.n, reason)))
    }

    fn batch(&mut self, row: &LeafRow, leaf: &Leaf) -> Result<Option<Bad>, OfficeError> {
        self.batches += 1;
        let Some(stored) = self.store.batch(BatchKey::Leaf(row.n))? else { return Ok(Some(bad_leaf(row.n, "batch_missing"))) };
        let bad = |reason| Ok(Some(Bad { batch: format!("{}/{}", leaf.device, leaf.batch), reason }));
        if (stored.device, stored.number) != (leaf.device, leaf.batch) {
            return bad("batch_number");
        }
        if sha256(&[&stored.cose]) != leaf.body || stored.body_hash != leaf.body {
            return bad("batch_hash");
        }
        let Ok(header) = batch::verified_header(&stored.cose, &stored.public_key) else { return bad("batch_signature") };
        if (header.device, header.number) != (stored.device, stored.number) {
            return bad("batch_number");
        }
        let leaves: Vec<Hash> = stored.items.iter().map(|item| item_leaf(item.typ, &item.record, item.place, &item.hash)).collect();
        if usize::try_from(header.count) != Ok(leaves.len()) || root(&leaves) != header.root {
            return bad("batch_root");
        }
        if stored.received_at != row.received_at {
            return bad("batch_received_at");
        }
        if !self.follows(&stored, &header.previous)? {
            return bad("batch_chain");
        }
        match self.items(row, &stored, leaf)? {
            Some(reason) => bad(reason),
            None => Ok(None),
        }
    }

    /// Says whether a batch names the hash of the one before it, where that one is here too.
    fn follows(&self, stored: &BatchRow, previous: &Hash) -> Result<bool, OfficeError> {
        if stored.number == 1 {
            return Ok(*previous == [0; 32]);
        }
        let before = self.store.batch(BatchKey::Number(stored.device, stored.number - 1))?;
        Ok(before.is_none_or(|before| before.body_hash == *previous))
    }

    /// Checks that what the items became is stored as they were, and that the numbers in the places' logs are those of the leaf.
    fn items(&mut self, row: &LeafRow, stored: &BatchRow, leaf: &Leaf) -> Result<Option<&'static str>, OfficeError> {
        let mut accepted = Vec::new();
        for range in &leaf.places {
            if range.first_seq != self.heads.get(&range.place).copied().unwrap_or(0) + 1 || range.last_seq < range.first_seq {
                return Ok(Some("place_numbers"));
            }
            self.heads.insert(range.place, range.last_seq);
            let logged = self.store.logged(range.place, (range.first_seq, range.last_seq))?;
            if !logged.iter().map(|row| row.seq).eq(range.first_seq..=range.last_seq) {
                return Ok(Some("log_row"));
            }
            let mut before = None;
            for logged in logged {
                let Some(change) = logged.change else { return Ok(Some("change_missing")) };
                if change.leaf != row.n || before.replace(change.item).is_some_and(|before| before >= change.item) {
                    return Ok(Some("log_row"));
                }
                if let Some(reason) = amiss(&change, stored, range.place, row) {
                    return Ok(Some(reason));
                }
                accepted.push(change.item);
            }
        }
        self.others(row, stored, &accepted)
    }

    /// Checks items that became no change of this batch: each is in quarantine as it came, or is a change of another batch.
    fn others(&self, row: &LeafRow, stored: &BatchRow, accepted: &[u32]) -> Result<Option<&'static str>, OfficeError> {
        let waiting = self.store.quarantine(&QuarantineQuery { leaf: Some(row.n), ..QuarantineQuery::default() })?;
        let mut elsewhere = Vec::new();
        for (index, item) in (0_u32..).zip(&stored.items) {
            if accepted.contains(&index) {
                continue;
            }
            match waiting.iter().find(|waiting| waiting.item == index) {
                Some(kept) => {
                    let as_it_came = daohu_wire::Item::new(kept.typ, kept.record, kept.place, kept.bytes.clone());
                    let is_it = kept.record == item.record && kept.code == item.code && kept.received_at == row.received_at;
                    if as_it_came.hash != item.hash || !is_it {
                        return Ok(Some("quarantine_item"));
                    }
                }
                // A sealed value may have been erased since; the batch's root proves that it came.
                None if item.typ == TYPE_SEALED_VALUE && ["ok", "duplicate"].contains(&item.code.as_str()) => {}
                None if item.code == "duplicate" => elsewhere.push((item.record, item.hash)),
                None => return Ok(Some("item_missing")),
            }
        }
        let known = self.store.known(&elsewhere)?;
        Ok(elsewhere.iter().any(|change| !known.contains(change)).then_some("change_missing"))
    }
}

/// Says what of an accepted change is not as its item came, or not as the leaf proves.
fn amiss(change: &ChangeRow, stored: &BatchRow, place: Place, leaf: &LeafRow) -> Option<&'static str> {
    let Some(item) = usize::try_from(change.item).ok().and_then(|index| stored.items.get(index)) else { return Some("change_item") };
    let is_accepted = ["ok", "ok_newer"].contains(&item.code.as_str());
    let is_it = change_hash(&change.bytes) == Some(item.hash) && change.hash == item.hash && change.record == item.record;
    [
        ("item_code", is_accepted),
        ("change_hash", is_it),
        ("log_row", item.place == place),
        ("change_received_at", change.arrival.received_at == leaf.received_at),
    ]
    .into_iter()
    .find_map(|(reason, holds)| (!holds).then_some(reason))
}

fn bad_leaf(n: u64, reason: &'static str) -> Bad {
    Bad { batch: format!("leaf {n}"), reason }
}
