//! docs/GLOSSARY.md is made from the declarations; `--check` fails when it is out of date.

use crate::shell;
use std::{fs, path::Path};

/// Writes the glossary, or with `--check` compares it.
///
/// # Errors
/// A sentence when the page is out of date or cannot be made; nothing is written then.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let output = shell::command(root, "cargo")
        .args(["run", "--quiet", "--package", "daohu-domain", "--example", "glossary"])
        .output()
        .map_err(|why| format!("could not make the glossary: {why}"))?;
    if !output.status.success() {
        return Err(format!("could not make the glossary: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let made = String::from_utf8_lossy(&output.stdout).into_owned();
    let page = root.join("docs/GLOSSARY.md");
    if words.iter().any(|word| word == "--check") {
        let kept = fs::read_to_string(&page).unwrap_or_default();
        return if kept == made { Ok(()) } else { Err("docs/GLOSSARY.md is out of date: run `cargo xtask glossary`".to_owned()) };
    }
    fs::write(&page, made).map_err(|why| format!("could not write docs/GLOSSARY.md: {why}"))?;
    shell::say("docs/GLOSSARY.md written");
    Ok(())
}
