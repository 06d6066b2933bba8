//! Twenty thousand mutants of every frame: none panics, and none passes for another signed thing.

use crate::{
    decoders::decoders,
    fixture::{Seeded, batch, device_key, head, log_key, receipt},
};
use daohu_wire::{batch::Batch, head::SignedHead, receipt::Receipt};

/// Bends bytes in one of seven ways, sometimes in several.
pub(crate) fn mutate(valid: &[u8], random: &mut Seeded) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = random.byte(),
            2 => bytes.insert(at, random.byte()),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => bytes.truncate(at),
            5 => {
                let to = (at + random.below(16)).min(bytes.len());
                let copy = bytes[at..to].to_vec();
                bytes.splice(at..at, copy);
            }
            // Heads of arrays, maps and strings with huge lengths.
            _ => {
                let head = [0x1b, 0x3b, 0x5b, 0x7b, 0x9b, 0xbb][random.below(6)];
                let length = random.next() >> random.below(64);
                bytes.splice(at..at, [&[head], length.to_be_bytes().as_slice()].concat());
            }
        }
    }
    bytes
}

#[test]
fn twenty_thousand_mutants_of_all_frames_neither_panic_nor_change_when_read_twice() {
    let mut random = Seeded(20_190_604);
    let (mut tried, mut refused) = (0, 0);
    let all = decoders();
    while tried < 22_500 {
        for decoder in all {
            let bent = mutate(&decoder.valid, &mut random);
            tried += 1;
            match (decoder.read)(&bent) {
                Ok(written) => assert_eq!((decoder.read)(&written).as_ref(), Ok(&written), "{} after {tried}", decoder.name),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > tried / 2, "only {refused} of {tried} were refused: the mutator bends nothing");
}

#[test]
fn no_mutant_of_something_signed_verifies_unless_it_says_the_same() {
    let mut random = Seeded(610_802);
    let (batch, head, receipt) = (batch(), head(), receipt());
    for round in 0..3_000 {
        if let Ok(bent) = Batch::from_bytes(&mutate(&batch.to_bytes(), &mut random)) {
            assert!(bent == batch || bent.open(&device_key().public()).is_err(), "batch {round}");
        }
        if let Ok(bent) = SignedHead::from_cose(&mutate(head.cose(), &mut random)) {
            assert!(bent == head || bent.verify(&log_key().public()).is_err(), "head {round}");
        }
        if let Ok(bent) = Receipt::from_bytes(&mutate(&receipt.to_bytes(), &mut random)) {
            let same = |part: &Receipt| (part.leaf.clone(), part.index, part.head.clone(), part.cose.clone());
            assert!(same(&bent) == same(&receipt) || bent.verify(&log_key().public()).is_err(), "receipt {round}");
        }
    }
}
