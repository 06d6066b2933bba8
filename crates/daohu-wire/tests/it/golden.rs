//! Golden bytes: what docs/protocol-vectors/ promises to third parties is what this build writes and reads, byte for byte.
//!
//! A vector that changes is a broken promise: bump a version and add a file, do not edit one.

use crate::fixture::{
    NOON_MS, REAL_CHANGE, answer, batch, device, device_key, enrol_answer, enrol_request, head, id, items, leaf, log_key, log_leaves,
    receipt, request, seal_key, sealed_value, village,
};
use crate::log_files::golden_log;
use daohu_wire::{
    EnrolAnswer, EnrolRequest, SyncAnswer, SyncRequest,
    batch::{Batch, header_of, verified_header},
    change_hash,
    head::{ClockKind, SignedHead},
    leaf::Leaf,
    log_file::check,
    receipt::{from_file, to_file},
    request_signature::{RequestSignature, SeenRequest},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol-vectors")
}

fn h(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn change_hash_vector() -> Value {
    let bytes = hex::decode(REAL_CHANGE).expect("the fixture is sound");
    json!({
        "what": "the hash of a raw Automerge change chunk: SHA-256 over everything behind the checksum",
        "change": h(&bytes), "magic": h(&bytes[..4]), "checksum": h(&bytes[4..8]), "hashed": h(&bytes[8..]),
        "change_hash": h(change_hash(&bytes).expect("the fixture is sound")),
    })
}

fn item_leaf_vector() -> Value {
    let items = items();
    let of = |index: usize| {
        let item = &items[index];
        json!({"type": item.typ, "record": item.record.to_string(), "place": item.place.to_string(), "bytes": h(&item.bytes),
            "h": h(item.hash), "leaf": h(item.leaf())})
    };
    json!({"what": "leaf hashes of the three items of batch.json, in its order", "items": [of(0), of(1), of(2)]})
}

fn sealed_value_vector() -> Value {
    let value = sealed_value();
    json!({
        "what": "a sealed value (item type 2), HPKE base mode, info daohu/value/1, aad = record 16 bytes, then the field",
        "seal_private_key": h(seal_key().bytes()), "seal_public_key": h(seal_key().public()),
        "record": id(0x11).to_string(), "field": value.field, "salt": h((0..16).collect::<Vec<u8>>()), "value_utf8": "13800000000",
        "commitment": h(value.commitment), "ciphertext": h(&value.ciphertext), "item_bytes": h(value.to_bytes()), "h": h(value.hash()),
    })
}

fn batch_vector() -> Value {
    let whole = batch();
    let header = whole.header().expect("the fixture is sound");
    json!({
        "what": "a signed batch: cose is the COSE_Sign1 over the header (aad daohu/batch/1), batch is the whole as it stands in a request",
        "device_seed": h(device_key().seed()), "device_public_key": h(device_key().public()), "kid": h(device().as_bytes()),
        "device": device().to_string(), "number": header.number, "previous": h(header.previous), "root": h(header.root),
        "count": header.count, "device_clock_ms": header.device_clock_ms, "schema": header.schema,
        "cose": h(&whole.cose), "body_hash": h(whole.body_hash()), "batch": h(whole.to_bytes()),
    })
}

fn leaf_vector() -> Value {
    let start = Leaf::server_start(NOON_MS, id(0x5e), log_key().public(), ClockKind::Set);
    json!({
        "what": "leaves of the log: hash = SHA-256(0x00, then the CBOR)",
        "batch": {"cbor": h(leaf().to_cbor()), "hash": h(leaf().hash())},
        "server_start": {"cbor": h(start.to_cbor()), "hash": h(start.hash())},
    })
}

fn tree_head_vector() -> Value {
    let told = *head().head();
    json!({
        "what": "a signed tree head (aad daohu/head/1) over a log of five leaves",
        "log_seed": h(log_key().seed()), "log_public_key": h(log_key().public()), "key_id": h(told.key_id),
        "leaf_hashes": log_leaves().iter().map(h).collect::<Vec<_>>(),
        "size": told.size, "root": h(told.root), "time_ms": told.time_ms, "clock": told.clock.name(), "cose": h(head().cose()),
    })
}

fn receipt_vector() -> Value {
    json!({
        "what": "a receipt file (.dhr) with one receipt: the batch of batch.json is leaf 2 of the log of tree-head.json, items 0 and 2 are proved",
        "log_public_key": h(log_key().public()), "file": h(to_file(&[receipt()])),
        "says": {"device": device().to_string(), "batch": 7, "received_at_ms": leaf().received_at_ms, "tree_size": 5},
    })
}

fn exported_log_vector() -> Value {
    json!({
        "what": "an exported log (.dhl) of three leaves: a server start and two batches of one device",
        "log_public_key": h(log_key().public()), "file": h(golden_log()), "says": {"tree_size": 3, "batches": 2},
    })
}

fn request_vector() -> Value {
    json!({
        "what": "the body of POST /v1/sync: cbor, and one possible zstd frame around it (another encoder may write another frame)",
        "cbor": h(request().to_cbor()), "body": GOLDEN_REQUEST_BODY,
    })
}

fn answer_vector() -> Value {
    json!({"what": "the body of the answer of POST /v1/sync before compression", "cbor": h(answer().to_cbor())})
}

const SEEN: SeenRequest<'static> = SeenRequest { method: "POST", path: "/v1/sync", body: b"a body" };

fn request_signature_vector() -> Value {
    let header = RequestSignature::sign(&device_key(), device(), 41, SEEN).expect("the fixture is sound");
    json!({
        "what": "the header daohu-signature (aad daohu/request/1, detached payload, counter under -65537)",
        "device_public_key": h(device_key().public()), "device": device().to_string(), "counter": 41,
        "method": SEEN.method, "path": SEEN.path, "body": h(SEEN.body), "header": header,
    })
}

fn enrol_vector() -> Value {
    json!({
        "what": "the bodies of POST /v1/enrol: the request is a COSE_Sign1 of the device's new key (aad daohu/enrol/1)",
        "request": h(enrol_request().seal(&device_key()).expect("the fixture is sound")), "answer": h(enrol_answer().encode()),
    })
}

/// What one version of zstd made of the request; every version must read it.
const GOLDEN_REQUEST_BODY: &str = concat!(
    "28b52ffd60be01fd1000f41eaa0150016b2036f10071d191d1028201010303041b00000501060c078603001901291903ee011bff081a0001000009818358",
    "ec8455a2012704a05890a807035820aa045820c38df5f5be5fc1bacaceab5ef3a0ab15f39e647ac6a5c84e9f0124a401cbd24c0503060701088283016d33",
    "653761386331652d626f6f7481821b1095001913888302636e6f778058407d2a53edbf9a618c8679ae7ea3af3f7572471ba7048bc921582bcef0cf9bc87c",
    "7bd955cff82e562f82d238e7e20a2676ffd5264c4f1312b49bc3203ce25fab07826c3631303830323230393230313030308383119111005886856f4a83fa",
    "bbdb6a017c0010220101d0f5d7e705000006151b340142025606572e70027c046b696e64046d6f6465096e61727261746976650573746172740404017c56",
    "46f603697669736974686f6d65e585a5e688b7e4ba86e8a7a3e68385e586b52ce5aea3e4bca0e694bfe7ad96809c9385b22d040072129212015050b6fb18",
    "01067365636f6e648476836570686f6e655820b858217e26a90b53c306627c2197e762407f0fc6f84ccf354791f40799b67601584b1d682f8bb8b6fea684",
    "a63bd478009bc62050d365c18a68803261a055b162925e9d07e47af80db9c366fc6f5c444acd2b771e1db0aa17fb103f9fcedc232a98307bb53108f43dba",
    "33574c0c020a820458204411003ede4442cbdf3101e383548f210cd0013e1cdc90e7c1dc48686b3e19ede18d1e23219b30579c5b3d3132802f",
);

fn vectors() -> Vec<(&'static str, Value)> {
    vec![
        ("answer.json", answer_vector()),
        ("batch.json", batch_vector()),
        ("change-hash.json", change_hash_vector()),
        ("enrol.json", enrol_vector()),
        ("exported-log.json", exported_log_vector()),
        ("item-leaf.json", item_leaf_vector()),
        ("leaf.json", leaf_vector()),
        ("receipt.json", receipt_vector()),
        ("request-signature.json", request_signature_vector()),
        ("request.json", request_vector()),
        ("sealed-value.json", sealed_value_vector()),
        ("tree-head.json", tree_head_vector()),
    ]
}

#[test]
fn every_golden_file_holds_the_bytes_that_this_build_writes() {
    for (name, now) in vectors() {
        let kept = fs::read_to_string(folder().join(name)).unwrap_or_default();
        let written = format!("{}\n", serde_json::to_string_pretty(&now).unwrap());
        assert_eq!(kept, written, "docs/protocol-vectors/{name}");
    }
}

#[test]
fn there_is_no_golden_file_that_no_test_checks() {
    let mut kept: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.ends_with(".json"))
        .collect();
    kept.sort();
    assert_eq!(kept, vectors().into_iter().map(|(name, _)| name).collect::<Vec<_>>());
}

/// Reads one hex string out of a golden file.
fn golden(name: &str, path: &str) -> Vec<u8> {
    let file: Value = serde_json::from_str(&fs::read_to_string(folder().join(name)).expect("the file")).expect("JSON");
    hex::decode(file.pointer(path).and_then(Value::as_str).expect("a hex string")).expect("hex")
}

#[test]
fn every_golden_frame_is_still_read() {
    assert_eq!(SyncRequest::from_cbor(&golden("request.json", "/cbor")), Ok(request()));
    assert_eq!(SyncRequest::decode(&golden("request.json", "/body")), Ok(request()));
    assert_eq!(SyncAnswer::from_cbor(&golden("answer.json", "/cbor")), Ok(answer()));
    assert_eq!(Batch::from_bytes(&golden("batch.json", "/batch")), Ok(batch()));
    assert_eq!(Leaf::from_cbor(&golden("leaf.json", "/batch/cbor")), Ok(leaf()));
    assert_eq!(SignedHead::from_cose(&golden("tree-head.json", "/cose")), Ok(head()));
    assert_eq!(from_file(&golden("receipt.json", "/file")), Ok(vec![receipt()]));
    assert_eq!(EnrolRequest::open(&golden("enrol.json", "/request")), Ok(enrol_request()));
    assert_eq!(check(golden("exported-log.json", "/file").as_slice(), &log_key().public()).unwrap().first_bad, None);
    assert_eq!(EnrolAnswer::decode(&golden("enrol.json", "/answer")), Ok(enrol_answer()));
}

#[test]
fn every_golden_proof_still_verifies_with_the_golden_keys() {
    let log_key: [u8; 32] = golden("receipt.json", "/log_public_key").try_into().unwrap();
    let device_key: [u8; 32] = golden("batch.json", "/device_public_key").try_into().unwrap();
    let told = from_file(&golden("receipt.json", "/file")).unwrap();

    assert_eq!(told[0].verify(&log_key), header_of(&golden("batch.json", "/cose")));
    assert_eq!(verified_header(&told[0].cose, &device_key).unwrap().number, 7);
    assert_eq!((told[0].items[0].record, told[0].items[0].place), (id(0x11), village()));
    let signature: Value = serde_json::from_str(&fs::read_to_string(folder().join("request-signature.json")).unwrap()).unwrap();
    assert_eq!(RequestSignature::read(signature["header"].as_str().unwrap()).unwrap().verify(&device_key, SEEN), Ok(()));
}
