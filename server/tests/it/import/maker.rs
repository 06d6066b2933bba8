//! Makes the files that the tests import, and compares answers with the expected ones in tests/fixtures/import.

use super::memory::MemoryTarget;
use daohu_domain::{calendar::Instant, id::Id};
use daohu_server::import::{
    ImportError, ImportOptions,
    memory::{ImportTarget, Write},
    plan::{Plan, plan},
    read::read,
    report::ImportReport,
};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};
use std::{
    error::Error,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// What a test returns, so that helpers need no `unwrap`.
pub(super) type Outcome = Result<(), Box<dyn Error>>;

/// The places of a township that is not the one of the shared folder.
pub(super) const PLACES: &str = "code,name,poor_village\n610802105000,芹河镇,\n610802105200,前湾村,是\n610802105201,后湾村,否\n";
/// Headings of the least that a table of households needs.
pub(super) const HOUSEHOLD: [&str; 6] = ["乡", "村", "户编号", "户主姓名", "家庭人口数", "主要致贫原因"];
/// Headings of the least that a table of cadres needs.
pub(super) const CADRE: [&str; 5] = ["帮扶单位", "姓名", "职务级别", "证件号码", "联系电话"];
/// Headings of a table of pairings.
pub(super) const PAIRING: [&str; 7] = ["乡镇", "村", "户编号", "帮扶责任人姓名", "单位", "联系电话", "帮扶起始时间"];

/// A folder of files to import.
#[derive(Debug)]
pub(super) struct Office {
    folder: TempDir,
    drawn: u64,
}

impl Office {
    /// Makes an empty folder.
    pub(super) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { folder: tempfile::tempdir()?, drawn: 0 })
    }

    /// Returns the folder.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file as it is.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Writes a workbook of one sheet; see [`sheets`] for the cells.
    pub(super) fn workbook(&self, name: &str, rows: &[Vec<&str>]) -> Result<PathBuf, Box<dyn Error>> {
        self.file(name, sheets(&[("Sheet1", rows)])?)
    }

    /// Imports the whole folder into a store.
    pub(super) fn import(&mut self, target: &mut MemoryTarget) -> Result<ImportReport, ImportError> {
        self.import_at(target, "2019-05-05T09:00:00+08:00", None)
    }

    /// Imports the whole folder at an instant, as of a day.
    pub(super) fn import_at(&mut self, target: &mut MemoryTarget, now: &str, as_of: Option<&str>) -> Result<ImportReport, ImportError> {
        let plan = self.plan(target, now, as_of)?;
        target.write(&plan.writes)?;
        Ok(plan.report)
    }

    /// Plans the import of the whole folder; the ids of new records are drawn in order, so that answers can be compared.
    pub(super) fn plan(&mut self, target: &MemoryTarget, now: &str, as_of: Option<&str>) -> Result<Plan, ImportError> {
        let now: Instant = now.parse().map_err(|_| ImportError::UnknownTable)?;
        let as_of = as_of.and_then(|day| day.parse().ok());
        let paths = [self.path().to_path_buf()];
        let drawn = &mut self.drawn;
        let mut new_id = || {
            *drawn += 1;
            let mut random = [0; 10];
            random[2..].copy_from_slice(&drawn.to_be_bytes());
            Id::v7(0, random)
        };
        plan(read(&paths)?, target, ImportOptions { dry_run: false, as_of, now }, &mut new_id)
    }
}

/// Makes a workbook. A cell `d:2019-06-04` is a date, `n:43620` a number, anything else a text; an empty one is left out.
pub(super) fn sheets(sheets: &[(&str, &[Vec<&str>])]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name)?;
        for (row, cells) in (0_u32..).zip(rows.iter()) {
            for (column, text) in (0_u16..).zip(cells) {
                match (text.strip_prefix("d:"), text.strip_prefix("n:")) {
                    (Some(day), _) => sheet.write_with_format(row, column, &ExcelDateTime::parse_from_str(day)?, &date)?,
                    (_, Some(number)) => sheet.write(row, column, number.parse::<f64>()?)?,
                    _ if text.is_empty() => sheet,
                    _ => sheet.write(row, column, *text)?,
                };
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

/// Returns an identity number with the right check digit.
pub(super) fn id_number(birth: &str, order: u32) -> String {
    let body = format!("610802{birth}{order:03}");
    let digits = body.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.zip([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]).map(|(digit, weight)| digit * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('?');
    format!("{body}{check}")
}

/// Compares a plan with tests/fixtures/import/NAME.json. With `DAOHU_WRITE_FIXTURES` set it writes that file instead, to be read
/// by a person before it is kept.
pub(super) fn expect(name: &str, plan: &Plan) -> Outcome {
    let answer = json!({
        "report": plan.report,
        "records": plan.writes.iter().map(record).collect::<Vec<_>>(),
    });
    let path = fixtures().join(format!("{name}.json"));
    if std::env::var_os("DAOHU_WRITE_FIXTURES").is_some() {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&answer)?))?;
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let (answer, expected) = (serde_json::to_string_pretty(&answer)?, serde_json::to_string_pretty(&expected)?);
    let differs = answer.lines().zip(expected.lines()).enumerate().find(|(_, (is, should))| is != should);
    assert!(answer == expected, "{}: line, (is, should be): {differs:?}", path.display());
    Ok(())
}

fn record(write: &Write) -> Value {
    json!({"kind": write.kind, "id": write.id, "place": write.place, "subject": write.subject, "new": write.is_new, "fields": write.fields, "secrets": write.secrets})
}

/// Returns the folder of expected answers.
pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/import")
}
