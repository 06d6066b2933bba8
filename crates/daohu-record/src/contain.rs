//! Keeps a panic inside a library from becoming ours: caught, not printed, counted, its place remembered.
//!
//! A hook belongs to the whole program. It is therefore installed once and passes on every panic but those of a
//! thread that is inside [`contained`] at that moment.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
};

static HOOK: Once = Once::new();
static CAUGHT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static SITE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Says that the work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs work and turns a panic in it into an error.
///
/// The work must own what it may leave half done: whatever it was changing has to be thrown away after an error.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| {
            if QUIET.get() {
                let site = panic.location().map(|at| short(at.file(), at.line()));
                SITE.with_borrow_mut(|kept| *kept = site);
            } else {
                previous(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result.map_err(|_| {
        CAUGHT.fetch_add(1, Ordering::Relaxed);
        Panicked
    })
}

/// Returns how many panics of libraries were caught in this process.
#[must_use]
pub fn panics_caught() -> u64 {
    CAUGHT.load(Ordering::Relaxed)
}

/// Returns where the last panic caught on this thread arose: crate, file and line.
#[must_use]
pub fn last_panic_site() -> Option<String> {
    SITE.with_borrow(Clone::clone)
}

/// Leaves out of a source path what differs from machine to machine.
fn short(file: &str, line: u32) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).collect();
    let from = parts.iter().rposition(|part| *part == "src").map_or(0, |at| at.saturating_sub(1));
    format!("{}:{line}", parts.iter().skip(from).copied().collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::{contained, last_panic_site, panics_caught, short};

    #[test]
    fn a_contained_panic_is_counted_and_its_place_is_kept() {
        let before = panics_caught();
        let outcome: Result<u8, _> = contained(|| panic!("inside"));
        assert!(outcome.is_err());
        assert!(panics_caught() > before);
        assert!(last_panic_site().unwrap().contains("src/contain.rs:"));
    }

    #[test]
    fn work_that_ends_well_gives_its_answer() {
        assert_eq!(contained(|| 7), Ok(7));
    }

    #[test]
    fn a_place_is_named_without_the_folders_of_a_machine() {
        assert_eq!(short("/a/b/registry/src/index/automerge-0.12.0/src/op/batch.rs", 7), "automerge-0.12.0/src/op/batch.rs:7");
    }
}
