//! Checks the whole log against everything that is stored.
//!
//! Every leaf is read: its bytes, the nodes above it, its batch with signature, chain, root and items, every change's hash, and the
//! numbers in the places' logs; then every page of the file. The first thing that does not fit is named.

use std::collections::{BTreeMap, HashMap};

use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_wire::item::{TYPE_SEALED_VALUE, item_leaf};
use daohu_wire::merkle::{Hash, Tree, leaf_hash, root, sha256};
use daohu_wire::{ClockKind, Leaf, batch, change_hash};
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::log::StoredNodes;
use crate::office::Office;
use crate::store::Store;
use crate::store::rows::{BatchKey, BatchRow, LeafRow, QuarantineQuery};

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
    /// The leaf's batch as `device/number`, or the leaf's own number.
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
        Ok(LogCheck { clock: self.clock_kind()?.name(), ..check(self.store())? })
    }
}

/// Checks a store without its keys, as that of a backup: its pages, then its log.
///
/// # Errors
/// As [`Office::check_log`].
pub(crate) fn check(store: &dyn Store) -> Result<LogCheck, OfficeError> {
    let tree = store.tree(&[])?;
    let mut walk = Walk { store, hashes: Vec::new(), batches: 0, heads: BTreeMap::new(), chains: HashMap::new() };
    let mut first_bad = walk.leaves(tree.size)?;
    let root = root(&walk.hashes);
    if first_bad.is_none() {
        first_bad = walk.nodes(tree.size, &root)?;
    }
    if first_bad.is_none() && store.unsound()?.is_some() {
        first_bad = Some(Bad { batch: "daohu.db".to_owned(), reason: "store_pages" });
    }
    let clock = if tree.clock_set { ClockKind::Set } else { ClockKind::System };
    Ok(LogCheck { tree_size: tree.size, root, batches: walk.batches, clock: clock.name(), first_bad })
}

struct Walk<'a> {
    store: &'a dyn Store,
    hashes: Vec<Hash>,
    batches: u64,
    /// The last number seen in each place's log.
    heads: BTreeMap<Place, u64>,
    /// For each device and number: the batch's own hash and the one it names before it.
    chains: HashMap<(Id, u64), (Hash, Hash)>,
}

impl Walk<'_> {
    fn leaves(&mut self, size: u64) -> Result<Option<Bad>, OfficeError> {
        let mut from = 0;
        while from < size {
            let page = self.store.leaves(from, PAGE)?;
            for row in &page {
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
        Ok(self.chain())
    }

    fn leaf(&mut self, row: &LeafRow) -> Result<Option<Bad>, OfficeError> {
        let hash = leaf_hash(&row.bytes);
        self.hashes.push(hash);
        if self.store.tree(&[(0, row.n)])?.hashes != [Some(hash)] {
            return Ok(Some(bad_leaf(row.n, "leaf_hash")));
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
        self.chains.insert((stored.device, stored.number), (stored.body_hash, header.previous));
        match self.items(row, &stored, leaf)? {
            Some(reason) => bad(reason),
            None => Ok(None),
        }
    }

    /// Checks that what the items became is stored as they were, and that the numbers in the places' logs are those of the leaf.
    fn items(&mut self, row: &LeafRow, stored: &BatchRow, leaf: &Leaf) -> Result<Option<&'static str>, OfficeError> {
        let changes = self.store.changes_of(row.n)?;
        let mut next: BTreeMap<Place, u64> = leaf.places.iter().map(|range| (range.place, range.first_seq)).collect();
        for range in &leaf.places {
            if range.first_seq != self.heads.get(&range.place).copied().unwrap_or(0) + 1 {
                return Ok(Some("place_numbers"));
            }
            self.heads.insert(range.place, range.last_seq);
        }
        for change in &changes {
            let Some(item) = usize::try_from(change.item).ok().and_then(|index| stored.items.get(index)) else {
                return Ok(Some("change_item"));
            };
            if !["ok", "ok_newer"].contains(&item.code.as_str()) {
                return Ok(Some("item_code"));
            }
            if change_hash(&change.bytes) != Some(item.hash) || change.hash != item.hash || change.record != item.record {
                return Ok(Some("change_hash"));
            }
            let seq = next.entry(item.place).or_default();
            if change.log != Some((item.place, *seq)) {
                return Ok(Some("log_row"));
            }
            *seq += 1;
        }
        let full = leaf.places.iter().all(|range| next.get(&range.place) == Some(&(range.last_seq + 1)));
        if !full {
            return Ok(Some("change_missing"));
        }
        self.others(row, stored, &changes.iter().map(|change| change.item).collect::<Vec<_>>())
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
                    if as_it_came.hash != item.hash || kept.record != item.record || kept.code != item.code {
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

    /// Checks that each batch names the hash of the one before it, where that one is here too.
    fn chain(&self) -> Option<Bad> {
        let mut numbers: Vec<&(Id, u64)> = self.chains.keys().collect();
        numbers.sort_unstable();
        numbers.into_iter().find_map(|(device, number)| {
            let (_, previous) = self.chains.get(&(*device, *number))?;
            let before = if *number == 1 { Some([0; 32]) } else { self.chains.get(&(*device, number - 1)).map(|(hash, _)| *hash) };
            let fits = before.is_none_or(|before| before == *previous);
            (!fits).then(|| Bad { batch: format!("{device}/{number}"), reason: "batch_chain" })
        })
    }

    /// Checks the stored nodes against the leaves: every complete subtree, then the root they give.
    fn nodes(&self, size: u64, expected: &Hash) -> Result<Option<Bad>, OfficeError> {
        let mut level = 1;
        while size >> level > 0 {
            let width = 1_usize << level;
            for (index, leaves) in (0_u64..).zip(self.hashes.chunks_exact(width)) {
                if self.store.tree(&[(level, index)])?.hashes != [Some(root(leaves))] {
                    return Ok(Some(bad_leaf(index << level, "tree_node")));
                }
            }
            level += 1;
        }
        let rebuilt = Tree::new(&StoredNodes(self.store), size).root()?;
        Ok((rebuilt != *expected).then(|| bad_leaf(size, "tree_root")))
    }
}

fn bad_leaf(n: u64, reason: &'static str) -> Bad {
    Bad { batch: format!("leaf {n}"), reason }
}
