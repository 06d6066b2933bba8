//! The corpus: honest inputs as files, one folder a target, and inputs that once broke something.

use daohu_fuzz::{
    TARGETS, Target,
    targets::{door, import, record},
};
use std::path::{Path, PathBuf};

/// Returns the files of a folder beside the sources, in the order of their names.
pub(crate) fn files(folder: &str, target: &Target) -> Vec<(String, Vec<u8>)> {
    let Ok(listed) = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target.name)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn every_honest_input_is_taken() {
    let _alone = crate::seeded::alone();
    for target in TARGETS {
        let corpus = files("corpus", target);
        assert!(!corpus.is_empty(), "{} has no honest input", target.name);
        for (name, bytes) in corpus {
            assert_eq!((target.run)(&bytes), "ok", "{} {name}", target.name);
        }
    }
}

/// With `DAOHU_WRITE_FIXTURES` set the files are written instead, to be looked at before they are kept.
#[test]
fn the_honest_inputs_that_are_made_are_those_in_the_files() {
    let _alone = crate::seeded::alone();
    for (name, inputs) in [("record", record::honest()), ("sync_door", door::honest()), ("workbook", import::parts())] {
        for (number, made) in inputs.iter().enumerate() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name).join(format!("made-{number:02}"));
            if std::env::var_os("DAOHU_WRITE_FIXTURES").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, made).unwrap();
            }
            assert!(std::fs::read(&path).unwrap() == *made, "{name} {number} differs from its file");
        }
    }
}

#[test]
fn nothing_that_once_broke_something_breaks_it_again() {
    let _alone = crate::seeded::alone();
    for target in TARGETS {
        for (name, bytes) in files("fixtures", target) {
            crate::seeded::tried(target, &name, &bytes);
        }
    }
}
