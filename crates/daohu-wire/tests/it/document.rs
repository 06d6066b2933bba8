//! docs/PROTOCOL.md does not lie: its limits are the ones of the source, and it names every vector, purpose and error code.

use daohu_wire::{limits, seal, sign};
use std::fs;

fn document() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PROTOCOL.md")).expect("the document")
}

/// Each limit with its name, so that a renamed one breaks the build.
macro_rules! named {
    ($($name:ident),* $(,)?) => { [$((stringify!($name), limits::$name as u64)),*] };
}

#[test]
fn every_limit_of_the_document_is_the_one_of_the_source() {
    let known = named![
        CHANGE_BYTES_MAX,
        DOCUMENT_BYTES_MAX,
        DOCUMENT_CHANGES_MAX,
        BATCH_ITEMS_MAX,
        BATCH_RAW_BYTES_MAX,
        BATCH_COMPRESSED_BYTES_MAX,
        BATCH_COSE_BYTES_MAX,
        BATCHES_PER_REQUEST_MAX,
        PLACES_PER_BATCH_MAX,
        BOOTS_PER_BATCH_MAX,
        ANCHORS_PER_BOOT_MAX,
        BOOT_ID_BYTES_MAX,
        REQUEST_BYTES_MAX,
        REQUEST_INFLATED_BYTES_MAX,
        ANSWER_BYTES_MAX,
        ANSWER_INFLATED_BYTES_MAX,
        ZSTD_FRAMES_MAX,
        CURSORS_MAX,
        PULLED_ITEMS_MAX,
        PACK_CHUNKS_MAX,
        PACK_CHUNK_CUT_BYTES,
        PACK_CHUNK_BYTES_MAX,
        PACK_CHUNK_INFLATED_BYTES_MAX,
        PACK_OFFER_BYTES_MAX,
        RECEIPTS_MAX,
        PLACES_MAX,
        DEVICES_MAX,
        PROOF_HASHES_MAX,
        ITEM_PROOFS_MAX,
        RECEIPTS_PER_FILE_MAX,
        RECEIPT_FILE_BYTES_MAX,
        HEAD_BYTES_MAX,
        LEAF_BYTES_MAX,
        LOG_ENTRY_BYTES_MAX,
        ENROL_BYTES_MAX,
        BATCH_FILE_BYTES_MAX,
        BATCH_FILE_PARTS_MAX,
        SEAL_BYTES,
        REPAIR_MESSAGE_BYTES_MAX,
        REPAIR_NEEDS_MAX,
        SIGNATURE_HEADER_BYTES_MAX,
        CODE_BYTES_MAX,
        NAME_BYTES_MAX,
        SLUG_BYTES_MAX,
        CONFIG_BYTES_MAX,
        SEALED_VALUE_BYTES_MAX,
        BLOB_BYTES_MAX,
        THUMB_BYTES_MAX,
        UPLOAD_DAY_BYTES_MAX,
        UPLOADS_OPEN_MAX,
        CHECKED_PART_BYTES_MAX,
        THUMBS_MAX,
        MAX_BYTES_FLOOR,
        MAX_BYTES_START,
        MAX_BYTES_CEILING,
    ];
    let document = document();
    for (name, value) in known {
        assert!(document.contains(&format!("| `{name}` | {value} |")), "{name} = {value}");
    }
    let rows = document.lines().filter(|line| line.starts_with("| `") && line.split('`').nth(1).is_some_and(is_constant)).count();
    assert_eq!(rows, known.len(), "the document has a limit that the source has not");
}

fn is_constant(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn the_document_names_every_vector() {
    let document = document();
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol-vectors")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(document.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn the_document_names_every_purpose_and_every_code() {
    let document = document();
    for purpose in [
        sign::AAD_BATCH,
        sign::AAD_REQUEST,
        sign::AAD_ENROL,
        sign::AAD_HEAD,
        sign::AAD_LOG,
        seal::INFO_FILE,
        seal::INFO_VALUE,
        seal::INFO_STORE_KEY,
    ] {
        let purpose = std::str::from_utf8(purpose).unwrap();
        assert!(document.contains(&format!("`{purpose}`")), "{purpose}");
    }
    for code in ["bad_frame", "bad_merkle_root", "bad_signature", "too_big", "too_old"] {
        assert!(document.contains(&format!("`{code}`")), "{code}");
    }
}
