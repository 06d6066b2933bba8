//! Requests and answers: what goes in comes out, small when nothing happened, and bounded whatever comes.

use crate::fixture::{NOON_MS, answer, batch, device, id, log_key, request, village};
use daohu_wire::{
    answer::{Pulled, SyncAnswer},
    head::{ClockKind, SignedHead},
    limits::{CURSORS_MAX, MAX_BYTES_START, PROTO_MAX, REQUEST_BYTES_MAX},
    request::{Cursor, SyncRequest, common_version},
};

#[test]
fn a_request_comes_out_as_it_went_in() {
    let body = request().encode().unwrap();
    assert_eq!(SyncRequest::decode(&body), Ok(request()));
}

#[test]
fn a_retry_is_the_same_bytes() {
    assert_eq!(request().encode(), request().encode());
    assert_eq!(answer().encode(), answer().encode());
}

#[test]
fn an_answer_comes_out_as_it_went_in() {
    let body = answer().encode().unwrap();
    assert_eq!(SyncAnswer::decode(&body), Ok(answer()));
}

#[test]
fn a_receipt_inside_an_answer_takes_the_head_of_the_answer_unless_it_has_another() {
    let mut told = answer();
    told.receipts[0].head = SignedHead::sign(&log_key(), 3, [3; 32], NOON_MS, ClockKind::System).unwrap();

    let own_head = told.to_cbor();
    assert_eq!(SyncAnswer::from_cbor(&own_head), Ok(told));
    assert!(answer().to_cbor().len() + 100 < own_head.len(), "a shared head is not repeated");
}

#[test]
fn a_plain_request_asks_for_the_default_size_and_speaks_this_version() {
    let plain = SyncRequest::new(device(), NOON_MS);
    let read = SyncRequest::decode(&plain.encode().unwrap()).unwrap();
    assert_eq!(read, plain);
    assert_eq!((read.max_bytes, read.version()), (MAX_BYTES_START, Ok(PROTO_MAX)));
}

#[test]
fn versions_meet_or_say_who_is_too_old() {
    let code = |range| common_version(range).map_err(|error| error.code());
    assert_eq!(code((1, 1)), Ok(1));
    assert_eq!(code((0, 9)), Ok(PROTO_MAX));
    assert_eq!(code((0, 0)), Err("too_old"));
    assert_eq!(code((PROTO_MAX + 1, PROTO_MAX + 2)), Err("too_new"));
}

#[test]
fn cursors_are_written_in_order_and_once() {
    let mut asked = request();
    asked.cursors.reverse();
    asked.cursors.push(asked.cursors[0]);
    assert_eq!(SyncRequest::from_cbor(&asked.to_cbor()), Ok(request()));
}

#[test]
fn the_first_grant_may_have_number_zero() {
    let mut asked = request();
    asked.cursors = vec![Cursor { grant: 0, seq: 5 }, Cursor { grant: 1, seq: 6 }];
    assert_eq!(SyncRequest::from_cbor(&asked.to_cbor()), Ok(asked));
}

#[test]
fn as_many_cursors_as_a_device_may_have_fit() {
    let cursors = |count: usize| (0..count).map(|grant| Cursor { grant: grant as u64, seq: 1 }).collect::<Vec<_>>();
    let ask = |count| SyncRequest { cursors: cursors(count), ..request() };

    let body = ask(CURSORS_MAX).encode().unwrap();
    assert_eq!(SyncRequest::decode(&body).unwrap().cursors.len(), CURSORS_MAX);
    assert_eq!(ask(CURSORS_MAX + 1).encode().unwrap_err().code(), "too_big");
    assert_eq!(SyncRequest::from_cbor(&ask(CURSORS_MAX + 1).to_cbor()).unwrap_err().code(), "too_big");
}

/// The measured promise of the design: 20 household grants, a township's reference, nothing new.
#[test]
fn nothing_new_costs_at_most_450_bytes_both_ways() {
    let root = daohu_wire::merkle::sha256(&[b"a root"]);
    let mut asked = SyncRequest::new(device(), NOON_MS + 123);
    asked.server_epoch = 1;
    asked.policy_rev = 1_207;
    asked.head = Some((104_233, root));
    let seq = |grant: u64| 9_000 + (grant * 7_919) % 1_000;
    asked.cursors = (0..20).map(|n| Cursor { grant: 40_000 + 13 * n, seq: seq(n) }).chain([Cursor { grant: 12, seq: 1_544 }]).collect();
    let signed = SignedHead::sign(&log_key(), 104_233, root, NOON_MS + 456, ClockKind::System).unwrap();
    let told = SyncAnswer::new(1, NOON_MS + 456, signed, 131_072);

    let (up, down) = (asked.encode().unwrap().len(), told.encode().unwrap().len());

    assert!(up + down <= 450, "{up} up and {down} down");
    assert_eq!(SyncRequest::decode(&asked.encode().unwrap()).unwrap().cursors.len(), 21);
}

#[test]
fn the_second_batch_of_a_request_costs_little_more_than_its_content() {
    let one = request().encode().unwrap().len();
    let two = SyncRequest { batches: vec![batch(), batch()], ..request() }.encode().unwrap().len();
    assert!(two < one + 40, "the same batch twice: {one} then {two}");
}

#[test]
fn a_request_over_the_limit_as_sent_is_refused_before_it_is_inflated() {
    let refused = SyncRequest::decode(&vec![0; REQUEST_BYTES_MAX + 1]).unwrap_err();
    assert_eq!(refused.code(), "too_big");
    assert_eq!(SyncRequest::decode(&vec![0; REQUEST_BYTES_MAX]).unwrap_err().code(), "bad_frame");
}

#[test]
fn an_item_that_names_no_place_of_the_dictionary_is_refused() {
    let mut told = answer();
    told.pulled = vec![Pulled { grant: 1, from: 0, to: 1, items: vec![crate::fixture::pulled_item(1, None)] }];
    told.policy = None;
    let cbor = told.to_cbor();
    let place = village().to_string();
    let at = cbor.windows(12).position(|window| window == place.as_bytes()).expect("the dictionary of places");
    // An array of one text of twelve characters becomes an empty array.
    let bent = [&cbor[..at - 2], &[0x80], &cbor[at + 12..]].concat();

    assert!(SyncAnswer::from_cbor(&cbor).is_ok());
    assert_eq!(SyncAnswer::from_cbor(&bent).unwrap_err().code(), "bad_frame");
}

#[test]
fn pulled_items_share_places_and_people() {
    let items = |count: u8| (1..=count).map(|last| crate::fixture::pulled_item(last, None)).collect();
    let told = |count| SyncAnswer { pulled: vec![Pulled { grant: 1, from: 0, to: 9, items: items(count) }], policy: None, ..answer() };

    let each = (told(11).to_cbor().len() - told(1).to_cbor().len()) / 10;
    // Record 17, change 12 + 1, two byte of positions each, receipt 3, start 1, the array itself 1.
    assert!(each <= 40, "{each} bytes an item");
    assert_eq!(SyncAnswer::from_cbor(&told(11).to_cbor()).unwrap().pulled[0].items[10].by, id(0x32));
}
