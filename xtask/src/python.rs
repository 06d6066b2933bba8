//! The Python package: library, generated module, stub, wheel, an environment of its own, types, and its tests against a real office.
//!
//! Its tests look at the Swift sources too, and at the checked-in text of the foreign API (`--write-api` writes that).

use crate::{copy, shell};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the environment holds beside the wheel: named to the version, so that a new one does not break the tests by itself.
const TOOLS: [&str; 6] =
    ["setuptools==84.2.1", "wheel==0.48.0", "pytest==9.2.0", "mypy==2.4.1", "tree-sitter==0.26.1", "tree-sitter-swift==0.7.4"];

/// Builds the wheel and runs its tests; returns what pytest printed.
///
/// # Errors
/// What pytest printed so far, and a sentence that names the step.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<String, (String, String)> {
    let target = copy::target_of(root);
    let home = target.join("hosts/python");
    let wheel = wheel(root, &target, &home).map_err(|why| (String::new(), why))?;
    let python = environment(&home, &wheel).map_err(|why| (String::new(), why))?;
    let tests = fresh(&home.join("tests")).map_err(|why| (String::new(), why))?;
    let laid = copy_folder(&root.join("bindings/python/tests"), &tests.join("tests"))
        .and_then(|()| fs::copy(root.join("bindings/python/pyproject.toml"), tests.join("pyproject.toml")));
    laid.map_err(|why| (String::new(), format!("the tests could not be copied: {why}")))?;
    shell::run(&tests, &python, &["-m", "mypy", "tests"]).map_err(|why| (String::new(), why))?;
    let office = target.join("debug/daohu").display().to_string();
    let guides = root.join("docs/guides").display().to_string();
    let shared = copy::shared_of(root).display().to_string();
    let swift = home.join("swift").display().to_string();
    let mut variables = vec![("DAOHU_BIN", office.as_str()), ("DAOHU_GUIDES", &guides), ("DAOHU_SHARED", &shared), ("DAOHU_SWIFT", &swift)];
    variables.push(("PYTHONDONTWRITEBYTECODE", "1"));
    if words.iter().any(|word| word == "--write-api") {
        variables.push(("DAOHU_WRITE_API", "1"));
    }
    shell::run_and_read_with(&tests, &python, &["-m", "pytest", "-q", "-p", "no:cacheprovider"], &variables)
}

/// Lays out the package with the library and what is generated from it, and makes a wheel.
fn wheel(root: &Path, target: &Path, home: &Path) -> Result<PathBuf, String> {
    let library = copy::foreign_library(root)?;
    let built = target.join("debug");
    let stage = fresh(&home.join("stage"))?;
    let package = stage.join("daohu_field");
    let failed = |why: std::io::Error| format!("the package could not be laid out: {why}");
    copy_folder(&root.join("bindings/python"), &stage).map_err(failed)?;
    let to = package.join(library.file_name().unwrap_or_default());
    let (from, to, package) = (library.display().to_string(), to.display().to_string(), package.display().to_string());
    let bindgen = built.join("daohu-bindgen").display().to_string();
    shell::run(root, &bindgen, &["generate", &from, "--language", "python", "--out-dir", &package, "--no-format"])?;
    let swift = fresh(&home.join("swift"))?.display().to_string();
    shell::run(root, &bindgen, &["generate", &from, "--language", "swift", "--out-dir", &swift, "--no-format"])?;
    // What a debugger wants is four fifths of it.
    if shell::run(root, "strip", &["--strip-unneeded", "-o", &to, &from]).is_err() {
        fs::copy(&from, &to).map_err(failed)?;
    }
    let (stubs, module) = (stage.join("stubs.py").display().to_string(), format!("{package}/daohu_ffi.py"));
    shell::run(root, "python3", &[&stubs, &module, &format!("{module}i")])?;
    Ok(stage)
}

/// Makes an environment with the tools and installs the package into it.
fn environment(home: &Path, stage: &Path) -> Result<String, String> {
    let folder = home.join("environment");
    let python = folder.join("bin/python").display().to_string();
    if !folder.join("bin/python").exists() {
        shell::run(home, "python3", &["-m", "venv", "--clear", &folder.display().to_string()])?;
    }
    // Each time: what is there already takes a moment, and one that was cut short or lacks a tool is completed.
    let words = [&["-m", "pip", "install", "--quiet", "--disable-pip-version-check"][..], &TOOLS].concat();
    shell::run(home, &python, &words)?;
    let dist = fresh(&home.join("dist"))?.display().to_string();
    let quiet = ["--quiet", "--no-deps", "--disable-pip-version-check"];
    let stage = stage.display().to_string();
    shell::run(home, &python, &[&["-m", "pip", "wheel", "--no-build-isolation", "--wheel-dir", &dist, &stage][..], &quiet].concat())?;
    let made = fs::read_dir(&dist).ok().and_then(|mut files| files.next()?.ok()).ok_or("no wheel was made")?;
    let made = made.path().display().to_string();
    shell::run(home, &python, &[&["-m", "pip", "install", "--force-reinstall", &made][..], &quiet].concat())?;
    Ok(python)
}

/// Makes a folder that holds nothing.
///
/// # Errors
/// A sentence that names the folder.
pub(crate) fn fresh(folder: &Path) -> Result<PathBuf, String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(folder.to_owned())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() == "__pycache__" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
