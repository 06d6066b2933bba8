//! What a workbook would take in memory, found out before the reading library believes what the file says of itself.
//!
//! A compressed part of a few kilobytes may hold gigabytes, and a sheet of an old workbook with two cells may claim four thousand
//! million between them.

use crate::import::ImportError;
use std::io::{Cursor, Read, copy, sink};

/// All parts of a workbook after inflating, bytes: a sheet of the most rows with sixty columns is half of it.
const INFLATED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Cells of one sheet of an old workbook, empty ones between others counted: its most rows with thirty columns.
pub const XLS_CELLS_MAX: u64 = 2_000_000;
/// Sheets of one old workbook.
const XLS_SHEETS_MAX: usize = 256;

/// Records of an old workbook: the beginning and end of a part, a sheet's place, the extent that a sheet claims, and cells.
const BOF: u16 = 0x0809;
const EOF: u16 = 0x000a;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const ROW_OF_NUMBERS: u16 = 0x00bd;
const CELLS: [u16; 8] = [0x0203, 0x0204, 0x00d6, 0x0205, 0x027e, 0x00fd, 0x0006, ROW_OF_NUMBERS];

/// Checks that all parts of a zip together are no bigger than may be.
///
/// # Errors
/// `too_big` beyond the limit, `not_a_workbook` when the bytes are no zip.
pub(super) fn check_zip(bytes: &[u8]) -> Result<(), ImportError> {
    check_zip_of(bytes, INFLATED_BYTES_MAX)
}

fn check_zip_of(bytes: &[u8], max: u64) -> Result<(), ImportError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)?;
    let mut left = max;
    for index in 0..zip.len() {
        // What cannot be read here, the reading library cannot read either.
        let Ok(part) = zip.by_index(index) else { continue };
        let mut within = part.take(left + 1);
        let _ = copy(&mut within, &mut sink());
        left = within.limit().checked_sub(1).ok_or(ImportError::TooBig)?;
    }
    Ok(())
}

/// Checks that no sheet of an old workbook spans more cells than may be.
///
/// # Errors
/// `too_big` beyond the limit, `not_a_workbook` when the bytes are no compound file with a workbook.
pub(super) fn check_xls(bytes: &[u8]) -> Result<(), ImportError> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)?;
    let mut stream = Vec::new();
    let name = if file.is_stream("Workbook") { "Workbook" } else { "Book" };
    let found = file.open_stream(name).map_err(|_| ImportError::NotAWorkbook)?;
    let most = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    found.take(most).read_to_end(&mut stream).map_err(|_| ImportError::NotAWorkbook)?;
    let starts: Vec<usize> = Records(&stream).filter(|(typ, _)| *typ == SHEET).filter_map(|(_, data)| start_of(data)).collect();
    if starts.len() > XLS_SHEETS_MAX || starts.iter().any(|start| cells_from(stream.get(*start..).unwrap_or_default()) > XLS_CELLS_MAX) {
        return Err(ImportError::TooBig);
    }
    Ok(())
}

/// The records of a stream, each a type and its data; what is cut off at the end is left out.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (typ, length) = (u16_at(self.0, 0)?, usize::from(u16_at(self.0, 2)?));
        let data = self.0.get(4..4 + length)?;
        self.0 = self.0.get(4 + length..)?;
        Some((typ, data))
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

fn start_of(data: &[u8]) -> Option<usize> {
    usize::try_from(u32_at(data, 0)?).ok()
}

/// Returns how many cells a sheet spans: between its outermost ones, or as it claims.
fn cells_from(sheet: &[u8]) -> u64 {
    let (mut claimed, mut rows, mut columns) = (0, Span::default(), Span::default());
    let (mut depth, mut is_begun) = (0_u32, false);
    for (typ, data) in Records(sheet) {
        match typ {
            BOF if depth > 0 || is_begun => depth += 1,
            BOF => is_begun = true,
            EOF if depth > 0 => depth -= 1,
            EOF => break,
            _ if depth > 0 => {}
            DIMENSIONS => claimed = claimed.max(claim_of(data)),
            typ if CELLS.contains(&typ) => {
                let last = if typ == ROW_OF_NUMBERS { u16_at(data, data.len().saturating_sub(2)) } else { None };
                if let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) {
                    rows.take(row);
                    columns.take(column);
                    columns.take(last.unwrap_or(column));
                }
            }
            _ => {}
        }
    }
    claimed.max(rows.length() * columns.length())
}

/// Returns the cells that a sheet claims; the numbers of rows are shorter in the oldest files.
fn claim_of(data: &[u8]) -> u64 {
    let told = if data.len() >= 14 {
        [u32_at(data, 0), u32_at(data, 4), u16_at(data, 8).map(u32::from), u16_at(data, 10).map(u32::from)]
    } else {
        [0, 2, 4, 6].map(|at| u16_at(data, at).map(u32::from))
    };
    let [top, bottom, left, right] = told.map(|number| u64::from(number.unwrap_or(0)));
    bottom.saturating_sub(top).saturating_mul(right.saturating_sub(left))
}

/// From where to where something reaches, both ends counted.
#[derive(Default)]
struct Span(Option<(u16, u16)>);

impl Span {
    fn take(&mut self, at: u16) {
        let (first, last) = self.0.unwrap_or((at, at));
        self.0 = Some((first.min(at), last.max(at)));
    }

    fn length(&self) -> u64 {
        self.0.map_or(0, |(first, last)| u64::from(last - first) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{ImportError, cells_from, check_zip_of};
    use std::io::{Cursor, Write};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn zipped(bytes: usize) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["xl/workbook.xml", "xl/sharedStrings.xml"] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![b'a'; bytes / 2]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn parts_are_counted_together_after_inflating_whatever_they_say() {
        let bytes = zipped(1_000_000);
        assert!(bytes.len() < 10_000);
        assert!(check_zip_of(&bytes, 1_000_000).is_ok());
        assert!(matches!(check_zip_of(&bytes, 999_999), Err(ImportError::TooBig)));
        // The sizes that the zip names are turned to nothing: what comes out counts.
        let mut lying = bytes;
        let directory = lying.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
        lying[directory + 24..directory + 28].fill(0);
        assert!(!matches!(check_zip_of(&lying, 300_000), Ok(())));
    }

    fn cell(row: u16, column: u16) -> Vec<u8> {
        [&[0x03, 0x02, 14, 0][..], &row.to_le_bytes(), &column.to_le_bytes(), &[0; 10]].concat()
    }

    #[test]
    fn two_cells_span_all_that_is_between_them_and_a_claim_counts_as_cells() {
        let bof = [0x09, 0x08, 0, 0];
        assert_eq!(cells_from(&[&bof[..], &cell(0, 0), &cell(65_535, 255)].concat()), 65_536 * 256);
        let claim = [&[0x00, 0x02, 14, 0][..], &0_u32.to_le_bytes(), &u32::MAX.to_le_bytes(), &[0, 0, 0xff, 0xff, 0, 0]].concat();
        assert_eq!(cells_from(&[&bof[..], &claim].concat()), u64::from(u32::MAX) * 65_535);
        // A chart inside the sheet, and what stands behind its end, are not the sheet's.
        let chart = [&bof[..], &cell(9, 9), &[0x0a, 0, 0, 0]].concat();
        assert_eq!(cells_from(&[&bof[..], &chart, &cell(3, 3), &[0x0a, 0, 0, 0], &cell(9, 9)].concat()), 1);
    }
}
