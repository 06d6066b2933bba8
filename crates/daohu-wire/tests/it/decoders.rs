//! Six properties that every decoder keeps: random bytes, mutated bytes, round trip, truncation, size, unknown keys.

use crate::fixture::{
    answer, batch, batch_file, enrol_answer, enrol_request, head, leaf, pack_chunk, pack_offer, policy, receipt, repair_answer,
    repair_request, request, sealed_value, thumbs_answer, thumbs_request,
};
use daohu_mutate::{Numbers, bent};
use daohu_wire::{
    SyncAnswer, SyncRequest, ThumbsAnswer, ThumbsRequest, WireError,
    batch::{Batch, header_of},
    batch_file as file, change_hash,
    config::ServerConfig,
    enrol::{EnrolAnswer, EnrolRequest},
    head::{ClockKind, SignedHead},
    leaf::Leaf,
    pack::{PackChunk, PackOffer},
    receipt::{self, Receipt},
    repair::{RepairAnswer, RepairRequest},
    request_signature::{RequestSignature, SeenRequest},
    value::SealedValue,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// One decoder: reads bytes and writes what it understood, where it can be written again.
pub(crate) struct Decoder {
    pub(crate) name: &'static str,
    pub(crate) valid: Vec<u8>,
    pub(crate) read: fn(&[u8]) -> Result<Vec<u8>, WireError>,
}

/// The signed enrol request cannot be written again without the device's key: reading is what counts.
fn read_enrol(bytes: &[u8]) -> Result<Vec<u8>, WireError> {
    EnrolRequest::open(bytes).map(|_| bytes.to_vec())
}

/// What was sealed cannot be sealed again to the same bytes without its ephemeral key, which the fixture has.
fn read_batch_file(bytes: &[u8]) -> Result<Vec<u8>, WireError> {
    let parts = file::parts(bytes);
    if let Some(why) = parts.rest {
        return Err(why);
    }
    let mut again = Vec::new();
    for sealed in parts.sealed {
        let batches = file::open_part(&crate::fixture::seal_key(), sealed)?;
        again.extend(file::to_part(&crate::fixture::seal_key().public(), &batches, &[5; 32])?);
    }
    Ok(again)
}

fn read_signature(bytes: &[u8]) -> Result<Vec<u8>, WireError> {
    let text = std::str::from_utf8(bytes).map_err(|_| WireError::BadFrame("text"))?;
    let read = RequestSignature::read(text)?;
    read.verify(&crate::fixture::device_key().public(), SeenRequest { method: "POST", path: "/v1/sync", body: b"body" })?;
    Ok(bytes.to_vec())
}

/// Lists every decoder, made once: signing is slow and the bytes are always the same.
pub(crate) fn decoders() -> &'static [Decoder] {
    static ALL: LazyLock<Vec<Decoder>> = LazyLock::new(make_decoders);
    &ALL
}

fn make_decoders() -> Vec<Decoder> {
    let signature = RequestSignature::sign(
        &crate::fixture::device_key(),
        crate::fixture::device(),
        9,
        SeenRequest { method: "POST", path: "/v1/sync", body: b"body" },
    );
    let config = ServerConfig::new(&crate::fixture::log_key().public(), &crate::fixture::seal_key().public(), 1, ClockKind::Set, 5);
    vec![
        Decoder { name: "request", valid: request().to_cbor(), read: |b| SyncRequest::from_cbor(b).map(|r| r.to_cbor()) },
        Decoder { name: "answer", valid: answer().to_cbor(), read: |b| SyncAnswer::from_cbor(b).map(|a| a.to_cbor()) },
        Decoder { name: "batch", valid: batch().to_bytes(), read: |b| Batch::from_bytes(b).map(|b| b.to_bytes()) },
        Decoder { name: "batch header", valid: batch().cose, read: |b| header_of(b).map(|_| b.to_vec()) },
        Decoder { name: "leaf", valid: leaf().to_cbor(), read: |b| Leaf::from_cbor(b).map(|l| l.to_cbor()) },
        Decoder { name: "head", valid: head().cose().to_vec(), read: |b| SignedHead::from_cose(b).map(|h| h.cose().to_vec()) },
        Decoder { name: "receipt", valid: receipt().to_bytes(), read: |b| Receipt::from_bytes(b).map(|r| r.to_bytes()) },
        Decoder {
            name: "receipt file",
            valid: receipt::to_file(&[receipt(), receipt()]),
            read: |b| receipt::from_file(b).map(|all| receipt::to_file(&all)),
        },
        Decoder { name: "enrol request", valid: enrol_request().seal(&crate::fixture::device_key()).expect("sealed"), read: read_enrol },
        Decoder { name: "enrol answer", valid: enrol_answer().encode(), read: |b| EnrolAnswer::decode(b).map(|a| a.encode()) },
        Decoder { name: "sealed value", valid: sealed_value().to_bytes(), read: |b| SealedValue::from_bytes(b).map(|v| v.to_bytes()) },
        Decoder { name: "request signature", valid: signature.expect("signed").into_bytes(), read: read_signature },
        Decoder {
            name: "configuration",
            valid: config.to_json().expect("written").into_bytes(),
            read: |b| ServerConfig::from_json(b).and_then(|c| c.to_json()).map(String::into_bytes),
        },
        Decoder { name: "repair request", valid: repair_request().to_cbor(), read: |b| RepairRequest::from_cbor(b).map(|r| r.to_cbor()) },
        Decoder { name: "repair answer", valid: repair_answer().to_cbor(), read: |b| RepairAnswer::from_cbor(b).map(|a| a.to_cbor()) },
        Decoder { name: "thumbs asked for", valid: thumbs_request(), read: |b| ThumbsRequest::from_cbor(b)?.to_cbor() },
        Decoder { name: "thumbs", valid: thumbs_answer().to_cbor().expect("small"), read: |b| ThumbsAnswer::from_cbor(b)?.to_cbor() },
        Decoder { name: "batch file", valid: batch_file(), read: read_batch_file },
        Decoder { name: "packed request", valid: request().encode().expect("packed"), read: |b| SyncRequest::decode(b)?.encode() },
        Decoder { name: "offer of a pack", valid: pack_offer().to_cbor(), read: |b| PackOffer::from_cbor(b).map(|o| o.to_cbor()) },
        Decoder { name: "chunk of a pack", valid: pack_chunk().to_cbor(), read: |b| PackChunk::from_cbor(b).map(|c| c.to_cbor()) },
        Decoder { name: "packed chunk", valid: pack_chunk().encode().expect("packed"), read: |b| PackChunk::decode(b)?.encode() },
        Decoder { name: "packed answer", valid: answer().encode().expect("packed"), read: |b| SyncAnswer::decode(b)?.encode() },
    ]
}

#[test]
fn what_is_decoded_and_encoded_again_is_the_same_bytes() {
    for decoder in decoders() {
        assert_eq!((decoder.read)(&decoder.valid).as_ref(), Ok(&decoder.valid), "{}", decoder.name);
    }
}

#[test]
fn every_truncated_input_is_an_error() {
    for decoder in decoders() {
        for length in 0..decoder.valid.len() {
            assert!((decoder.read)(&decoder.valid[..length]).is_err(), "{} of {length} bytes", decoder.name);
        }
    }
}

#[test]
fn a_byte_behind_the_input_is_an_error() {
    for decoder in decoders() {
        let longer = [decoder.valid.as_slice(), &[0x00]].concat();
        assert!((decoder.read)(&longer).is_err(), "{}", decoder.name);
    }
}

#[test]
fn oversize_is_refused_everywhere() {
    let filler = vec![0x00; 17 * 1024 * 1024];
    for decoder in decoders() {
        assert!((decoder.read)(&filler).is_err(), "{}", decoder.name);
    }
    for name in [
        "batch header",
        "head",
        "receipt file",
        "enrol request",
        "enrol answer",
        "packed request",
        "packed answer",
        "packed chunk",
        "offer of a pack",
    ] {
        let decoder = decoders().iter().find(|decoder| decoder.name == name).expect("it exists");
        assert_eq!((decoder.read)(&filler).unwrap_err().code(), "too_big", "{name}");
    }
}

#[test]
fn unknown_keys_are_skipped_whatever_they_hold() {
    // Key 99 with: a number, a negative, bytes, a text, nested arrays and maps, a tag, true, null, a float.
    let values: [&[u8]; 9] = [
        &[0x18, 0x2a],
        &[0x38, 0x63],
        &[0x43, 1, 2, 3],
        &[0x62, b'h', b'i'],
        &[0x82, 0xa1, 0x01, 0x80, 0xa2, 0x00, 0x00, 0x61, b'x', 0x81, 0x40],
        &[0xc1, 0x1a, 0, 0, 0, 1],
        &[0xf5],
        &[0xf6],
        &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    for decoder in decoders()
        .iter()
        .filter(|d| ["request", "answer", "receipt", "enrol answer", "offer of a pack", "chunk of a pack"].contains(&d.name))
    {
        for value in values {
            let longer = with_key_99(&decoder.valid, value);
            assert_eq!((decoder.read)(&longer).as_ref(), Ok(&decoder.valid), "{} with {value:02x?}", decoder.name);
        }
    }
}

#[test]
fn unknown_keys_inside_a_policy_and_elements_behind_known_ones_are_skipped() {
    let told = EnrolAnswer { policy: policy(), ..enrol_answer() };
    let plain = policy().to_cbor();
    let bytes = told.encode();
    let at = bytes.windows(plain.len()).position(|window| window == plain).expect("the policy");
    let longer = [&bytes[..at], with_key_99(&plain, &[0x80]).as_slice(), &bytes[at + plain.len()..]].concat();
    assert_eq!(EnrolAnswer::decode(&longer), Ok(told));

    // The last item with a fifth element.
    let sealed = batch().to_bytes();
    let value = sealed_value().to_bytes();
    let behind = sealed.windows(value.len()).position(|window| window == value).expect("the third item");
    let start = sealed[..behind].windows(2).rposition(|window| window == [0x84, 0x50]).expect("an array of four");
    let longer = [&sealed[..start], &[0x85], &sealed[start + 1..], &[0xf6]].concat();
    assert_eq!(Batch::from_bytes(&longer), Ok(batch()));
}

/// Adds key 99 to a map of fewer than 23 pairs.
fn with_key_99(map: &[u8], value: &[u8]) -> Vec<u8> {
    assert!((0xa0..0xb7).contains(&map[0]), "a short map");
    [&[map[0] + 1], &map[1..], &[0x18, 0x63], value].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        for decoder in decoders() {
            let _ = (decoder.read)(&bytes);
        }
        let _ = change_hash(&bytes);
    }

    #[test]
    fn mutated_valid_bytes_never_panic_and_never_lie(seed: u64) {
        let mut random = Numbers(seed);
        for decoder in decoders() {
            let mutant = bent(&decoder.valid, &mut random);
            if let Ok(written) = (decoder.read)(&mutant) {
                // What is accepted is understood: written again and read again it stays.
                prop_assert_eq!((decoder.read)(&written), Ok(written.clone()), "{}", decoder.name);
            }
        }
    }
}
