//! Golden bytes: what docs/protocol-vectors/ promises to third parties is what this build writes and reads, byte for byte.
//!
//! A vector that changes is a broken promise: bump a version and add a file, do not edit one.

use crate::fixture::{
    NOON_MS, REAL_CHANGE, answer, batch, device, device_key, enrol_answer, enrol_request, head, holdings, id, items, leaf, log_key,
    log_leaves, pack_chunk, pack_offer, receipt, repair_answer, repair_request, request, seal_key, sealed_value, thumbs_answer,
    thumbs_request, village,
};
use crate::log_files::golden_log;
use daohu_wire::{
    EnrolAnswer, EnrolRequest, ItemStatus, Receipt, SyncAnswer, SyncRequest, ThumbsAnswer, ThumbsRequest,
    batch::{Batch, header_of, verified_header},
    batch_file, change_hash,
    head::{ClockKind, SignedHead},
    leaf::Leaf,
    log_file::check,
    merkle::sha256,
    pack::{self, PackChunk, PackOffer},
    receipt::{from_file, to_file},
    reconcile,
    repair::{RepairAnswer, RepairRequest},
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

fn pack_vector() -> Value {
    let offer = pack_offer();
    let body = hex::decode(GOLDEN_CHUNK_BODY).expect("hex");
    json!({
        "what": "a chunk of a pack: cbor, one possible zstd frame around it with its hash, and the offer that names two chunks (key 16 of an answer holds an array of such)",
        "path": pack::path(village(), 1, offer.seq, 0), "cbor": h(pack_chunk().to_cbor()), "body": h(&body), "body_sha256": h(sha256(&[&body])),
        "offer": h(offer.to_cbor()),
    })
}

fn thumbs_vector() -> Value {
    json!({
        "what": "question and answer of POST /v1/blobs/thumbs for two thumbnails (SHA-256 of `one` and of `two`), of which the device may have the second",
        "request": h(thumbs_request()), "answer": h(thumbs_answer().to_cbor().expect("it is small")),
    })
}

/// What one version of zstd made of the chunk; every version must read it.
const GOLDEN_CHUNK_BODY: &str = concat!(
    "28b52ffd20cdfd0300b405a40101026c36313038303232303932303103828250016b2036f10072d292d232b23273d393d37333b33304838571018101001b",
    "0000ed18f64b856f4a8375c8fd04010101008072028202013903e7811a006dd5305e98aaa80101020e20600217e0038b403c10228db165bd21e320370f32",
    "4806609041008fa110f0509c",
);

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

/// The part of a `.dhb` file as one version of zstd made it; every version must open it.
const GOLDEN_PART: &str = concat!(
    "444842310000022c402802aae25501861e6da002ef9f3e105b9296c3e3c90c92e600ec9a0ff52657911dfbac175571d0079953d3f6d216a0225e263f",
    "0e4ffd76edf56828207a199a476345cdb2825b8defb6b97a6978f5f438fb75122f2728cb743058e49df70d662ce53d507adb010713edc2ec58b76445",
    "b1de3115b602be69f65795bb39ad2be3f1c7f1752957f2a70da2f83255e2d346d6c5d8ea0a46c5f6aabdd03e987d5f6735438b7dacc180228b12c3ee",
    "81ea909331722b5b41f0329adf5d123ac32a2da28e264aaff33ebdc8e4e01066f076133c19a4c9dd91894ef14ec05bca4782d66f923a9a455ab02a8c",
    "135fc17d597e3e0eacf9623791cf1871b0cadf928bb581beb8d38a61842652a04a2fabf2ac4dd469593e92b39325cfb479ca047c144ec3393f2e2de7",
    "9fb56d6544fadd4d59ab81b551ae224d7bcb57c92d93d0771380ba838e1a72563857763673cd4b571bd3e1f920ecc67b1bae24cce39546871b7a8cd9",
    "c9569e5368458d2b35eaf505fd631c1da3803da04b6f99f56da85a09b06ba30cd4a895fc6b2d73f43a079f4e263afc7e09aea8cb05d777e58384490e",
    "bbaf3c531b605b14c477f3c1410216f6b933b6eede9e26f72d62ba8053b02b3ec3fae314bd18016b77f8960a844f97d2d8409789ca43139352268163",
    "4c4d5c54b3b901edc65807dc6c8c18c6f18b3eb729a7a7e1202f4076ef663403afedf5d9d1c02798532f1e45d1f2abe3e810b625a30cae3b6658b5a3",
    "a834e6f1244821333e2f478ce0c7d04f68e6053c01b9f5cd",
);

fn batch_file_vector() -> Value {
    let code = ItemStatus { index: 1, code: "not_canonical".to_owned() };
    json!({
        "what": "a batch file (.dhb) with the batch of batch.json, sealed with the ephemeral secret 32 x 05 (another encoder may write another zstd frame inside), and the receipt file that goes back with a code of item 1",
        "seal_private_key": h(seal_key().bytes()), "file": GOLDEN_PART, "receipt_file": h(to_file(&[Receipt { codes: vec![code], ..receipt() }])),
    })
}

fn repair_vector() -> Value {
    let (one, two) = (reconcile::element(&id(0x11), &[[0x22; 32], [0x11; 32]]), reconcile::element(&id(0x12), &[[0x33; 32]]));
    json!({
        "what": "elements and digest of two records (the heads of the first are given unsorted), and question and answer of POST /v1/repair before compression",
        "records": [
            {"record": id(0x11).to_string(), "heads": [h([0x22; 32]), h([0x11; 32])], "element": h(one)},
            {"record": id(0x12).to_string(), "heads": [h([0x33; 32])], "element": h(two)},
        ],
        "digest": h(holdings().digest()), "request": h(repair_request().to_cbor()), "answer": h(repair_answer().to_cbor()),
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
        ("batch-file.json", batch_file_vector()),
        ("batch.json", batch_vector()),
        ("change-hash.json", change_hash_vector()),
        ("enrol.json", enrol_vector()),
        ("exported-log.json", exported_log_vector()),
        ("item-leaf.json", item_leaf_vector()),
        ("leaf.json", leaf_vector()),
        ("pack.json", pack_vector()),
        ("receipt.json", receipt_vector()),
        ("repair.json", repair_vector()),
        ("request-signature.json", request_signature_vector()),
        ("request.json", request_vector()),
        ("sealed-value.json", sealed_value_vector()),
        ("thumbs.json", thumbs_vector()),
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
    let file = golden("batch-file.json", "/file");
    let parts = batch_file::parts(&file);
    assert_eq!((parts.sealed.len(), parts.rest), (1, None));
    assert_eq!(batch_file::open_part(&seal_key(), parts.sealed[0]), Ok(vec![batch()]));
    assert_eq!(RepairRequest::from_cbor(&golden("repair.json", "/request")), Ok(repair_request()));
    assert_eq!(RepairAnswer::from_cbor(&golden("repair.json", "/answer")), Ok(repair_answer()));
    assert_eq!(ThumbsRequest::from_cbor(&golden("thumbs.json", "/request")).and_then(|asked| asked.to_cbor()), Ok(thumbs_request()));
    assert_eq!(ThumbsAnswer::from_cbor(&golden("thumbs.json", "/answer")), Ok(thumbs_answer()));
    assert_eq!(Leaf::from_cbor(&golden("leaf.json", "/batch/cbor")), Ok(leaf()));
    assert_eq!(PackChunk::from_cbor(&golden("pack.json", "/cbor")), Ok(pack_chunk()));
    assert_eq!(PackChunk::decode(&golden("pack.json", "/body")), Ok(pack_chunk()));
    assert_eq!(PackOffer::from_cbor(&golden("pack.json", "/offer")), Ok(pack_offer()));
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
