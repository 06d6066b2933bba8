//! Speeds and sizes: `cargo xtask bench sync|core|ffi|evidence` builds in release and prints JSON lines.

use crate::{copy, kotlin, shell};
use std::{fs, path::Path};

/// What is built: for the border to other languages the library that they load too, and what writes their side of it.
const BENCH: [&str; 4] = ["build", "--quiet", "--release", "--package=daohu-bench"];
const BORDER: [&str; 2] = ["--package=daohu-ffi", "--package=daohu-bindgen"];

/// Builds and runs the bench; the words go on to it.
///
/// # Errors
/// A sentence when it does not build or a measurement cannot be made.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let built = copy::target_of(root).join("release");
    let program = built.join("daohu-bench").display().to_string();
    let call: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.first().map(String::as_str) != Some("ffi") {
        shell::run(root, "cargo", &BENCH)?;
        return shell::run(root, &program, &call);
    }
    shell::run(root, "cargo", &[&BENCH[..], &BORDER].concat())?;
    let (module, library) = (built.join("python"), built.join("libdaohu_ffi.so"));
    fs::create_dir_all(&module).map_err(|why| why.to_string())?;
    let (from, to) = (library.display().to_string(), module.display().to_string());
    let words = ["generate", &from, "--language", "python", "--out-dir", &to, "--no-format"];
    shell::run(root, &built.join("daohu-bindgen").display().to_string(), &words)?;
    fs::copy(&library, module.join("libdaohu_ffi.so")).map_err(|why| why.to_string())?;
    let classes = kotlin::classes(root, &library)?;
    shell::run_with(root, &program, &call, &[("DAOHU_FFI_PYTHON", &to), ("DAOHU_FFI_KOTLIN", &classes), ("DAOHU_FFI_LIBRARY", &from)])
}
