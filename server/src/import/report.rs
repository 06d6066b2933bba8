//! What an import answers: files, counts, refused rows and warnings (the JSON of `daohu import`).
//!
//! Values of refused cells are shown, because the importer sees her own file; they are never logged, so nothing here
//! is printed by `Debug` into a log line on its own.

use super::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// The kinds that are always counted, in the order of the answer.
pub const COUNTED: [&str; 8] = ["household", "member", "cadre", "pairing", "issue", "region", "org", "inspection"];
/// The most refusals and the most warnings that are listed; all are counted.
pub const LISTED_MAX: usize = 10_000;

/// The answer of an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    /// Says that nothing was written.
    pub dry_run: bool,
    /// The tables that were read.
    pub files: Vec<FileReport>,
    /// What became of the rows, by kind.
    pub counts: Counts,
    /// The rows and files that were refused, cell by cell.
    pub refused: Vec<Refusal>,
    /// What was imported and deserves a look.
    pub warnings: Vec<Warning>,
    /// Files in folders that are no workbooks.
    pub ignored: Vec<String>,
}

impl ImportReport {
    /// Says whether every row and every file was taken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused.is_empty() && self.counts.0.values().all(|count| count.refused == 0)
    }
}

/// A table of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file's name.
    pub path: String,
    /// The table that it is.
    pub table: String,
    /// The sheet; none in text and JSON.
    pub sheet: Option<String>,
    /// The number of the row with the headings; none in JSON.
    pub header_row: Option<u32>,
    /// How many rows it has.
    pub rows: usize,
    /// How many rows below the headings are none: signatures, sums, repeated headings.
    pub skipped: usize,
    /// Columns that no field has a place for.
    pub unknown_columns: Vec<String>,
    /// Columns that such a table usually has.
    pub missing_columns: Vec<String>,
}

/// What became of the rows of one kind. The first number is the sum of the four below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All rows.
    pub rows: usize,
    /// Rows that became a new record.
    pub imported: usize,
    /// Rows that changed a record.
    pub updated: usize,
    /// Rows that changed nothing.
    pub unchanged: usize,
    /// Rows that were refused.
    pub refused: usize,
    /// Fields left alone because a person changed them since the last import.
    pub kept: usize,
    /// Secrets written again because the key of the earlier value was lost; their rows count as updated. Not printed where there are none.
    #[serde(skip_serializing_if = "is_none")]
    pub refilled: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The counts by kind, printed in the order of [`COUNTED`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<&'static str, Count>);

impl Counts {
    /// Returns the count of a kind to add to.
    pub fn of(&mut self, kind: &'static str) -> &mut Count {
        self.0.entry(kind).or_default()
    }
}

impl Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(COUNTED.iter().map(|kind| (kind, self.0.get(kind).copied().unwrap_or_default())))
    }
}

/// Where in a file something stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spot {
    /// The file's name.
    pub file: String,
    /// The row's number as the spreadsheet shows it.
    pub row: Option<u32>,
    /// The column's heading.
    pub column: Option<String>,
    /// The cell's text.
    pub value: Option<String>,
}

/// A cell for which its row was refused, or a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The file's name.
    pub file: String,
    /// The row's number as the spreadsheet shows it; none for a whole file.
    pub row: Option<u32>,
    /// The column's heading.
    pub column: Option<String>,
    /// The cell's text.
    pub value: Option<String>,
    /// The stable code.
    pub code: &'static str,
    /// What happened, in Chinese.
    pub zh: String,
    /// What happened, in English.
    pub en: String,
    /// What to do, in Chinese.
    pub hint: &'static str,
}

impl Refusal {
    /// Makes a refusal with the sentences of its code.
    #[must_use]
    pub fn new(spot: Spot, code: &'static str) -> Self {
        let (zh, en) = words::sentence(code);
        Self::saying(spot, code, (zh.to_owned(), en.to_owned()))
    }

    /// Makes a refusal with sentences that say more than those of its code.
    #[must_use]
    pub fn saying(spot: Spot, code: &'static str, (zh, en): (String, String)) -> Self {
        Self { file: spot.file, row: spot.row, column: spot.column, value: spot.value, code, zh, en, hint: words::hint(code) }
    }
}

/// A cell that was imported, or left empty, and deserves a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The file's name.
    pub file: String,
    /// The row's number as the spreadsheet shows it; none for a whole file.
    pub row: Option<u32>,
    /// The column's heading.
    pub column: Option<String>,
    /// The cell's text.
    pub value: Option<String>,
    /// The stable code.
    pub code: &'static str,
    /// What was seen, in Chinese.
    pub zh: &'static str,
    /// What was seen, in English.
    pub en: &'static str,
}

impl Warning {
    /// Makes a warning with the sentences of its code.
    #[must_use]
    pub fn new(spot: Spot, code: &'static str) -> Self {
        let (zh, en) = words::sentence(code);
        Self { file: spot.file, row: spot.row, column: spot.column, value: spot.value, code, zh, en }
    }
}
