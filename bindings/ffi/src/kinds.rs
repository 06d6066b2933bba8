//! Kinds and codes as data, so that an app can draw any form and show any refusal.

use crate::error::LedgerError;
use daohu_domain::{codes, kinds, schema};

/// What is said with a code.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErrorText {
    /// The stable code.
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Lists every code with its sentences.
#[uniffi::export]
#[must_use]
pub fn error_texts() -> Vec<ErrorText> {
    let owned = |(code, zh, en): (&str, &str, &str)| ErrorText { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned() };
    let mut all: Vec<ErrorText> = codes::all().map(owned).collect();
    all.sort_by(|a, b| a.code.cmp(&b.code));
    all
}

/// Lists the kinds of record by name.
#[uniffi::export]
#[must_use]
pub fn kind_names() -> Vec<String> {
    kinds::all().iter().map(|kind| kind.name.to_owned()).collect()
}

/// Returns the declaration of a kind as JSON Schema, with labels in both languages, choices, masks and bounds.
///
/// # Errors
/// `unknown_kind`.
#[uniffi::export]
pub fn kind_schema(kind: &str) -> Result<String, LedgerError> {
    let found = kinds::find(kind).ok_or_else(|| LedgerError::of("unknown_kind"))?;
    Ok(schema::json_schema(found).to_string())
}
