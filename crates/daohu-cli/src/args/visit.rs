//! The flags of `daohu-field visit`.

use clap::{Args, Subcommand};
use daohu_field::{FieldError, Until, VisitInput};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Visit {
    #[command(subcommand)]
    pub(crate) command: Option<VisitCommand>,
    #[command(flatten)]
    pub(crate) new: NewVisit,
}

/// A visit that is recorded at once.
#[derive(Debug, Args)]
pub(crate) struct NewVisit {
    /// The household: record id or number.
    #[arg(long)]
    pub(crate) household: Option<String>,
    #[command(flatten)]
    pub(crate) flags: Flags,
    /// Write it down only.
    #[arg(long, group = "until")]
    draft: bool,
    /// Fix its times; the text may still be completed.
    #[arg(long, group = "until")]
    seal: bool,
    /// Hand it in (the default).
    #[arg(long, group = "until")]
    submit: bool,
}

/// What is said about a visit.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Flags {
    /// home, worksite, phone, video, `village_office` or gathering.
    #[arg(long)]
    mode: Option<String>,
    /// What it was for; may be given several times.
    #[arg(long)]
    purpose: Vec<String>,
    /// When it began.
    #[arg(long, value_name = "INSTANT")]
    start: Option<String>,
    /// When it ended.
    #[arg(long, value_name = "INSTANT")]
    end: Option<String>,
    /// Who was met; may be given several times.
    #[arg(long, value_name = "NAME:RELATION", conflicts_with = "absent")]
    met: Vec<String>,
    /// Why nobody was met.
    #[arg(long, value_name = "REASON")]
    absent: Option<String>,
    /// The text.
    #[arg(long, value_name = "TEXT", conflicts_with = "narrative_file")]
    narrative: Option<String>,
    /// A file with the text.
    #[arg(long, value_name = "FILE")]
    narrative_file: Option<PathBuf>,
    /// A check and its answer: water=yes.
    #[arg(long, value_name = "CHECK=ANSWER")]
    check: Vec<String>,
    /// A cadre who took part.
    #[arg(long, value_name = "CADRE")]
    with: Vec<String>,
    /// A promise and its day.
    #[arg(long, value_name = "TEXT;DAY")]
    promise: Vec<String>,
    /// A promise that is kept now.
    #[arg(long, value_name = "PROMISE")]
    kept: Vec<String>,
    /// The position; sealed to the office.
    #[arg(long, value_name = "LAT,LON,ACCURACY", allow_hyphen_values = true)]
    point: Option<String>,
    /// Written down later than it was made.
    #[arg(long, requires = "original_date", requires = "reason")]
    backfill: bool,
    /// The day of a backfilled visit.
    #[arg(long, value_name = "DAY")]
    original_date: Option<String>,
    /// Why it is a backfill, or what is corrected.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A household that came from this one and was visited with it.
    #[arg(long = "names", value_name = "HOUSEHOLD")]
    names: Vec<String>,
    /// The household has confirmed it.
    #[arg(long)]
    household_confirmed: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VisitCommand {
    /// Begin a visit now.
    Start {
        /// The household: record id or number.
        household: String,
    },
    /// Write fields of a draft.
    Set {
        /// The visit.
        id: String,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// Fix the times of a draft.
    Seal {
        /// The visit.
        id: String,
    },
    /// Hand a visit in.
    Submit {
        /// The visit.
        id: String,
    },
    /// Take a visit back.
    Withdraw {
        /// The visit.
        id: String,
    },
    /// Show a visit.
    Show {
        /// The visit.
        id: String,
    },
    /// Correct the text of a visit.
    Correct {
        /// The visit.
        id: String,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// Void a visit of one's own.
    Void {
        /// The visit.
        id: String,
        /// duplicate, `wrong_household`, test, untrue or other.
        #[arg(long)]
        reason: String,
    },
    /// Explain a visit that a lead questions.
    Explain {
        /// The visit.
        id: String,
        /// The explanation.
        #[arg(long)]
        text: String,
    },
    /// Object to the voiding of a visit.
    Appeal {
        /// The visit.
        id: String,
        /// The explanation.
        #[arg(long)]
        text: String,
    },
    /// List records of a household that look like one visit, or confirm that two are one.
    Join {
        /// A household, or a visit.
        id: String,
        /// The other visit.
        other: Option<String>,
    },
}

impl NewVisit {
    /// Returns how far the visit is to be taken.
    pub(crate) const fn until(&self) -> Until {
        match (self.draft, self.seal) {
            (true, _) => Until::Draft,
            (false, true) => Until::Seal,
            (false, false) => Until::Submit,
        }
    }
}

impl Flags {
    /// Returns what was said, as the core takes it.
    ///
    /// # Errors
    /// `usage` for a flag that is not of its form or a file that cannot be read.
    pub(crate) fn input(&self) -> Result<VisitInput, FieldError> {
        let narrative = match &self.narrative_file {
            Some(file) => {
                let unread = FieldError::new("usage").saying(
                    "--narrative-file 写的文件不在，或者打不开：核对路径再试，什么都没记。",
                    "The file of --narrative-file is not there or cannot be read: check its path and try again; nothing was recorded.",
                );
                Some(std::fs::read_to_string(file).map_err(|error| unread.because(error))?)
            }
            None => self.narrative.clone(),
        };
        Ok(VisitInput {
            mode: self.mode.clone(),
            purposes: self.purpose.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            met: self
                .met
                .iter()
                .map(|text| split(text, &[':', '：']))
                .map(|(name, relation)| (name, relation.unwrap_or_default()))
                .collect(),
            absent: self.absent.clone(),
            narrative,
            checks: self.check.iter().map(|text| super::super::run::pair(text)).collect::<Result<_, _>>()?,
            with: self.with.clone(),
            promises: self.promise.iter().map(|text| split_last(text, &[';', '；'])).collect(),
            kept: self.kept.clone(),
            point: self.point.clone(),
            original_date: self.original_date.clone(),
            reason: self.reason.clone(),
            backfill: self.backfill,
            names: self.names.clone(),
            household_confirmed: self.household_confirmed.then_some(true),
            photos: Vec::new(),
        })
    }
}

fn split(text: &str, at: &[char]) -> (String, Option<String>) {
    text.split_once(at).map_or((text.to_owned(), None), |(left, right)| (left.to_owned(), Some(right.to_owned())))
}

fn split_last(text: &str, at: &[char]) -> (String, Option<String>) {
    text.rsplit_once(at).map_or((text.to_owned(), None), |(left, right)| (left.to_owned(), Some(right.to_owned())))
}
