//! The one error that crosses: a stable code and what to tell the person, in Chinese and English.

use daohu_field::FieldError;

/// Why a call did not do what was asked. Nothing is half done then, but that a visit which does not fit is kept as a draft.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum LedgerError {
    /// Refused or failed.
    #[error("{code}: {en}")]
    Refused {
        /// The stable code, by which a program decides.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
        /// What a program may want to know beside it, as JSON.
        detail: String,
    },
}

impl LedgerError {
    pub(crate) fn of(code: &'static str) -> Self {
        FieldError::new(code).into()
    }
}

/// Codes of the system and its files: their cause names no content of a record.
const OF_THE_STORE: [&str; 4] = ["store_failed", "disk_full", "store_damaged", "file_not_written"];

impl From<FieldError> for LedgerError {
    fn from(error: FieldError) -> Self {
        let cause = std::error::Error::source(&error).filter(|_| OF_THE_STORE.contains(&error.code())).map(ToString::to_string);
        let error = match cause {
            Some(cause) => error.with_more("cause", cause.into()),
            None => error,
        };
        let detail = error.json().pointer("/error/detail").map_or_else(|| "{}".to_owned(), ToString::to_string);
        Self::Refused { code: error.code().to_owned(), zh: error.zh().to_owned(), en: error.en().to_owned(), detail }
    }
}

/// What a host lent did not do what it should. Nobody is told: the core goes on without.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// It failed.
    #[error("the host failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// A link that broke on the way. What was under way is asked for again; it is nobody's fault.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum TransportError {
    /// Nothing came back.
    #[error("the link broke")]
    Broken,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for TransportError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Broken
    }
}
