//! Sizes and texts of source files: a file is a screenful of ideas, not a warehouse.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines of a source file.
const SOURCE_LINES_MAX: usize = 500;
/// Lines of a test file.
const TEST_LINES_MAX: usize = 800;
/// Lines of the border to other languages, without blank ones and comments: whoever adds more there has put a rule in it.
const BORDER_LINES_MAX: usize = 1_500;
/// The border.
const BORDER: &str = "bindings/ffi/src/";
/// Bytes of any file that is not a picture, a lock file or a fixture.
const FILE_BYTES_MAX: u64 = 300_000;

/// Returns a line for each file that is too long, opens without saying what it is for, or uses what we do not use.
pub(crate) fn check(root: &Path, tracked: &[PathBuf]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut border = 0;
    for path in tracked {
        let shown = path.display().to_string();
        let size = fs::metadata(root.join(path)).map_or(0, |about| about.len());
        let kept_whole = ["Cargo.lock", "package-lock.json"].iter().any(|name| shown.ends_with(name)) || shown.contains("fixtures/");
        if size > FILE_BYTES_MAX && !kept_whole {
            findings.push(format!("{shown}: {size} bytes, at most {FILE_BYTES_MAX}"));
        }
        if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(root.join(path)).unwrap_or_default();
            findings.extend(source(&shown, &text));
            border += if shown.starts_with(BORDER) { lines_of_code(&text) } else { 0 };
        }
    }
    if border > BORDER_LINES_MAX {
        findings.push(format!("{BORDER}: {border} lines of code, at most {BORDER_LINES_MAX}"));
    }
    findings
}

/// Counts what is neither blank nor a comment alone.
fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn source(shown: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    let is_test = shown.starts_with("tests/") || shown.contains("/tests/");
    let most = if is_test { TEST_LINES_MAX } else { SOURCE_LINES_MAX };
    if lines > most {
        findings.push(format!("{shown}: {lines} lines, at most {most}"));
    }
    if !text.trim_start().starts_with("//!") {
        findings.push(format!("{shown}: does not open by saying what it is for (//!)"));
    }
    if shown.ends_with("/mod.rs") {
        findings.push(format!("{shown}: use foo.rs and foo/, not mod.rs"));
    }
    let own = shown == "xtask/src/tidy/files.rs";
    for (number, line) in text.lines().enumerate() {
        let place = format!("{shown}:{}", number + 1);
        if line.trim_start().starts_with("pub use") && line.contains("::*") {
            findings.push(format!("{place}: a public surface by glob"));
        }
        if !own && (line.contains("#[ignore") || line.contains("#[allow(") || line.contains("#![allow(")) {
            findings.push(format!("{place}: no ignored tests, no allow; use #[expect(…, reason = …)]"));
        }
        if !own && !is_test && line.contains("rusqlite::") && !line.trim_start().starts_with("//") && !may_know_sql(shown) {
            findings.push(format!("{place}: SQL belongs under a store/ folder"));
        }
    }
    findings
}

fn may_know_sql(shown: &str) -> bool {
    ["crates/daohu-field/src/store", "server/src/store"].iter().any(|place| shown.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::{lines_of_code, source};

    #[test]
    fn blank_lines_and_comments_are_no_code() {
        assert_eq!(lines_of_code("//! Says.\n\n/// Says.\nfn f() {\n    // Why.\n    g(); // how\n}\n"), 3);
    }

    #[test]
    fn a_file_of_501_lines_is_too_long_and_one_of_500_is_not() {
        let file = |lines: usize| format!("//! Says.\n{}", "x\n".repeat(lines - 1));
        assert_eq!(source("a/src/b.rs", &file(500)), Vec::<String>::new());
        assert_eq!(source("a/src/b.rs", &file(501)), ["a/src/b.rs: 501 lines, at most 500"]);
    }

    #[test]
    fn sql_outside_a_store_is_found() {
        let text = "//! Says.\nuse rusqlite::Connection;\n";
        assert_eq!(source("server/src/routes/visit.rs", text).len(), 1);
        assert_eq!(source("server/src/store/sqlite.rs", text).len(), 0);
    }
}
