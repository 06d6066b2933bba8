//! Cursors: opaque to callers, a place in an order to us. Base of hex, with a check that tells a typo from a cursor.

use daohu_domain::id::Id;
use sha2::{Digest, Sha256};

/// Writes the cursor after a record.
#[must_use]
pub fn after(record: Id) -> String {
    let bytes = record.as_bytes();
    format!("{}{}", hex::encode(bytes), check(bytes))
}

/// Reads a cursor; `None` when it is none of ours.
#[must_use]
pub fn read(text: &str) -> Option<Id> {
    let bytes = hex::decode(text.get(..32)?).ok()?;
    let record = Id::from_slice(&bytes)?;
    (text.get(32..)? == check(&bytes)).then_some(record)
}

fn check(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hex::encode(hash.get(..2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_anything_else_does_not() {
        let record = Id::v7(1_557_000_000_000, [7; 10]);
        let cursor = after(record);

        assert_eq!(read(&cursor), Some(record));
        for bad in ["", "abc", "户编号户编号户编号户编号", &record.to_string(), &format!("{cursor}0"), &cursor.replace('7', "8")]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
