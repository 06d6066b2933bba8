//! `daohu-field`: the smallest host of the field core, for people, scripts and tests.
//!
//! It reads flags, lends the core a clock, randomness and a wire, calls one method and prints the answer. Nothing is
//! decided here.

mod args;
mod carry;
mod clock;
mod print;
mod run;
mod store;
mod text;
mod wire;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match args::Args::try_parse() {
        Ok(args) => {
            let style = print::Style::of(&args.global);
            print::finish(style, run::run(&args))
        }
        Err(error) => print::usage(&error),
    }
}
