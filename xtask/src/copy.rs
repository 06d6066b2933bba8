//! Where things lie: the target folder, the rule vectors, the built library; and a copy of the tree under `target`, in which something may
//! be tried that the tree itself must not have.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Returns the folder in which cargo builds the tree.
pub(crate) fn target_of(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target))
}

/// Returns the folder with the rule vectors, beside the tree or where `DAOHU_SHARED` names it.
pub(crate) fn shared_of(root: &Path) -> PathBuf {
    std::env::var_os("DAOHU_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from)
}

/// What the library for other languages is called on the kinds of machine that build it.
const LIBRARIES: [&str; 3] = ["libdaohu_ffi.so", "libdaohu_ffi.dylib", "daohu_ffi.dll"];

/// Builds the binaries and the library for other languages, and returns where the library lies.
///
/// # Errors
/// A sentence where it was not built.
pub(crate) fn foreign_library(root: &Path) -> Result<PathBuf, String> {
    // As every other step builds it: another choice of packages would be another choice of features, and all would be built again.
    crate::shell::run(root, "cargo", &["build", "--workspace", "--lib", "--bins"])?;
    let built = target_of(root).join("debug");
    LIBRARIES.iter().map(|name| built.join(name)).find(|file| file.exists()).ok_or_else(|| "the library daohu_ffi was not built".to_owned())
}

/// Makes the copy equal to the tree and some files more (from, to). What is equal already is not touched, so that it is not built again.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn make_equal(root: &Path, copy: &Path, more: &[(&str, &str)], version: &str) -> io::Result<()> {
    let mut files: Vec<(PathBuf, PathBuf)> = crate::tidy::files_of(root).into_iter().map(|path| (path.clone(), path)).collect();
    files.extend(more.iter().map(|(from, to)| (PathBuf::from(from), PathBuf::from(to))));
    for (from, to) in &files {
        let (mut text, to) = (fs::read(root.join(from))?, copy.join(to));
        if from == Path::new("Cargo.toml") {
            text = with_other_version(&text, version)?;
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
fn with_other_version(manifest: &[u8], name: &str) -> io::Result<Vec<u8>> {
    let text = String::from_utf8_lossy(manifest);
    let version = text.lines().find(|line| line.starts_with("version = \"")).ok_or(io::Error::other("Cargo.toml has no version"))?;
    let other = format!("{}-{name}\"", version.trim_end().trim_end_matches('"'));
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

        let other = String::from_utf8(with_other_version(manifest.as_bytes(), "extra-kind").unwrap()).unwrap();

        assert_eq!(other, manifest.replace("\"0.1.0\"", "\"0.1.0-extra-kind\""));
        assert!(with_other_version(b"[workspace]\n", "x").is_err());
    }
}
