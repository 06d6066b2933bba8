//! Receipts: they prove with the log's public key alone, and nothing else passes for one.

use crate::fixture::{batch, device, device_key, head, header, id, items, leaf, log_key, log_leaves, receipt, township};
use daohu_wire::{
    WireError,
    batch::{Batch, BatchHeader, verified_header},
    head::{ClockKind, SignedHead},
    leaf::{Leaf, LeafType},
    merkle::{inclusion_path, leaf_hash, root, sha256},
    receipt::{Receipt, from_file, to_file},
    sign::key_id,
};

fn code(receipt: &Receipt) -> &'static str {
    receipt.verify(&log_key().public()).expect_err("it is refused").code()
}

#[test]
fn a_receipt_verifies_with_the_logs_key_alone() {
    let header = receipt().verify(&log_key().public()).unwrap();
    assert_eq!((header.device, header.number), (device(), 7));
    assert_eq!((receipt().device(), receipt().batch()), (device(), 7));
    assert_eq!(header, verified_header(&receipt().cose, &device_key().public()).unwrap());
}

#[test]
fn a_file_of_receipts_comes_out_as_it_went_in() {
    let all = vec![receipt(), Receipt { items: Vec::new(), ..receipt() }];
    assert_eq!(from_file(&to_file(&all)), Ok(all));
    assert_eq!(from_file(&to_file(&[])), Ok(Vec::new()));
    assert_eq!(from_file(&receipt().to_bytes()).unwrap_err().code(), "bad_frame");
}

#[test]
fn a_receipt_signed_by_another_log_is_refused() {
    assert_eq!(receipt().verify(&device_key().public()).unwrap_err().code(), "bad_signature");
    let forged = SignedHead::sign(&device_key(), 5, root(&log_leaves()), 0, ClockKind::Set).unwrap();
    assert_eq!(code(&Receipt { head: forged, ..receipt() }), "bad_signature");
}

#[test]
fn every_part_of_a_receipt_counts() {
    let bent = |bend: &dyn Fn(&mut Receipt)| {
        let mut bent = receipt();
        bend(&mut bent);
        code(&bent)
    };
    assert_eq!(bent(&|r| r.index = 1), "bad_merkle_root");
    assert_eq!(bent(&|r| r.path[0][0] ^= 1), "bad_merkle_root");
    assert_eq!(bent(&|r| r.path.truncate(1)), "bad_merkle_root");
    assert_eq!(bent(&|r| r.leaf.received_at_ms -= 1), "bad_merkle_root", "the time of receipt");
    assert_eq!(bent(&|r| r.leaf.places[0].place = "610802209202".parse().unwrap()), "bad_merkle_root");
    assert_eq!(bent(&|r| r.leaf.places[1].last_seq += 1), "bad_merkle_root");
    assert_eq!(bent(&|r| r.leaf.device = id(1)), "bad_merkle_root");
    assert_eq!(bent(&|r| r.leaf.batch = 8), "bad_merkle_root");
    assert_eq!(bent(&|r| r.cose.truncate(0)), "bad_merkle_root", "without its batch it proves no batch");
    assert_eq!(bent(&|r| r.items[0].record = id(1)), "bad_merkle_root");
    assert_eq!(bent(&|r| r.items[0].place = township()), "bad_merkle_root");
    assert_eq!(bent(&|r| r.items[0].typ = 2), "bad_merkle_root");
    assert_eq!(bent(&|r| r.items[0].hash[31] ^= 1), "bad_merkle_root");
    assert_eq!(bent(&|r| r.items[1].index = 1), "bad_merkle_root");
    assert_eq!(bent(&|r| r.items[1].path[0][5] ^= 1), "bad_merkle_root");
}

/// A log whose third leaf says what it likes about our batch: even the log's key cannot vouch for that.
fn receipt_over(leaf: Leaf, cose: Vec<u8>) -> Result<Receipt, WireError> {
    let mut leaves = log_leaves();
    leaves[2] = leaf.hash();
    let head = SignedHead::sign(&log_key(), 5, root(&leaves), 0, ClockKind::System)?;
    let path = inclusion_path(&leaves, 2).ok_or(WireError::BadFrame("no such leaf"))?;
    Ok(Receipt { leaf, index: 2, path, head, cose, items: Vec::new(), codes: Vec::new() })
}

#[test]
fn a_leaf_must_speak_of_the_batch_beside_it() {
    let other = Batch::seal(&device_key(), BatchHeader { number: 8, ..header() }, items()).unwrap();
    let wrong_hash = receipt_over(leaf(), other.cose.clone()).unwrap();
    let wrong_number = receipt_over(Leaf { body: other.body_hash(), ..leaf() }, other.cose).unwrap();
    let wrong_device = receipt_over(Leaf { device: id(5), ..leaf() }, batch().cose).unwrap();

    for bent in [wrong_hash, wrong_number, wrong_device] {
        assert_eq!(bent.verify_inclusion(&log_key().public()), Ok(()), "the log holds it");
        assert_eq!(code(&bent), "bad_merkle_root");
    }
}

#[test]
fn a_leaf_of_another_type_is_no_receipt_for_a_batch() {
    let audit = receipt_over(Leaf { typ: LeafType::AuditSegment, ..leaf() }, batch().cose).unwrap();
    assert_eq!(audit.verify_inclusion(&log_key().public()), Ok(()));
    assert_eq!(code(&audit), "bad_frame");
}

#[test]
fn without_its_batch_a_receipt_still_proves_that_the_log_holds_the_leaf() {
    let short = Receipt { cose: Vec::new(), items: Vec::new(), ..receipt() };
    assert_eq!(short.verify_inclusion(&log_key().public()), Ok(()));
    assert_eq!(Receipt::from_bytes(&short.to_bytes()), Ok(short));
}

#[test]
fn the_leaf_is_spelled_out_in_the_contract() {
    let cbor = leaf().to_cbor();
    let mut spelled = vec![0xa6, 0x01, 0x01, 0x02, 0x58, 0x20];
    spelled.extend(batch().body_hash());
    spelled.extend([0x03, 0x1b]);
    spelled.extend(leaf().received_at_ms.to_be_bytes());
    spelled.extend([0x04, 0x82, 0x83, 0x6c]);
    spelled.extend(b"610802209000");
    spelled.extend([0x18, 41, 0x18, 41, 0x83, 0x6c]);
    spelled.extend(b"610802209201");
    spelled.extend([0x19, 0x03, 0xef, 0x19, 0x03, 0xf0, 0x05, 0x50]);
    spelled.extend(device().as_bytes());
    spelled.extend([0x06, 0x07]);

    assert_eq!(hex::encode(&cbor), hex::encode(&spelled));
    assert_eq!(leaf().hash(), sha256(&[&[0x00], &spelled]));
    assert_eq!(leaf().hash(), leaf_hash(&cbor));
}

#[test]
fn a_leaf_in_another_form_is_refused() {
    let cbor = leaf().to_cbor();
    assert_eq!(Leaf::from_cbor(&cbor), Ok(leaf()));
    // Type 1 written in two bytes.
    let longer = [&[0xa6, 0x01, 0x18, 0x01], &cbor[3..]].concat();
    assert_eq!(Leaf::from_cbor(&longer).unwrap_err().code(), "bad_frame");
    let unknown_key = [&[0xa7], &cbor[1..], &[0x18, 0x63, 0x00]].concat();
    assert_eq!(Leaf::from_cbor(&unknown_key).unwrap_err().code(), "bad_frame");
    let unknown_type = [&[0xa6, 0x01, 0x04], &cbor[3..]].concat();
    assert_eq!(Leaf::from_cbor(&unknown_type).unwrap_err().code(), "bad_frame");
}

#[test]
fn a_server_start_names_its_key_and_its_clock() {
    let start = Leaf::server_start(5, id(0x5e), log_key().public(), ClockKind::Set);
    assert_eq!(start.body, sha256(&[&log_key().public()]));
    assert_eq!(Leaf::from_cbor(&start.to_cbor()), Ok(start.clone()));
    for (typ, start) in [(LeafType::Batch, start.start), (LeafType::AuditSegment, start.start), (LeafType::ServerStart, None)] {
        let bent = Leaf { typ, start, ..leaf() };
        assert_eq!(Leaf::from_cbor(&bent.to_cbor()).unwrap_err().code(), "bad_frame", "{typ:?}");
    }
    let audit = Leaf { typ: LeafType::AuditSegment, places: Vec::new(), ..leaf() };
    assert_eq!(Leaf::from_cbor(&audit.to_cbor()), Ok(audit));
}

#[test]
fn a_head_says_what_was_signed_and_names_its_key() {
    let read = SignedHead::from_cose(head().cose()).unwrap();
    assert_eq!(read, head());
    let told = *read.head();
    assert_eq!((told.size, told.root, told.clock), (5, root(&log_leaves()), ClockKind::Set));
    assert_eq!(told.key_id, key_id(&log_key().public()));
    assert_eq!(key_id(&log_key().public())[..], sha256(&[&log_key().public()])[..8]);
    assert_eq!(read.verify(&log_key().public()), Ok(()));
    assert_eq!(read.verify(&device_key().public()).unwrap_err().code(), "bad_signature");
    assert_eq!((ClockKind::System.name(), ClockKind::Set.name()), ("system", "set"));
}
