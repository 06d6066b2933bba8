//! Every stable code with its sentence: what happened and what to do, in Chinese and English, said once for all
//! programs. No sentence names a person.

/// The codes of the parts of daohu, one table each.
mod table;

/// Returns the sentences of a code: Chinese, English.
#[must_use]
pub fn sentence(code: &str) -> Option<(&'static str, &'static str)> {
    all().find(|(known, _, _)| *known == code).map(|(_, zh, en)| (zh, en))
}

/// Returns the sentences of a code, or of a code that is not known here.
#[must_use]
pub fn sentence_or_plain(code: &str) -> (&'static str, &'static str) {
    sentence(code).unwrap_or(("这一步没做成，已写的都在。再试一次。", "That did not work; what you wrote is safe. Try again."))
}

/// Lists every code with its sentences.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [table::ITEMS, table::DOORS, table::COMMANDS, table::EVIDENCE, table::IMPORTS].into_iter().flatten().copied()
}
