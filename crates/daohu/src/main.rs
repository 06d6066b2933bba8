//! `daohu`, the server's binary: it reads the words, asks the office once, and prints the answer.

mod args;
mod commands;
mod config;
mod demo;
mod human;
mod print;
mod refusal;
mod width;

use clap::Parser;
use std::process::ExitCode;

/// Intake makes and drops thousands of small values a change; with this allocator it costs a tenth less (`cargo xtask bench core`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match args::Words::try_parse() {
        Ok(words) => {
            let answer = commands::run(&words);
            print::answer(&words.shared, answer)
        }
        Err(error) => print::usage(&error),
    }
}
