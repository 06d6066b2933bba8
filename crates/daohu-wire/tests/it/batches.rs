//! Batches: what the signature covers, what the root covers, and what a change's hash is.

use crate::fixture::{
    NOON_MS, REAL_CHANGE, batch, boots, chunk, device, device_key, header, id, items, log_key, sealed_value, township, village,
};
use daohu_wire::{
    WireError,
    batch::{Anchor, Batch, BatchHeader, Boot, header_of, verified_header},
    change::content_hash,
    change_hash,
    item::{Item, item_leaf},
    limits::{BATCH_ITEMS_MAX, BATCH_RAW_BYTES_MAX, BOOTS_PER_BATCH_MAX, SCHEMA},
    merkle::{root, sha256, verify_inclusion},
};

fn code<T: std::fmt::Debug>(outcome: Result<T, WireError>) -> &'static str {
    outcome.expect_err("it is refused").code()
}

#[test]
fn a_sealed_batch_opens_with_what_was_sealed() {
    let opened = batch().open(&device_key().public()).unwrap();

    let leaves: Vec<_> = items().iter().map(Item::leaf).collect();
    assert_eq!(opened, BatchHeader { root: root(&leaves), count: 3, ..header() });
    assert_eq!((opened.device, opened.number, opened.schema), (device(), 7, SCHEMA));
    assert_eq!(batch().header(), Ok(opened));
}

#[test]
fn a_batch_is_the_same_bytes_every_time() {
    assert_eq!(batch().to_bytes(), batch().to_bytes());
    assert_eq!(Batch::from_bytes(&batch().to_bytes()), Ok(batch()));
}

#[test]
fn the_body_hash_covers_header_and_signature_but_not_the_items() {
    let whole = batch();
    assert_eq!(whole.body_hash(), sha256(&[&whole.cose]));
    assert_eq!(Batch { items: Vec::new(), ..whole.clone() }.body_hash(), whole.body_hash());
}

#[test]
fn another_key_opens_nothing() {
    assert_eq!(code(batch().open(&log_key().public())), "bad_signature");
    assert_eq!(code(verified_header(&batch().cose, &log_key().public())), "bad_signature");
    assert!(verified_header(&batch().cose, &device_key().public()).is_ok());
}

#[test]
fn every_flipped_bit_of_the_signed_header_is_noticed() {
    let whole = batch();
    for bit in 0..whole.cose.len() * 8 {
        let mut bent = whole.clone();
        bent.cose[bit / 8] ^= 1 << (bit % 8);
        assert!(bent.open(&device_key().public()).is_err(), "bit {bit}");
    }
}

#[test]
fn every_change_to_the_items_is_noticed() {
    let whole = batch();
    let public = device_key().public();
    let bent = |bend: &dyn Fn(&mut Vec<Item>)| {
        let mut items = whole.items.clone();
        bend(&mut items);
        let items = items.into_iter().map(|item| Item::new(item.typ, item.record, item.place, item.bytes)).collect();
        code(Batch { cose: whole.cose.clone(), items }.open(&public))
    };

    assert_eq!(bent(&|items| items.swap(0, 1)), "bad_merkle_root", "the order counts");
    assert_eq!(bent(&|items| drop(items.pop())), "bad_merkle_root", "the number counts");
    assert_eq!(bent(&|items| items.push(items[0].clone())), "bad_merkle_root");
    assert_eq!(bent(&|items| items[0].record = id(0x99)), "bad_merkle_root");
    assert_eq!(bent(&|items| items[0].place = township()), "bad_merkle_root");
    assert_eq!(bent(&|items| items[0].typ = 9), "bad_merkle_root");
    assert_eq!(bent(&|items| items[0].bytes = chunk(b"other")), "bad_merkle_root");
    for place in 0..items()[0].bytes.len() {
        assert_eq!(bent(&|items| items[0].bytes[place] ^= 1), "bad_merkle_root", "byte {place} of a change");
    }
    for place in 0..items()[2].bytes.len() {
        assert_eq!(bent(&|items| items[2].bytes[place] ^= 1), "bad_merkle_root", "byte {place} of a sealed value");
    }
}

#[test]
fn an_empty_or_oversized_batch_is_not_made() {
    let seal = |items| Batch::seal(&device_key(), header(), items);
    let small = |count: usize| vec![Item::change(id(1), village(), chunk(b"x")); count];

    assert_eq!(code(seal(Vec::new())), "bad_frame");
    assert!(seal(small(BATCH_ITEMS_MAX)).is_ok());
    assert_eq!(code(seal(small(BATCH_ITEMS_MAX + 1))), "too_big");
    assert!(seal(vec![Item::new(9, id(1), village(), vec![0; BATCH_RAW_BYTES_MAX])]).is_ok());
    assert_eq!(code(seal(vec![Item::new(9, id(1), village(), vec![0; BATCH_RAW_BYTES_MAX + 1])])), "too_big");
}

#[test]
fn only_batch_1_has_none_before_it() {
    let opened = |number: u64, previous: [u8; 32]| {
        let header = BatchHeader::new(device(), number, previous, NOON_MS, boots());
        Batch::seal(&device_key(), header, items()).unwrap().open(&device_key().public())
    };
    assert!(opened(1, [0; 32]).is_ok() && opened(2, [7; 32]).is_ok());
    assert_eq!((code(opened(0, [0; 32])), code(opened(2, [0; 32]))), ("bad_frame", "bad_frame"));
}

#[test]
fn a_batch_over_its_limits_is_not_read_either() {
    let read = |sizes: &[usize]| {
        let items = sizes.iter().map(|size| Item::new(9, id(1), village(), vec![0; *size])).collect();
        Batch::from_bytes(&Batch { cose: batch().cose, items }.to_bytes()).map(|read| read.items.len()).map_err(|error| error.code())
    };
    let half = BATCH_RAW_BYTES_MAX / 2;

    assert_eq!(read(&[BATCH_RAW_BYTES_MAX]), Ok(1));
    assert_eq!(read(&[half, half]), Ok(2));
    assert_eq!(read(&[half, half, 1]), Err("too_big"), "together");
    assert_eq!(read(&[BATCH_RAW_BYTES_MAX + 1]), Err("too_big"), "alone");
    assert_eq!(read(&vec![0; BATCH_ITEMS_MAX + 1]), Err("too_big"), "too many");
}

#[test]
fn a_header_over_its_limits_is_not_made() {
    let boots = |count: u32| (0..count).map(|number| Boot { number, id: "b".to_owned(), anchors: Vec::new() }).collect::<Vec<_>>();
    let seal = |boots| Batch::seal(&device_key(), BatchHeader { boots, ..header() }, items());
    let most = u32::try_from(BOOTS_PER_BATCH_MAX).unwrap();

    assert!(seal(boots(most)).is_ok());
    assert_eq!(code(seal(boots(most + 1))), "too_big");
    let of = |id: usize, anchors: usize| {
        let anchors = vec![Anchor { server_ms: 1, mono_ms: 1 }; anchors];
        seal(vec![Boot { number: 1, id: "b".repeat(id), anchors }]).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!((of(64, 16), of(65, 16), of(64, 17)), (Ok(()), Err("too_big"), Err("too_big")));
}

#[test]
fn a_kid_that_is_not_the_device_is_refused() {
    let (own, other) = (batch(), Batch::seal(&device_key(), BatchHeader { device: id(0xd9), ..header() }, items()).unwrap());
    let bent: Vec<u8> = replace(&own.cose, device().as_bytes(), id(0xd9).as_bytes());

    assert_eq!(header_of(&other.cose).unwrap().device, id(0xd9));
    assert_eq!(code(header_of(&bent)), "bad_signature");
}

/// Replaces the first occurrence only: the kid stands before the payload.
fn replace(bytes: &[u8], from: &[u8; 16], to: &[u8; 16]) -> Vec<u8> {
    let at = bytes.windows(16).position(|window| window == from).expect("it is there");
    [&bytes[..at], to, &bytes[at + 16..]].concat()
}

#[test]
fn each_item_has_a_path_under_the_signed_root() {
    let whole = batch();
    let header = whole.header().unwrap();
    for (index, item) in whole.items.iter().enumerate() {
        let path = whole.item_path(index).unwrap();
        assert!(verify_inclusion(&item.leaf(), index as u64, 3, &path, &header.root), "item {index}");
    }
    assert_eq!(whole.item_path(3), None);
}

#[test]
fn the_item_leaf_is_spelled_out_in_the_contract() {
    let item = Item::change(id(0x11), village(), hex::decode(REAL_CHANGE).unwrap());
    let hash = change_hash(&item.bytes).unwrap();
    let spelled = sha256(&[&[0x00, 0x01], id(0x11).as_bytes(), b"610802209201", &hash]);
    assert_eq!(item.leaf(), spelled);
    assert_eq!(item_leaf(1, &id(0x11), village(), &hash), spelled);

    let value = sealed_value();
    let hash = sha256(&[b"phone", &value.commitment, &sha256(&[&value.ciphertext])]);
    assert_eq!(Item::sealed(id(0x11), village(), &value).leaf(), sha256(&[&[0x00, 0x02], id(0x11).as_bytes(), b"610802209201", &hash]));
}

#[test]
fn an_item_of_an_unknown_type_travels_and_is_covered() {
    let unknown = Item::new(77, id(1), village(), b"later".to_vec());
    assert_eq!(unknown.hash, sha256(&[b"later"]));
    let sent = Batch::seal(&device_key(), header(), vec![unknown]).unwrap();

    let received = Batch::from_bytes(&sent.to_bytes()).unwrap();
    assert_eq!(received, sent);
    assert!(received.open(&device_key().public()).is_ok());
}

#[test]
fn the_change_hash_is_automerges() {
    let first = change_hash(&hex::decode(REAL_CHANGE).unwrap());
    let second = change_hash(
        &hex::decode(concat!(
            "856f4a83b028c245016201fabbdb6a0b2294269812b2f3cf696d9062e1210751c03b6916ae27865e26ed17102222222222222222222222",
            "22222222220205b4f6d7e705000008150634014202560257057002710273027f046d6f6465017f017f5670686f6e657f017f007f02"
        ))
        .unwrap(),
    );
    assert_eq!(first.map(hex::encode).unwrap(), "fabbdb6a0b2294269812b2f3cf696d9062e1210751c03b6916ae27865e26ed17");
    assert_eq!(second.map(hex::encode).unwrap(), "b028c2455f688982dcfe132df5972d37bafd5463943fc354a03e3256c0dca08c");
}

#[test]
fn bytes_that_are_not_exactly_one_change_have_no_change_hash() {
    let real = hex::decode(REAL_CHANGE).unwrap();
    for length in 0..real.len() {
        assert_eq!(change_hash(&real[..length]), None, "{length} bytes");
    }
    assert_eq!(change_hash(&[real.as_slice(), &[0]].concat()), None, "a byte behind it");
    for bit in 0..real.len() * 8 {
        let mut bent = real.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(change_hash(&bent), None, "bit {bit}");
    }
    let compressed = "856f4a8372dde86b022a63105046038c8c0c0c0c6ca2cc268c4e4c61cce113980b98ea194b18eb19ebdb8c124741e26002f50c00";
    assert_eq!(change_hash(&hex::decode(compressed).unwrap()), None, "a compressed chunk");
}

#[test]
fn a_length_of_two_groups_is_read_and_a_longer_form_of_it_is_not() {
    for length in [0, 1, 127, 128, 16_383, 16_384] {
        let body = vec![7; length];
        assert!(change_hash(&chunk(&body)).is_some(), "{length}");
    }
    let padded = |groups: &[u8], body: &[u8]| {
        let hashed = [&[1], groups, body].concat();
        let checksum = sha256(&[&hashed]);
        change_hash(&[&[0x85, 0x6f, 0x4a, 0x83], &checksum[..4], &hashed].concat())
    };
    assert!(padded(&[0x01], &[9]).is_some());
    assert_eq!(padded(&[0x81, 0x00], &[9]), None, "one, written longer than needed");
    assert_eq!(padded(&[0xff; 10], &[9]), None, "a length without end");
    assert_eq!(padded(&[0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], &[9]), None, "a length over 64 bits");
}

#[test]
fn what_is_no_change_is_covered_by_its_plain_hash() {
    assert_eq!(content_hash(b"noise"), sha256(&[b"noise"]));
    assert_eq!(content_hash(&hex::decode(REAL_CHANGE).unwrap()), change_hash(&hex::decode(REAL_CHANGE).unwrap()).unwrap());
    assert_eq!(Item::new(2, id(1), village(), b"noise".to_vec()).hash, sha256(&[b"noise"]));
}
