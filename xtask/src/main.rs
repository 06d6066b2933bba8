//! Chores of daohu: `cargo xtask ci | tidy | glossary | extra-kind | python | kotlin | blobs | bindings | chaos | kills | fuzz | mutants | bench`.
//!
//! `./test` calls `cargo xtask ci`; nothing else needs to be known to check a change.

mod bench;
mod bindings;
mod blobs;
mod chaos;
mod ci;
mod copy;
mod extra_kind;
mod fuzz;
mod glossary;
mod kills;
mod kotlin;
mod mutants;
mod python;
mod shell;
mod tidy;

use std::{path::PathBuf, process::ExitCode};

const USAGE: &str = "usage: cargo xtask ci | tidy | glossary [--check] | extra-kind | python [--write-api] | kotlin | blobs | bindings --android|--ios | chaos --seeds N [--from S] | chaos --seed S | \
     chaos --planted | kills [--times N] [--seed S] | fuzz [--target T] [--minutes M] | mutants [--in CRATE] | bench sync|core|ffi|evidence [--visits FILE]";

/// The root of the workspace.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), std::path::Path::to_path_buf)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest = words.get(1..).unwrap_or_default();
    let done = match words.first().map(String::as_str) {
        Some("ci") => ci::run(&root()),
        Some("tidy") => tidy::run(&root()),
        Some("glossary") => glossary::run(&root(), rest),
        Some("extra-kind") => extra_kind::run(&root()),
        Some("python") => python::run(&root(), rest).map(drop).map_err(|(_, why)| why),
        Some("kotlin") => kotlin::run(&root()).map(drop).map_err(|(_, why)| why),
        Some("blobs") => blobs::run(&root()).map(drop).map_err(|(_, why)| why),
        Some("bindings") => bindings::run(&root(), rest),
        Some("kills") => kills::run(&root(), rest),
        Some("fuzz") => fuzz::run(&root(), rest),
        Some("mutants") => mutants::run(&root(), rest),
        Some("chaos") => chaos::run(&root(), rest),
        Some("bench") => bench::run(&root(), rest),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            shell::say(&sentence);
            ExitCode::FAILURE
        }
    }
}
