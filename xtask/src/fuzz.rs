//! Hostile bytes under libFuzzer: `cargo xtask fuzz [--target T] [--minutes M]`. `./test` tries the same targets from a seed.

use crate::shell;
use std::path::Path;

const USAGE: &str = "usage: cargo xtask fuzz [--target T] [--minutes M]";
/// Minutes for each target.
const MINUTES: u64 = 10;
/// What libFuzzer may hold, MiB: counters and corpus are in it beside the target.
const MEMORY_MIB: u64 = 2_048;
/// Seconds after which one input counts as a hang.
const HANG_S: u64 = 30;
/// The longest input, bytes.
const INPUT_MAX: u64 = 65_536;

/// Builds the targets with counters of coverage and runs one or all of them.
///
/// # Errors
/// A sentence when a word is unknown, when cargo-fuzz is missing, or what was found and where the input lies.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let (mut only, mut minutes) = (None, MINUTES);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        match word.as_str() {
            "--target" => only = Some(value.clone()),
            "--minutes" => minutes = value.parse().map_err(|_| USAGE)?,
            _ => return Err(format!("`{word}` is not known; {USAGE}")),
        }
    }
    shell::run(root, "cargo", &["fuzz", "--version"])
        .map_err(|_| "cargo-fuzz is missing: install it with `cargo install cargo-fuzz`; it needs a C++ compiler (g++) too.".to_owned())?;
    let here = root.join("tests/fuzz");
    let targets = targets(&here)?;
    let chosen: Vec<&String> = targets.iter().filter(|name| only.as_ref().is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(format!("no such target; there are {}", targets.join(", ")));
    }
    let mut found = Vec::new();
    for name in chosen {
        shell::say(&format!("== {name}: {minutes} min"));
        if fuzz(root, name, minutes).is_err() {
            found.push(name.clone());
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} failed. The input lies in tests/fuzz/libfuzzer/artifacts; put it into tests/fuzz/fixtures/TARGET and `cargo test -p daohu-fuzz` replays it.",
        found.join(", ")
    ))
}

/// Names the targets: those with honest inputs, which a test compares with the list in the sources.
fn targets(here: &Path) -> Result<Vec<String>, String> {
    let listed = std::fs::read_dir(here.join("corpus")).map_err(|why| format!("tests/fuzz/corpus: {why}"))?;
    let mut names: Vec<String> = listed.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// Runs one target. What libFuzzer gathers stays in `target`, the honest inputs stay as they are.
fn fuzz(root: &Path, name: &str, minutes: u64) -> Result<(), String> {
    let gathered = root.join("target/fuzz-corpus").join(name);
    std::fs::create_dir_all(&gathered).map_err(|why| format!("{}: {why}", gathered.display()))?;
    let (gathered, honest) = (gathered.display().to_string(), root.join("tests/fuzz/corpus").join(name).display().to_string());
    let (built, crate_folder) = (root.join("target/fuzz").display().to_string(), root.join("tests/fuzz/libfuzzer").display().to_string());
    let (time, memory) = (format!("-max_total_time={}", minutes * 60), format!("-rss_limit_mb={MEMORY_MIB}"));
    let (hang, long) = (format!("-timeout={HANG_S}"), format!("-max_len={INPUT_MAX}"));
    let prefix = format!("-artifact_prefix={crate_folder}/artifacts/{name}-");
    let fuzzer = ["fuzz", "run", "--fuzz-dir", &crate_folder, "--sanitizer", "none", "--target-dir", &built, "any", &gathered, &honest];
    let options = ["--", &time, &memory, &hang, &long, &prefix, "-print_final_stats=1", "-verbosity=0"];
    std::fs::create_dir_all(root.join("tests/fuzz/libfuzzer/artifacts")).map_err(|why| format!("artifacts: {why}"))?;
    // Counters of coverage are a flag of nightly compilers; ours takes it when told so.
    shell::run_with(root, "cargo", &[&fuzzer[..], &options].concat(), &[("RUSTC_BOOTSTRAP", "1"), ("DAOHU_FUZZ_TARGET", name)])
}
