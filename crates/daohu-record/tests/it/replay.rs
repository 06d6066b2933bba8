//! Changes that once brought Automerge down, one file for each place in its source, replayed against the guard.
//!
//! A file holds two lines of hex: the saved document that the change rests on (empty for a first change) and the
//! chunk. The device is the actor of the chunk.

use crate::sample::{context, id};
use daohu_domain::id::Id;
use daohu_mutate::chunk;
use daohu_record::{Document, GuardContext, guard, last_panic_site, panics_caught};

/// Returns the code with which the guard refuses the change of a file, and the device.
fn refused(file: &str) -> &'static str {
    let mut lines = file.lines().map(|line| hex::decode(line).unwrap());
    let (base, change) = (lines.next().unwrap(), lines.next().unwrap());
    let base = (!base.is_empty()).then(|| Document::load(id(1), &base).unwrap());
    let device = Id::from_slice(chunk::actor(chunk::body(&change))).unwrap();
    let refusal = guard(base.as_ref(), &change, &GuardContext { device, ..context(1) }).unwrap_err();
    if let Some(base) = base {
        assert!(Document::load(id(1), &base.save()).is_ok(), "the honest document is as good as before");
    }
    refusal.code
}

#[test]
fn a_change_that_panics_inside_the_library_is_refused_and_counted() {
    let files = [
        ("batch.rs:1121", include_str!("../fixtures/automerge_op_set2_change_batch_rs_1121.hex")),
        ("batch.rs:920", include_str!("../fixtures/automerge_op_set2_change_batch_rs_920.hex")),
        ("collector.rs:299", include_str!("../fixtures/automerge_op_set2_change_collector_rs_299.hex")),
    ];
    for (site, file) in files {
        let before = panics_caught();
        assert_eq!(refused(file), "panics", "{site}");
        assert!(panics_caught() > before);
        assert!(last_panic_site().unwrap().ends_with(site), "{:?}", last_panic_site());
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
