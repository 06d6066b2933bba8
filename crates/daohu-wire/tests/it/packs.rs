//! Packs: what a chunk and an offer carry, and what hostile ones are refused for before memory is spent on them.

use crate::fixture::{answer, chunk, id, pack_chunk, pack_offer, pulled_item, village};
use daohu_wire::{
    ChunkRef, PackChunk, PackOffer, SyncAnswer,
    limits::{PACK_CHUNK_BYTES_MAX, PACK_CHUNK_INFLATED_BYTES_MAX, PACK_CHUNKS_MAX, PACK_OFFER_BYTES_MAX, PULLED_ITEMS_MAX},
    merkle::sha256,
};

fn packed(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, 3).expect("it can be compressed")
}

fn offered(body: &[u8]) -> ChunkRef {
    ChunkRef { n: 0, bytes: u32::try_from(body.len()).expect("small"), hash: sha256(&[body]) }
}

#[test]
fn a_chunk_carries_what_pulled_rows_carry() {
    let body = pack_chunk().encode().unwrap();

    assert_eq!(PackChunk::open(&body, &offered(&body)), Ok(pack_chunk()));
}

#[test]
fn a_chunk_that_is_not_the_one_offered_is_not_even_inflated() {
    let body = pack_chunk().encode().unwrap();
    let other = ChunkRef { hash: [7; 32], ..offered(&body) };

    assert_eq!(PackChunk::open(&body, &other).unwrap_err().code(), "bad_merkle_root");
}

#[test]
fn a_chunk_of_another_version_is_refused_and_not_guessed_at() {
    let mut cbor = pack_chunk().to_cbor();
    assert_eq!(cbor[1..3], [1, 1], "the version comes first");
    cbor[2] = 2;

    assert_eq!(PackChunk::from_cbor(&cbor).unwrap_err().code(), "bad_frame");
    assert_eq!(PackChunk::from_cbor(&[0xa0]).unwrap_err().code(), "bad_frame", "and so is one that names none");
}

#[test]
fn a_chunk_that_inflates_too_far_or_is_too_long_is_refused() {
    let zeros = |count| PackChunk::decode(&packed(&vec![0; count])).unwrap_err().code();
    assert_eq!(zeros(PACK_CHUNK_INFLATED_BYTES_MAX + 1), "too_big");
    assert_eq!(zeros(PACK_CHUNK_INFLATED_BYTES_MAX), "bad_frame");
    assert_eq!(PackChunk::decode(&vec![0; PACK_CHUNK_BYTES_MAX + 1]).unwrap_err().code(), "too_big");
    assert_eq!(PackChunk::decode(&vec![0; PACK_CHUNK_BYTES_MAX]).unwrap_err().code(), "bad_frame");
}

#[test]
fn a_chunk_of_more_items_than_a_phone_takes_is_neither_written_nor_read() {
    let of = |count: usize| PackChunk { place: village(), items: vec![pulled_item(1, None); count] };

    assert_eq!(of(PULLED_ITEMS_MAX + 1).encode().unwrap_err().code(), "too_big");
    assert_eq!(PackChunk::from_cbor(&of(PULLED_ITEMS_MAX + 1).to_cbor()).unwrap_err().code(), "too_big");
    assert_eq!(PackChunk::decode(&of(PULLED_ITEMS_MAX).encode().unwrap()).unwrap().items.len(), PULLED_ITEMS_MAX);
}

#[test]
fn an_item_that_names_no_device_of_the_chunk_is_refused() {
    let cbor = pack_chunk().to_cbor();
    let person = id(0x33);
    let at = cbor.windows(16).position(|window| window == person.as_bytes()).expect("the dictionary");
    // The second device, array and all, is taken out.
    let bent = [&cbor[..at - 19], &cbor[at + 16..]].concat();
    let bent: Vec<u8> = bent.iter().enumerate().map(|(place, byte)| if place == at - 19 - 36 { byte - 1 } else { *byte }).collect();

    assert_eq!(PackChunk::from_cbor(&bent).unwrap_err().code(), "bad_frame");
}

#[test]
fn an_answer_with_offers_says_them_again() {
    let told = SyncAnswer { packs: vec![pack_offer(), PackOffer { grant: 301, ..pack_offer() }], ..answer() };

    assert_eq!(SyncAnswer::decode(&told.encode().unwrap()), Ok(told));
}

#[test]
fn an_offer_of_nothing_of_too_much_or_without_end_is_refused() {
    let refused = |offer: PackOffer| PackOffer::from_cbor(&offer.to_cbor()).unwrap_err().code();
    let chunk = pack_offer().chunks[0];
    assert_eq!(refused(PackOffer { seq: 0, ..pack_offer() }), "bad_frame");
    assert_eq!(refused(PackOffer { chunks: Vec::new(), ..pack_offer() }), "bad_frame");
    assert_eq!(refused(PackOffer { chunks: vec![ChunkRef { bytes: 0, ..chunk }], ..pack_offer() }), "bad_frame");
    let big = u32::try_from(PACK_CHUNK_BYTES_MAX).unwrap() + 1;
    assert_eq!(refused(PackOffer { chunks: vec![ChunkRef { bytes: big, ..chunk }], ..pack_offer() }), "too_big");
    assert_eq!(refused(PackOffer { chunks: vec![chunk; PACK_CHUNKS_MAX + 1], ..pack_offer() }), "too_big");
    assert_eq!(PackOffer::from_cbor(&vec![0; PACK_OFFER_BYTES_MAX + 1]).unwrap_err().code(), "too_big");
    let most =
        PackOffer { seq: u64::MAX, grant: u64::MAX, chunks: vec![ChunkRef { n: u32::MAX, bytes: big - 1, ..chunk }; PACK_CHUNKS_MAX] };
    assert_eq!(PackOffer::from_cbor(&most.to_cbor()), Ok(most));
}

#[test]
fn changes_that_do_not_shrink_are_refused_as_one_chunk_that_no_phone_would_read() {
    let mut random = daohu_mutate::Numbers(5);
    let noise = |random: &mut daohu_mutate::Numbers| (0..60_000).map(|_| random.byte()).collect::<Vec<u8>>();
    let items = (0..12).map(|_| daohu_wire::PulledItem { bytes: chunk(&noise(&mut random)), ..pulled_item(1, None) }).collect();

    assert_eq!(PackChunk { place: village(), items }.encode().unwrap_err().code(), "too_big");
}
