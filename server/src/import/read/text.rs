//! Comma-separated text: UTF-8 with or without a mark, UTF-16 with one, else GB18030 (which holds GBK).

use super::{COLUMNS_MAX, ROWS_MAX, Sheet, SheetRow};
use crate::import::{ImportError, cell};
use encoding_rs::{Encoding, GB18030, UTF_8};

/// Separators that exports use; the one that the first lines hold most often is taken.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];
/// How many bytes are looked at to find the separator.
const SAMPLE_BYTES_MAX: usize = 4096;

/// Reads one table of separated text.
///
/// # Errors
/// `not_a_workbook` when the bytes are no text in a known encoding, `too_big` beyond the limits.
pub(super) fn read_text_table(bytes: &[u8]) -> Result<Sheet, ImportError> {
    let text = keep_blank_lines(&decoded(bytes)?);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(text.as_bytes())).from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|_| ImportError::NotAWorkbook)?;
        let mut cells: Vec<String> = record.iter().map(|text| cell::unwrap_text(text).to_owned()).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            continue;
        }
        if cells.len() > COLUMNS_MAX || sheet.rows.len() >= ROWS_MAX {
            return Err(ImportError::TooBig);
        }
        let number = u32::try_from(index + 1).map_err(|_| ImportError::TooBig)?;
        sheet.rows.push(SheetRow { number, cells });
    }
    Ok(sheet)
}

fn decoded(bytes: &[u8]) -> Result<String, ImportError> {
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (GB18030, bytes),
    };
    let (text, has_errors) = encoding.decode_without_bom_handling(rest);
    if has_errors || text.contains('\0') { Err(ImportError::NotAWorkbook) } else { Ok(text.into_owned()) }
}

fn separator(bytes: &[u8]) -> u8 {
    let sample = bytes.get(..SAMPLE_BYTES_MAX).unwrap_or(bytes);
    let count = |separator: u8| sample.iter().filter(|byte| **byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// Gives an empty line one empty quoted cell: the reader drops empty lines, and every row number after one would be wrong.
fn keep_blank_lines(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut is_quoted, mut at_start) = (false, true);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if at_start && !is_quoted && matches!(character, '\r' | '\n') {
            kept.push_str("\"\"");
        }
        kept.push(character);
        if character == '\r' && characters.peek() == Some(&'\n') {
            kept.extend(characters.next());
        }
        if character == '"' {
            is_quoted = !is_quoted;
        }
        at_start = matches!(character, '\r' | '\n');
    }
    kept
}
