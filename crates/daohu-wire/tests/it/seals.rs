//! Sealing: against the known answer of RFC 9180's suite in shape, and against every wrong key, purpose and bit.

use crate::fixture::{id, seal_key, sealed_value};
use daohu_wire::{
    merkle::sha256,
    seal::{INFO_FILE, INFO_VALUE, SealKey, seal},
    value::{SALT_BYTES, SealedValue},
};

const PLAIN: &[u8] = "一句话".as_bytes();

#[test]
fn what_is_sealed_opens_with_the_key_and_the_purpose() {
    let sealed = seal(&seal_key().public(), (INFO_FILE, b""), PLAIN, &[4; 32]).unwrap();
    assert_eq!(seal_key().open((INFO_FILE, b""), &sealed), Ok(PLAIN.to_vec()));
    assert_eq!(sealed.len(), 32 + PLAIN.len() + 16, "an encapsulated key before, a tag behind");

    let other = SealKey::from_bytes(&[8; 32]).unwrap();
    assert_eq!(other.open((INFO_FILE, b""), &sealed).unwrap_err().code(), "wrong_key");
    assert_eq!(seal_key().open((INFO_VALUE, b""), &sealed).unwrap_err().code(), "wrong_key");
    assert_eq!(seal_key().open((INFO_FILE, b"x"), &sealed).unwrap_err().code(), "wrong_key");
    for length in 0..sealed.len() {
        assert!(seal_key().open((INFO_FILE, b""), &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn other_randomness_gives_other_bytes_and_the_same_gives_the_same() {
    let with = |random: u8| seal(&seal_key().public(), (INFO_FILE, b""), PLAIN, &[random; 32]).unwrap();
    assert_eq!(with(4), with(4));
    assert_ne!(with(4)[..32], with(5)[..32], "the ephemeral key");
    assert_ne!(with(4)[32..], with(5)[32..], "the ciphertext");
}

#[test]
fn a_seal_key_is_kept_by_its_bytes_and_never_printed() {
    assert_eq!(seal_key().bytes(), [3; 32]);
    assert_eq!(SealKey::from_bytes(&seal_key().bytes()).unwrap().public(), seal_key().public());
    assert!(!format!("{:?}", seal_key()).contains("03, 03, 03, 03"));
    assert_eq!(seal(&[0; 32], (INFO_FILE, b""), PLAIN, &[4; 32]).unwrap_err().code(), "wrong_key", "no point of the curve");
}

#[test]
fn a_sealed_value_opens_for_its_record_and_field_only() {
    let value = sealed_value();
    assert_eq!(value.open(&seal_key(), &id(0x11)), Ok(b"13800000000".to_vec()));
    assert_eq!(value.open(&seal_key(), &id(0x12)).unwrap_err().code(), "wrong_key");
    let other_field = SealedValue { field: "id_number".to_owned(), ..value };
    assert_eq!(other_field.open(&seal_key(), &id(0x11)).unwrap_err().code(), "wrong_key");
}

#[test]
fn a_value_must_fit_its_commitment() {
    let value = sealed_value();
    let salted: Vec<u8> = (0_u8..16).chain(*b"13800000000").collect();
    assert_eq!(value.commitment, sha256(&[&salted]));
    let bent = SealedValue { commitment: [0; 32], ..value };
    assert_eq!(bent.open(&seal_key(), &id(0x11)).unwrap_err().code(), "bad_merkle_root");
}

#[test]
fn a_plaintext_shorter_than_a_salt_is_no_value() {
    let short = vec![1; SALT_BYTES - 1];
    let aad = [id(0x11).as_bytes().as_slice(), b"phone"].concat();
    let ciphertext = seal(&seal_key().public(), (INFO_VALUE, &aad), &short, &[4; 32]).unwrap();
    let bent = SealedValue { field: "phone".to_owned(), commitment: sha256(&[&short]), ciphertext };
    assert_eq!(bent.open(&seal_key(), &id(0x11)).unwrap_err().code(), "bad_merkle_root");
}

#[test]
fn an_empty_value_is_a_value() {
    let empty = SealedValue::seal(&seal_key().public(), (&id(1), "note"), b"", &[7; 48]).unwrap();
    assert_eq!(empty.open(&seal_key(), &id(1)), Ok(Vec::new()));
}

#[test]
fn a_value_over_the_limit_is_not_sealed() {
    let seal = |length| SealedValue::seal(&seal_key().public(), (&id(1), "note"), &vec![0; length], &[7; 48]);
    assert!(seal(64 * 1024).is_ok_and(|value| SealedValue::from_bytes(&value.to_bytes()) == Ok(value)));
    assert_eq!(seal(64 * 1024 + 1).unwrap_err().code(), "too_big");
}
