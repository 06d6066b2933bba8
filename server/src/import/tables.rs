//! Which table a sheet is, where its headings stand, and what each column means.
//!
//! The headings come from the declarations of the kinds, so a column is written down once. Columns may stand in any
//! order, some may be missing and others unknown: both are told by name and block nothing.

use super::{
    ImportError, cell,
    read::{Sheet, SheetRow},
};
use daohu_domain::{
    kind::{Field, Kind, plain_heading},
    kinds,
};
use std::collections::{BTreeMap, BTreeSet};

/// How far down the headings are looked for: up to three title rows and the line with unit and date.
const HEADING_ROWS_MAX: usize = 10;
/// Tables and the columns without which a sheet is not that table, each any one of a few. Where several fit, the one that
/// knows most columns is taken; where two know as many, the first.
const TABLES: [(&str, &[&[&str]]); 6] = [
    ("member", &[&["number"], &["name"], &["household.number"]]),
    ("pairing", &[&["cadre.name"], &["household.number", "household.head_name"], &["from", "cadre.phone", "org.name"]]),
    ("household", &[&["number"], &["head_name", "people", "main_cause"], &["village", "town"]]),
    ("cadre", &[&["name"], &["id_number", "phone"], &["org.name"], &["rank", "duty", "first_secretary", "team_leader", "team_member"]]),
    ("org", &[&["name"], &["type", "belongs"]]),
    ("region", &[&["code"], &["name"]]),
];
/// What the first cell of a line under a table begins with: signatures and remarks.
const SIGNATURES: [&str; 16] = [
    "填表人",
    "填报人",
    "制表人",
    "制表",
    "审核人",
    "审核",
    "复核人",
    "负责人",
    "单位负责人",
    "分管领导",
    "主要领导",
    "联系人",
    "填表时间",
    "填报时间",
    "填表说明",
    "填报单位",
];
/// How many cells beside the first two a line of signatures has at most.
const SIGNATURE_CELLS_MAX: usize = 10;
/// What the first or second cell of a line with sums says.
const SUMS: [&str; 4] = ["合计", "总计", "小计", "共计"];
/// Fields that some rosters carry and most do not: no word is lost about them where they are missing.
const RARE: [(&str, &[&str]); 6] = [
    ("cadre", &["number", "duty", "party", "education", "skill", "team_deputy", "village_contact", "from", "to"]),
    ("pairing", &["role", "to", "source", "basis", "number", "end_reason"]),
    (
        "region",
        &["short_name", "level", "parent", "valid_from", "valid_to", "village_property", "predecessors", "successors", "foreign_code"],
    ),
    ("org", &["number", "place", "address", "phone", "leader", "liaison", "obliged_rule", "obliged_rank"]),
    (
        "household",
        &[
            "contact_note",
            "group",
            "hamlet",
            "property",
            "exit_year",
            "phone",
            "irrigated_area",
            "foreign_number",
            "identified_year",
            "relocated",
            "martyr_family",
        ],
    ),
    ("member", &["soldier", "accident_insurance"]),
];

/// What a column means.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A field of the table's own kind.
    Field(&'static Field),
    /// Something else that the declaration names: `village`, `year`, `household.number` …
    Other(&'static str),
}

impl Target {
    /// Returns the name under which a row's reader asks for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Field(field) => field.key,
            Self::Other(what) => what,
        }
    }
}

/// A sheet whose table is known.
#[derive(Debug)]
pub struct Table {
    /// The file's name.
    pub file: String,
    /// The sheet's name.
    pub sheet: Option<String>,
    /// The kind that the table is of.
    pub kind: &'static Kind,
    /// The number of the row with the headings.
    pub header_row: u32,
    /// Where each known column stands, and its heading as written.
    pub columns: BTreeMap<&'static str, (usize, String)>,
    /// The rows below the headings that are rows of the table.
    pub rows: Vec<SheetRow>,
    /// How many rows below the headings are none.
    pub skipped: usize,
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
    /// Columns that such a table usually has.
    pub missing_columns: Vec<String>,
}

impl Table {
    /// Returns the cell under a column, as text; empty cells, missing ones and missing columns are `None`.
    #[must_use]
    pub fn text<'a>(&self, row: &'a SheetRow, column: &str) -> Option<&'a str> {
        let (at, _) = self.columns.get(column)?;
        row.cells.get(*at).map(String::as_str).filter(|text| !cell::is_empty(text))
    }
}

/// Finds the first sheet that is a known table; the names of other sheets with text come with it.
///
/// # Errors
/// `unknown_table` when no sheet has the headings of one.
pub fn recognise(file: &str, sheets: Vec<Sheet>) -> Result<(Table, Vec<String>), ImportError> {
    let mut found = None;
    let mut others = Vec::new();
    for sheet in sheets {
        match &found {
            None => found = recognise_sheet(file, &sheet),
            Some(_) => others.extend(sheet.name),
        }
    }
    found.map(|table| (table, others)).ok_or(ImportError::UnknownTable)
}

fn recognise_sheet(file: &str, sheet: &Sheet) -> Option<Table> {
    let mut best: Option<(usize, usize, &'static Kind)> = None;
    for (name, needed) in TABLES {
        let Some(kind) = kinds::find(name) else { continue };
        let headings = Headings::of(kind);
        for index in 0..sheet.rows.len().min(HEADING_ROWS_MAX) {
            let known = columns_of(&headings, &header_at(sheet, index, &headings).cells).0;
            let has_needed = needed.iter().all(|any| any.iter().any(|column| known.contains_key(column)));
            if has_needed && best.is_none_or(|(count, ..)| known.len() > count) {
                best = Some((known.len(), index, kind));
            }
        }
    }
    let (_, index, kind) = best?;
    Some(table_of(file, sheet, index, kind))
}

fn table_of(file: &str, sheet: &Sheet, index: usize, kind: &'static Kind) -> Table {
    let known = Headings::of(kind);
    let header = header_at(sheet, index, &known);
    let (columns, unknown_columns) = columns_of(&known, &header.cells);
    let headings: BTreeSet<String> = header.cells.iter().map(|text| heading_of(text)).collect();
    let mut table = Table {
        file: file.to_owned(),
        sheet: sheet.name.clone(),
        kind,
        header_row: header.number,
        missing_columns: missing(kind, &columns),
        columns,
        rows: Vec::new(),
        skipped: 0,
        unknown_columns,
    };
    for row in sheet.rows.iter().skip(index + header.height) {
        if is_no_row(row, &headings) {
            table.skipped += 1;
        } else if row.cells.iter().any(|text| !cell::is_empty(text)) {
            table.rows.push(row.clone());
        }
    }
    fill_merged(&mut table.rows, sheet);
    fill_ditto(&mut table.rows);
    table
}

/// The headings of a table, of one row or of two.
struct Header {
    number: u32,
    height: usize,
    cells: Vec<String>,
}

/// Reads the headings at a row. Where cells are merged with those below, the row below tells the parts of one heading:
/// 帮扶责任人 over 姓名 and 单位.
fn header_at(sheet: &Sheet, index: usize, headings: &Headings) -> Header {
    let Some(row) = sheet.rows.get(index) else { return Header { number: 0, height: 1, cells: Vec::new() } };
    let is_split = sheet.merged.iter().any(|block| block.top.saturating_add(1) == row.number && block.bottom == row.number);
    let Some(below) = sheet.rows.get(index + 1).filter(|below| is_split && below.number == row.number + 1) else {
        return Header { number: row.number, height: 1, cells: row.cells.clone() };
    };
    let mut cells = Vec::new();
    let mut over = "";
    for at in 0..row.cells.len().max(below.cells.len()) {
        let [upper, lower] = [row, below].map(|row| row.cells.get(at).map_or("", String::as_str));
        over = if upper.is_empty() { over } else { upper };
        let joined = format!("{over}{lower}");
        let is_known = headings.exact(&heading_of(&joined)).is_some();
        cells.push(if lower.is_empty() {
            upper.to_owned()
        } else if is_known {
            joined
        } else {
            lower.to_owned()
        });
    }
    Header { number: row.number, height: 2, cells }
}

/// Returns the heading without spaces, line breaks and marks of required columns, in plain characters.
fn heading_of(text: &str) -> String {
    plain_heading(&cell::plain(text)).trim_matches(['*', ':']).to_owned()
}

/// Returns a heading without what stands in brackets: a unit or a remark.
fn bare(heading: &str) -> &str {
    heading.split_once('(').map_or(heading, |(head, _)| head)
}

/// The headings of a kind, made plain once.
struct Headings {
    exact: BTreeMap<String, Target>,
    /// By what stands before the brackets; `None` where that is not one column alone.
    loose: BTreeMap<String, Option<Target>>,
}

impl Headings {
    fn of(kind: &'static Kind) -> Self {
        let columns = kind.import.map_or(&[][..], |import| import.columns);
        let others = columns.iter().map(|column| (Target::Other(column.what), column.headings));
        let fields = kind.fields.iter().map(|field| (Target::Field(field), field.headings));
        let mut headings = Self { exact: BTreeMap::new(), loose: BTreeMap::new() };
        for (target, names) in others.chain(fields) {
            for name in names {
                let name = heading_of(name).to_ascii_lowercase();
                headings.exact.entry(name.clone()).or_insert(target);
                let loose = headings.loose.entry(bare(&name).to_owned()).or_insert(Some(target));
                if loose.is_some_and(|known| known.name() != target.name()) {
                    *loose = None;
                }
            }
        }
        headings
    }

    fn exact(&self, heading: &str) -> Option<Target> {
        self.exact.get(&heading.to_ascii_lowercase()).copied()
    }

    /// Finds a heading that differs only by what stands in brackets: 耕地面积 for 耕地面积（亩）.
    fn loose(&self, heading: &str) -> Option<Target> {
        self.loose.get(bare(&heading.to_ascii_lowercase())).copied().flatten()
    }
}

type Columns = BTreeMap<&'static str, (usize, String)>;

fn columns_of(known_headings: &Headings, cells: &[String]) -> (Columns, Vec<String>) {
    let headings: Vec<(usize, &String, String)> =
        cells.iter().enumerate().map(|(at, text)| (at, text, heading_of(text))).filter(|(.., heading)| !heading.is_empty()).collect();
    let mut known = Columns::new();
    let mut rest = Vec::new();
    for (at, text, heading) in headings {
        match known_headings.exact(&heading) {
            Some(target) if !known.contains_key(target.name()) => {
                known.insert(target.name(), (at, text.clone()));
            }
            _ => rest.push((at, text, heading)),
        }
    }
    let mut unknown = Vec::new();
    for (at, text, heading) in rest {
        match known_headings.loose(&heading) {
            Some(target) if !known.contains_key(target.name()) => {
                known.insert(target.name(), (at, text.clone()));
            }
            _ => unknown.push(text.clone()),
        }
    }
    (known, unknown)
}

fn missing(kind: &'static Kind, known: &Columns) -> Vec<String> {
    let rare = RARE.iter().find(|(name, _)| *name == kind.name).map_or(&[][..], |(_, keys)| keys);
    let is_missing = |name: &str| !known.contains_key(name) && !rare.contains(&name);
    let columns = kind.import.map_or(&[][..], |import| import.columns);
    let others = columns.iter().filter(|column| !matches!(column.what, "serial" | "note") && is_missing(column.what));
    let others = others.filter_map(|column| column.headings.first());
    let fields = kind.fields.iter().filter(|field| is_missing(field.key)).filter_map(|field| field.headings.first());
    others.chain(fields).map(|heading| (*heading).to_owned()).collect()
}

/// Says whether a line below the headings is no row: signatures, sums, or the headings again on a new printed page.
fn is_no_row(row: &SheetRow, headings: &BTreeSet<String>) -> bool {
    let mut filled = row.cells.iter().filter(|text| !text.is_empty());
    let (Some(first), second) = (filled.next().map(|text| heading_of(text)), filled.next().map(|text| heading_of(text))) else {
        return false;
    };
    let rest = filled.count();
    let is_sign = SIGNATURES
        .iter()
        .any(|sign| first.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '(']) || is_signed(&first)));
    let is_remark =
        rest == 0 && ["注", "备注", "说明"].iter().any(|sign| first.strip_prefix(sign).is_some_and(|rest| rest.starts_with(':')));
    let is_sum = [Some(&first), second.as_ref()].into_iter().flatten().any(|text| SUMS.contains(&text.as_str()));
    let are_headings = || row.cells.iter().filter(|text| !text.is_empty()).all(|text| headings.contains(&heading_of(text)));
    (is_sign && rest < SIGNATURE_CELLS_MAX) || is_remark || is_sum || (rest > 0 && headings.contains(&first) && are_headings())
}

/// Says whether a signature line has its colon further on: 填表人签字:张三.
fn is_signed(text: &str) -> bool {
    text.split_once(':').is_some_and(|(head, _)| head.chars().count() <= 8)
}

/// Writes the value of a merged block into its lower cells; blocks that begin in the title or the headings are left alone.
fn fill_merged(rows: &mut [SheetRow], sheet: &Sheet) {
    let places: BTreeMap<u32, usize> = rows.iter().enumerate().map(|(index, row)| (row.number, index)).collect();
    for block in &sheet.merged {
        let column = usize::try_from(block.column).unwrap_or(usize::MAX);
        let Some(top) = places.get(&block.top.saturating_add(1)) else { continue };
        let Some(value) = rows.get(*top).and_then(|row| row.cells.get(column)).filter(|text| !text.is_empty()).cloned() else { continue };
        let below = places.range(block.top.saturating_add(2)..=block.bottom.saturating_add(1)).map(|(_, index)| *index);
        for index in below.collect::<Vec<_>>() {
            if let Some(row) = rows.get_mut(index) {
                put_if_empty(&mut row.cells, column, &value);
            }
        }
    }
}

fn put_if_empty(cells: &mut Vec<String>, column: usize, value: &str) {
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    if let Some(cell) = cells.get_mut(column).filter(|cell| cell.is_empty()) {
        value.clone_into(cell);
    }
}

fn fill_ditto(rows: &mut [SheetRow]) {
    for index in 1..rows.len() {
        let (above, below) = rows.split_at_mut(index);
        let (Some(above), Some(row)) = (above.last(), below.first_mut()) else { continue };
        for (at, cell) in row.cells.iter_mut().enumerate().filter(|(_, cell)| cell::is_ditto(cell)) {
            let value = above.cells.get(at).map_or("", String::as_str);
            value.clone_into(cell);
        }
    }
}
