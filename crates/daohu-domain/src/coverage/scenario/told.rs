//! What reached the server: visits and month records, with what was done to them.

use crate::calendar::{Day, Instant, Month};
use serde::{Deserialize, Serialize};

/// A visit as it was told, and what the server learned of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Visit {
    /// Names the visit.
    pub id: String,
    /// Names the household.
    pub household: String,
    /// Names who wrote it down.
    pub recorder: String,
    /// Lists who took part; empty: the recorder.
    #[serde(default)]
    pub participants: Vec<String>,
    /// Says how: home, worksite, phone, video, `village_office` …
    pub mode: String,
    /// Begins it, as the device claims.
    pub start: Instant,
    /// Ends it, as the device claims.
    pub end: Instant,
    /// Carries what is known of the true time.
    #[serde(default)]
    pub time: Option<TimeEvidence>,
    /// Says when the device submitted it.
    #[serde(default)]
    pub submitted_at: Option<Instant>,
    /// Says when the server received it; absent: still on the phone.
    #[serde(default)]
    pub received_at: Option<Instant>,
    /// Lists what happened to it since.
    #[serde(default)]
    pub log: Vec<VisitEvent>,
    /// Marks it as written down later (补录).
    #[serde(default)]
    pub backfill: Option<Backfill>,
    /// Names the visit it repeats.
    #[serde(default)]
    pub duplicate_of: Option<String>,
    /// Says why nobody was met.
    #[serde(default)]
    pub absent_reason: Option<String>,
    /// Says that the household confirmed a call.
    #[serde(default)]
    pub household_confirmed: bool,
    /// Lists children of a split or merge that it also counts for.
    #[serde(default)]
    pub names: Vec<String>,
}

/// What is known of the true start of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeEvidence {
    /// Gives the true start.
    Trusted(Instant),
    /// Gives the instants between which it lies.
    Between([Instant; 2]),
}

/// The declaration of a backfilled visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Says on which day it happened.
    #[serde(with = "super::text::day")]
    pub original_date: Day,
    /// Says why it was written down later.
    #[serde(default)]
    pub reason: String,
}

/// What was done to a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitAct {
    /// Opens a rule.
    Flag,
    /// Closes a rule, then passes.
    Accept,
    /// Passes it.
    Pass,
    /// Sends it back.
    Return,
    /// Takes it back.
    Withdraw,
    /// Hands it in again.
    Resubmit,
    /// Makes it void.
    Void,
    /// Undoes a void.
    Restore,
    /// Tells that a reviewer saw the paper original.
    OpenPaper,
    /// Approves a backfill.
    ApproveBackfill,
    /// Has no effect on these figures.
    #[serde(other)]
    Other,
}

/// One line of a visit's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitEvent {
    /// Says when, by the server.
    pub at: Instant,
    /// Says what was done.
    #[serde(rename = "do")]
    pub act: VisitAct,
    /// Names the rule of a flag or of its acceptance.
    #[serde(default)]
    pub rule: Option<String>,
}

/// A month record (月纪实) of one household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthRecord {
    /// Names the household.
    pub household: String,
    /// Names the month.
    pub month: Month,
    /// Says when the device submitted it.
    #[serde(default)]
    pub submitted_at: Option<Instant>,
    /// Says when the server received it.
    #[serde(default)]
    pub received_at: Option<Instant>,
    /// Lists its reviews (把关).
    #[serde(default)]
    pub log: Vec<RecordEvent>,
}

/// What was done to a month record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordAct {
    /// Passes it and its visits.
    Pass,
    /// Sends it back.
    Return,
    /// Sends it to a closer look.
    Refer,
    /// Hands it in again.
    Resubmit,
    /// Has no effect on these figures.
    #[serde(other)]
    Other,
}

/// One line of a month record's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEvent {
    /// Says when, by the server.
    pub at: Instant,
    /// Says what was done.
    #[serde(rename = "do")]
    pub act: RecordAct,
}
