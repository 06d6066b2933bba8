//! The rules of the house that no compiler knows: floors, sizes, links, lock files.
//!
//! A rule that fails is mended at its cause; a limit is never loosened.

mod docs;
mod files;
mod floors;
mod lock;

use crate::shell;
use std::path::{Path, PathBuf};

/// Checks everything and prints each finding on a line.
///
/// # Errors
/// A sentence with the number of findings.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let mut findings = floors::check(root)?;
    let tracked = files_of(root);
    findings.extend(files::check(root, &tracked));
    findings.extend(docs::check(root, &tracked));
    findings.extend(lock::check(root, &tracked));
    for finding in &findings {
        shell::say(finding);
    }
    if findings.is_empty() { Ok(()) } else { Err(format!("tidy: {} findings", findings.len())) }
}

/// The files of the project: those git tracks and the new ones it does not ignore, relative to the root.
pub(crate) fn files_of(root: &Path) -> Vec<PathBuf> {
    let listed = std::process::Command::new("git")
        .args(["-c", "core.quotepath=off", "ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().map(PathBuf::from).filter(|path| root.join(path).is_file()).collect()
}
