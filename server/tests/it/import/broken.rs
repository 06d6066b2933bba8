//! Whatever the bytes are, the answer is a table or a sentence.

use super::maker::{HOUSEHOLD, PLACES, sheets};
use daohu_server::import::{
    read::{Ending, FileContent, read_bytes},
    tables::recognise,
};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{collection::vec, sample::Index};

/// Reads bytes as far as a table; a panic is the failure.
fn read_through(ending: Ending, bytes: &[u8]) {
    if let Ok(FileContent::Sheets(sheets)) = read_bytes(ending, bytes)
        && let Ok((table, _)) = recognise("f", sheets)
    {
        assert!(table.header_row > 0);
        for row in &table.rows {
            assert!(row.number > table.header_row);
        }
    }
}

fn good_workbook() -> Vec<u8> {
    let rows = vec![HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "n:3", "因病"]];
    sheets(&[("户表", &rows)]).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..2048)) {
        for ending in [Ending::Workbook, Ending::Text, Ending::Json] {
            read_through(ending, &bytes);
        }
        read_through(Ending::Workbook, &[b"PK\x03\x04", &bytes[..]].concat());
        read_through(Ending::Workbook, &[&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], &bytes[..]].concat());
    }

    #[test]
    fn random_text_never_panics(text in ".{0,400}") {
        read_through(Ending::Text, text.as_bytes());
        read_through(Ending::Text, format!("{PLACES}{text}").as_bytes());
        read_through(Ending::Json, format!("{{\"inspection\":{{\"name\":{text:?}}},\"issues\":[{text:?}]}}").as_bytes());
    }

    #[test]
    fn a_workbook_with_some_bytes_changed_never_panics(changes in vec((any::<Index>(), any::<u8>()), 1..8), cut in any::<Index>()) {
        let mut bytes = good_workbook();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_through(Ending::Workbook, &bytes);
        read_through(Ending::Workbook, &bytes[..cut.index(bytes.len())]);
    }
}
