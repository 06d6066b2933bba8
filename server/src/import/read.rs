//! A file becomes sheets of text: workbooks, comma-separated text and the issues as JSON.
//!
//! Nothing here knows a table or a kind. Whatever the bytes are, the answer is sheets or one sentence, never a panic;
//! every file is bounded before it is read.

mod bounds;
mod json;
mod text;
mod workbook;

use super::ImportError;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

pub use bounds::XLS_CELLS_MAX;
pub use json::{IssueFile, is_issue_file};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// The most rows of one sheet.
pub const ROWS_MAX: usize = 200_000;
/// The most columns of one sheet.
pub const COLUMNS_MAX: usize = 300;
/// The most files of one import, so that a wrong folder is noticed and not read for an hour.
pub const FILES_MAX: usize = 200;

/// One row of a sheet with the number that the spreadsheet shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// The row's number, counted from 1.
    pub number: u32,
    /// The cells from the first column on; trailing empty ones may be missing.
    pub cells: Vec<String>,
}

/// A block of merged cells, counted from 0; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// The first row.
    pub top: u32,
    /// The last row.
    pub bottom: u32,
    /// The first column: the one whose value is filled down.
    pub column: u32,
}

/// The text of one sheet; rows without any text are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The sheet's name; a text file has none.
    pub name: Option<String>,
    /// The rows in order.
    pub rows: Vec<SheetRow>,
    /// The merged blocks that span more than one row.
    pub merged: Vec<Merged>,
}

/// What stands in one file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// The sheets of a workbook, or the one of a text file.
    Sheets(Vec<Sheet>),
    /// An inspection with its issues.
    Issues(IssueFile),
}

/// One file of an import.
#[derive(Debug)]
pub struct ReadFile {
    /// The name that the report shows.
    pub name: String,
    /// What stands in it, or why it could not be read.
    pub content: Result<FileContent, ImportError>,
}

/// The files of one import, and what was left alone in their folders.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// The files in the order of the paths; within a folder by name.
    pub files: Vec<ReadFile>,
    /// Names of files in folders that are no workbook by their ending.
    pub ignored: Vec<String>,
}

/// Reads the files at `paths`; of a folder those that end in .xlsx, .xls, .csv or .json.
///
/// # Errors
/// `not_found` when a path is neither file nor folder, `too_big` when there are too many files.
pub fn read(paths: &[PathBuf]) -> Result<ReadFiles, ImportError> {
    let mut found = ReadFiles::default();
    for path in paths {
        if path.is_dir() {
            read_folder(path, &mut found)?;
        } else if path.is_file() {
            found.files.push(ReadFile { name: file_name(path), content: read_file(path) });
        } else {
            return Err(ImportError::NotFound(path.display().to_string()));
        }
        if found.files.len() > FILES_MAX {
            return Err(ImportError::TooBig);
        }
    }
    Ok(found)
}

fn read_folder(folder: &Path, found: &mut ReadFiles) -> Result<(), ImportError> {
    let unreadable = |_| ImportError::NotFound(folder.display().to_string());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        let name = file_name(&path);
        // "~$…" is what a spreadsheet program leaves beside a file that somebody has open.
        if ending(&path).is_none() || name.starts_with("~$") || name.starts_with('.') {
            found.ignored.push(name);
        } else if found.files.len() >= FILES_MAX {
            return Err(ImportError::TooBig);
        } else {
            found.files.push(ReadFile { name, content: read_file(&path) });
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// How a file's name says it should be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// .xlsx or .xls; which of the two it really is, its first bytes say.
    Workbook,
    /// .csv
    Text,
    /// .json
    Json,
}

fn ending(path: &Path) -> Option<Ending> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "xlsx" | "xls" => Some(Ending::Workbook),
        "csv" => Some(Ending::Text),
        "json" => Some(Ending::Json),
        _ => None,
    }
}

fn read_file(path: &Path) -> Result<FileContent, ImportError> {
    let ending = ending(path).ok_or(ImportError::NotAWorkbook)?;
    let file = File::open(path).map_err(|_| ImportError::NotFound(path.display().to_string()))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|_| ImportError::NotAWorkbook)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ImportError::TooBig);
    }
    read_bytes(ending, &bytes)
}

/// Reads the bytes of one file.
///
/// # Errors
/// `not_a_workbook` when the bytes are not what the name's ending says, `too_big` beyond the limits.
pub fn read_bytes(ending: Ending, bytes: &[u8]) -> Result<FileContent, ImportError> {
    match ending {
        Ending::Workbook => workbook::read_workbook(bytes).map(FileContent::Sheets),
        Ending::Text => text::read_text_table(bytes).map(|sheet| FileContent::Sheets(vec![sheet])),
        Ending::Json => json::read_issues(bytes).map(FileContent::Issues),
    }
}
