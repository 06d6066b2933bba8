//! Documents that do not lie: links lead somewhere, and nothing names a machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Paths that exist on one machine only.
const PRIVATE: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Returns a line for each dead link in a Markdown file and each path of a machine in any text.
pub(crate) fn check(root: &Path, tracked: &[PathBuf]) -> Vec<String> {
    let mut findings = Vec::new();
    for path in tracked {
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        let shown = path.display().to_string();
        for (number, line) in text.lines().enumerate() {
            for private in PRIVATE.iter().filter(|private| line.contains(**private)) {
                findings.push(format!("{shown}:{}: names a path of one machine ({private}…)", number + 1));
            }
        }
        if path.extension().is_some_and(|ending| ending == "md") {
            let folder = root.join(path).parent().map(Path::to_path_buf).unwrap_or_default();
            findings.extend(
                links(&text)
                    .into_iter()
                    .filter(|link| !leads_somewhere(root, &folder, link))
                    .map(|link| format!("{shown}: dead link {link}")),
            );
        }
    }
    findings
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<String> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

fn leads_somewhere(root: &Path, folder: &Path, link: &str) -> bool {
    let target = link.split('#').next().unwrap_or_default();
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    target.strip_prefix('/').map_or_else(|| folder.join(target), |rest| root.join(rest)).exists()
}

#[cfg(test)]
mod tests {
    use super::{leads_somewhere, links};

    #[test]
    fn a_link_to_a_file_that_is_not_there_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.md"), "x").unwrap();
        assert_eq!(links("see [a](a.md#one) and [b](b.md)"), ["a.md#one", "b.md"]);
        assert!(leads_somewhere(folder.path(), folder.path(), "a.md#one"));
        assert!(!leads_somewhere(folder.path(), folder.path(), "b.md"));
    }
}
