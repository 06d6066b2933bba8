//! Sixty thousand broken changes with right checksums against the guard.
//!
//! A mutant is an honest change with one to three bytes of its body altered and the checksum made right again, which
//! any device can do. No panic may escape, and after a refusal the honest document must be as good as before.

use crate::{
    guards::forged,
    sample::{NINE, NOTE, context, device, edit, event_named, id, note, resolve},
};
use automerge::{Automerge, ReadDoc, TextEncoding, transaction::Transactable};
use daohu_mutate::{Numbers, chunk::mutant};
use daohu_record::{Document, guard, last_panic_site, panics_caught};
use serde_json::json;
use std::collections::BTreeMap;

const MUTANTS: usize = 60_000;

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

/// Says whether the library keeps the very bytes of a change that it takes.
fn is_held_as_it_came(honest: &Honest, bytes: &[u8]) -> bool {
    let change = automerge::Change::try_from(bytes).unwrap();
    let mut document = match &honest.base {
        Some(base) => Automerge::load(&base.clone().save()).unwrap(),
        None => Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint),
    };
    let hash = change.hash();
    document.apply_changes([change]).unwrap();
    document.get_change_by_hash(&hash).is_some_and(|held| held.raw_bytes() == bytes)
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
                match refusal.code {
                    "panics" => _ = sites.entry(last_panic_site().unwrap()).or_insert(bytes),
                    "not_reloadable" => assert!(is_held_as_it_came(honest, &bytes), "what is encoded otherwise is not canonical"),
                    _ => {}
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
