//! An import into a real data folder.

use super::{
    maker::{self, Outcome},
    real::{EXPECTED, shared_folder},
};
use daohu_domain::calendar::Instant;
use daohu_server::{
    clock::ServerClock,
    import::{
        ImportOptions,
        office::run,
        report::{Count, ImportReport},
    },
    office::Office,
    random::SystemRandom,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NOW: &str = "2019-05-05T09:00:00+08:00";

fn open(folder: &Path) -> Result<Office, Box<dyn std::error::Error>> {
    let now: Instant = NOW.parse()?;
    Ok(Office::open(folder, ServerClock::frozen(now), SystemRandom)?)
}

fn import(office: &Office, path: PathBuf) -> Result<ImportReport, Box<dyn std::error::Error>> {
    Ok(run(office, &[path], ImportOptions { dry_run: false, as_of: None, now: office.now() })?)
}

/// Returns every file of a data folder as one run of bytes.
fn bytes_of(folder: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        all.extend(if path.is_dir() { bytes_of(&path)? } else { std::fs::read(&path)? });
    }
    Ok(all)
}

#[test]
fn the_townships_papers_arrive_and_a_second_time_nothing_changes() -> Outcome {
    let folder = TempDir::new()?;
    let office = open(folder.path())?;

    let first = import(&office, shared_folder()?)?;
    let tree = office.store().tree(&[])?.size;
    let second = import(&office, shared_folder()?)?;

    assert!(first.is_clean() && second.is_clean(), "{:?}", first.refused);
    for (kind, rows) in EXPECTED {
        assert_eq!(first.counts.clone().of(kind), &Count { rows, imported: rows, ..Count::default() }, "{kind}");
        assert_eq!(second.counts.clone().of(kind), &Count { rows, unchanged: rows, ..Count::default() }, "{kind}");
    }
    assert_eq!(office.store().tree(&[])?.size, tree, "the second import adds nothing to the log");
    assert_eq!(office.verify()?["first_bad"], Value::Null);
    Ok(())
}

#[test]
fn a_field_that_the_office_edited_is_kept_and_a_changed_cell_arrives() -> Outcome {
    let folder = TempDir::new()?;
    let office = open(folder.path())?;
    let roster = maker::Office::new()?;
    roster.file("区划.csv", maker::PLACES)?;
    let row = |people, cause| [maker::HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", people, cause]];
    roster.workbook("户表.xlsx", &row("3", "因病"))?;
    import(&office, roster.path().to_path_buf())?;
    let id = office.household("6108021050000001")?.record;
    office.record_edit(id, &[("people", "5")])?;
    roster.workbook("户表.xlsx", &row("4", "因残"))?;

    let report = import(&office, roster.path().to_path_buf())?;

    let count = report.counts.clone().of("household").to_owned();
    assert_eq!((count.updated, count.kept), (1, 1));
    assert_eq!(office.record(id)?.fields.get("people"), Some(&json!(5)));
    assert_eq!(office.secret_digest(id, "main_cause")?, Some(office.digest("disability")));
    Ok(())
}

#[test]
fn secrets_whose_key_was_lost_come_back_with_the_same_papers_and_what_people_did_stays() -> Outcome {
    let folder = TempDir::new()?;
    let office = open(folder.path())?;
    let roster = maker::Office::new()?;
    roster.file("区划.csv", maker::PLACES)?;
    let numbers = ["6108021050000001", "6108021050000002", "6108021050000003"];
    let mut rows = vec![maker::HOUSEHOLD.to_vec()];
    rows.extend(numbers.iter().map(|number| vec!["芹河镇", "前湾村", *number, "张三", "3", "因病"]));
    roster.workbook("户表.xlsx", &rows)?;
    import(&office, roster.path().to_path_buf())?;
    let ids = numbers.iter().map(|number| Ok(office.household(number)?.record)).collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
    office.erase_secret((ids[1], "main_cause"), None, "本人要求")?;
    drop(office);
    std::fs::remove_file(folder.path().join("keys/master.key"))?;
    let clock = ServerClock::frozen(NOW.parse()?);
    daohu_server::office::replace_lost_master(folder.path(), &clock, &SystemRandom, "机房进水")?;
    let office = open(folder.path())?;
    office.record_edit(ids[2], &[("main_cause", "disability")])?;

    let first = import(&office, roster.path().to_path_buf())?;
    let second = import(&office, roster.path().to_path_buf())?;

    let count = |report: &ImportReport| report.counts.clone().of("household").to_owned();
    assert_eq!(count(&first), Count { rows: 3, updated: 1, unchanged: 2, kept: 2, refilled: 1, ..Count::default() });
    assert_eq!(office.read_secret((ids[0], "main_cause"), None, "核对")?, json!("illness"), "it is read again");
    assert_eq!(office.secret_digest(ids[1], "main_cause")?, None, "erased is erased");
    assert_eq!(office.read_secret((ids[2], "main_cause"), None, "核对")?, json!("disability"), "what a person entered since is left alone");
    assert_eq!(count(&second), Count { rows: 3, unchanged: 3, kept: 2, ..Count::default() });
    Ok(())
}

#[test]
fn a_dry_run_leaves_the_folder_as_it_was() -> Outcome {
    let folder = TempDir::new()?;
    let office = open(folder.path())?;
    let before = office.store().tree(&[])?.size;
    let roster = maker::Office::new()?;
    roster.file("区划.csv", maker::PLACES)?;

    let report = run(&office, &[roster.path().to_path_buf()], ImportOptions { dry_run: true, as_of: None, now: office.now() })?;

    assert_eq!(report.counts.clone().of("region").imported, 3);
    assert_eq!(office.store().tree(&[])?.size, before);
    let again = import(&office, roster.path().to_path_buf())?;
    assert_eq!(again.counts.clone().of("region").imported, 3);
    Ok(())
}

#[test]
fn numbers_of_people_are_nowhere_in_the_clear() -> Outcome {
    let folder = TempDir::new()?;
    let office = open(folder.path())?;
    let roster = maker::Office::new()?;
    let id_number = maker::id_number("19790724", 11);
    roster.file("区划.csv", maker::PLACES)?;
    roster.workbook("干部.xlsx", &[maker::CADRE.to_vec(), vec!["区水利局", "王军军", "科员级", &id_number, "13912345678"]])?;

    let report = import(&office, roster.path().to_path_buf())?;

    drop(office);
    let bytes = bytes_of(folder.path())?;
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert_eq!(report.counts.clone().of("cadre").imported, 1);
    assert!(holds("王军军"), "the search itself works");
    assert!(!holds(&id_number) && !holds("13912345678"));
    Ok(())
}
