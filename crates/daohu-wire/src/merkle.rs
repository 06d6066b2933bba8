//! The hash tree of RFC 6962 over SHA-256: roots, inclusion and consistency proofs, and a tree that lives in a store.
//!
//! A store keeps only nodes of **complete** subtrees, named by (level, index): the node (l, i) covers the leaves
//! i·2^l up to (i+1)·2^l. They never change once written, so any earlier size of the tree can still be proved.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Returns SHA-256 over the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Returns the hash of a leaf: SHA-256(0x00 ‖ content).
#[must_use]
pub fn leaf_hash(content: &[u8]) -> Hash {
    sha256(&[&[0x00], content])
}

/// Returns the hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[0x01], left, right])
}

/// Returns the root of a tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Returns the root over leaf hashes in order.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// Returns the inclusion path of leaf `index`, or `None` where there is no such leaf.
#[must_use]
pub fn inclusion_path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (inclusion_path(left, index)?, root(right)),
        Some(in_right) => (inclusion_path(right, in_right)?, root(left)),
    };
    path.push(sibling);
    Some(path)
}

/// A root that grows leaf by leaf and keeps one hash a level: for logs that are read as a stream.
#[derive(Debug, Clone, Default)]
pub struct GrowingRoot {
    size: u64,
    /// Roots of the complete subtrees, the largest first: one for each bit of the size.
    peaks: Vec<Hash>,
}

impl GrowingRoot {
    /// Adds the hash of the next leaf and returns the nodes that it completes, the leaf's own first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        let mut completed = vec![node];
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(&left, &node.hash) };
                completed.push(node);
            }
        }
        self.peaks.push(node.hash);
        self.size += 1;
        completed
    }

    /// Returns how many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root over the leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        let fold = |right: Option<Hash>, left: &Hash| Some(right.map_or(*left, |right| node_hash(left, &right)));
        self.peaks.iter().rev().fold(None, fold).unwrap_or_else(empty_root)
    }
}

/// Returns the largest power of two below `leaves`, which is at least two.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

/// Says whether `path` proves that `leaf` is leaf `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2).
///
/// The size is part of what is known already (the signed head names it with the root); a path alone does not prove a size.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Says whether `path` proves that the tree `old` is the beginning of the tree `new`, each given as (size, root)
/// (RFC 9162, 2.1.4.2).
///
/// The empty tree is the beginning of every tree, with an empty path.
#[must_use]
pub fn verify_consistency(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return false;
    }
    if old_size == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // A complete old tree is itself the first hash and is not sent.
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, path)
    } else {
        let Some((first, rest)) = path.split_first() else { return false };
        (first, rest)
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// Gives the nodes of complete subtrees that a store keeps.
pub trait NodeSource {
    /// What can go wrong in the store.
    type Error;

    /// Returns the hash of the complete subtree `index` at `level`.
    ///
    /// # Errors
    /// When the store fails or does not hold the node; it asks only for nodes that [`Tree::append`] returned.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// One node to keep: the hash of the complete subtree `index` at `level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The height over the leaves; leaves are level 0.
    pub level: u32,
    /// The position among the complete subtrees of this level.
    pub index: u64,
    /// The hash.
    pub hash: Hash,
}

/// A tree of `size` leaves over the nodes of a store.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a, S> {
    source: &'a S,
    size: u64,
}

impl<'a, S: NodeSource> Tree<'a, S> {
    /// Looks at the first `size` leaves of a store.
    pub const fn new(source: &'a S, size: u64) -> Self {
        Self { source, size }
    }

    /// Returns the number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the nodes to keep when `leaf` (a leaf hash) is added to the end: the leaf and every subtree it completes.
    ///
    /// Reads and writes O(log n) nodes. The caller keeps them and then looks at a tree of one leaf more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn append(&self, leaf: Hash) -> Result<Vec<Node>, S::Error> {
        let mut newest = Node { level: 0, index: self.size, hash: leaf };
        let mut nodes = vec![newest];
        while newest.index & 1 == 1 {
            let left = self.source.node(newest.level, newest.index - 1)?;
            newest = Node { level: newest.level + 1, index: newest.index >> 1, hash: node_hash(&left, &newest.hash) };
            nodes.push(newest);
        }
        Ok(nodes)
    }

    /// Returns the root.
    ///
    /// # Errors
    /// When the store fails.
    pub fn root(&self) -> Result<Hash, S::Error> {
        if self.size == 0 { Ok(empty_root()) } else { self.range(0, self.size) }
    }

    /// Returns the path that proves leaf `index`, or `None` where there is no such leaf.
    ///
    /// # Errors
    /// When the store fails.
    pub fn inclusion_path(&self, index: u64) -> Result<Option<Vec<Hash>>, S::Error> {
        if index >= self.size {
            return Ok(None);
        }
        let (mut from, mut len) = (0, self.size);
        let mut path = Vec::new();
        while len > 1 {
            let left = split_u64(len);
            if index < from + left {
                path.push(self.range(from + left, len - left)?);
                len = left;
            } else {
                path.push(self.range(from, left)?);
                (from, len) = (from + left, len - left);
            }
        }
        path.reverse();
        Ok(Some(path))
    }

    /// Returns the path that proves that the first `old_size` leaves are the beginning of this tree, or `None` where they
    /// are more than there are.
    ///
    /// # Errors
    /// When the store fails.
    pub fn consistency_path(&self, old_size: u64) -> Result<Option<Vec<Hash>>, S::Error> {
        if old_size > self.size {
            return Ok(None);
        }
        if old_size == 0 || old_size == self.size {
            return Ok(Some(Vec::new()));
        }
        let (mut from, mut len) = (0, self.size);
        let mut path = Vec::new();
        // Walk down to the subtree that ends where the old tree ends.
        while from + len != old_size {
            let left = split_u64(len);
            if old_size <= from + left {
                path.push(self.range(from + left, len - left)?);
                len = left;
            } else {
                path.push(self.range(from, left)?);
                (from, len) = (from + left, len - left);
            }
        }
        // From zero on it is the whole old tree, whose root the asker holds already.
        if from > 0 {
            path.push(self.range(from, len)?);
        }
        path.reverse();
        Ok(Some(path))
    }

    /// Returns the hash over `len` ≥ 1 leaves from `from` on, as they hang together in a tree that begins at `from`.
    fn range(&self, from: u64, len: u64) -> Result<Hash, S::Error> {
        // From the right, so that the smallest complete subtree comes first.
        let mut left = len;
        let mut hash: Option<Hash> = None;
        while left > 0 {
            let level = left.trailing_zeros();
            left -= 1 << level;
            let node = self.source.node(level, (from + left) >> level)?;
            hash = Some(hash.map_or(node, |right| node_hash(&node, &right)));
        }
        Ok(hash.unwrap_or_else(empty_root))
    }
}

/// Returns the largest power of two below `len`, which is at least two.
const fn split_u64(len: u64) -> u64 {
    1 << (63 - (len - 1).leading_zeros())
}
