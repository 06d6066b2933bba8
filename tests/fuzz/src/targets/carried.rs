//! What is fetched or carried beside a sync: chunks of packs, batch files, questions of a repair, exported logs.

use super::{
    wire::{LOG_KEY, ZSTD, key, twice},
    word,
};
use daohu_domain::id::Id;
use daohu_wire::{
    WireError,
    batch_file::{open_part, parts},
    log_file,
    pack::{PackChunk, PackOffer},
    reconcile::{Asking, Holdings},
    repair::{RepairAnswer, RepairRequest},
    seal::{INFO_FILE, SealKey, seal},
};

/// The seal key of the golden vectors.
const SEAL_KEY: [u8; 32] = [3; 32];
/// Records that the side that answers a repair holds.
const HELD: u8 = 40;

/// A chunk of a pack, packed or plain, or the offer of one.
#[must_use]
pub fn pack(bytes: &[u8]) -> String {
    if bytes.starts_with(ZSTD) {
        return word(PackChunk::decode(bytes));
    }
    let offer = twice(bytes, PackOffer::from_cbor, PackOffer::to_cbor);
    word(twice(bytes, PackChunk::from_cbor, PackChunk::to_cbor).map(drop).or(offer.map(drop)))
}

/// A batch file. The first byte says whether the rest is the file (0), or what is packed and sealed into one part (1).
#[must_use]
pub fn batch_file(bytes: &[u8]) -> String {
    let Some((which, rest)) = bytes.split_first() else { return "empty".to_owned() };
    let key = SealKey::from_bytes(&SEAL_KEY).unwrap();
    if which % 2 == 1 {
        let packed = zstd::bulk::compress(rest, 3).unwrap();
        let sealed = seal(&key.public(), (INFO_FILE, b""), &packed, &[5; 32]).unwrap();
        return word(open_part(&key, &sealed));
    }
    let found = parts(rest);
    let opened: Result<Vec<_>, WireError> = found.sealed.iter().map(|sealed| open_part(&key, sealed)).collect();
    word(opened.and_then(|_| found.rest.map_or(Ok(()), Err)))
}

/// The bodies of `POST /v1/repair`, plain, and the messages in them.
#[must_use]
pub fn repair(bytes: &[u8]) -> String {
    let mut holdings = Holdings::default();
    for number in 0..HELD {
        holdings.add(Id::v7(1_559_696_400_000, [number; 10]), &[[number; 32]]);
    }
    let request = twice(bytes, RepairRequest::from_cbor, RepairRequest::to_cbor);
    if let Ok(request) = &request {
        let _ = holdings.answer(&request.message);
    }
    let answer = twice(bytes, RepairAnswer::from_cbor, RepairAnswer::to_cbor);
    if let Ok(answer) = &answer {
        let (mut asking, _) = Asking::begin(&holdings).unwrap();
        let _ = asking.take(&answer.message);
    }
    // The messages without a frame around them.
    let (mut asking, _) = Asking::begin(&holdings).unwrap();
    let _ = (holdings.answer(bytes), asking.take(bytes));
    word(request.map(drop).or(answer.map(drop)))
}

/// An exported log, as an auditor checks it.
#[must_use]
pub fn exported_log(bytes: &[u8]) -> String {
    let check = log_file::check(bytes, &key(LOG_KEY)).unwrap();
    check.first_bad.map_or_else(|| "ok".to_owned(), |bad| bad.reason.to_owned())
}
