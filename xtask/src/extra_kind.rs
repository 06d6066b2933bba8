//! One more kind is one more file: copies the tree, adds tests/fixtures/kinds/well.rs and lets the copy prove it.

use std::{fs, path::Path};

/// Builds a copy of the workspace with one more kind and runs its proof (tests/e2e, `extra_kind`).
///
/// # Errors
/// A sentence when the copy does not build or its proof fails.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let copy = root.join("target/extra-kind");
    let said = |why: std::io::Error| format!("could not copy the tree: {why}");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(said)?;
    }
    for path in crate::tidy::files_of(root) {
        let to = copy.join(&path);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(said)?;
        }
        fs::copy(root.join(&path), &to).map_err(said)?;
    }
    fs::copy(root.join("tests/fixtures/kinds/well.rs"), copy.join("crates/daohu-domain/src/kinds/well.rs")).map_err(said)?;
    // The dependencies are the same, so they are taken from the common target folder; our own crates have another path and
    // so other names in it.
    let target = root.join("target");
    let status = std::process::Command::new("cargo")
        .args(["test", "--workspace", "--test", "extra_kind"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| target.into_os_string()))
        .env("DAOHU_EXTRA_KIND", "well")
        .status()
        .map_err(|why| format!("could not start cargo: {why}"))?;
    if status.success() { Ok(()) } else { Err("a kind in one more file does not work".to_owned()) }
}
