//! One more kind is one more file: copies the tree, adds tests/fixtures/kinds/well.rs and lets the copy prove it.

use crate::{copy, shell};
use std::{fs, path::Path};

/// The one file that the copy has more.
const KIND: (&str, &str) = ("tests/fixtures/kinds/well.rs", "crates/daohu-domain/src/kinds/well.rs");
/// More lines than this are not "one small file" any more.
const LINES_MAX: usize = 60;

/// Builds a copy of the workspace with one more kind and runs its proof (tests/e2e, `extra_kind`).
///
/// # Errors
/// A sentence when the copy does not build or its proof fails.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let copy = root.join("target/extra-kind");
    copy::make_equal(root, &copy, &[KIND], "extra-kind").map_err(|why| format!("could not copy the tree: {why}"))?;
    let lines = fs::read_to_string(root.join(KIND.0)).map_or(usize::MAX, |text| text.lines().count());
    if lines > LINES_MAX {
        return Err(format!("{} has {lines} lines: a kind fits into {LINES_MAX}", KIND.0));
    }
    // Everything is built beside the tree's own, so that no library is built again; only the finished binaries lie in the copy, since
    // those of the tree have the same names. The whole workspace is built, for with other features libraries would be others.
    let beside = copy::target_of(root);
    let cargo = |words: &[&str]| {
        let status = shell::command(&copy, "cargo")
            .args(words)
            .env("CARGO_BUILD_BUILD_DIR", &beside)
            .env("CARGO_TARGET_DIR", copy.join("target"))
            .env("DAOHU_BINARIES", copy.join("target/debug"))
            .env("DAOHU_EXTRA_KIND", "well")
            .status()
            .map_err(|why| format!("could not start cargo: {why}"))?;
        if status.success() { Ok(()) } else { Err(format!("a kind in one more file does not work: cargo {} failed", words.join(" "))) }
    };
    let binaries = ["--bin", "daohu", "--bin", "daohu-field", "--example", "schema", "--example", "glossary"];
    cargo(&[&["build", "--quiet", "--workspace", "--test", "extra_kind"][..], &binaries].concat())?;
    cargo(&["test", "--quiet", "--workspace", "--test", "extra_kind"])
}
