//! Which records differ between two sides that hold almost the same: range-based set reconciliation (Negentropy, version 1).
//!
//! A record with its heads is one element: 32 bytes, SHA-256(record ‖ sorted heads), ordered by the time in the record's
//! id, since what differs was mostly written at about the same time. The additive digest of all elements tells in 32
//! bytes that two sides hold the same.

use crate::{
    error::WireError,
    merkle::{Hash, sha256},
};
use daohu_domain::id::Id;
use negentropy::{Id as Element, Negentropy, NegentropyStorageVector};
use std::collections::HashMap;

/// What one message may have at most; a longer answer is cut and goes on in the next round.
const MESSAGE_BYTES: u64 = 48 * 1024;

/// Returns the element of a record with its heads, in any order.
#[must_use]
pub fn element(record: &Id, heads: &[Hash]) -> Hash {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sha256(&[record.as_bytes(), &sorted.concat()])
}

/// What one side holds.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    by_element: HashMap<Hash, Id>,
}

impl Holdings {
    /// Adds a record with its heads. A record that is added twice counts once.
    pub fn add(&mut self, record: Id, heads: &[Hash]) {
        self.by_element.insert(element(&record, heads), record);
    }

    /// Returns the record of an element.
    #[must_use]
    pub fn record(&self, element: &Hash) -> Option<Id> {
        self.by_element.get(element).copied()
    }

    /// Returns how many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_element.len()
    }

    /// Says whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_element.is_empty()
    }

    /// Returns the sum of all elements, read as numbers with the lowest byte first, modulo 2^256.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let mut sum: Hash = [0; 32];
        for element in self.by_element.keys() {
            let mut carry = 0_u16;
            for (byte, added) in sum.iter_mut().zip(element) {
                let [low, high] = (u16::from(*byte) + u16::from(*added) + carry).to_le_bytes();
                *byte = low;
                carry = u16::from(high);
            }
        }
        sum
    }

    /// Answers a message of the side that asks.
    ///
    /// # Errors
    /// `bad_frame` for a message that is none.
    pub fn answer(&self, message: &[u8]) -> Result<Vec<u8>, WireError> {
        self.machine()?.reconcile(message).map_err(bad)
    }

    fn machine(&self) -> Result<Negentropy<'static, NegentropyStorageVector>, WireError> {
        let mut storage = NegentropyStorageVector::with_capacity(self.by_element.len());
        for (element, record) in &self.by_element {
            storage.insert(time_in(record), Element::from_byte_array(*element)).map_err(bad)?;
        }
        storage.seal().map_err(bad)?;
        Negentropy::owned(storage, MESSAGE_BYTES).map_err(bad)
    }
}

/// The milliseconds in a UUID of version 7: the first six bytes.
fn time_in(record: &Id) -> u64 {
    record.as_bytes().iter().take(6).fold(0, |time, byte| (time << 8) | u64::from(*byte))
}

/// The side that asks.
pub struct Asking {
    machine: Negentropy<'static, NegentropyStorageVector>,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}

/// What one answer told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Elements that only the asking side holds.
    pub have: Vec<Hash>,
    /// Elements that only the other side holds.
    pub need: Vec<Hash>,
    /// The next message; none when all is known.
    pub next: Option<Vec<u8>>,
}

impl Asking {
    /// Begins to ask; returns the first message too.
    ///
    /// # Errors
    /// Never for holdings of distinct records.
    pub fn begin(holdings: &Holdings) -> Result<(Self, Vec<u8>), WireError> {
        let mut machine = holdings.machine()?;
        let first = machine.initiate().map_err(bad)?;
        Ok((Self { machine }, first))
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// `bad_frame` for an answer that is none.
    pub fn take(&mut self, answer: &[u8]) -> Result<Difference, WireError> {
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = self.machine.reconcile_with_ids(answer, &mut have, &mut need).map_err(bad)?;
        let bytes = |elements: Vec<Element>| elements.iter().map(|element| **element).collect();
        Ok(Difference { have: bytes(have), need: bytes(need), next })
    }
}

fn bad(_: negentropy::Error) -> WireError {
    WireError::BadFrame("a message of a reconciliation")
}

#[cfg(test)]
mod tests {
    use super::{Asking, Holdings};
    use daohu_domain::id::Id;
    use std::collections::BTreeSet;

    fn record(n: u32) -> Id {
        let [a, b, c, d] = n.to_be_bytes();
        Id::v7(1_557_018_000_000 + i64::from(n) * 1_000, [a, b, c, d, 0, 0, 0, 0, 0, 0])
    }

    fn heads(n: u32) -> [[u8; 32]; 1] {
        [[u8::try_from(n % 251).unwrap_or(0); 32]]
    }

    #[test]
    fn two_sides_find_exactly_what_differs_in_a_few_rounds() {
        let (mut ours, mut theirs) = (Holdings::default(), Holdings::default());
        for n in 0..10_000 {
            if n != 4_000 {
                ours.add(record(n), &heads(n));
            }
            let moved = u32::from((7_000..7_020).contains(&n));
            if n != 9_999 {
                theirs.add(record(n), &heads(n + moved));
            }
        }
        assert_ne!(ours.digest(), theirs.digest());
        let (mut asking, mut message) = Asking::begin(&ours).unwrap();
        let (mut have, mut need, mut rounds, mut bytes) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
        loop {
            let answer = theirs.answer(&message).unwrap();
            bytes += message.len() + answer.len();
            rounds += 1;
            let told = asking.take(&answer).unwrap();
            have.extend(told.have.iter().filter_map(|element| ours.record(element)));
            need.extend(told.need.iter().filter_map(|element| theirs.record(element)));
            let Some(next) = told.next else { break };
            message = next;
        }
        let moved: BTreeSet<Id> = (7_000..7_020).map(record).collect();
        assert_eq!(have, moved.iter().copied().chain([record(9_999)]).collect());
        assert_eq!(need, moved.into_iter().chain([record(4_000)]).collect());
        assert!(rounds <= 4 && bytes < 12_000, "{rounds} rounds, {bytes} bytes");
    }

    #[test]
    fn the_digest_knows_no_order_and_notices_every_head() {
        let (mut one, mut two) = (Holdings::default(), Holdings::default());
        for n in [1, 2, 3] {
            one.add(record(n), &[[7; 32], [9; 32]]);
        }
        for n in [3, 1, 2] {
            two.add(record(n), &[[9; 32], [7; 32]]);
        }
        assert_eq!(one.digest(), two.digest());
        two.add(record(4), &[]);
        assert_ne!(one.digest(), two.digest());
        assert_eq!(Holdings::default().digest(), [0; 32]);
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        let mut ours = Holdings::default();
        ours.add(record(1), &heads(1));
        for bad in [b"".as_slice(), b"\x00", b"\x61\x00\x00\x02\xff\xff\xff\xff\x7f"] {
            assert!(ours.answer(bad).is_err(), "{bad:?}");
        }
    }
}
