//! The Kotlin package: library, generated sources, classes, and its tests against a real office. Maven does the rest (bindings/kotlin/pom.xml).

use crate::{copy, shell};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Builds the package and runs its tests; returns what Maven printed. Everything it makes lies in the folder `hosts/kotlin` of the target
/// folder, but for what Maven fetched.
///
/// # Errors
/// What Maven printed so far, and a sentence that names the step.
pub(crate) fn run(root: &Path) -> Result<String, (String, String)> {
    let library = copy::foreign_library(root).map_err(|why| (String::new(), why))?;
    maven(root, &library, &["package"])
}

/// Builds the package and its tests over a library; returns their classes and those they rest on, as Java wants to be told.
///
/// # Errors
/// A sentence that names the step.
pub(crate) fn classes(root: &Path, library: &Path) -> Result<String, String> {
    let out = out_of(root);
    let list = out.join("classes.txt");
    let listed = format!("-Dmdep.outputFile={}", list.display());
    maven(root, library, &["--quiet", "test-compile", "dependency:build-classpath", &listed]).map_err(|(_, why)| why)?;
    let others = fs::read_to_string(&list).map_err(|why| format!("{}: {why}", list.display()))?;
    let ours = ["classes", "test-classes"].map(|folder| out.join(folder));
    let all = ours.iter().map(PathBuf::as_path).chain(others.trim().split(':').map(Path::new));
    env::join_paths(all).map_err(|why| why.to_string())?.into_string().map_err(|_| "a folder's name is no text".to_owned())
}

fn out_of(root: &Path) -> PathBuf {
    copy::target_of(root).join("hosts/kotlin")
}

fn maven(root: &Path, library: &Path, goals: &[&str]) -> Result<String, (String, String)> {
    let shared = copy::shared_of(root);
    let shared = shared.canonicalize().map_err(|why| (String::new(), format!("{}: {why}", shared.display())))?;
    let built = library.parent().unwrap_or(root);
    let handed = [("daohu.built", built), ("daohu.library", library), ("daohu.shared", &shared), ("daohu.out", &out_of(root))];
    let mut words = ["--batch-mode", "--no-transfer-progress", "-Dstyle.color=never"].map(str::to_owned).to_vec();
    words.extend(handed.map(|(name, path)| format!("-D{name}={}", path.display())));
    words.extend(goals.iter().map(|goal| (*goal).to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shell::run_and_read(&root.join("bindings/kotlin"), "mvn", &words)
        .map_err(|(text, why)| (text, format!("{why} (it needs a JDK, 17 or newer, and Maven)")))
}
