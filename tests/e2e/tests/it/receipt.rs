//! A receipt file proves a visit to somebody who has nothing but the log's public key and docs/PROTOCOL.md.
//!
//! The verifier below links neither the server nor the field core: only SHA-256, Ed25519, CBOR and COSE.

use coset::{CborSerializable, CoseSign1};
use daohu_e2e::{Outcome, World, text};
use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decoder, data::Type};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

type Hash = [u8; 32];

/// The raw values of a CBOR map with integer keys.
fn entries(cbor: &[u8]) -> Outcome<BTreeMap<u64, Vec<u8>>> {
    let mut decoder = Decoder::new(cbor);
    let count = decoder.map()?.ok_or("an indefinite map")?;
    let mut found = BTreeMap::new();
    for _ in 0..count {
        let key = decoder.u64()?;
        let from = decoder.position();
        decoder.skip()?;
        found.insert(key, cbor.get(from..decoder.position()).ok_or("cut")?.to_vec());
    }
    Ok(found)
}

fn bytes(raw: &[u8]) -> Outcome<Vec<u8>> {
    Ok(Decoder::new(raw).bytes()?.to_vec())
}

fn number(raw: &[u8]) -> Outcome<u64> {
    Ok(Decoder::new(raw).u64()?)
}

/// Hashes of a path: an array of 32-byte strings, or one string of them all.
fn hashes(raw: &[u8]) -> Outcome<Vec<Hash>> {
    let mut decoder = Decoder::new(raw);
    if decoder.datatype()? == Type::Bytes {
        return Ok(decoder.bytes()?.chunks(32).map(Hash::try_from).collect::<Result<_, _>>()?);
    }
    let count = decoder.array()?.ok_or("an indefinite array")?;
    (0..count).map(|_| Ok(Hash::try_from(decoder.bytes()?)?)).collect()
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The root that a leaf and its path lead to (RFC 9162, 2.1.3.2).
fn root_of(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let (mut place, mut last, mut hash) = (index, size.checked_sub(1)?, leaf);
    if place > last {
        return None;
    }
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            hash = sha256(&[&[1], sibling, &hash]);
            while place % 2 == 0 && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            hash = sha256(&[&[1], &hash, sibling]);
        }
        place /= 2;
        last /= 2;
    }
    (last == 0).then_some(hash)
}

/// Checks the first receipt of a file and returns (device, batch number, received at).
fn verify(file: &[u8], key: &VerifyingKey) -> Outcome<(Vec<u8>, u64, u64)> {
    let mut decoder = Decoder::new(file);
    decoder.array()?;
    let receipt = entries(file.get(decoder.position()..).ok_or("empty")?)?;
    let part = |key: u64| receipt.get(&key).map(Vec::as_slice).ok_or("a part is missing");
    let (leaf, cose) = (bytes(part(1)?)?, bytes(part(5)?)?);
    let signed = CoseSign1::from_slice(&bytes(part(4)?)?).map_err(|why| format!("{why:?}"))?;
    signed.verify_signature(b"daohu/head/1", |signature, told| key.verify_strict(told, &Signature::from_slice(signature)?))?;
    let head = entries(signed.payload.as_deref().ok_or("no payload")?)?;
    let root = root_of(sha256(&[&[0], &leaf]), number(part(2)?)?, number(&head[&1])?, &hashes(part(3)?)?);
    if root.map(|root| root.to_vec()) != Some(bytes(&head[&2])?) {
        return Err("the leaf is not under the signed root".into());
    }
    let leaf = entries(&leaf)?;
    if bytes(&leaf[&2])? != sha256(&[&cose]) {
        return Err("the leaf names another batch".into());
    }
    Ok((bytes(&leaf[&5])?, number(&leaf[&6])?, number(&leaf[&3])?))
}

#[test]
fn a_receipt_file_is_proof_to_a_stranger_and_a_changed_byte_is_none() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let phone = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    phone.call(&["sync"])?;
    world.at("2019-05-12T10:00:00+08:00")?;
    phone.call(&[
        "visit",
        "--household",
        text(&pairing, "household")?,
        "--mode",
        "home",
        "--purpose",
        "verify",
        "--met",
        "户主:本人",
        "--narrative",
        "核对台账。",
    ])?;
    phone.call(&["sync"])?;
    let folder = world.path("receipts").display().to_string();
    let receipts = phone.call(&["receipts", "--out", &folder])?;
    let file = text(&receipts[0], "file")?.to_owned();
    let config = world.daohu(&["verify"])?;
    assert_eq!(config["ok"], true);
    let key = server_key(&world)?;

    let content = std::fs::read(&file)?;
    let (device, batch, received_at) = verify(&content, &key)?;

    assert_eq!(hex::encode(device), text(&phone.call(&["status"])?, "device")?.replace('-', ""));
    assert_eq!(batch, 1);
    assert_eq!(received_at, 1_557_626_400_000, "2019-05-12T10:00:00+08:00");
    for at in 0..content.len() {
        let mut changed = content.clone();
        changed[at] ^= 1;
        assert!(
            verify(&changed, &key).map_or(true, |told| told == verify(&content, &key).unwrap_or_default()),
            "byte {at} changes what is proved"
        );
    }
    let told = world.daohu(&["verify", "--receipt", &file, "--key", &hex::encode(key.as_bytes())])?;
    assert_eq!(told["ok"], true);
    Ok(())
}

/// The log's public key, as the server prints it when it is ready.
fn server_key(world: &World) -> Outcome<VerifyingKey> {
    let bytes: Hash = hex::decode(&world.server_key)?.try_into().map_err(|_| "the server's key has another length")?;
    Ok(VerifyingKey::from_bytes(&bytes)?)
}
