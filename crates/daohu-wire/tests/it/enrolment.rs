//! Enrolment: the request proves that the device holds the key it shows.

use crate::fixture::{device, device_key, enrol_answer, enrol_request, id, log_key, seal_key};
use daohu_wire::{
    enrol::{EnrolAnswer, EnrolRequest},
    seal::INFO_STORE_KEY,
};

#[test]
fn a_request_opens_with_what_was_asked() {
    let body = enrol_request().seal(&device_key()).unwrap();
    assert_eq!(EnrolRequest::open(&body), Ok(enrol_request()));
    let bare = EnrolRequest { store_key_sealed: None, ..enrol_request() };
    assert_eq!(EnrolRequest::open(&bare.seal(&device_key()).unwrap()), Ok(bare));
}

#[test]
fn the_store_key_comes_back_for_this_device_only() {
    let sealed = enrol_request().store_key_sealed.unwrap();
    assert_eq!(seal_key().open((INFO_STORE_KEY, device().as_bytes()), &sealed), Ok(vec![9; 32]));
    assert!(seal_key().open((INFO_STORE_KEY, id(1).as_bytes()), &sealed).is_err());
}

#[test]
fn a_key_that_is_not_held_cannot_be_shown() {
    assert_eq!(enrol_request().seal(&log_key()).unwrap_err().code(), "bad_signature");
    let stolen = EnrolRequest { public_key: log_key().public(), ..enrol_request() };
    assert_eq!(stolen.seal(&device_key()).unwrap_err().code(), "bad_signature");
}

#[test]
fn every_flipped_bit_of_a_request_is_noticed() {
    let body = enrol_request().seal(&device_key()).unwrap();
    for bit in 0..body.len() * 8 {
        let mut bent = body.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(EnrolRequest::open(&bent).is_err(), "bit {bit}");
    }
}

#[test]
fn an_answer_comes_out_as_it_went_in() {
    assert_eq!(EnrolAnswer::decode(&enrol_answer().encode()), Ok(enrol_answer()));
}
