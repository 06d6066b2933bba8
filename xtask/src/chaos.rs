//! The simulated township: `cargo xtask chaos --seeds N [--from S]`, `--seed S`, or `--planted`: does it find what was broken on purpose?

use crate::{copy, shell};
use std::{fs, path::Path};

/// Where the planted bugs lie.
const PLANTED: &str = "tests/chaos/planted";
/// Where they are tried.
const COPY: &str = "target/planted";
/// Within so many seeds each must be caught.
const SEEDS: &str = "200";

/// Plays seeds; the words go on to the simulator.
///
/// # Errors
/// A sentence when it does not build, a seed fails, or a planted bug is not caught.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    if words.first().is_some_and(|word| word == "--planted") {
        return planted(root, words.get(1).map(String::as_str));
    }
    // The whole workspace is built, for with other features libraries would be others.
    shell::run(root, "cargo", &["build", "--quiet", "--workspace", "--bin", "daohu-chaos"])?;
    let program = copy::target_of(root).join("debug/daohu-chaos");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shell::run(root, &program.display().to_string(), &words)
}

/// Breaks one line after the other, or only the one named, in a copy of the tree and tells which seed notices.
fn planted(root: &Path, only: Option<&str>) -> Result<(), String> {
    let listed = fs::read_dir(root.join(PLANTED)).map_err(|why| format!("no folder {PLANTED}: {why}"))?;
    let mut patches: Vec<_> =
        listed.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "patch")).collect();
    patches.sort();
    let copy = root.join(COPY);
    let mut missed = Vec::new();
    if patches.len() < 8 {
        return Err(format!("only {} planted bugs in {PLANTED}", patches.len()));
    }
    patches.retain(|patch| only.is_none_or(|name| patch.file_stem().is_some_and(|stem| stem == name)));
    for patch in &patches {
        let name = patch.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        copy::make_equal(root, &copy, &[], "planted").map_err(|why| format!("could not copy the tree: {why}"))?;
        shell::run(root, "git", &["apply", &format!("--directory={COPY}"), &patch.display().to_string()])?;
        let text = fs::read_to_string(patch).map_err(|why| why.to_string())?;
        let file = text.lines().find_map(|line| line.strip_prefix("+++ b/")).ok_or_else(|| format!("{name}: names no file"))?;
        if fs::read(root.join(file)).ok() == fs::read(copy.join(file)).ok() {
            return Err(format!("{name}: nothing was broken"));
        }
        let cargo = shell::command(&copy, "cargo")
            .args(["build", "--quiet", "--workspace", "--bin", "daohu-chaos"])
            .env("CARGO_BUILD_BUILD_DIR", copy::target_of(root))
            .env("CARGO_TARGET_DIR", copy.join("target"))
            .status()
            .map_err(|why| format!("could not start cargo: {why}"))?;
        if !cargo.success() {
            return Err(format!("{name}: the broken tree does not build"));
        }
        let program = copy.join("target/debug/daohu-chaos");
        let said = shell::command(&copy, &program.display().to_string())
            .args(["--seeds", SEEDS, "--first"])
            .output()
            .map_err(|why| format!("could not start the simulator: {why}"))?;
        let text = String::from_utf8_lossy(&said.stdout);
        match text.lines().find(|line| line.starts_with("seed ")) {
            Some(line) => shell::say(&format!("{name}: caught by {line}")),
            None => {
                shell::say(&format!("{name}: not caught in {SEEDS} seeds"));
                missed.push(name);
            }
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("the simulator does not notice: {}", missed.join(", "))) }
}
