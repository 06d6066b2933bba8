//! Plays seeds from the command line: `daohu-chaos --seeds N [--from S] [--first]`, or `--seed S` with every step.

use daohu_chaos::{many, one};
use std::process::ExitCode;

const USAGE: &str = "usage: daohu-chaos --seeds N [--from S] [--first] | --seed S";
/// So many seeds meet every fault; fewer may miss one.
const FULL: u64 = 500;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let done = match (number("--seed"), number("--seeds")) {
        (Some(seed), _) => show(seed),
        (None, Some(count)) => {
            let from = number("--from").unwrap_or(0);
            play(from, count, words.iter().any(|word| word == "--first"))
        }
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&why.to_string());
            ExitCode::FAILURE
        }
    }
}

fn show(seed: u64) -> daohu_chaos::Outcome {
    let run = one(seed)?;
    for line in &run.lines {
        say(line);
    }
    say(&format!("hash {}", run.hash));
    run.failure.map_or(Ok(()), |failure| Err(failure.into()))
}

fn play(from: u64, count: u64, stops: bool) -> daohu_chaos::Outcome {
    let runs = many(from..from + count, stops)?;
    say(&runs.tally.to_string());
    for (_, failure) in &runs.failures {
        say(failure);
    }
    let missing = runs.tally.missing();
    if !runs.failures.is_empty() {
        return Err(format!("{} of {} seeds failed; see one again with --seed S", runs.failures.len(), runs.tally.seeds()).into());
    }
    if count >= FULL && !missing.is_empty() {
        return Err(format!("met in no seed: {}", missing.join(", ")).into());
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one place of this program that prints")]
fn say(line: &str) {
    println!("{line}");
}
