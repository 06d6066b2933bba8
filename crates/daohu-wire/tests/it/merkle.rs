//! The tree against known answers, against another implementation, and against every flipped bit.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use daohu_mutate::Numbers;
use daohu_wire::merkle::{
    Hash, Node, NodeSource, Tree, empty_root, inclusion_path, leaf_hash, node_hash, root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;
use std::{cell::Cell, collections::HashMap, convert::Infallible};

/// Nodes in memory, as a store keeps them: an unknown one is a broken promise of the tree.
#[derive(Default)]
struct Kept {
    nodes: HashMap<(u32, u64), Hash>,
    reads: Cell<usize>,
}

impl NodeSource for Kept {
    type Error = String;

    fn node(&self, level: u32, index: u64) -> Result<Hash, String> {
        self.reads.set(self.reads.get() + 1);
        self.nodes.get(&(level, index)).copied().ok_or_else(|| format!("node ({level}, {index}) was never written"))
    }
}

impl Kept {
    fn append(&mut self, size: u64, leaf: Hash) -> Result<usize, String> {
        let nodes: Vec<Node> = Tree::new(self, size).append(leaf)?;
        let written = nodes.len();
        for node in nodes {
            assert!(self.nodes.insert((node.level, node.index), node.hash).is_none(), "a node is written once");
        }
        Ok(written)
    }

    fn of(leaves: &[Hash]) -> Result<Self, String> {
        let mut kept = Self::default();
        for (size, leaf) in (0..).zip(leaves) {
            kept.append(size, *leaf)?;
        }
        Ok(kept)
    }
}

fn content(number: u64) -> Vec<u8> {
    format!("leaf {number}").into_bytes()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&content(number))).collect()
}

fn hash(text: &str) -> Hash {
    hex::decode(text).expect("hex").try_into().expect("32 bytes")
}

/// The eight leaves and roots of the test vectors of Certificate Transparency.
const KNOWN: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

fn known_leaves() -> Vec<Hash> {
    KNOWN.iter().map(|(leaf, _)| leaf_hash(&hex::decode(leaf).expect("hex"))).collect()
}

#[test]
fn roots_are_the_ones_of_the_certificate_transparency_vectors() {
    assert_eq!(empty_root(), hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    for (size, (_, expected)) in (1..).zip(KNOWN) {
        assert_eq!(root(&known_leaves()[..size]), hash(expected), "size {size}");
    }
}

#[test]
fn inclusion_paths_are_the_ones_of_the_certificate_transparency_vectors() {
    let leaves = known_leaves();
    let expected = |path: &[&str]| Some(path.iter().map(|node| hash(node)).collect::<Vec<_>>());

    assert_eq!(inclusion_path(&leaves[..1], 0), expected(&[]));
    assert_eq!(
        inclusion_path(&leaves, 0),
        expected(&[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ])
    );
    assert_eq!(
        inclusion_path(&leaves, 5),
        expected(&[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(inclusion_path(&leaves[..3], 2), expected(&["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]));
}

#[test]
fn consistency_paths_are_the_ones_of_the_certificate_transparency_vectors() -> Result<(), String> {
    let kept = Kept::of(&known_leaves())?;
    let path = |old, new| Tree::new(&kept, new).consistency_path(old);
    let expected = |path: &[&str]| Some(path.iter().map(|node| hash(node)).collect::<Vec<_>>());

    assert_eq!(
        path(1, 8)?,
        expected(&[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ])
    );
    assert_eq!(
        path(6, 8)?,
        expected(&[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        path(2, 5)?,
        expected(&[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ])
    );
    Ok(())
}

#[test]
fn every_size_agrees_with_another_implementation() -> Result<(), String> {
    let mut kept = Kept::default();
    let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=300_u64 {
        kept.append(size - 1, leaf_hash(&content(size - 1)))?;
        oracle.push(content(size - 1));
        let tree = Tree::new(&kept, size);

        assert_eq!(tree.root()?.as_slice(), oracle.root().as_bytes().as_slice(), "root of {size}");
        for index in [0, size / 3, size / 2, size - 1] {
            let ours = tree.inclusion_path(index)?.expect("it exists").concat();
            let theirs = oracle.prove_inclusion(usize::try_from(index).expect("small"));
            assert_eq!(ours, theirs.as_bytes(), "leaf {index} of {size}");
        }
        for old in [1, size / 3, size / 2, size - 1].into_iter().filter(|old| (1..size).contains(old)) {
            let ours = tree.consistency_path(old)?.expect("it exists").concat();
            let theirs = oracle.prove_consistency(usize::try_from(size - old).expect("small"));
            assert_eq!(ours, theirs.as_bytes(), "{old} to {size}");
        }
    }
    Ok(())
}

#[test]
fn the_kept_tree_and_the_plain_functions_are_one_tree_at_every_size() -> Result<(), String> {
    let all = leaves(70);
    let kept = Kept::of(&all)?;
    for size in 0..=70_u64 {
        let tree = Tree::new(&kept, size);
        let part = &all[..usize::try_from(size).expect("small")];
        assert_eq!(tree.size(), size);
        assert_eq!(tree.root()?, root(part));
        for index in 0..=size {
            assert_eq!(tree.inclusion_path(index)?, inclusion_path(part, usize::try_from(index).expect("small")));
        }
    }
    Ok(())
}

#[test]
fn every_proof_of_every_small_tree_verifies_and_no_other_leaf_does() -> Result<(), String> {
    let all = leaves(40);
    let kept = Kept::of(&all)?;
    for size in 1..=40_u64 {
        let tree = Tree::new(&kept, size);
        let root = tree.root()?;
        for index in 0..size {
            let path = tree.inclusion_path(index)?.expect("it exists");
            for (position, leaf) in (0..size).zip(&all) {
                assert_eq!(verify_inclusion(leaf, index, size, &path, &root), position == index, "leaf {position} as {index} of {size}");
            }
        }
        for old in 0..=size {
            let old_root = Tree::new(&kept, old).root()?;
            let path = tree.consistency_path(old)?.expect("it exists");
            assert!(verify_consistency((old, &old_root), (size, &root), &path), "{old} to {size}");
        }
        assert_eq!(tree.consistency_path(size + 1)?, None);
    }
    Ok(())
}

#[test]
fn appending_reads_and_writes_a_logarithm_of_nodes() -> Result<(), String> {
    let mut kept = Kept::default();
    for size in 0..1024_u64 {
        kept.reads.set(0);
        let written = kept.append(size, leaf_hash(&content(size)))?;
        assert_eq!(written, usize::try_from((size + 1).trailing_zeros()).expect("small") + 1, "writes at {size}");
        assert_eq!(kept.reads.get(), written - 1, "reads at {size}");
    }
    kept.reads.set(0);
    Tree::new(&kept, 1023).inclusion_path(511)?;
    assert!(kept.reads.get() <= 100, "{} reads for one path", kept.reads.get());
    Ok(())
}

#[test]
fn what_is_not_there_has_no_proof() {
    struct Nothing;
    impl NodeSource for Nothing {
        type Error = Infallible;
        fn node(&self, _: u32, _: u64) -> Result<Hash, Infallible> {
            Ok([0; 32])
        }
    }
    let empty = Tree::new(&Nothing, 0);

    assert_eq!(empty.root(), Ok(empty_root()));
    assert_eq!(empty.inclusion_path(0), Ok(None));
    assert_eq!(empty.consistency_path(0), Ok(Some(Vec::new())));
    assert_eq!(empty.consistency_path(1), Ok(None));
    assert_eq!(inclusion_path(&[], 0), None);
    assert!(!verify_inclusion(&[1; 32], 0, 0, &[], &[1; 32]));
    assert!(!verify_inclusion(&[1; 32], 1, 1, &[], &[1; 32]));
    assert!(verify_inclusion(&[1; 32], 0, 1, &[], &[1; 32]));
}

#[test]
fn consistency_has_no_way_round() {
    let (three, four) = (leaves(3), leaves(4));
    let (old, new) = (root(&three), root(&four));
    let true_path = [four[2], four[3], node_hash(&four[0], &four[1])];

    assert!(verify_consistency((3, &old), (4, &new), &true_path));
    assert!(!verify_consistency((4, &new), (3, &old), &true_path), "a tree does not shrink");
    assert!(!verify_consistency((3, &old), (4, &new), &[]), "an empty path proves nothing");
    assert!(!verify_consistency((3, &old), (4, &new), &true_path[..2]), "a path that ends early");
    assert!(!verify_consistency((3, &old), (4, &new), &[&true_path[..], &[new]].concat()), "a path that goes on");
    assert!(!verify_consistency((3, &old), (3, &new), &[]), "one size, two roots");
    assert!(!verify_consistency((3, &old), (3, &old), &[old]), "one size needs no path");
    assert!(verify_consistency((0, &empty_root()), (4, &new), &[]));
    assert!(!verify_consistency((0, &old), (4, &new), &[]), "the empty tree has one root");
    assert!(!verify_consistency((0, &empty_root()), (4, &new), &[new]), "the empty tree needs no path");
    let of_two = node_hash(&four[0], &four[1]);
    assert!(verify_consistency((1, &four[0]), (2, &of_two), &[four[1]]));
    assert!(!verify_consistency((1, &four[0]), (4, &of_two), &[four[1]]), "a tree of two is none of four");
}

#[test]
fn a_leaf_and_a_node_never_have_one_hash() {
    let (left, right) = ([1; 32], [2; 32]);
    assert_ne!(leaf_hash(&[left, right].concat()), node_hash(&left, &right));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_flipped_bit_anywhere_in_an_inclusion_proof_fails(size in 1..=300_u64, seed: u64) {
        let mut random = Numbers(seed);
        let kept = Kept::of(&leaves(size)).map_err(TestCaseError::fail)?;
        let tree = Tree::new(&kept, size);
        let index = random.next() % size;
        let root = tree.root().map_err(TestCaseError::fail)?;
        let path = tree.inclusion_path(index).map_err(TestCaseError::fail)?.expect("it exists");
        let leaf = leaf_hash(&content(index));
        prop_assert!(verify_inclusion(&leaf, index, size, &path, &root));

        let bit = random.below(256);
        prop_assert!(!verify_inclusion(&flip(&leaf, bit), index, size, &path, &root));
        prop_assert!(!verify_inclusion(&leaf, index, size, &path, &flip(&root, bit)));
        prop_assert!(!verify_inclusion(&leaf, index ^ (1 << random.below(64)), size, &path, &root));
        for place in 0..path.len() {
            let mut bent = path.clone();
            bent[place] = flip(&bent[place], random.below(256));
            prop_assert!(!verify_inclusion(&leaf, index, size, &bent, &root), "hash {place}");
            let mut short = path.clone();
            short.remove(place);
            prop_assert!(!verify_inclusion(&leaf, index, size, &short, &root), "without hash {place}");
        }
        let long = [path.as_slice(), &[root]].concat();
        prop_assert!(!verify_inclusion(&leaf, index, size, &long, &root));
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_consistency_proof_fails(new in 1..=300_u64, seed: u64) {
        let mut random = Numbers(seed);
        let kept = Kept::of(&leaves(new)).map_err(TestCaseError::fail)?;
        let old = 1 + random.next() % new;
        let old_root = Tree::new(&kept, old).root().map_err(TestCaseError::fail)?;
        let new_root = Tree::new(&kept, new).root().map_err(TestCaseError::fail)?;
        let path = Tree::new(&kept, new).consistency_path(old).map_err(TestCaseError::fail)?.expect("it exists");
        prop_assert!(verify_consistency((old, &old_root), (new, &new_root), &path));

        let bit = random.below(256);
        prop_assert!(!verify_consistency((old, &flip(&old_root, bit)), (new, &new_root), &path));
        prop_assert!(!verify_consistency((old, &old_root), (new, &flip(&new_root, bit)), &path));
        for place in 0..path.len() {
            let mut bent = path.clone();
            bent[place] = flip(&bent[place], random.below(256));
            prop_assert!(!verify_consistency((old, &old_root), (new, &new_root), &bent), "hash {place}");
        }
    }
}

fn flip(hash: &Hash, bit: usize) -> Hash {
    let mut flipped = *hash;
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}
