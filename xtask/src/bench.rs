//! Speeds and sizes: `cargo xtask bench sync|core` builds in release and prints JSON lines.

use crate::shell;
use std::path::Path;

/// Builds and runs the bench; the words go on to it.
///
/// # Errors
/// A sentence when it does not build or a measurement cannot be made.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let mut call = vec!["run", "--quiet", "--release", "--package", "daohu-bench", "--"];
    call.extend(words.iter().map(String::as_str));
    shell::run(root, "cargo", &call)
}
