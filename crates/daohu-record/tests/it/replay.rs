//! Changes that once brought Automerge down, one file for each place in its source, replayed against the guard.
//!
//! A file holds two lines of hex: the saved document that the change rests on (empty for a first change) and the
//! chunk. The device is the actor of the chunk.

use crate::sample::{context, id};
use automerge::{Automerge, TextEncoding};
use daohu_domain::id::Id;
use daohu_mutate::chunk;
use daohu_record::{Document, GuardContext, guard, panics_caught};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

/// Returns the record and the change of a file.
fn parts(file: &str) -> (Option<Document>, Vec<u8>) {
    let mut lines = file.lines().map(|line| hex::decode(line).unwrap());
    let (base, change) = (lines.next().unwrap(), lines.next().unwrap());
    ((!base.is_empty()).then(|| Document::load(id(1), &base).unwrap()), change)
}

/// Returns the code with which the guard refuses the change of a file, and the device.
fn refused(file: &str) -> &'static str {
    let (base, change) = parts(file);
    let device = Id::from_slice(chunk::actor(chunk::body(&change))).unwrap();
    let refusal = guard(base.as_ref(), &change, &GuardContext { device, ..context(1) }).unwrap_err();
    if let Some(base) = base {
        assert!(Document::load(id(1), &base.save()).is_ok(), "the honest document is as good as before");
    }
    refusal.code
}

/// A place in the library, what the guard says, and the file.
type Site = (&'static str, &'static str, &'static str);

macro_rules! site {
    ($place:literal, $code:literal, $file:literal) => {
        ($place, $code, include_str!(concat!("../fixtures/automerge_", $file, ".hex")))
    };
}

/// Every place of the library that was seen to panic over a change with a right checksum.
const SITES: [Site; 11] = [
    site!("op_set2/change/batch.rs:1121", "panics", "op_set2_change_batch_rs_1121"),
    site!("op_set2/change/collector.rs:299", "panics", "op_set2_change_collector_rs_299"),
    site!("op_set2/change/collector.rs:788", "panics", "op_set2_change_collector_rs_788"),
    site!("op_set2/change/batch.rs:920", "panics", "op_set2_change_batch_rs_920"),
    site!("op_set2/change/batch.rs:859", "panics", "op_set2_change_batch_rs_859"),
    site!("op_set2/change/batch.rs:146", "panics", "op_set2_change_batch_rs_146"),
    site!("op_set2/change/batch.rs:136", "panics", "op_set2_change_batch_rs_136"),
    site!("op_set2/change/batch.rs:949", "panics", "op_set2_change_batch_rs_949"),
    site!("op_set2/change/collector.rs:753", "panics", "op_set2_change_collector_rs_753"),
    site!("change_graph.rs:569", "panics", "change_graph_rs_569"),
    site!("change_graph.rs:564", "not_canonical", "change_graph_rs_564"),
];

thread_local! {
    /// Where the library panicked on this thread when nobody stood between.
    static BARE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Applies the change of a file as a program without a guard would, and returns where the library panicked.
fn unguarded(file: &str) -> Option<String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| match (BARE.with_borrow(Option::is_some), panic.location()) {
            (true, Some(at)) => BARE.set(Some(format!("{}:{}", at.file(), at.line()))),
            _ => previous(panic),
        }));
    });
    let (base, change) = parts(file);
    let mut document = match base {
        Some(base) => Automerge::load(&base.save()).unwrap(),
        None => Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint),
    };
    BARE.set(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let change = automerge::Change::try_from(change.as_slice()).unwrap();
        document.apply_changes([change]).unwrap();
        let _ = document.get_changes(&[]);
    }));
    std::mem::forget(document);
    let site = BARE.take();
    outcome.err().and(site)
}

#[test]
fn a_change_that_panics_inside_the_library_is_refused_and_counted() {
    for (site, code, file) in SITES {
        let before = panics_caught();
        assert_eq!(refused(file), code, "{site}");
        assert!(panics_caught() > before || code != "panics", "{site}");
    }
}

#[test]
fn without_the_guard_each_of_them_panics_at_its_place() {
    for (site, _, file) in SITES {
        let found = unguarded(file);
        assert!(found.as_ref().is_some_and(|found| found.ends_with(site)), "{site}: {found:?}");
    }
}

/// This one panics again in a destructor while it unwinds, which nothing can catch: the guard must not try it.
#[test]
fn a_change_that_would_end_the_whole_program_is_refused_untried() {
    assert_eq!(refused(include_str!("../fixtures/automerge_op_set2_op_set_mark_index_rs_34.hex")), "not_canonical");
}

#[test]
fn a_change_that_makes_a_document_which_its_own_bytes_do_not_give_back_is_refused() {
    assert_eq!(refused(include_str!("../fixtures/not_reloadable.hex")), "not_reloadable");
}
