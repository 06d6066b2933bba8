//! Whatever a device may refuse with is in the one table of codes, with its sentences, so that a host can list it.

use daohu_domain::codes;
use std::{collections::BTreeSet, fs, path::Path};

/// The text of every source below a folder.
fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_code_that_the_core_or_its_border_names_has_its_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("src"), &mut text);
    sources(&root.join("../../bindings/ffi/src"), &mut text);
    let makers = ["FieldError::new(\"", "LedgerError::of(\"", "Some(ErrorCode::OperationInterrupted) => \""];
    let named: BTreeSet<&str> =
        makers.iter().flat_map(|maker| text.split(maker).skip(1)).filter_map(|rest| rest.split('"').next()).collect();

    let missing: Vec<_> = named.iter().filter(|code| codes::sentence(code).is_none()).collect();

    assert!(named.len() > 20 && named.contains("interrupted"), "{named:?}");
    assert_eq!(missing, Vec::<&&str>::new());
}
