//! Speeds and sizes of daohu as JSON lines: `daohu-bench sync|core|ffi|evidence [--visits FILE] [--quick]`.
//!
//! It measures and does not judge: a figure over its limit says `"holds": false` and the exit is 0 all the same. The exit is 1 where a
//! measurement could not be made, 2 for words it does not know.

mod beside;
mod bulk;
mod clock;
mod core;
mod evidence;
mod ffi;
mod phone;
mod report;
mod sync;
mod township;
mod workload;

use report::{Figure, Outcome};
use std::{io::Write, path::PathBuf, process::ExitCode};
use workload::Line;

/// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "daohu-bench sync|core|ffi|evidence [--visits FILE] [--quick]";

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    bench: String,
    visits: Option<PathBuf>,
    quick: bool,
}

impl Asked {
    fn read(words: impl Iterator<Item = String>) -> Option<Self> {
        let mut asked = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "sync" | "core" | "ffi" | "evidence" if asked.bench.is_empty() => asked.bench = word,
                "--quick" => asked.quick = true,
                "--visits" => asked.visits = Some(PathBuf::from(words.next()?)),
                _ => return None,
            }
        }
        (!asked.bench.is_empty()).then_some(asked)
    }

    /// Returns the lines of the file, else as many as are wanted from the maker of the workload.
    fn lines(&self, wanted: usize) -> Outcome<Vec<Line>> {
        let lines = match &self.visits {
            Some(file) => workload::read(file)?,
            None => workload::make(wanted)?,
        };
        if lines.is_empty() { Err("a workload without visits".into()) } else { Ok(lines) }
    }

    fn run(&self) -> Outcome {
        if self.bench == "sync" {
            let sizes = if self.quick { sync::Sizes::QUICK } else { sync::Sizes::WHOLE };
            return sync::run(&self.lines(sizes.total)?, sizes, &mut tell);
        }
        if self.bench == "ffi" {
            let sizes = if self.quick { ffi::Sizes::QUICK } else { ffi::Sizes::WHOLE };
            return ffi::run(&self.lines(sizes.visits)?, sizes, &mut tell);
        }
        if self.bench == "evidence" {
            return evidence::run(if self.quick { evidence::Sizes::QUICK } else { evidence::Sizes::WHOLE }, &mut tell);
        }
        let sizes = if self.quick { core::Sizes::QUICK } else { core::Sizes::WHOLE };
        let lines = self.lines(sizes.big)?;
        // A file with fewer lines gives the words; times and ids are always new.
        core::run(&workload::repeated(&lines, sizes.big), sizes, &mut tell)
    }
}

#[expect(clippy::print_stdout, reason = "the one place that prints a figure")]
fn tell(figure: &Figure) {
    println!("{}", figure.to_json());
    // A reader at the end of a pipe sees each figure when it is known; one that has gone away is no failure of the measurement.
    _ = std::io::stdout().flush();
}

#[expect(clippy::print_stderr, reason = "the one place that says why there is no figure")]
fn complain(text: &str) {
    eprintln!("{text}");
}

fn main() -> ExitCode {
    let Some(asked) = Asked::read(std::env::args().skip(1)) else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match asked.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&format!("a measurement could not be made: {why}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, sync};
    use crate::workload;

    fn asked(words: &str) -> Option<Asked> {
        Asked::read(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_are_read_and_unknown_ones_refused() {
        let whole = asked("sync --visits visits.jsonl --quick").unwrap();
        assert_eq!((whole.bench.as_str(), whole.quick), ("sync", true));
        assert_eq!(whole.visits.unwrap().to_str(), Some("visits.jsonl"));
        assert_eq!(asked("evidence --quick").map(|asked| asked.bench).as_deref(), Some("evidence"));
        for wrong in ["", "--quick", "sync core", "sync --visits", "sync --fast"] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_sizes_hold_on_a_small_workload_and_every_figure_is_told() {
        let lines = workload::sample().unwrap();
        let sizes = sync::Sizes { total: lines.len(), big: 15, small: 20, rounds: 1 };
        let mut told = Vec::new();

        sync::run(&lines, sizes, &mut |figure| told.push(figure.to_json())).unwrap();

        let named = |name: &str| told.iter().find(|line| line["figure"] == name).unwrap_or_else(|| panic!("no {name} in {told:?}"));
        assert_eq!(named("bytes_up_per_visit_20")["holds"], true);
        assert_eq!(named("noop_bytes_40")["holds"], true);
        assert_eq!(named("noop_bytes_40")["requests"], 1);
        assert_eq!(named("first_pull_bytes_40")["requests"].as_u64().map(|requests| requests <= 2), Some(true));
        for name in ["bytes_up_per_visit_15", "bytes_up_per_visit_15_with_positions", "automerge_noop_bytes_40", "first_pull_s_40"] {
            named(name);
        }
    }
}
