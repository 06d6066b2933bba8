//! Bodies that want too much: bombs, declared lengths without bytes, frames behind frames, endless nesting.

use crate::fixture::request;
use daohu_wire::{
    EnrolAnswer, EnrolRequest, SignedHead,
    answer::SyncAnswer,
    batch::{Batch, header_of},
    limits::{self, ANSWER_INFLATED_BYTES_MAX, BATCH_ITEMS_MAX, REQUEST_INFLATED_BYTES_MAX},
    receipt,
    request::SyncRequest,
};

fn packed(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, 3).expect("it can be compressed")
}

fn code(body: &[u8]) -> &'static str {
    SyncRequest::decode(body).expect_err("it is refused").code()
}

#[test]
fn a_bomb_is_too_big_however_small_it_is_packed() {
    let bomb = packed(&vec![0; 64 * 1024 * 1024]);
    assert!(bomb.len() < 16 * 1024, "{} bytes", bomb.len());
    assert_eq!(code(&bomb), "too_big");
    assert_eq!(SyncAnswer::decode(&bomb).unwrap_err().code(), "too_big");
}

#[test]
fn a_frame_that_asks_for_more_memory_than_a_body_may_have_is_refused() {
    let with_window = |log: u32| {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.set_parameter(zstd::stream::raw::CParameter::WindowLog(log)).unwrap();
        std::io::Write::write_all(&mut encoder, &request().to_cbor()).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(SyncRequest::decode(&with_window(20)), Ok(request()), "it does not say how big it is, and may");
    assert_eq!(code(&with_window(27)), "bad_frame");
}

#[test]
fn exactly_the_limit_is_inflated_and_one_byte_more_is_not() {
    let filler = |length: usize| packed(&vec![0; length]);
    assert_eq!(code(&filler(REQUEST_INFLATED_BYTES_MAX)), "bad_frame", "read, but no request");
    assert_eq!(code(&filler(REQUEST_INFLATED_BYTES_MAX + 1)), "too_big");
    let answer = |length| SyncAnswer::decode(&filler(length)).unwrap_err().code();
    assert_eq!(answer(ANSWER_INFLATED_BYTES_MAX), "bad_frame");
    assert_eq!(answer(ANSWER_INFLATED_BYTES_MAX + 1), "too_big");
}

#[test]
fn every_bound_on_a_whole_input_is_kept_to_the_byte() {
    type Read = fn(&[u8]) -> &'static str;
    let bounds: [(usize, Read); 5] = [
        (limits::RECEIPT_FILE_BYTES_MAX, |b| receipt::from_file(b).expect_err("zeros").code()),
        (limits::HEAD_BYTES_MAX, |b| SignedHead::from_cose(b).expect_err("zeros").code()),
        (limits::BATCH_COSE_BYTES_MAX, |b| header_of(b).expect_err("zeros").code()),
        (limits::ENROL_BYTES_MAX, |b| EnrolRequest::open(b).expect_err("zeros").code()),
        (limits::ANSWER_BYTES_MAX, |b| EnrolAnswer::decode(b).expect_err("zeros").code()),
    ];
    for (max, read) in bounds {
        assert_eq!(read(&vec![0; max]), "bad_frame", "{max} zeros are read");
        assert_eq!(read(&vec![0; max + 1]), "too_big", "{max} and one are not");
    }
}

#[test]
fn there_is_exactly_one_frame() {
    let one = request().encode().unwrap();
    assert_eq!(code(&[one.as_slice(), &one].concat()), "bad_frame");
    assert_eq!(code(&[one.as_slice(), &[0]].concat()), "bad_frame");
    assert_eq!(code(&[]), "bad_frame");
    // A skippable frame of four bytes before ours.
    assert_eq!(code(&[[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4].as_slice(), &one].concat()), "bad_frame");
}

#[test]
fn a_body_that_is_not_compressed_is_no_frame() {
    assert_eq!(code(&request().to_cbor()), "bad_frame");
    assert_eq!(code(b"<html>please sign in to the network</html>"), "bad_frame");
}

#[test]
fn a_declared_length_reserves_nothing() {
    // Arrays, maps and strings that declare 2^63 elements or bytes and end there.
    for head in [0x9b_u8, 0xbb, 0x5b, 0x7b] {
        let declared = [&[head], (1_u64 << 63).to_be_bytes().as_slice()].concat();
        assert!(SyncRequest::from_cbor(&declared).is_err());
        assert!(Batch::from_bytes(&declared).is_err());
        assert!(receipt::from_file(&declared).is_err());
        // The same as an unknown value, skipped in a request that is sound but for it.
        let (_, [device, proto, time, size]) = pairs();
        assert_eq!(read(0xa5, &[&device, &proto, &time, &size, &[0x18, 0x63], &declared]), Err("bad_frame"));
    }
}

#[test]
fn more_items_than_a_batch_may_have_are_refused_before_they_are_read() {
    let declared = |items: usize| {
        let length = u16::try_from(items).expect("small").to_be_bytes();
        [&[0x83, 0x40, 0x80, 0x99], length.as_slice()].concat()
    };
    assert_eq!(Batch::from_bytes(&declared(BATCH_ITEMS_MAX + 1)).unwrap_err().code(), "too_big");
    assert_eq!(Batch::from_bytes(&declared(BATCH_ITEMS_MAX)).unwrap_err().code(), "bad_frame", "they are missing");
}

/// A request of four keys, cut into its pairs, so that each test bends one thing of something sound.
fn pairs() -> (SyncRequest, [Vec<u8>; 4]) {
    let sound = SyncRequest::new(request().device, 5);
    let device = [&[0x01, 0x50], sound.device.as_bytes().as_slice()].concat();
    (sound, [device, vec![0x02, 0x82, 0x01, 0x01], vec![0x04, 0x05], vec![0x08, 0x1a, 0x00, 0x01, 0x00, 0x00]])
}

fn read(head: u8, parts: &[&[u8]]) -> Result<SyncRequest, &'static str> {
    let cbor = [&[head], parts.concat().as_slice()].concat();
    SyncRequest::from_cbor(&cbor).map_err(|error| error.code())
}

#[test]
fn nesting_without_end_is_skipped_without_recursion() {
    let (sound, [device, proto, time, size]) = pairs();
    let mut deep = vec![0x18, 0x63];
    deep.extend(std::iter::repeat_n(0x81, 1_000_000));
    deep.push(0x00);
    assert_eq!(read(0xa5, &[&device, &proto, &time, &size, &deep]), Ok(sound));
    deep.pop();
    assert_eq!(read(0xa5, &[&device, &proto, &time, &size, &deep]), Err("bad_frame"), "the innermost value is missing");
}

#[test]
fn open_lengths_keys_out_of_order_and_keys_twice_are_refused() {
    let (sound, [device, proto, time, size]) = pairs();

    assert_eq!(read(0xa4, &[&device, &proto, &time, &size]), Ok(sound), "the request that is bent below");
    assert_eq!(read(0xbf, &[&device, &proto, &time, &size, &[0xff]]), Err("bad_frame"), "an open map");
    assert_eq!(read(0xa5, &[&device, &proto, &time, &time, &size]), Err("bad_frame"), "a key twice");
    assert_eq!(read(0xa4, &[&device, &time, &proto, &size]), Err("bad_frame"), "keys out of order");
    assert_eq!(read(0xa3, &[&device, &proto, &size]), Err("bad_frame"), "a required key is missing");
    for open in [&[0x18, 0x63, 0x9f, 0xff][..], &[0x18, 0x63, 0xbf, 0xff], &[0x18, 0x63, 0x5f, 0xff], &[0x18, 0x63, 0x7f, 0xff]] {
        assert_eq!(read(0xa5, &[&device, &proto, &time, &size, open]), Err("bad_frame"), "an open length in an unknown key");
    }
}
