//! Checks an exported log with the log's public key alone, and names the first place where it is not what the log's key marked.

use super::{Entry, read_beginning, read_entry};
use crate::{
    batch::header_of,
    error::WireError,
    head::Head,
    leaf::{Leaf, LeafType},
    merkle::{GrowingRoot, Hash, sha256},
    sign::PublicKey,
};
use daohu_domain::{id::Id, place::Place};
use std::{
    collections::BTreeMap,
    io::{self, Read},
};

/// What a check of an exported log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFileCheck {
    /// The head the file begins with; none where it could not be read.
    pub head: Option<Head>,
    /// Batches among the leaves that fit.
    pub batches: u64,
    /// The first thing that does not fit.
    pub first_bad: Option<BadLeaf>,
}

/// What does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLeaf {
    /// The number of the leaf, from 0; none where the beginning of the file is at fault.
    pub leaf: Option<u64>,
    /// The batch as `device/number`, where the leaf is one and can be read.
    pub batch: Option<String>,
    /// Why, as a stable word.
    pub reason: &'static str,
}

/// Checks an exported log as a stream; memory does not grow with its length.
///
/// # Errors
/// When the stream fails. What is read and does not fit is in the answer.
pub fn check(mut from: impl Read, key: &PublicKey) -> io::Result<LogFileCheck> {
    let refused = |reason| LogFileCheck { head: None, batches: 0, first_bad: Some(BadLeaf { leaf: None, batch: None, reason }) };
    let head = match read_beginning(&mut from)? {
        Ok(head) => head,
        Err(WireError::TooNew(_)) => return Ok(refused("too_new")),
        Err(_) => return Ok(refused("not_a_log")),
    };
    if head.verify(key).is_err() {
        return Ok(refused("bad_signature"));
    }
    let mut walk = Walk { from, key, head: *head.head(), root: GrowingRoot::default(), order: Order::default(), batches: 0 };
    let first_bad = walk.all()?;
    Ok(LogFileCheck { head: Some(walk.head), batches: walk.batches, first_bad })
}

struct Walk<'a, R> {
    from: R,
    key: &'a PublicKey,
    head: Head,
    root: GrowingRoot,
    order: Order,
    batches: u64,
}

impl<R: Read> Walk<'_, R> {
    fn all(&mut self) -> io::Result<Option<BadLeaf>> {
        loop {
            let number = self.root.size();
            let entry = match read_entry(&mut self.from)? {
                Ok(Some(entry)) if number < self.head.size => entry,
                Ok(Some(_)) => return Ok(Some(bad(number, "leaf_added"))),
                Ok(None) if number == self.head.size => break,
                Ok(None) => return Ok(Some(bad(number, "leaf_removed"))),
                Err(_) => return Ok(Some(bad(number, "leaf_unreadable"))),
            };
            let (fits, after) = entry.follows(&self.root, &self.head, self.key);
            if !fits {
                return Ok(Some(self.why(&entry, &after)?));
            }
            if let Some(bad) = self.content(&entry) {
                return Ok(Some(bad));
            }
            self.root = after;
        }
        // Each leaf was marked under this head; its own root is then that of the last mark.
        Ok((self.root.root() != self.head.root).then(|| bad(self.head.size, "log_root")))
    }

    /// Says what happened at a leaf that the mark does not fit; reads on, since what follows tells.
    fn why(&mut self, entry: &Entry, after: &GrowingRoot) -> io::Result<BadLeaf> {
        let number = self.root.size();
        if entry.number < number {
            return Ok(bad(number, "leaf_added"));
        }
        if entry.number > number {
            while let Ok(Some(later)) = read_entry(&mut self.from)? {
                if later.number == number && later.follows(&self.root, &self.head, self.key).0 {
                    return Ok(bad(number, "leaf_moved"));
                }
            }
            return Ok(bad(number, "leaf_removed"));
        }
        let next = read_entry(&mut self.from)?.ok().flatten();
        let mark_alone = match &next {
            Some(next) => next.follows(after, &self.head, self.key).0,
            None => (after.size(), after.root()) == (self.head.size, self.head.root),
        };
        if mark_alone {
            return Ok(bad(number, "mark_changed"));
        }
        let added = next.is_some_and(|next| next.follows(&self.root, &self.head, self.key).0);
        Ok(bad(number, if added { "leaf_added" } else { "leaf_changed" }))
    }

    /// Checks what a leaf says: it is the one of this number, its batch's header belongs to it, and it goes on where the others ended.
    fn content(&mut self, entry: &Entry) -> Option<BadLeaf> {
        let number = self.root.size();
        if entry.number != number {
            return Some(bad(number, "leaf_changed"));
        }
        let Ok(leaf) = Leaf::from_cbor(&entry.leaf) else { return Some(bad(number, "leaf_unreadable")) };
        let reason = match leaf.typ {
            LeafType::Batch => {
                self.batches += 1;
                self.order.batch(&leaf, entry.batch.as_deref())
            }
            LeafType::AuditSegment => entry.batch.is_some().then_some("batch_added"),
            LeafType::ServerStart if entry.batch.is_some() => Some("batch_added"),
            LeafType::ServerStart => (leaf.start.is_none_or(|(key, _)| key != *self.key)).then_some("server_start"),
        };
        reason.map(|reason| BadLeaf {
            leaf: Some(number),
            batch: (leaf.typ == LeafType::Batch).then(|| format!("{}/{}", leaf.device, leaf.batch)),
            reason,
        })
    }
}

/// Where the logs of the places and the chains of the devices ended.
#[derive(Debug, Default)]
struct Order {
    places: BTreeMap<Place, u64>,
    devices: BTreeMap<Id, (u64, Hash)>,
}

impl Order {
    fn batch(&mut self, leaf: &Leaf, cose: Option<&[u8]>) -> Option<&'static str> {
        let Some(cose) = cose else { return Some("batch_missing") };
        if sha256(&[cose]) != leaf.body {
            return Some("batch_changed");
        }
        let Ok(header) = header_of(cose) else { return Some("batch_unreadable") };
        if (header.device, header.number) != (leaf.device, leaf.batch) {
            return Some("batch_number");
        }
        for range in &leaf.places {
            let last = self.places.insert(range.place, range.last_seq).unwrap_or(0);
            if range.first_seq != last + 1 || range.last_seq < range.first_seq {
                return Some("place_numbers");
            }
        }
        // Batches may come in any order, as files do; where one follows the other here, it names it.
        let before = self.devices.insert(leaf.device, (leaf.batch, leaf.body));
        let follows = before.is_none_or(|(number, hash)| leaf.batch != number + 1 || header.previous == hash);
        let first = leaf.batch != 1 || header.previous == [0; 32];
        (!follows || !first).then_some("batch_chain")
    }
}

fn bad(leaf: u64, reason: &'static str) -> BadLeaf {
    BadLeaf { leaf: Some(leaf), batch: None, reason }
}
