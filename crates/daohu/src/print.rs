//! The one place that writes to stdout and stderr: the answer to the first, sentences to the second.

use crate::{args::Shared, commands::Answer, human, refusal::Refusal};
use clap::error::{ContextKind, ErrorKind};
use serde_json::Value as Json;
use std::{io::Write, process::ExitCode};

/// Prints what a command gave and returns the exit status.
pub(crate) fn answer(shared: &Shared, answer: Result<Answer, Refusal>) -> ExitCode {
    match answer {
        Ok(Answer::Said) => ExitCode::SUCCESS,
        Ok(Answer::Lines(values)) => {
            values.iter().for_each(|value| out(&value.to_string()));
            ExitCode::SUCCESS
        }
        Ok(Answer::Value(value)) => {
            show(shared, &value);
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            match &refusal.answer {
                Some(value) => show(shared, value),
                None if shared.json || asks_for_json() => out(&refusal.to_json().to_string()),
                None => err(if shared.lang == "en" { &refusal.en } else { &refusal.zh }),
            }
            ExitCode::from(refusal.exit)
        }
    }
}

/// Prints what the words lacked; with `--json` among them as the one JSON value.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // --help and --version: an answer, not a refusal.
        out(error.to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    let wrong = what_is_wrong(error);
    let refusal = Refusal::usage(format!("命令写法不对，用 --help 看写法。（{wrong}）"), wrong);
    if asks_for_json() {
        out(&refusal.to_json().to_string());
    } else {
        err(&format!("{} / {}", refusal.zh, refusal.en));
        err(error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default().trim_end());
    }
    ExitCode::from(2)
}

/// Says what is wrong with the words without repeating them: one may be a telephone number.
fn what_is_wrong(error: &clap::Error) -> String {
    let said = |kind| error.get(kind).map(ToString::to_string);
    let missing = said(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::MissingRequiredArgument);
    let meant = said(ContextKind::SuggestedArg).or_else(|| said(ContextKind::SuggestedSubcommand));
    let kind = error.kind().as_str().unwrap_or("the words are not understood");
    [Some(kind.to_owned()), missing, meant.map(|meant| format!("did you mean {meant}?"))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ")
}

/// Tells whether `--json` stands anywhere: words that were not understood may have swallowed it.
fn asks_for_json() -> bool {
    std::env::args_os().any(|word| word == "--json")
}

fn show(shared: &Shared, value: &Json) {
    if shared.json { out(&value.to_string()) } else { out(human::text(value, shared.lang == "en").trim_end()) }
}

/// Writes a line of the answer and pushes it out at once; a closed pipe is not our trouble.
pub(crate) fn out(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _closed = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes a sentence to stderr.
pub(crate) fn err(line: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}
