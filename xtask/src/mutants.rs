//! Are the rules, the guard, the log and the conversation truly tested: `cargo xtask mutants [--in CRATE]`.

use crate::shell;
use std::path::Path;

const USAGE: &str = "usage: cargo xtask mutants [--in CRATE]";
/// The crates that .cargo/mutants.toml looks into.
const CRATES: [&str; 5] = ["daohu-record", "daohu-wire", "daohu-domain", "daohu-field", "daohu-server"];

/// Alters one thing after the other in a copy of the tree and runs the tests of its package.
///
/// # Errors
/// A sentence when a word is unknown, when cargo-mutants is missing, or when something was altered that no test saw.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let chosen: Vec<&str> = match words {
        [] => CRATES.to_vec(),
        [word, name] if word == "--in" && CRATES.contains(&name.as_str()) => vec![name],
        [word, _] if word == "--in" => return Err(format!("no such crate; there are {}", CRATES.join(", "))),
        _ => return Err(USAGE.to_owned()),
    };
    shell::run(root, "cargo", &["mutants", "--version"])
        .map_err(|_| "cargo-mutants is missing: install it with `cargo install cargo-mutants`.".to_owned())?;
    // Libraries are built once into a folder that stays.
    let built = root.join("target/mutants").display().to_string();
    let mut survived = Vec::new();
    for name in chosen {
        let output = root.join("target/mutants-report").join(name);
        std::fs::create_dir_all(&output).map_err(|why| format!("{}: {why}", output.display()))?;
        let output = output.display().to_string();
        let words = ["mutants", "--package", name, "--output", &output, "-j", "1", "--no-shuffle"];
        if shell::run_with(root, "cargo", &words, &[("CARGO_TARGET_DIR", &built)]).is_err() {
            survived.push(name);
        }
    }
    if survived.is_empty() {
        return Ok(());
    }
    Err(format!("Some were not seen in {}: target/mutants-report/CRATE/mutants.out/missed.txt names them.", survived.join(", ")))
}
