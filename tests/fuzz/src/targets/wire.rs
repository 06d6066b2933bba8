//! Frames of the wire. What is accepted is understood: written again and read again it is the same.

use super::word;
use daohu_wire::{
    Batch, EnrolAnswer, EnrolRequest, Leaf, Receipt, RequestSignature, SealedValue, ServerConfig, SignedHead, SyncAnswer, SyncRequest,
    WireError, change_hash, receipt, request_signature::SeenRequest,
};

/// The public keys of the golden vectors (docs/protocol-vectors): a device and a log.
const DEVICE_KEY: &str = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
pub(super) const LOG_KEY: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";

/// The first bytes of a zstd frame.
pub(super) const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

pub(super) fn key(hex: &str) -> [u8; 32] {
    let nibble = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16).unwrap_or_default();
    std::array::from_fn(|place| nibble(2 * place))
}

/// Reads bytes; what was understood must be understood again, and alike, when it is written.
pub(super) fn twice<T>(bytes: &[u8], read: fn(&[u8]) -> Result<T, WireError>, write: fn(&T) -> Vec<u8>) -> Result<T, WireError> {
    let read_once = read(bytes)?;
    let written = write(&read_once);
    let again = read(&written).unwrap();
    assert_eq!(write(&again), written, "what is accepted is read alike a second time");
    Ok(read_once)
}

/// The body of `POST /v1/sync`, packed or plain.
#[must_use]
pub fn sync_request(bytes: &[u8]) -> String {
    if bytes.starts_with(ZSTD) {
        return word(SyncRequest::decode(bytes));
    }
    let request = twice(bytes, SyncRequest::from_cbor, SyncRequest::to_cbor);
    if let Ok(request) = &request {
        for batch in &request.batches {
            let _ = batch.open(&key(DEVICE_KEY));
        }
    }
    word(request)
}

/// The answer to it, packed or plain.
#[must_use]
pub fn sync_answer(bytes: &[u8]) -> String {
    if bytes.starts_with(ZSTD) {
        return word(SyncAnswer::decode(bytes));
    }
    let answer = twice(bytes, SyncAnswer::from_cbor, SyncAnswer::to_cbor);
    if let Ok(answer) = &answer {
        let _ = answer.head.verify(&key(LOG_KEY));
        for receipt in &answer.receipts {
            let _ = receipt.verify(&key(LOG_KEY));
        }
        for item in answer.pulled.iter().flat_map(|pulled| &pulled.items) {
            let _ = change_hash(&item.bytes);
        }
    }
    word(answer)
}

/// A signed batch: its header, its items, and the signature over them.
#[must_use]
pub fn batch(bytes: &[u8]) -> String {
    let batch = match twice(bytes, Batch::from_bytes, Batch::to_bytes) {
        Ok(batch) => batch,
        Err(error) => return error.code().to_owned(),
    };
    let _ = batch.header();
    for index in 0..batch.items.len().min(4) {
        let _ = batch.item_path(index);
    }
    word(batch.open(&key(DEVICE_KEY)))
}

/// A file of receipts, as somebody carries it.
#[must_use]
pub fn receipt_file(bytes: &[u8]) -> String {
    let receipts = match twice(bytes, receipt::from_file, |all| receipt::to_file(all)) {
        Ok(receipts) => receipts,
        Err(error) => return error.code().to_owned(),
    };
    let verified: Result<Vec<_>, _> = receipts.iter().map(|receipt| receipt.verify(&key(LOG_KEY))).collect();
    word(verified)
}

/// The bodies of `POST /v1/enrol`, request and answer.
#[must_use]
pub fn enrol(bytes: &[u8]) -> String {
    let answer = twice(bytes, EnrolAnswer::decode, EnrolAnswer::encode);
    word(EnrolRequest::open(bytes).map(drop).or(answer.map(drop)))
}

/// What is small: heads, leaves, receipts, sealed values, the signature of a request, the configuration, a change's frame.
#[must_use]
pub fn small_frames(bytes: &[u8]) -> String {
    let (device, log) = (key(DEVICE_KEY), key(LOG_KEY));
    let seen = SeenRequest { method: "POST", path: "/v1/sync", body: b"a body" };
    let signed = std::str::from_utf8(bytes).map_err(|_| WireError::BadFrame("text")).and_then(RequestSignature::read);
    let outcomes = [
        SignedHead::from_cose(bytes).and_then(|head| head.verify(&log).map(drop)),
        twice(bytes, Leaf::from_cbor, Leaf::to_cbor).map(drop),
        twice(bytes, Receipt::from_bytes, Receipt::to_bytes).and_then(|receipt| receipt.verify(&log).map(drop)),
        twice(bytes, SealedValue::from_bytes, SealedValue::to_bytes).map(drop),
        signed.and_then(|signature| signature.verify(&device, seen)),
        ServerConfig::from_json(bytes).map(drop),
        change_hash(bytes).map(drop).ok_or(WireError::BadFrame("a change")),
    ];
    let first = outcomes.iter().find(|outcome| outcome.is_ok()).or(outcomes.first());
    first.map_or_else(String::new, |outcome| word(outcome.as_ref().map_err(Clone::clone)))
}
