//! Running other programs, and the one place that prints.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Prints a line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "the one place of this program that prints")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Begins a call of a program in `folder`, as if a person had typed it there.
///
/// What `cargo run` tells xtask of itself is taken away: build scripts that look at it would run again, and all that rests on them.
pub(crate) fn command(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a program in `folder`, its output shown.
///
/// # Errors
/// A sentence that names the program when it cannot be started or exits with another status than 0.
pub(crate) fn run(folder: &Path, program: &str, words: &[&str]) -> Result<(), String> {
    run_with(folder, program, words, &[])
}

/// Runs a program in `folder` with more variables, its output shown.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with(folder: &Path, program: &str, words: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let called = command(folder, program).args(words).envs(variables.iter().copied()).status();
    let status = called.map_err(|why| format!("could not start {program}: {why}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {} failed ({status})", words.join(" "))) }
}

/// Runs a program in `folder` and returns what it printed on stdout, shown line by line as it comes.
///
/// # Errors
/// What it printed so far and a sentence, when it cannot be started or exits with another status than 0.
pub(crate) fn run_and_read(folder: &Path, program: &str, words: &[&str]) -> Result<String, (String, String)> {
    run_and_read_with(folder, program, words, &[])
}

/// As [`run_and_read`], with more variables.
///
/// # Errors
/// As [`run_and_read`].
pub(crate) fn run_and_read_with(
    folder: &Path,
    program: &str,
    words: &[&str],
    variables: &[(&str, &str)],
) -> Result<String, (String, String)> {
    use std::io::{BufRead, BufReader};
    let mut child = command(folder, program)
        .args(words)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| (String::new(), format!("could not start {program}: {why}")))?;
    let mut text = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            say(&line);
            text.push_str(&line);
            text.push('\n');
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(text),
        Ok(status) => Err((text, format!("{program} {} failed ({status})", words.join(" ")))),
        Err(why) => Err((text, why.to_string())),
    }
}
