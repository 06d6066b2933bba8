//! Kills of real processes under load: `cargo xtask kills [--times N] [--seed S]`. `./test` runs the short form as a test.

use crate::shell;
use std::path::Path;

/// Runs the test of the load with so many kills.
///
/// # Errors
/// A sentence when a word is unknown, or what the test found.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let (mut times, mut seed) = ("200".to_owned(), "20190610".to_owned());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().filter(|value| value.parse::<u64>().is_ok());
        let value = value.ok_or("usage: cargo xtask kills [--times N] [--seed S]")?;
        match word.as_str() {
            "--times" => times.clone_from(value),
            "--seed" => seed.clone_from(value),
            _ => return Err(format!("`{word}` is not known: cargo xtask kills [--times N] [--seed S]")),
        }
    }
    shell::run(root, "cargo", &["build", "--workspace", "--bins", "--quiet"])?;
    let test = ["test", "--quiet", "--workspace", "--test", "it", "--", "under_load", "--nocapture"];
    shell::run_with(root, "cargo", &test, &[("DAOHU_KILLS", &times), ("DAOHU_SEED", &seed)])
}
