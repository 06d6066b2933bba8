//! Files that an office imports: read, recognised and planned against an empty store. Nothing is written.

use daohu_domain::{calendar::Instant, id::Id};
use daohu_server::import::{
    Fields, ImportError, ImportOptions,
    memory::{ImportMemory, Known},
    plan::plan,
    read::{Ending, ReadFile, ReadFiles, read_bytes},
};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The parts of a workbook, in the order of the first byte of an input; the honest ones stand for those that are not tried.
const PARTS: [(&str, &str); 6] = [
    ("[Content_Types].xml", include_str!("../../parts/content_types.xml")),
    ("_rels/.rels", include_str!("../../parts/rels.xml")),
    ("xl/workbook.xml", include_str!("../../parts/workbook.xml")),
    ("xl/_rels/workbook.xml.rels", include_str!("../../parts/workbook_rels.xml")),
    ("xl/worksheets/sheet1.xml", include_str!("../../parts/sheet1.xml")),
    ("xl/sharedStrings.xml", include_str!("../../parts/shared_strings.xml")),
];

/// Returns the parts of a workbook with their places, for the honest inputs.
#[must_use]
pub fn parts() -> Vec<Vec<u8>> {
    (0_u8..).zip(PARTS).map(|(which, (_, text))| [&[which], text.as_bytes()].concat()).collect()
}

/// A workbook. The first byte names a part and the rest stands in its place in a sound zip; from 128 on the rest is the file.
#[must_use]
pub fn workbook(bytes: &[u8]) -> String {
    let Some((which, rest)) = bytes.split_first() else { return "empty".to_owned() };
    match PARTS.get(usize::from(*which) % 8) {
        Some((tried, _)) if *which < 128 => imported(Ending::Workbook, &zipped(tried, rest)),
        _ => imported(Ending::Workbook, rest),
    }
}

/// A table of separated text.
#[must_use]
pub fn table_text(bytes: &[u8]) -> String {
    imported(Ending::Text, bytes)
}

/// An inspection with its issues.
#[must_use]
pub fn issues(bytes: &[u8]) -> String {
    imported(Ending::Json, bytes)
}

fn zipped(tried: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, honest) in PARTS {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        zip.write_all(if name == tried { content } else { honest.as_bytes() }).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn imported(ending: Ending, bytes: &[u8]) -> String {
    let files = ReadFiles { files: vec![ReadFile { name: "file".to_owned(), content: read_bytes(ending, bytes) }], ignored: Vec::new() };
    let mut drawn = 0_u64;
    let mut new_id = || {
        drawn += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&drawn.to_be_bytes());
        Id::v7(0, random)
    };
    let options = ImportOptions { dry_run: true, as_of: None, now: Instant(1_559_696_400_000) };
    match plan(files, &Nothing, options, &mut new_id) {
        Ok(plan) => {
            let report = serde_json::to_string(&plan.report).unwrap();
            assert!(!report.is_empty() && plan.writes.iter().all(|write| write.is_new), "an empty store has nothing to change");
            "ok".to_owned()
        }
        Err(error) => {
            let (zh, en) = error.sentence();
            assert!(!zh.is_empty() && !en.is_empty());
            error.code().to_owned()
        }
    }
}

/// A store that remembers nothing.
struct Nothing;

impl ImportMemory for Nothing {
    fn last(&self, _: &str, _: &str) -> Result<Option<(Id, Fields)>, ImportError> {
        Ok(None)
    }

    fn records(&self, _: &str) -> Result<Vec<Known>, ImportError> {
        Ok(Vec::new())
    }

    fn secret_digest(&self, _: Id, _: &str) -> Result<Option<String>, ImportError> {
        Ok(None)
    }

    fn secret_is_lost(&self, _: Id, _: &str) -> Result<bool, ImportError> {
        Ok(false)
    }

    fn digest(&self, secret: &str) -> String {
        format!("plain:{secret}")
    }
}
