//! The one place that writes to the terminal: the answer on stdout, sentences on stderr.

use crate::{args::Global, text};
use clap::error::{ContextKind, ErrorKind};
use daohu_field::FieldError;
use serde_json::{Value as Json, json};
use std::{io::Write, process::ExitCode};

/// How answers are printed.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    json: bool,
    english: bool,
}

/// An answer: its JSON, and the command that names how to print it as text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) what: &'static str,
    pub(crate) json: Json,
}

impl Style {
    /// Reads the flags.
    pub(crate) fn of(global: &Global) -> Self {
        // A command that this version lacks swallows every flag after it, this one too.
        Self { json: global.json || asks_for_json(), english: global.lang == "en" }
    }
}

/// Prints an answer or a refusal; the status is 0, 1, or 2 for wrong usage.
pub(crate) fn finish(style: Style, answer: Result<Answer, FieldError>) -> ExitCode {
    match answer {
        Ok(answer) => {
            let text = if style.json { answer.json.to_string() } else { text::of(&answer, style.english) };
            out(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            if style.json {
                out(&error.json().to_string());
            } else {
                err(&format!("{} ({})", if style.english { error.en() } else { error.zh() }, error.code()));
            }
            ExitCode::from(if matches!(error.code(), "usage" | "not_in_this_version") { 2 } else { 1 })
        }
    }
}

/// Prints what is wrong with the flags, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    if asked {
        out(error.to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    let wrong = what_is_wrong(error);
    if asks_for_json() {
        let usage = FieldError::new("usage").with(json!({ "message": wrong }));
        out(&usage.json().to_string());
    } else {
        err(&format!("命令写法不对，用 --help 看写法。/ {wrong}"));
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

fn asks_for_json() -> bool {
    std::env::args().any(|argument| argument == "--json")
}

/// Writes a line of the answer; who reads only its beginning has closed the pipe, which is no trouble of ours.
fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _closed = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Writes a sentence for a person.
fn err(text: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{text}");
}
