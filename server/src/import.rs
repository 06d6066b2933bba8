//! Imports the office's own workbooks: rosters of households, members, cadres and pairings, places, and issues.
//!
//! Four steps, each a pure function but the first and the last: files become sheets of text (`read`), sheets become
//! tables (`tables`), rows become drafts or refusals (`rows`, `plan`) that are settled against what the last import
//! gave (`settle`), and what is left is written (`run`). A bad row never blocks a good one, a missing row ends
//! nothing, and the order of files is free.

pub mod cell;
pub mod id_number;
pub mod memory;
pub mod office;
pub mod places;
pub mod plan;
pub mod read;
pub mod report;
pub mod rows;
pub mod run;
pub mod settle;
pub mod spans;
pub mod tables;
pub mod words;

use daohu_domain::calendar::{Day, Instant};
use std::error::Error;

/// The fields of a record or row, in order.
pub type Fields = daohu_domain::Fields;

/// What the caller of an import asks for.
#[derive(Debug, Clone, Copy)]
pub struct ImportOptions {
    /// Plans and answers, and writes nothing.
    pub dry_run: bool,
    /// The day from which the rosters are true; otherwise the first day of their year.
    pub as_of: Option<Day>,
    /// The server's time.
    pub now: Instant,
}

/// Says why a file, or a whole import, was not taken. Nothing was written, whatever the variant.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A path that is neither file nor folder, or cannot be opened.
    #[error("no file or folder at {0}")]
    NotFound(String),
    /// Bytes that are not what the name's ending says.
    #[error("not a workbook")]
    NotAWorkbook,
    /// A workbook in which no sheet has the headings of a known table.
    #[error("no known table")]
    UnknownTable,
    /// A file or sheet beyond the limits.
    #[error("too big to import")]
    TooBig,
    /// No file was taken, and this one is the first.
    #[error("{file} was not taken")]
    OfFile {
        /// Its name.
        file: String,
        /// Why it was not.
        #[source]
        source: Box<ImportError>,
    },
    /// The store could not be read or written.
    #[error("the store refused the import")]
    Store {
        /// The store's own code.
        code: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ImportError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::NotAWorkbook => "not_a_workbook",
            Self::UnknownTable => "unknown_table",
            Self::TooBig => "too_big",
            Self::OfFile { source, .. } => source.code(),
            Self::Store { code, .. } => code,
        }
    }

    /// Returns the file that it is about. A path that is not there is not repeated: anything may have been typed.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::OfFile { file, .. } => Some(file),
            _ => None,
        }
    }

    /// Returns the Chinese and the English sentence, with the file's name where one is known.
    #[must_use]
    pub fn sentence(&self) -> (String, String) {
        let (zh, en) = words::sentence(self.code());
        self.file().map_or_else(|| (zh.to_owned(), en.to_owned()), |file| (format!("{file}：{zh}"), format!("{file}: {en}")))
    }
}
