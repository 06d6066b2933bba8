//! The Kotlin package: library, generated sources, classes, and its tests against a real office. Maven does the rest (bindings/kotlin/pom.xml).

use crate::{copy, shell};
use std::path::Path;

/// What the library is called on the kinds of machine that build it.
const LIBRARIES: [&str; 3] = ["libdaohu_ffi.so", "libdaohu_ffi.dylib", "daohu_ffi.dll"];

/// Builds the package and runs its tests; returns what Maven printed. Everything it makes lies in the folder `hosts/kotlin` of the target
/// folder, but for what Maven fetched.
///
/// # Errors
/// What Maven printed so far, and a sentence that names the step.
pub(crate) fn run(root: &Path) -> Result<String, (String, String)> {
    // As every other step builds it, lest another choice of features build all libraries again.
    shell::run(root, "cargo", &["build", "--workspace", "--lib", "--bins"]).map_err(|why| (String::new(), why))?;
    let target = copy::target_of(root);
    let built = target.join("debug");
    let library = LIBRARIES.iter().map(|name| built.join(name)).find(|file| file.exists());
    let library = library.ok_or_else(|| (String::new(), "the library daohu_ffi was not built".to_owned()))?;
    let shared = std::env::var_os("DAOHU_SHARED").map_or_else(|| root.join("../shared"), std::path::PathBuf::from);
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
