//! An exported log: with the log's public key alone, whatever was taken out, changed, moved or put in is found and its leaf named.
#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "helpers of tests over a log of a few leaves")]

use crate::fixture::{NOON_MS, device, device_key, id, items, log_key, village};
use daohu_wire::{
    batch::{Batch, BatchHeader},
    head::{ClockKind, SignedHead},
    leaf::{Leaf, PlaceRange},
    limits::LOG_ENTRY_BYTES_MAX,
    log_file::{LogFileCheck, LogWriter, check},
    merkle::{GrowingRoot, Hash, leaf_hash, root, sha256},
    sign::DeviceKey,
};
use std::io::Read;

/// The log of the golden file.
pub(crate) fn golden_log() -> Vec<u8> {
    written(&leaves(3), &log_key())
}

/// Leaves of a log: a start, then batches of one device, each with the numbers it took.
fn leaves(count: u64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let start = Leaf::server_start(NOON_MS, id(9), log_key().public(), ClockKind::System);
    let mut all = vec![(start.to_cbor(), None)];
    let mut previous: Hash = [0; 32];
    for number in 1..count {
        let batch = Batch::seal(&device_key(), BatchHeader::new(device(), number, previous, NOON_MS, Vec::new()), items()).unwrap();
        previous = sha256(&[&batch.cose]);
        let range = PlaceRange { place: village(), first_seq: number, last_seq: number };
        let leaf = Leaf::batch(previous, NOON_MS + 1000, vec![range], device(), number);
        all.push((leaf.to_cbor(), Some(batch.cose)));
    }
    all
}

fn written(leaves: &[(Vec<u8>, Option<Vec<u8>>)], key: &DeviceKey) -> Vec<u8> {
    let hashes: Vec<Hash> = leaves.iter().map(|(leaf, _)| leaf_hash(leaf)).collect();
    let head = SignedHead::sign(key, leaves.len() as u64, root(&hashes), NOON_MS, ClockKind::System).unwrap();
    let mut writer = LogWriter::begin(Vec::new(), key, &head).unwrap();
    for (leaf, batch) in leaves {
        writer.leaf(leaf, batch.as_deref()).unwrap();
    }
    let (bytes, length) = writer.finish().unwrap();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

/// The frames of a file: its beginning, then each entry.
fn frames(file: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut rest = &file[4..];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        all.push(frame.to_vec());
        rest = after;
    }
    all
}

fn joined(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"DHL1".to_vec();
    for frame in frames {
        file.extend((frame.len() as u32).to_be_bytes());
        file.extend(frame);
    }
    file
}

fn checked(file: &[u8]) -> LogFileCheck {
    check(file, &log_key().public()).unwrap()
}

/// The leaf and the reason of the first fault.
fn fault(frames: &[Vec<u8>]) -> (Option<u64>, &'static str) {
    let bad = checked(&joined(frames)).first_bad.expect("it is found");
    (bad.leaf, bad.reason)
}

const LEAVES: u64 = 9;

fn whole() -> Vec<Vec<u8>> {
    frames(&written(&leaves(LEAVES), &log_key()))
}

#[test]
fn a_growing_root_is_that_of_the_leaves_at_every_size() {
    let hashes: Vec<Hash> = (0..70_u8).map(|n| leaf_hash(&[n])).collect();
    let mut growing = GrowingRoot::default();
    for size in 0..hashes.len() {
        assert_eq!((growing.size(), growing.root()), (size as u64, root(&hashes[..size])));
        growing.push(hashes[size]);
    }
}

#[test]
fn a_whole_log_checks_with_the_public_key_alone() {
    let found = checked(&joined(&whole()));

    assert_eq!((found.first_bad, found.batches), (None, LEAVES - 1));
    assert_eq!(found.head.map(|head| head.size), Some(LEAVES));
}

#[test]
fn another_key_and_another_file_are_told_apart() {
    let file = joined(&whole());
    let reason = |file: &[u8], key: &DeviceKey| check(file, &key.public()).unwrap().first_bad.map(|bad| bad.reason);

    assert_eq!(reason(&file, &device_key()), Some("bad_signature"));
    assert_eq!(reason(b"PK\x03\x04 a zip", &log_key()), Some("not_a_log"));
    assert_eq!(reason(&file[..40], &log_key()), Some("not_a_log"));
    let mut newer = whole();
    newer[0][2] = 2;
    assert_eq!(reason(&joined(&newer), &log_key()), Some("too_new"));
}

#[test]
fn each_leaf_that_is_taken_out_is_named() {
    for n in 0..LEAVES {
        let mut frames = whole();
        frames.remove(n as usize + 1);
        assert_eq!(fault(&frames), (Some(n), "leaf_removed"));
    }
}

#[test]
fn each_two_neighbours_that_are_swapped_are_named() {
    for n in 0..LEAVES - 1 {
        let mut frames = whole();
        frames.swap(n as usize + 1, n as usize + 2);
        assert_eq!(fault(&frames), (Some(n), "leaf_moved"));
    }
}

#[test]
fn a_leaf_put_in_is_named_wherever_it_stands() {
    let other = frames(&written(&leaves(LEAVES + 3), &log_key()));
    for n in 0..=LEAVES {
        let mut twice = whole();
        let copy = twice[n.min(LEAVES - 1) as usize + 1].clone();
        twice.insert(n as usize + 1, copy);
        // At the same place stand two equal leaves: the second one is too many.
        assert_eq!(fault(&twice), (Some((n + 1).min(LEAVES)), "leaf_added"));

        let mut foreign = whole();
        foreign.insert(n as usize + 1, other[n as usize + 1].clone());
        assert_eq!(fault(&foreign), (Some(n), "leaf_added"));
    }
}

#[test]
fn a_log_cut_anywhere_is_named_where_it_ends() {
    let file = joined(&whole());
    let beginning = 4 + 4 + whole()[0].len();
    for length in beginning..file.len() {
        let bad = checked(&file[..length]).first_bad.expect("it is cut");
        assert!(["leaf_removed", "leaf_unreadable"].contains(&bad.reason), "{length}: {}", bad.reason);
        let complete = frames_within(&file[..length]);
        assert_eq!(bad.leaf, Some(complete), "{length}");
    }
}

fn frames_within(file: &[u8]) -> u64 {
    let (mut at, mut complete) = (4, 0);
    while let Some(length) = file.get(at..at + 4) {
        at += 4 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
        if at > file.len() {
            break;
        }
        complete += 1;
    }
    complete - 1
}

#[test]
fn every_byte_of_every_entry_is_covered_and_its_leaf_is_named() {
    let whole = whole();
    for n in 0..LEAVES {
        let frame = &whole[n as usize + 1];
        for byte in 0..frame.len() {
            let mut frames = whole.clone();
            frames[n as usize + 1][byte] ^= 1 << (byte % 8);
            let (leaf, reason) = fault(&frames);
            assert_eq!(leaf, Some(n), "leaf {n}, byte {byte}: {reason}");
        }
    }
}

#[test]
fn what_was_changed_is_said() {
    let turned = |n: usize, needle: &[u8]| {
        let mut frames = whole();
        let at = frames[n].windows(needle.len()).position(|window| window == needle).expect("it is there");
        frames[n][at + needle.len() - 1] ^= 1;
        fault(&frames)
    };
    let (leaf, batch) = leaves(LEAVES).remove(4);
    assert_eq!(turned(5, &leaf[leaf.len() - 20..]), (Some(4), "leaf_changed"));
    let batch = batch.unwrap();
    assert_eq!(turned(5, &batch[batch.len() - 20..]), (Some(4), "batch_changed"));
    let mark = &whole()[5][leaf.len() + 6..leaf.len() + 30];
    assert_eq!(turned(5, mark), (Some(4), "mark_changed"));
    let last = LEAVES as usize;
    let (leaf, _) = leaves(LEAVES).remove(last - 1);
    let mark = &whole()[last][leaf.len() + 6..leaf.len() + 30];
    assert_eq!(turned(last, mark), (Some(LEAVES - 1), "mark_changed"));
}

#[test]
fn a_log_cut_at_its_end_under_the_head_of_an_earlier_day_is_not_whole() {
    let earlier = frames(&written(&leaves(5), &log_key()));
    let mut frames = whole();
    frames.truncate(6);
    frames[0] = earlier[0].clone();

    assert_eq!(fault(&frames), (Some(0), "leaf_changed"), "the marks name the later head");
}

#[test]
fn a_log_that_its_own_key_signed_with_a_hole_in_it_is_named() {
    let mut holed = leaves(LEAVES);
    holed.remove(4);
    let bad = checked(&written(&holed, &log_key())).first_bad.unwrap();
    assert_eq!((bad.leaf, bad.reason), (Some(4), "place_numbers"));
    assert_eq!(bad.batch, Some(format!("{}/5", device())));

    let mut other = leaves(LEAVES);
    let again = Batch::seal(&device_key(), BatchHeader::new(device(), 4, [7; 32], NOON_MS, Vec::new()), items()).unwrap();
    let range = PlaceRange { place: village(), first_seq: 4, last_seq: 4 };
    let leaf = Leaf::batch(sha256(&[&again.cose]), NOON_MS, vec![range], device(), 4);
    other[4] = (leaf.to_cbor(), Some(again.cose));
    let bad = checked(&written(&other, &log_key())).first_bad.unwrap();
    assert_eq!((bad.leaf, bad.reason), (Some(4), "batch_chain"));
}

#[test]
fn an_entry_longer_than_any_may_be_is_not_read() {
    let mut file = joined(&whole()[..1]);
    file.extend((LOG_ENTRY_BYTES_MAX as u32 + 1).to_be_bytes());
    let endless = file.as_slice().chain(std::io::repeat(0));

    let found = check(endless, &log_key().public()).unwrap();

    assert_eq!(found.first_bad.map(|bad| bad.reason), Some("leaf_unreadable"));
}
