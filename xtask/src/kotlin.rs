//! The Kotlin package: library, generated sources, classes, and its tests against a real office. Maven does the rest (bindings/kotlin/pom.xml).

use crate::{copy, shell};
use std::path::Path;

/// Builds the package and runs its tests; returns what Maven printed. Everything it makes lies in the folder `hosts/kotlin` of the target
/// folder, but for what Maven fetched.
///
/// # Errors
/// What Maven printed so far, and a sentence that names the step.
pub(crate) fn run(root: &Path) -> Result<String, (String, String)> {
    let library = copy::foreign_library(root).map_err(|why| (String::new(), why))?;
    let target = copy::target_of(root);
    let built = target.join("debug");
    let shared = copy::shared_of(root);
    let shared = shared.canonicalize().map_err(|why| (String::new(), format!("{}: {why}", shared.display())))?;
    let handed = [
        ("daohu.built", built.as_path()),
        ("daohu.library", &library),
        ("daohu.shared", &shared),
        ("daohu.out", &target.join("hosts/kotlin")),
    ];
    let mut words = vec!["--batch-mode".to_owned(), "--no-transfer-progress".to_owned()];
    words.extend(handed.map(|(name, path)| format!("-D{name}={}", path.display())));
    words.push("package".to_owned());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shell::run_and_read(&root.join("bindings/kotlin"), "mvn", &words)
        .map_err(|(text, why)| (text, format!("{why} (it needs a JDK, 17 or newer, and Maven)")))
}
