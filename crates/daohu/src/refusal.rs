//! Why a command did not do what was asked: a stable code, two sentences, and the exit status.

use daohu_domain::codes;
use serde_json::{Value as Json, json};
use std::fmt;

/// A command's refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The stable code.
    pub(crate) code: &'static str,
    /// The sentence in Chinese.
    pub(crate) zh: String,
    /// The sentence in English.
    pub(crate) en: String,
    /// What a script may want to know, never a person's facts.
    pub(crate) detail: Box<Json>,
    /// 1 refused or failed, 2 wrong usage.
    pub(crate) exit: u8,
    /// An answer that is complete although the exit is not 0: an import with refused rows, a log with a bad batch.
    pub(crate) answer: Option<Box<Json>>,
}

impl Refusal {
    /// Refuses with the code's own sentences.
    pub(crate) fn of(code: &'static str) -> Self {
        let (zh, en) = codes::sentence(code).unwrap_or(("这一步没做成。", "This could not be done."));
        Self { code, zh: zh.to_owned(), en: en.to_owned(), detail: Box::new(json!({})), exit: 1, answer: None }
    }

    /// Refuses words that make no sense, exit 2.
    pub(crate) fn usage(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: "usage", zh: zh.into(), en: en.into(), detail: Box::new(json!({})), exit: 2, answer: None }
    }

    /// Refuses a file that is not there or cannot be read. The path is not repeated: anything may have been typed.
    pub(crate) fn no_file() -> Self {
        Self::of("not_found").saying(
            "没有这个文件，或者打不开：核对路径和权限再试。",
            "There is no such file, or it cannot be read: check its path and its rights, then try again.",
        )
    }

    /// Refuses what this version does not have, exit 2.
    pub(crate) fn later(what: &str) -> Self {
        Self {
            code: "not_in_this_version",
            // Both languages at once: `--lang` may stand among words that were not read.
            zh: format!("本版没有“{what}”，以后的版本才有。(`{what}` is not in this version.)"),
            en: format!("`{what}` is not in this version."),
            detail: Box::new(json!({ "what": what })),
            exit: 2,
            answer: None,
        }
    }

    /// Gives a whole answer with exit 1.
    pub(crate) fn answered(answer: Json) -> Self {
        Self { answer: Some(Box::new(answer)), ..Self::of("refused") }
    }

    /// Says it in other words.
    pub(crate) fn saying(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        (self.zh, self.en) = (zh.into(), en.into());
        self
    }

    /// Adds what a script may want to know.
    pub(crate) fn with(mut self, detail: Json) -> Self {
        *self.detail = detail;
        self
    }

    /// Returns the one JSON value of a refusal.
    pub(crate) fn to_json(&self) -> Json {
        json!({"error": {"code": self.code, "zh": self.zh, "en": self.en, "detail": self.detail}})
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Refusal {}
