//! What hosts hand in. Pairs of the core have names here, since not every language has pairs; each is taken apart in full, so that a
//! field that the core gains does not compile before it stands here too.

use crate::types::Place;
use daohu_field::{MonthInput, RecordQuery, ReviewInput, SyncOptions, Until, VisitInput};

/// How far a visit is to be taken at once.
#[uniffi::remote(Enum)]
pub enum Until {
    /// Written down only.
    Draft,
    /// Its times are fixed; the text may still be completed.
    Seal,
    /// Handed in.
    Submit,
}

/// What a list asks for.
#[uniffi::remote(Record)]
pub struct RecordQuery {
    /// Only records of this place.
    #[uniffi(default = None)]
    pub place: Option<Place>,
    /// Only records whose number or name contains this.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// At most this many.
    #[uniffi(default = None)]
    pub limit: Option<u32>,
    /// What the page before gave as `next`.
    #[uniffi(default = None)]
    pub cursor: Option<String>,
}

/// What a reviewer decides.
#[uniffi::remote(Record)]
pub struct ReviewInput {
    /// The result, by slug or Chinese label.
    pub result: String,
    /// Why: one of the reasons of a return, or free words.
    #[uniffi(default = None)]
    pub reason: Option<String>,
    /// The rule of the lead that is opened or closed.
    #[uniffi(default = None)]
    pub rule: Option<String>,
    /// The evidence that was looked at.
    #[uniffi(default = [])]
    pub opened: Vec<String>,
}

/// What a person may ask of a sync.
#[uniffi::remote(Record)]
pub struct SyncOptions {
    /// At most this many requests.
    #[uniffi(default = None)]
    pub requests_max: Option<u32>,
    /// Another address of the same office; remembered once its key has proved to be the enrolled one.
    #[uniffi(default = None)]
    pub server: Option<String>,
    /// Another address for this run only.
    #[uniffi(default = None)]
    pub server_once: Option<String>,
    /// The size to begin with, for who knows the link.
    #[uniffi(default = None)]
    pub first_bytes: Option<u32>,
}

/// What a person enters to enrol. The office's own certificate authority is the transport's business.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnrolOptions {
    /// The address of the server.
    pub server: String,
    /// The one-time code.
    pub code: String,
    /// What the office should call this device.
    pub label: String,
}

/// A field and what it is to say.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldText {
    /// The field, as the kind declares it.
    pub field: String,
    /// What it is to say.
    pub text: String,
}

/// A person who was met.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MetPerson {
    /// The name.
    pub name: String,
    /// The relation to the head.
    pub relation: String,
}

/// An answer to one of the checks.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckAnswer {
    /// The check, as `food` or `housing`.
    pub check: String,
    /// `yes`, `no` or `na`.
    pub answer: String,
}

/// Something that is promised to the household.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewPromise {
    /// What.
    pub text: String,
    /// By when, as `2019-06-01`.
    #[uniffi(default = None)]
    pub day: Option<String>,
}

/// What a person enters of a visit; what is none or empty is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct VisitEntry {
    /// How it was made, by slug or Chinese label.
    #[uniffi(default = None)]
    pub mode: Option<String>,
    /// What it was for.
    #[uniffi(default = [])]
    pub purposes: Vec<String>,
    /// When it began, where that is not now.
    #[uniffi(default = None)]
    pub start: Option<String>,
    /// When it ended, where that is not now.
    #[uniffi(default = None)]
    pub end: Option<String>,
    /// The people met.
    #[uniffi(default = [])]
    pub met: Vec<MetPerson>,
    /// Why nobody was met.
    #[uniffi(default = None)]
    pub absent: Option<String>,
    /// The text.
    #[uniffi(default = None)]
    pub narrative: Option<String>,
    /// Checks that were answered.
    #[uniffi(default = [])]
    pub checks: Vec<CheckAnswer>,
    /// Cadres who took part beside the recorder.
    #[uniffi(default = [])]
    pub companions: Vec<String>,
    /// Promises that are made.
    #[uniffi(default = [])]
    pub promises: Vec<NewPromise>,
    /// Keys of promises that are kept now.
    #[uniffi(default = [])]
    pub kept: Vec<String>,
    /// The position as `LAT,LON,ACCURACY`; sealed to the server.
    #[uniffi(default = None)]
    pub point: Option<String>,
    /// The day of the visit, where it is written down only now.
    #[uniffi(default = None)]
    pub original_date: Option<String>,
    /// Why it was not written down then; of a correction, what was changed and why.
    #[uniffi(default = None)]
    pub reason: Option<String>,
    /// Is a backfill: `reason` is the reason of that.
    #[uniffi(default = false)]
    pub backfill: bool,
    /// Households that came from this one and were visited with it.
    #[uniffi(default = [])]
    pub names: Vec<String>,
    /// The household has confirmed the visit.
    #[uniffi(default = None)]
    pub household_confirmed: Option<bool>,
    /// SHA-256 of each photo, hex; the photos themselves travel apart.
    #[uniffi(default = [])]
    pub photos: Vec<String>,
}

/// What a person enters of a month record.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct MonthEntry {
    /// Texts to be set.
    #[uniffi(default = [])]
    pub set: Vec<FieldText>,
    /// Hand it in.
    #[uniffi(default = false)]
    pub submit: bool,
    /// Why the household was not visited, by slug or Chinese label; other words become the note.
    #[uniffi(default = None)]
    pub reason: Option<String>,
}

pub(crate) fn pairs(fields: Vec<FieldText>) -> Vec<(String, String)> {
    fields.into_iter().map(|one| (one.field, one.text)).collect()
}

impl From<EnrolOptions> for daohu_field::EnrolOptions {
    fn from(options: EnrolOptions) -> Self {
        let EnrolOptions { server, code, label } = options;
        Self { server, code, label, ca: None }
    }
}

impl From<VisitEntry> for VisitInput {
    fn from(entry: VisitEntry) -> Self {
        let VisitEntry {
            mode,
            purposes,
            start,
            end,
            met,
            absent,
            narrative,
            checks,
            companions,
            promises,
            kept,
            point,
            original_date,
            reason,
            backfill,
            names,
            household_confirmed,
            photos,
        } = entry;
        Self {
            met: met.into_iter().map(|person| (person.name, person.relation)).collect(),
            checks: checks.into_iter().map(|one| (one.check, one.answer)).collect(),
            promises: promises.into_iter().map(|promise| (promise.text, promise.day)).collect(),
            mode,
            purposes,
            start,
            end,
            absent,
            narrative,
            with: companions,
            kept,
            point,
            original_date,
            reason,
            backfill,
            names,
            household_confirmed,
            photos,
        }
    }
}

impl From<MonthEntry> for MonthInput {
    fn from(entry: MonthEntry) -> Self {
        let MonthEntry { set, submit, reason } = entry;
        Self { set: pairs(set), submit, reason }
    }
}
