//! The digest of a household: equal on two devices exactly when both hold the same of it.

use daohu_domain::id::Id;
use sha2::{Digest, Sha256};

/// Lists the kinds that whoever holds a household holds all of.
pub const KINDS: [&str; 6] = ["household", "member", "pairing", "visit", "month_record", "review"];

/// Returns SHA-256 over the records in order of their ids, each as its 16 bytes and its sorted heads of 32 bytes.
#[must_use]
pub fn of_household<'a>(records: impl IntoIterator<Item = (&'a Id, &'a [[u8; 32]])>) -> [u8; 32] {
    let mut sorted: Vec<(&Id, Vec<[u8; 32]>)> = records
        .into_iter()
        .map(|(id, heads)| {
            let mut heads = heads.to_vec();
            heads.sort_unstable();
            (id, heads)
        })
        .collect();
    sorted.sort_unstable();
    let mut hasher = Sha256::new();
    for (id, heads) in sorted {
        hasher.update(id.as_bytes());
        for head in heads {
            hasher.update(head);
        }
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::of_household;
    use daohu_domain::id::Id;

    #[test]
    fn the_digest_does_not_depend_on_any_order_and_notices_every_head() {
        let (one, two) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        let (a, b) = ([7; 32], [9; 32]);
        let first = of_household([(&one, [a, b].as_slice()), (&two, [a].as_slice())]);
        let second = of_household([(&two, [a].as_slice()), (&one, [b, a].as_slice())]);
        assert_eq!(first, second);
        assert_ne!(first, of_household([(&one, [a].as_slice()), (&two, [a].as_slice())]));
    }
}
