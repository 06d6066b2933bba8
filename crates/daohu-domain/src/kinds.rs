//! The kinds of record there are: one file of `kinds/` each, listed by the build script.

use crate::kind::Kind;

include!(concat!(env!("OUT_DIR"), "/kinds.rs"));

/// Returns every kind, sorted by name.
#[must_use]
pub fn all() -> &'static [&'static Kind] {
    ALL
}

/// Returns the kind of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.name == name).copied()
}
