//! Lock files name the standard registry and no other host.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Cargo's own line for its registry.
const CARGO_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Returns a line for each other host in a lock file.
pub(crate) fn check(root: &Path, tracked: &[PathBuf]) -> Vec<String> {
    let mut findings = Vec::new();
    for path in tracked {
        let shown = path.display().to_string();
        if !shown.ends_with("Cargo.lock") && !shown.ends_with("package-lock.json") {
            continue;
        }
        let text = fs::read_to_string(root.join(path)).unwrap_or_default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| names_a_host(line)) {
            findings.push(format!("{shown}:{}: names a host: {}", number + 1, line.trim()));
        }
    }
    findings
}

fn names_a_host(line: &str) -> bool {
    let addresses_of_authors = ["\"url\":", "\"funding\":"].iter().any(|key| line.trim_start().starts_with(key));
    line.contains("://") && line.trim() != CARGO_SOURCE && !addresses_of_authors
}

#[cfg(test)]
mod tests {
    use super::names_a_host;

    #[test]
    fn only_the_standard_line_may_name_a_host() {
        assert!(!names_a_host("source = \"registry+https://github.com/rust-lang/crates.io-index\""));
        assert!(names_a_host("source = \"registry+https://mirror.example/index\""));
        assert!(names_a_host("\"resolved\": \"https://mirror.example/x.tgz\""));
    }
}
