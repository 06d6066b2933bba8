//! A row of a table as it is read: cells by the name of their column, problems collected where they stand.

pub mod cadre;
pub mod household;
pub mod issue;
pub mod member;
pub mod pairing;
pub mod region;
pub mod value;

use super::{
    Fields,
    read::SheetRow,
    report::{Refusal, Spot, Warning},
    tables::Table,
    words,
};
use daohu_domain::{
    calendar::Day,
    kind::{Field, Kind, Shape},
    kinds,
    validate::Violation,
};
use serde_json::Value;

/// Reads one row and remembers what is wrong with it.
#[derive(Debug)]
pub struct RowReader<'a> {
    table: &'a Table,
    row: &'a SheetRow,
    /// Cells for which the row is refused.
    pub refused: Vec<Refusal>,
    /// Cells that deserve a look.
    pub warnings: Vec<Warning>,
}

impl<'a> RowReader<'a> {
    /// Begins to read a row of a table.
    #[must_use]
    pub fn new(table: &'a Table, row: &'a SheetRow) -> Self {
        Self { table, row, refused: Vec::new(), warnings: Vec::new() }
    }

    /// Returns the text under a column; empty cells and missing columns are `None`.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        self.table.text(self.row, column)
    }

    /// Says whether the table has a column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.table.columns.contains_key(column)
    }

    /// Returns where a cell stands, with its text.
    #[must_use]
    pub fn spot(&self, column: &str) -> Spot {
        let place = self.table.columns.get(column);
        let heading = place.map(|(_, heading)| heading.clone()).or_else(|| heading_of(self.table.kind, column));
        let value = place.and_then(|(at, _)| self.row.cells.get(*at)).filter(|text| !text.is_empty()).cloned();
        Spot { file: self.table.file.clone(), row: Some(self.row.number), column: heading, value }
    }

    /// Refuses the row for a cell.
    pub fn refuse(&mut self, column: &str, code: &'static str) {
        let refusal = Refusal::new(self.spot(column), code);
        self.refused.push(refusal);
    }

    /// Refuses the row for a violation unless it is refused for that cell already.
    pub fn refuse_once(&mut self, wrong: &Violation) {
        let spot = self.spot(&wrong.field);
        if !self.refused.iter().any(|refusal| refusal.column == spot.column) {
            self.refused.push(Refusal::saying(spot, words::known_code(&wrong.code), (wrong.zh.clone(), wrong.en.clone())));
        }
    }

    /// Returns where the row stands.
    #[must_use]
    pub fn row_spot(&self) -> Spot {
        Spot { file: self.table.file.clone(), row: Some(self.row.number), ..Spot::default() }
    }

    /// Says that a cell deserves a look.
    pub fn warn(&mut self, column: &str, code: &'static str) {
        let warning = Warning::new(self.spot(column), code);
        self.warnings.push(warning);
    }

    /// Returns the text of a key; refuses the row when it is empty or has lost its last digits to a spreadsheet.
    pub fn key(&mut self, column: &str) -> Option<String> {
        let Some(text) = self.text(column) else {
            self.refuse(column, "missing_key");
            return None;
        };
        if super::cell::has_lost_digits(text) {
            self.refuse(column, "bad_number");
            return None;
        }
        Some(super::cell::half_width(text))
    }

    /// Reads a column that is a day but no field; refuses the row when it is none.
    pub fn day(&mut self, column: &str) -> Option<Day> {
        let day = super::cell::read_day(self.text(column)?);
        if day.is_none() {
            self.refuse(column, "bad_date");
        }
        day
    }

    /// Reads every column that is a field of the table's own kind; an empty cell is `Null`, a missing column is absent.
    #[must_use]
    pub fn fields(&mut self) -> Fields {
        let mut fields = Fields::new();
        for field in self.table.kind.fields {
            if self.has(field.key)
                && let Some(value) = self.field(field.key, field)
            {
                fields.insert(field.key.to_owned(), value);
            }
        }
        fields
    }

    /// Reads the columns of another kind, which the declaration names `kind.field`.
    #[must_use]
    pub fn fields_of(&mut self, kind: &'static str, keys: &[&str]) -> Fields {
        let mut fields = Fields::new();
        for field in kinds::find(kind).map_or(&[][..], |kind| kind.fields).iter().filter(|field| keys.contains(&field.key)) {
            let column = format!("{kind}.{}", field.key);
            if self.has(&column)
                && let Some(value) = self.field(&column, field)
            {
                fields.insert(field.key.to_owned(), value);
            }
        }
        fields
    }

    /// Reads the cell under a column as a value of a field; `None` where it is not taken.
    pub fn field(&mut self, column: &str, field: &Field) -> Option<Value> {
        let Some(text) = self.text(column) else { return Some(Value::Null) };
        match value::read(field, text, self.text("id_type")) {
            Ok(value) => {
                if matches!(field.shape, Shape::Day) && super::cell::lacks_day(text) {
                    self.warn(column, "date_without_day");
                }
                return Some(value);
            }
            Err(value::Unread::Refused(code)) => self.refuse(column, code),
            Err(value::Unread::LeftOut(code)) => {
                self.warn(column, code);
                return value::other(field);
            }
        }
        None
    }
}

fn heading_of(kind: &'static Kind, column: &str) -> Option<String> {
    let field = kind.field(column).map(|field| field.headings.first().copied().unwrap_or(field.zh));
    let other = || kind.import?.columns.iter().find(|known| known.what == column)?.headings.first().copied();
    field.or_else(other).map(str::to_owned)
}
