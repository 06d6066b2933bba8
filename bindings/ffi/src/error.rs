//! The one error that crosses: a stable code and what to tell the person, in Chinese and English.

use daohu_field::FieldError;

/// Why a call did not do what was asked. Nothing is half done then.
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

impl From<FieldError> for LedgerError {
    fn from(error: FieldError) -> Self {
        let detail = error.json().pointer("/error/detail").map_or_else(|| "{}".to_owned(), ToString::to_string);
        Self::Refused { code: error.code().to_owned(), zh: error.zh().to_owned(), en: error.en().to_owned(), detail }
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
