//! Twenty thousand mutants of every frame: none panics, and none passes for another signed thing.

use crate::{
    decoders::decoders,
    fixture::{batch, device_key, head, log_key, receipt},
};
use daohu_mutate::{Numbers, bent};
use daohu_wire::{batch::Batch, head::SignedHead, receipt::Receipt};

#[test]
fn twenty_thousand_mutants_of_all_frames_neither_panic_nor_change_when_read_twice() {
    let mut random = Numbers(20_190_604);
    let (mut tried, mut refused) = (0, 0);
    let all = decoders();
    while tried < 22_500 {
        for decoder in all {
            let mutant = bent(&decoder.valid, &mut random);
            tried += 1;
            match (decoder.read)(&mutant) {
                Ok(written) => assert_eq!((decoder.read)(&written).as_ref(), Ok(&written), "{} after {tried}", decoder.name),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > tried / 2, "only {refused} of {tried} were refused: the mutator bends nothing");
}

#[test]
fn no_mutant_of_something_signed_verifies_unless_it_says_the_same() {
    let mut random = Numbers(610_802);
    let (batch, head, receipt) = (batch(), head(), receipt());
    for round in 0..3_000 {
        if let Ok(mutant) = Batch::from_bytes(&bent(&batch.to_bytes(), &mut random)) {
            assert!(mutant == batch || mutant.open(&device_key().public()).is_err(), "batch {round}");
        }
        if let Ok(mutant) = SignedHead::from_cose(&bent(head.cose(), &mut random)) {
            assert!(mutant == head || mutant.verify(&log_key().public()).is_err(), "head {round}");
        }
        if let Ok(mutant) = Receipt::from_bytes(&bent(&receipt.to_bytes(), &mut random)) {
            let same = |part: &Receipt| (part.leaf.clone(), part.index, part.head.clone(), part.cose.clone());
            assert!(same(&mutant) == same(&receipt) || mutant.verify(&log_key().public()).is_err(), "receipt {round}");
        }
    }
}
