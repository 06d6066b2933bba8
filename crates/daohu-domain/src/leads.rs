//! Leads (疑点): what a rule finds for a person to look at. A lead is a question and never a verdict: it names the records, says what is
//! seen on both sides, and is answered first by the cadre whose work it is. Leads are counted for no person.
//!
//! One rule, one file: what it looks at, its thresholds, what looks like it and is none.

pub mod not_as_taken;
pub mod photo_differs;
pub mod photo_used_again;
pub mod staged_photos;

use crate::{
    calendar::{Day, Instant},
    id::Id,
    kind::Fields,
    place::Place,
    validate::{day_of, instant_of, text_of},
};
use serde::{Deserialize, Serialize};

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// 提示: worth knowing.
    Hint,
    /// 关注: worth asking.
    Notice,
    /// 重点: somebody has to look.
    Look,
}

impl Weight {
    /// Shows it in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Hint => "提示",
            Self::Notice => "关注",
            Self::Look => "重点",
        }
    }

    /// Shows it in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Notice => "worth asking",
            Self::Look => "to be looked at",
        }
    }
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Names the rule.
    pub rule: &'static str,
    /// Says how soon somebody should look.
    pub weight: Weight,
    /// Names the records it is about, to be shown side by side; sorted.
    pub records: Vec<Id>,
    /// Says what is seen, in Chinese, without names.
    pub zh: String,
    /// Says it in English.
    pub en: String,
}

impl Lead {
    fn new(rule: &'static str, weight: Weight, records: &[Id], (zh, en): (impl Into<String>, impl Into<String>)) -> Self {
        let mut records = records.to_vec();
        records.sort_unstable();
        Self { rule, weight, records, zh: zh.into(), en: en.into() }
    }
}

/// A photo as the rules see it: one evidence record that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Names the evidence record.
    pub id: Id,
    /// Names what it is said to show.
    pub target: Id,
    /// Names the household, where it belongs to one.
    pub household: Option<Id>,
    /// Is the place of the record.
    pub place: Place,
    /// Is the SHA-256 of the original, in hex.
    pub original: String,
    /// Says how it came into the program: a slug of [`crate::kinds::evidence::SOURCE`].
    pub source: String,
    /// Is when the camera says it was taken.
    pub taken_at: Option<Instant>,
    /// Names the device that took it, as the camera wrote it.
    pub camera: Option<String>,
    /// Names the program that wrote the file.
    pub software: Option<String>,
    /// Is the day it is said to show.
    pub event_date: Option<Day>,
    /// Is `before`, `after` or `archive`.
    pub stage: Option<String>,
    /// Says that it was scanned, or is a paper rather than a scene.
    pub is_paper: bool,
}

impl Photo {
    /// Reads the fields of an evidence record; none where it is no picture of a scene or paper.
    #[must_use]
    pub fn of(id: Id, place: Place, household: Option<Id>, fields: &Fields) -> Option<Self> {
        let text = |key: &str| text_of(fields, key).map(str::to_owned);
        let sort = text_of(fields, "sort")?;
        if !text_of(fields, "media_type").is_some_and(|media| media.starts_with("image/")) {
            return None;
        }
        Some(Self {
            id,
            target: text_of(fields, "target")?.parse().ok()?,
            household,
            place,
            original: fields.get("original")?.as_array()?.first()?.as_str()?.to_owned(),
            source: text("source")?,
            taken_at: instant_of(fields, "taken_at"),
            camera: text("camera"),
            software: text("software"),
            event_date: day_of(fields, "event_date"),
            stage: text("stage"),
            is_paper: text_of(fields, "source") == Some("scan") || !matches!(sort, "photo" | "publicity_photo"),
        })
    }

    fn is_archive(&self) -> bool {
        self.stage.as_deref() == Some("archive")
    }

    fn is_before(&self) -> bool {
        self.stage.as_deref() == Some("before")
    }
}

/// How alike two pictures are: the number of bits in which their prints differ, the smallest of the ways they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance(pub u32);
