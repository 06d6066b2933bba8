//! Workbooks (.xlsx, .xls) by calamine, bounded and behind `catch_unwind`: a bad file is a sentence, not a panic.

use super::{COLUMNS_MAX, Merged, ROWS_MAX, Sheet, SheetRow, bounds};
use crate::import::{ImportError, cell};
use calamine::{Data, Dimensions, Reader, SheetType, SheetVisible, Xls, Xlsx};
use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The first bytes of a zip, which an .xlsx is.
const ZIP: &[u8] = b"PK\x03\x04";
/// The first bytes of a compound file, which an .xls is.
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Reads the visible worksheets that hold any text.
///
/// The first bytes decide, not the ending: offices rename .xlsx to .xls and back.
///
/// # Errors
/// `not_a_workbook`, also when the reading library panics; `too_big` beyond the limits.
pub(super) fn read_workbook(bytes: &[u8]) -> Result<Vec<Sheet>, ImportError> {
    catch_unwind(AssertUnwindSafe(|| {
        if bytes.starts_with(ZIP) {
            bounds::check_zip(bytes)?;
            read_xlsx(bytes)
        } else if bytes.starts_with(COMPOUND) {
            bounds::check_xls(bytes)?;
            read_xls(bytes)
        } else {
            Err(ImportError::NotAWorkbook)
        }
    }))
    .unwrap_or(Err(ImportError::NotAWorkbook))
}

fn sheet_names<R: Reader<Cursor<B>>, B: AsRef<[u8]>>(book: &R) -> Vec<String> {
    let shown = |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    book.sheets_metadata().iter().filter(shown).map(|sheet| sheet.name.clone()).collect()
}

fn read_xlsx(bytes: &[u8]) -> Result<Vec<Sheet>, ImportError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)?;
    let mut sheets = Vec::new();
    for name in sheet_names(&book) {
        let mut grid = Grid::default();
        {
            // Cell by cell, because a whole range is as large as its farthest cell says.
            let mut cells = book.worksheet_cells_reader(&name).map_err(|_| ImportError::NotAWorkbook)?;
            while let Some(found) = cells.next_cell_with_formula().map_err(|_| ImportError::NotAWorkbook)? {
                let told = found.formula.and_then(|formula| literal(&formula));
                let text = told.unwrap_or_else(|| text_of(&Data::from(found.value)));
                grid.put(found.pos, text)?;
            }
        }
        if !grid.rows.is_empty() {
            let merged = book.merge_cells_by_sheet_name(&name).map_err(|_| ImportError::NotAWorkbook)?;
            sheets.push(grid.into_sheet(name, &merged));
        }
    }
    Ok(sheets)
}

fn read_xls(bytes: &[u8]) -> Result<Vec<Sheet>, ImportError> {
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)?;
    let mut sheets = Vec::new();
    for name in sheet_names(&book) {
        let range = book.worksheet_range(&name).map_err(|_| ImportError::NotAWorkbook)?;
        let (top, left) = range.start().unwrap_or_default();
        let mut grid = Grid::default();
        for (row, column, value) in range.used_cells() {
            let at = (top + u32::try_from(row).unwrap_or(u32::MAX), left + u32::try_from(column).unwrap_or(u32::MAX));
            grid.put(at, text_of(value))?;
        }
        if !grid.rows.is_empty() {
            let merged = book.merge_cells_by_sheet_name(&name).map_err(|_| ImportError::NotAWorkbook)?;
            sheets.push(grid.into_sheet(name, &merged));
        }
    }
    Ok(sheets)
}

/// Collects cells in any order into rows.
#[derive(Default)]
struct Grid {
    rows: BTreeMap<u32, Vec<String>>,
}

impl Grid {
    fn put(&mut self, (row, column): (u32, u32), text: String) -> Result<(), ImportError> {
        if text.is_empty() {
            return Ok(());
        }
        let column = usize::try_from(column).map_err(|_| ImportError::TooBig)?;
        if column >= COLUMNS_MAX || (self.rows.len() >= ROWS_MAX && !self.rows.contains_key(&row)) {
            return Err(ImportError::TooBig);
        }
        let cells = self.rows.entry(row).or_default();
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        if let Some(cell) = cells.get_mut(column) {
            *cell = text;
        }
        Ok(())
    }

    fn into_sheet(self, name: String, merged: &[Dimensions]) -> Sheet {
        let rows = self.rows.into_iter().map(|(row, cells)| SheetRow { number: row.saturating_add(1), cells }).collect();
        let merged = merged
            .iter()
            .filter(|block| block.start.0 < block.end.0)
            .map(|block| Merged { top: block.start.0, bottom: block.end.0, column: block.start.1 })
            .collect();
        Sheet { name: Some(name), rows, merged }
    }
}

/// Returns the text of a formula that is nothing but a text or number: programs write `="6108"` and beside it no value, or 0.
fn literal(formula: &str) -> Option<String> {
    let formula = formula.trim().trim_start_matches('=');
    let text = formula.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('"'));
    let is_number = !formula.is_empty() && formula.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.map(|text| cell::unwrap_text(text).to_owned()).or_else(|| is_number.then(|| formula.to_owned()))
}

fn text_of(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) => cell::unwrap_text(text).to_owned(),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => cell::float_text(*number),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Data::Error(error) => error.to_string(),
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(at) => cell::float_text(at.as_f64()),
    }
}
