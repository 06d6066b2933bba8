//! The one error of the core: a stable code, its two sentences, and what a program may want to know besides.
//!
//! The sentences name no person and no content of a record: they may be logged.

use daohu_domain::codes;
use serde_json::{Value as Json, json};
use std::{borrow::Cow, fmt};

/// Says why something was not done.
#[derive(Debug)]
pub struct FieldError(Box<Said>);

/// What an error says; boxed, since every function of the core returns it and few do.
#[derive(Debug)]
struct Said {
    code: Cow<'static, str>,
    sentence: Option<(String, String)>,
    detail: Json,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl FieldError {
    fn of(code: Cow<'static, str>) -> Self {
        Self(Box::new(Said { code, sentence: None, detail: json!({}), source: None }))
    }

    /// Makes the error of a stable code.
    #[must_use]
    pub fn new(code: &'static str) -> Self {
        Self::of(Cow::Borrowed(code))
    }

    /// Makes the error of a code that the server named.
    #[must_use]
    pub fn named(code: &str) -> Self {
        Self::of(Cow::Owned(code.to_owned()))
    }

    /// Adds what a program may want to know.
    #[must_use]
    pub fn with(mut self, detail: Json) -> Self {
        self.0.detail = detail;
        self
    }

    /// Adds one thing more for a program.
    #[must_use]
    pub fn with_more(mut self, key: &str, value: Json) -> Self {
        if let Some(detail) = self.0.detail.as_object_mut() {
            detail.insert(key.to_owned(), value);
        }
        self
    }

    /// Replaces the two sentences of the code by more exact ones.
    #[must_use]
    pub fn saying(mut self, zh: &str, en: &str) -> Self {
        self.0.sentence = Some((zh.to_owned(), en.to_owned()));
        self
    }

    /// Keeps the cause for those who look for it.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the Chinese sentence: what happened and what to do.
    #[must_use]
    pub fn zh(&self) -> &str {
        self.0.sentence.as_ref().map_or_else(|| codes::sentence_or_plain(&self.0.code).0, |(zh, _)| zh)
    }

    /// Returns the English sentence.
    #[must_use]
    pub fn en(&self) -> &str {
        self.0.sentence.as_ref().map_or_else(|| codes::sentence_or_plain(&self.0.code).1, |(_, en)| en)
    }

    /// Returns the object that contracts section 0 promises on failure.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({ "error": { "code": self.0.code, "zh": self.zh(), "en": self.en(), "detail": self.0.detail } })
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.en())
    }
}

impl std::error::Error for FieldError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

impl From<daohu_wire::WireError> for FieldError {
    fn from(error: daohu_wire::WireError) -> Self {
        Self::new(error.code()).saying(error.zh(), error.en()).because(error)
    }
}

impl From<daohu_record::RecordError> for FieldError {
    fn from(error: daohu_record::RecordError) -> Self {
        Self::new(error.code()).because(error)
    }
}
