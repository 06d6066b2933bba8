//! The commands: each reads its words, calls the office once, and hands back the answer.

mod carried;
mod figures;
mod import;
mod keep;
mod people;
mod proof;
mod records;
pub(crate) mod serve;

use crate::{
    args::{Command, Shared, Words},
    config,
    refusal::{Refusal, at_the_office},
};
use daohu_server::{error::OfficeError, office::Office};
use serde_json::Value as Json;

/// What a command gives to print.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// One value.
    Value(Json),
    /// One value a line.
    Lines(Vec<Json>),
    /// Nothing more: it was said while running.
    Said,
}

impl From<Json> for Answer {
    fn from(value: Json) -> Self {
        Self::Value(value)
    }
}

impl From<OfficeError> for Refusal {
    fn from(error: OfficeError) -> Self {
        let exit = if error.code() == "usage" { 2 } else { 1 };
        let (zh, en) = at_the_office(error.code()).map_or_else(|| (error.zh(), error.en()), |(zh, en)| (zh.to_owned(), en.to_owned()));
        Self { exit, ..Self::of(error.code()).saying(zh, en).with(error.detail()) }
    }
}

/// Runs the command that the words ask for.
pub(crate) fn run(words: &Words) -> Result<Answer, Refusal> {
    let shared = &words.shared;
    let open = || config::office(shared, false);
    match &words.command {
        Command::Serve(flags) => serve::serve(shared, flags),
        Command::Demo(flags) => crate::demo::demo(shared, flags),
        Command::Import(flags) => import::import(&open()?, flags),
        Command::Coverage(flags) => figures::coverage(flags, open),
        Command::Gaps(flags) => figures::gaps(&open()?, flags),
        Command::Config(command) => figures::config(&open()?, command),
        Command::Verify(flags) => proof::verify(flags, open),
        Command::Rebuild => proof::rebuild(&open()?),
        Command::Quarantine(command) => proof::quarantine(&open()?, command),
        Command::User(command) => people::user(&open()?, command),
        Command::Device(command) => people::device(&open()?, command),
        Command::Pairing(command) => people::pairing(&open()?, command),
        Command::Leave(command) => people::leave(&open()?, command),
        Command::Record(command) => records::record(&open()?, command),
        Command::ImportBatch(flags) => carried::import_batch(&open()?, flags),
        Command::Export(flags) => keep::export(&existing(shared)?, flags),
        Command::Backup(flags) => keep::backup(&existing(shared)?, flags),
        Command::Restore(flags) => keep::restore(shared, flags),
        Command::Key(command) => keep::key(shared, command),
        Command::Audit(_) => Err(Refusal::later("audit list")),
    }
}

/// Opens an office that must be there already.
fn existing(shared: &Shared) -> Result<Office, Refusal> {
    if shared.data.join("daohu.db").exists() { config::office(shared, false) } else { Err(Refusal::no_office()) }
}

/// Reads a flag that has a form of its own.
fn read<T: std::str::FromStr>(text: &str, flag: &str, form: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::usage(format!("{flag} 要写成 {form} 这样。"), format!("write {flag} like {form}")))
}

/// Reads a flag that may be missing.
fn read_if<T: std::str::FromStr>(text: Option<&str>, flag: &str, form: &str) -> Result<Option<T>, Refusal> {
    text.map(|text| read(text, flag, form)).transpose()
}

/// Reads `k=v`.
fn pair_of(text: &str) -> Result<(&str, &str), Refusal> {
    text.split_once('=').ok_or_else(|| {
        Refusal::usage(
            "有一个词少了等号，写成 字段=值；值里有空格就加引号。",
            "a word has no `=`; write field=value, in quotes where the value has spaces",
        )
    })
}

/// The form of a day, of a place and of an id, for sentences.
const DAY: &str = "2019-06-05";
const PLACE: &str = "610802209000";
const ID: &str = "019b0000-0000-7000-8000-000000000000";

/// An office that is opened only where a command needs it.
type Open<'a> = dyn Fn() -> Result<Office, Refusal> + 'a;
