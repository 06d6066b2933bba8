//! Why a document could not be made, read or written.

use daohu_domain::codes;

/// Says why a document could not be made, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The kind declares no such field.
    #[error("the kind declares no field {0}")]
    UnknownField(String),
    /// The kind declares no such event.
    #[error("the kind declares no event {0}")]
    UnknownEvent(String),
    /// The value does not have the shape its field declares.
    #[error("the value of {0} does not have the declared shape")]
    WrongShape(String),
    /// The field never changes after the first change.
    #[error("{0} is sealed")]
    Sealed(String),
    /// The field is never kept in a document, only the hash of it.
    #[error("{0} is a secret and never part of a document")]
    Secret(String),
    /// Nothing differs from what the document says already.
    #[error("nothing changed")]
    NothingChanged,
    /// The field has no disagreement with such a value.
    #[error("{0} has no conflict with that value")]
    NoConflict(String),
    /// The bytes are no document of ours.
    #[error("the document cannot be read: {0}")]
    Damaged(String),
}

impl RecordError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownField(_) | Self::UnknownEvent(_) | Self::WrongShape(_) => "invalid_record",
            Self::Sealed(_) => "sealed",
            Self::Secret(_) => "secret_in_text",
            Self::NothingChanged => "nothing_changed",
            Self::NoConflict(_) => "not_found",
            Self::Damaged(_) => "store_damaged",
        }
    }

    /// Returns the field or event that it is about.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownField(field) | Self::UnknownEvent(field) | Self::WrongShape(field) => Some(field),
            Self::Sealed(field) | Self::Secret(field) | Self::NoConflict(field) => Some(field),
            Self::NothingChanged | Self::Damaged(_) => None,
        }
    }

    /// Returns what to do about it, in Chinese and English.
    #[must_use]
    pub fn sentences(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoConflict(_) => ("这一项没有要选的值，先刷新再看。", "this field has no such value to choose: look again"),
            other => codes::sentence_or_plain(other.code()),
        }
    }
}

impl From<automerge::AutomergeError> for RecordError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Damaged(error.to_string())
    }
}
