//! Signatures: the request header, the purposes that keep signatures apart, and COSE as another library writes it.

use crate::fixture::{NOON_MS, batch, device, device_key, header, id, items, log_key};
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana::Algorithm};
use daohu_wire::{
    WireError,
    batch::{Anchor, Batch, BatchHeader, Boot, header_of},
    request_signature::{RequestSignature, SeenRequest},
    sign::{DeviceKey, PublicKey},
};
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};

const SEEN: SeenRequest<'static> = SeenRequest { method: "POST", path: "/v1/sync", body: b"a body" };

fn signature() -> String {
    RequestSignature::sign(&device_key(), device(), 41, SEEN).expect("it can be signed")
}

fn check(header: &str, public: &PublicKey, seen: SeenRequest<'_>) -> Result<(), WireError> {
    RequestSignature::read(header)?.verify(public, seen)
}

#[test]
fn a_signed_request_names_its_device_and_counter() {
    let read = RequestSignature::read(&signature()).unwrap();
    assert_eq!((read.device, read.counter), (device(), 41));
    assert_eq!(read.verify(&device_key().public(), SEEN), Ok(()));
}

#[test]
fn the_header_is_short_and_holds_only_safe_characters() {
    let header = signature();
    assert!(header.len() < 180, "{}", header.len());
    assert!(header.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{header}");
}

#[test]
fn another_method_path_body_or_key_is_refused() {
    let public = device_key().public();
    let refused = |public: &PublicKey, seen| check(&signature(), public, seen).unwrap_err().code();
    assert_eq!(refused(&public, SeenRequest { method: "GET", ..SEEN }), "bad_signature");
    assert_eq!(refused(&public, SeenRequest { path: "/v1/packs", ..SEEN }), "bad_signature");
    assert_eq!(refused(&public, SeenRequest { body: b"another body", ..SEEN }), "bad_signature");
    assert_eq!(refused(&log_key().public(), SEEN), "bad_signature");
}

#[test]
fn every_changed_character_of_the_header_is_noticed() {
    let header = signature();
    for at in 0..header.len() {
        let mut bent = header.clone().into_bytes();
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        assert_eq!(check(&bent, &device_key().public(), SEEN).unwrap_err().code(), "bad_signature", "character {at}");
    }
}

#[test]
fn a_header_that_is_none_is_a_bad_signature() {
    let longer = format!("{}A", signature());
    let padded = format!("{}==", signature());
    let huge = "A".repeat(100_000);
    for header in ["", "A", "not base64!", "签名", longer.as_str(), padded.as_str(), huge.as_str()] {
        assert_eq!(check(header, &device_key().public(), SEEN).unwrap_err().code(), "bad_signature");
    }
}

#[test]
fn a_signature_for_one_purpose_is_none_for_another() {
    // The same key signs the same header bytes, but as a tree head.
    let signed = CoseSign1::from_slice(&batch().cose).unwrap();
    let signer = SigningKey::from_bytes(&[1; 32]);
    let forged = CoseSign1Builder::new()
        .protected(signed.protected.header.clone())
        .payload(signed.payload.clone().unwrap())
        .create_signature(b"daohu/head/1", |tbs| signer.sign(tbs).to_bytes().to_vec())
        .build();
    let forged = Batch { cose: forged.to_vec().unwrap(), items: items() };
    assert_eq!(forged.open(&device_key().public()).unwrap_err().code(), "bad_signature");
}

#[test]
fn another_library_reads_our_batch_and_writes_the_same_bytes() {
    let signed = CoseSign1::from_slice(&batch().cose).unwrap();
    let key = VerifyingKey::from_bytes(&device_key().public()).unwrap();
    let verified = signed.verify_signature(b"daohu/batch/1", |signature, tbs| {
        key.verify(tbs, &ed25519_dalek::Signature::from_slice(signature).map_err(|_| "length")?).map_err(|_| "signature")
    });
    assert_eq!(verified, Ok(()));
    assert_eq!(signed.protected.header.key_id, device().as_bytes());

    // The bytes that are signed, put together by hand (RFC 9052, 4.4).
    let protected = signed.protected.original_data.clone().unwrap();
    let payload = signed.payload.clone().unwrap();
    let mut tbs = vec![0x84, 0x6a];
    tbs.extend(b"Signature1");
    tbs.push(0x40 + u8::try_from(protected.len()).unwrap());
    tbs.extend(&protected);
    tbs.extend([0x4d]);
    tbs.extend(b"daohu/batch/1");
    tbs.extend([0x58, u8::try_from(payload.len()).unwrap()]);
    tbs.extend(&payload);
    assert_eq!(SigningKey::from_bytes(&[1; 32]).sign(&tbs).to_bytes().to_vec(), signed.signature);
}

/// Signs the payload of our batch under another header.
fn with_header(bend: impl FnOnce(HeaderBuilder) -> HeaderBuilder, unprotected: HeaderBuilder) -> Result<Batch, coset::CoseError> {
    let signed = CoseSign1::from_slice(&batch().cose)?;
    let signer = SigningKey::from_bytes(&[1; 32]);
    let builder = HeaderBuilder::new().algorithm(Algorithm::EdDSA).key_id(device().as_bytes().to_vec());
    let bent = CoseSign1Builder::new()
        .protected(bend(builder).build())
        .unprotected(unprotected.build())
        .payload(signed.payload.unwrap_or_default())
        .create_signature(b"daohu/batch/1", |tbs| signer.sign(tbs).to_bytes().to_vec())
        .build();
    Ok(Batch { cose: bent.to_vec()?, items: items() })
}

#[test]
fn only_one_form_of_header_is_accepted() {
    let public = device_key().public();
    let open = |batch: Result<Batch, coset::CoseError>| batch.unwrap().open(&public).map(|header| header.number).map_err(|e| e.code());

    assert_eq!(open(with_header(|header| header, HeaderBuilder::new())), Ok(7), "the form itself");
    assert_eq!(open(with_header(|header| header.algorithm(Algorithm::ES256), HeaderBuilder::new())), Err("bad_signature"));
    assert_eq!(open(with_header(|header| header.iv(vec![1]), HeaderBuilder::new())), Err("bad_signature"));
    assert_eq!(open(with_header(|header| header.value(99, 1.into()), HeaderBuilder::new())), Err("bad_signature"));
    assert_eq!(open(with_header(|header| header.key_id(Vec::new()), HeaderBuilder::new())), Err("bad_signature"));
    assert_eq!(open(with_header(|header| header, HeaderBuilder::new().value(99, 1.into()))), Err("bad_frame"));
}

#[test]
fn a_cose_in_another_form_is_refused() {
    let cose = batch().cose;
    let tagged = [&[0xd2], cose.as_slice()].concat();
    let open_length = [&[0x9f], &cose[1..], &[0xff]].concat();
    let long_head = [&[0x98, 0x04], &cose[1..]].concat();
    for bent in [tagged, open_length, long_head] {
        let bent = Batch { cose: bent, items: items() };
        assert_eq!(bent.open(&device_key().public()).unwrap_err().code(), "bad_frame");
    }
}

#[test]
fn an_attached_payload_in_a_request_signature_and_a_missing_one_in_a_batch_are_refused() {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let builder = || {
        let header = HeaderBuilder::new().algorithm(Algorithm::EdDSA).key_id(device().as_bytes().to_vec()).build();
        CoseSign1Builder::new().protected(header)
    };
    let detached = builder().create_detached_signature(b"x", b"daohu/batch/1", |tbs| signer.sign(tbs).to_bytes().to_vec()).build();
    let without = Batch { cose: detached.to_vec().unwrap(), items: items() };
    assert_eq!(without.open(&device_key().public()).unwrap_err().code(), "bad_frame");
}

/// Signs any payload as our device would sign a batch header.
fn signed_header(payload: Vec<u8>) -> Vec<u8> {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let header = HeaderBuilder::new().algorithm(Algorithm::EdDSA).key_id(device().as_bytes().to_vec()).build();
    let builder = CoseSign1Builder::new().protected(header).payload(payload);
    builder.create_signature(b"daohu/batch/1", |tbs| signer.sign(tbs).to_bytes().to_vec()).build().to_vec().expect("it can be written")
}

#[test]
fn a_signed_header_over_its_limits_is_not_read() {
    let payload_with = |boots: Vec<Boot>| {
        let cose = Batch::seal(&device_key(), BatchHeader { boots, ..header() }, items()).expect("within the limits").cose;
        CoseSign1::from_slice(&cose).expect("ours").payload.expect("attached")
    };
    let read = |payload: Vec<u8>| header_of(&signed_header(payload)).map(|header| header.boots.len()).map_err(|error| error.code());
    let boot = |number: u32| Boot { number, id: "b".to_owned(), anchors: Vec::new() };
    let anchors = |count: i64| (0..count).map(|at| Anchor { server_ms: at, mono_ms: 0 }).collect::<Vec<_>>();

    // 64 boots are an array with head 98 40, and the last thing in the payload.
    let most = payload_with((0..64).map(boot).collect());
    let head = most.windows(2).rposition(|window| window == [0x98, 0x40]).expect("the array of boots");
    let mut more = [most.as_slice(), &[0x83, 0x18, 0x40, 0x61, b'b', 0x80]].concat();
    more[head + 1] = 0x41;
    assert_eq!(read(most), Ok(64));
    assert_eq!(read(more), Err("too_big"));

    // A boot id of 64 bytes is a text with head 78 40.
    let most = payload_with(vec![Boot { id: "b".repeat(64), ..boot(1) }]);
    let head = most.windows(2).rposition(|window| window == [0x78, 0x40]).expect("the boot id");
    let mut more = [&most[..head + 2], b"b", &most[head + 2..]].concat();
    more[head + 1] = 0x41;
    assert_eq!(read(most), Ok(1));
    assert_eq!(read(more), Err("too_big"));

    // 16 anchors are an array with head 90, and 17 one with head 91.
    let most = payload_with(vec![Boot { anchors: anchors(16), ..boot(1) }]);
    let head = most.windows(2).rposition(|window| window == [0x90, 0x82]).expect("the array of anchors");
    let mut more = [most.as_slice(), &[0x82, 0x00, 0x00]].concat();
    more[head] = 0x91;
    assert_eq!(read(most), Ok(1));
    assert_eq!(read(more), Err("too_big"));
}

#[test]
fn a_weak_public_key_verifies_nothing() {
    // The neutral element of the curve, under which everything would verify.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert_eq!(batch().open(&neutral).unwrap_err().code(), "bad_signature");
    assert_eq!(batch().open(&[0xff; 32]).unwrap_err().code(), "bad_signature", "no point at all");
}

#[test]
fn a_key_is_kept_by_its_seed_and_never_printed() {
    assert_eq!(device_key().seed(), [1; 32]);
    assert_eq!(DeviceKey::from_seed(&device_key().seed()).public(), device_key().public());
    assert!(!format!("{:?}", device_key()).contains("01, 01, 01"));
}

#[test]
fn a_later_version_may_add_keys_to_a_signed_header() {
    let signed = CoseSign1::from_slice(&batch().cose).unwrap();
    let payload = signed.payload.unwrap();
    let longer = [&[payload[0] + 1], &payload[1..], &[0x18, 0x63, 0x80]].concat();
    let signer = SigningKey::from_bytes(&[1; 32]);
    let signed = CoseSign1Builder::new()
        .protected(signed.protected.header)
        .payload(longer)
        .create_signature(b"daohu/batch/1", |tbs| signer.sign(tbs).to_bytes().to_vec())
        .build();
    let later = Batch { cose: signed.to_vec().unwrap(), items: items() };
    let opened = later.open(&device_key().public()).unwrap();
    assert_eq!((opened.device, opened.boots, opened.device_clock_ms), (device(), header().boots, NOON_MS));
    assert_ne!(opened.device, id(1));
}
