//! The township's own papers: what the import answers must be what stands in the files.

use super::{maker::Outcome, memory::MemoryTarget};
use daohu_domain::{id::Id, kinds, validate};
use daohu_server::import::{
    ImportOptions,
    memory::ImportMemory,
    report::{Count, ImportReport},
    run::import,
};
use std::path::{Path, PathBuf};

pub(super) const EXPECTED: [(&str, usize); 8] =
    [("household", 450), ("member", 1256), ("cadre", 123), ("pairing", 450), ("issue", 13), ("region", 14), ("org", 10), ("inspection", 1)];

pub(super) fn shared_folder() -> Result<PathBuf, String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("DAOHU_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("data/hongshiqiao");
    if folder.is_dir() { Ok(folder) } else { Err(format!("set DAOHU_SHARED to the shared folder: {} is missing", folder.display())) }
}

fn import_all(target: &mut MemoryTarget, drawn: &mut i64) -> Result<ImportReport, Box<dyn std::error::Error>> {
    let options = ImportOptions { dry_run: false, as_of: None, now: "2019-05-05T09:00:00+08:00".parse()? };
    let mut new_id = || {
        *drawn += 1;
        Id::v7(*drawn, [0; 10])
    };
    Ok(import(target, &[shared_folder()?], options, &mut new_id)?)
}

#[test]
fn every_row_arrives_and_a_second_time_nothing_changes() -> Outcome {
    let mut target = MemoryTarget::default();
    let mut drawn = 0;

    let first = import_all(&mut target, &mut drawn)?;
    let second = import_all(&mut target, &mut drawn)?;

    assert!(first.is_clean() && second.is_clean(), "{:?}", first.refused);
    assert_eq!(first.ignored, ["整改公告.txt"]);
    for (kind, rows) in EXPECTED {
        assert_eq!(first.counts.clone().of(kind), &Count { rows, imported: rows, ..Count::default() }, "{kind}");
        assert_eq!(second.counts.clone().of(kind), &Count { rows, unchanged: rows, ..Count::default() }, "{kind}");
    }
    let tables: Vec<_> = first.files.iter().map(|file| (file.table.as_str(), file.header_row, file.rows, file.skipped)).collect();
    for table in [
        ("household", Some(3), 450, 1),
        ("member", Some(3), 1256, 1),
        ("cadre", Some(3), 123, 1),
        ("pairing", Some(3), 450, 1),
        ("region", Some(1), 14, 0),
    ] {
        assert!(tables.contains(&table), "{table:?} not in {tables:?}");
    }
    for file in first.files.iter().filter(|file| file.table != "issue") {
        assert!(file.unknown_columns.is_empty() && file.missing_columns.is_empty(), "{file:?}");
    }
    Ok(())
}

#[test]
fn every_record_is_whole_and_holds_no_secret() -> Outcome {
    let mut target = MemoryTarget::default();
    import_all(&mut target, &mut 0)?;

    for (name, _) in EXPECTED {
        let kind = kinds::find(name).ok_or("no such kind")?;
        for known in target.records(name)? {
            assert_eq!(validate::check(kind, &known.fields, true), [], "{name}");
            let secret = kind.fields.iter().find(|field| field.is_secret() && known.fields.contains_key(field.key));
            assert!(secret.is_none(), "{name}: {secret:?} stands among the fields");
        }
    }
    Ok(())
}
