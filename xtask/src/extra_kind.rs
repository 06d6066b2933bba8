//! One more kind is one more file: copies the tree, adds tests/fixtures/kinds/well.rs and lets the copy prove it.

use crate::shell;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

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
    copy_tree(root, &copy).map_err(|why| format!("could not copy the tree: {why}"))?;
    let lines = fs::read_to_string(root.join(KIND.0)).map_or(usize::MAX, |text| text.lines().count());
    if lines > LINES_MAX {
        return Err(format!("{} has {lines} lines: a kind fits into {LINES_MAX}", KIND.0));
    }
    // Everything is built beside the tree's own, so that no library is built again; only the finished binaries lie in the copy, since
    // those of the tree have the same names. The whole workspace is built, for with other features libraries would be others.
    let beside = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
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

/// Makes the copy equal to the tree and the one file. What is equal already is not touched, so that it is not built again.
fn copy_tree(root: &Path, copy: &Path) -> io::Result<()> {
    let mut files: Vec<(PathBuf, PathBuf)> = crate::tidy::files_of(root).into_iter().map(|path| (path.clone(), path)).collect();
    files.push((KIND.0.into(), KIND.1.into()));
    for (from, to) in &files {
        let (mut text, to) = (fs::read(root.join(from))?, copy.join(to));
        if from == Path::new("Cargo.toml") {
            text = with_other_version(&text)?;
        }
        if fs::read(&to).ok().as_ref() != Some(&text) {
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(to, text)?;
        }
    }
    let wanted: BTreeSet<PathBuf> = files.into_iter().map(|(_, to)| copy.join(to)).collect();
    for folder in fs::read_dir(copy)?.flatten().map(|entry| entry.path()) {
        if folder.file_name().is_some_and(|name| name != "target") {
            prune(&folder, &wanted)?;
        }
    }
    Ok(())
}

/// Gives our crates another version. Cargo names what it builds after the version and the path *inside* the workspace: without this the copy's
/// crates would take the place of the tree's own in the common folder.
fn with_other_version(manifest: &[u8]) -> io::Result<Vec<u8>> {
    let text = String::from_utf8_lossy(manifest);
    let version = text.lines().find(|line| line.starts_with("version = \"")).ok_or(io::Error::other("Cargo.toml has no version"))?;
    let other = format!("{}-extra-kind\"", version.trim_end().trim_end_matches('"'));
    Ok(text.replacen(version, &other, 1).into_bytes())
}

/// Deletes what the tree does not have any more.
fn prune(path: &Path, wanted: &BTreeSet<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        return if wanted.contains(path) { Ok(()) } else { fs::remove_file(path) };
    }
    for entry in fs::read_dir(path)? {
        prune(&entry?.path(), wanted)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::with_other_version;

    #[test]
    fn only_our_own_version_becomes_another() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\nrust-version = \"1.95\"\n\n[dependencies]\ncsv = { version = \"1\" }\n";

        let other = String::from_utf8(with_other_version(manifest.as_bytes()).unwrap()).unwrap();

        assert_eq!(other, manifest.replace("\"0.1.0\"", "\"0.1.0-extra-kind\""));
        assert!(with_other_version(b"[workspace]\n").is_err());
    }
}
