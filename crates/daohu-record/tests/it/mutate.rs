//! Sixty thousand broken changes with right checksums against the guard.
//!
//! A mutant is an honest change with one to three bytes of its body altered and the checksum made right again, which
//! any device can do. No panic may escape, and after a refusal the honest document must be as good as before.

use crate::{
    guards::forged,
    sample::{NINE, NOTE, context, device, edit, event_named, id, note, resolve},
};
use automerge::transaction::Transactable;
use daohu_record::{Document, guard, last_panic_site, panics_caught};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, ops::Range};

const MUTANTS: usize = 60_000;

/// A generator of numbers that are the same in every run (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}

fn unleb(bytes: &[u8], from: usize) -> (usize, usize) {
    let (mut number, mut at) = (0, from);
    loop {
        number |= usize::from(bytes[at] & 0x7f) << (7 * (at - from));
        at += 1;
        if bytes[at - 1] & 0x80 == 0 {
            return (number, at);
        }
    }
}

/// Returns the body of a chunk.
pub(crate) fn body(chunk: &[u8]) -> &[u8] {
    let (_, from) = unleb(chunk, 9);
    &chunk[from..]
}

/// Returns where in a body without other actors the columns are described and held.
pub(crate) fn columns(body: &[u8]) -> Range<usize> {
    let (deps, mut at) = unleb(body, 0);
    at += 32 * deps;
    for prefixed in [true, false, false, false, true] {
        let (length, next) = unleb(body, at);
        at = if prefixed { next + length } else { next };
    }
    let (others, mut at) = unleb(body, at);
    for _ in 0..others {
        let (length, next) = unleb(body, at);
        at = next + length;
    }
    at..body.len()
}

/// Makes a chunk of a body, with the right checksum.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    hashed.extend(leb(body.len()));
    hashed.extend(body);
    let checksum = Sha256::digest(&hashed);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend(&checksum[..4]);
    chunk.extend(hashed);
    chunk
}

/// Alters one to three bytes of a body.
fn mutant(honest: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut body = body(honest).to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(body.len());
        body[at] = match numbers.below(3) {
            0 => u8::try_from(numbers.below(256)).unwrap(),
            1 => body[at] ^ (1 << numbers.below(8)),
            _ => u8::try_from(numbers.below(8)).unwrap(),
        };
    }
    sealed(&body)
}

/// A change to mutate: the document it rests on, if any, its bytes and its writer.
pub(crate) struct Honest {
    pub(crate) base: Option<Document>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) writer: u8,
}

/// Honest changes of every sort: a creation, edits of scalars and texts, a grown set, an event, a resolved conflict.
pub(crate) fn honest() -> Vec<Honest> {
    let (mut document, first) = note();
    let mut all = vec![Honest { base: None, bytes: first.bytes, writer: 1 }];
    for (key, value) in
        [("title", json!("水")), ("story", json!("上午入了户。")), ("seen", json!([id(7).to_string()])), ("count", json!(null))]
    {
        let base = document.clone();
        let change = edit(&mut document, 2, key, value).unwrap();
        all.push(Honest { base: Some(base), bytes: change.bytes, writer: 2 });
    }
    // One bit away from the names of what is sealed.
    for key in ["tond", "@bx"] {
        let base = document.clone();
        let unknown = forged(Some(&base), 2, |tx| tx.put(automerge::ROOT, key, 1_i64));
        all.push(Honest { base: Some(base), bytes: unknown, writer: 2 });
    }
    let base = document.clone();
    let event = document.append(&NOTE, &event_named("return"), device(1), NINE).unwrap();
    all.push(Honest { base: Some(base), bytes: event.bytes, writer: 1 });
    let mut other = document.clone();
    edit(&mut document, 1, "title", json!("甲")).unwrap();
    let theirs = edit(&mut other, 2, "title", json!("乙")).unwrap();
    document.apply_trusted(&theirs.bytes).unwrap();
    let base = document.clone();
    let resolved = resolve(&mut document, "title", 1, 2).unwrap();
    all.push(Honest { base: Some(base), bytes: resolved.bytes, writer: 2 });
    all
}

/// Runs the mutants of a seed and counts the outcomes; panics are counted by the place where they arose.
fn run(seed: u64, count: usize) -> (BTreeMap<&'static str, usize>, BTreeMap<String, Vec<u8>>) {
    let mut numbers = Numbers(seed);
    let (mut outcomes, mut sites) = (BTreeMap::new(), BTreeMap::new());
    let honest = honest();
    for _ in 0..count {
        let honest = &honest[numbers.below(honest.len())];
        let bytes = mutant(&honest.bytes, &mut numbers);
        let outcome = match guard(honest.base.as_ref(), &bytes, &context(honest.writer)) {
            Ok(accepted) => {
                let reloaded = Document::load(id(1), &accepted.document.save()).unwrap();
                assert_eq!(reloaded.view(&NOTE), accepted.document.view(&NOTE));
                assert_eq!(reloaded.history(&NOTE, None), accepted.document.history(&NOTE, None));
                "ok"
            }
            Err(refusal) => {
                if refusal.code == "panics" {
                    sites.entry(last_panic_site().unwrap()).or_insert(bytes);
                }
                refusal.code
            }
        };
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    for honest in &honest {
        let accepted = guard(honest.base.as_ref(), &honest.bytes, &context(honest.writer)).unwrap();
        assert!(Document::load(id(1), &accepted.document.save()).is_ok());
    }
    (outcomes, sites)
}

#[test]
fn every_mutant_is_refused_with_its_code_or_is_sound() {
    let before = panics_caught();
    let (outcomes, sites) = run(2_019, MUTANTS);
    let of = |code: &str| outcomes.get(code).copied().unwrap_or(0);
    let reached = [
        "ok",
        "compressed_chunk",
        "unreadable",
        "panics",
        "not_canonical",
        "not_reloadable",
        "missing_dep",
        "actor_taken",
        "sealed_touched",
        "event_edited",
        "invalid_record",
        "unknown_kind",
        "forbidden_place",
    ];
    for code in reached {
        assert!(of(code) > 0, "no mutant was {code}: {outcomes:?}");
    }
    assert_eq!(outcomes.values().sum::<usize>(), MUTANTS);
    assert!(panics_caught() - before >= of("panics") as u64);
    assert!(sites.len() >= 2, "{sites:?}");
    println!("{outcomes:?} {:?}", sites.keys());
}
