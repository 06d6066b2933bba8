//! Bent honest inputs, the same in every run.

use crate::{
    corpus::files,
    counted::{Taken, counted},
};
use daohu_fuzz::{Target, find};
use daohu_mutate::{Numbers, altered, bent};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The seed of every target.
const SEED: u64 = 20_190_610;

/// Memory is counted for the whole program, so one target runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tries one input, and fails with its bytes when a panic gets out or a bound is broken.
///
/// The input is written down first: where the whole program ends, it is in the folder that cargo gives tests for such things.
pub(crate) fn tried(target: &Target, name: &str, bytes: &[u8]) -> (String, Taken) {
    let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.last", target.name));
    std::fs::write(&last, bytes).unwrap();
    let (outcome, taken) = counted(|| catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))));
    let what = format!("{} {name}: the input is in {}", target.name, last.display());
    let Ok(word) = outcome else { panic!("a panic got out of {what}") };
    assert!(taken.peak_bytes <= target.peak_bytes, "{} bytes held at once by {what}", taken.peak_bytes);
    assert!(taken.allocations <= target.allocations, "{} allocations by {what}", taken.allocations);
    std::fs::remove_file(&last).unwrap();
    (word, taken)
}

#[expect(clippy::print_stdout, reason = "what a target met is worth reading")]
fn say(line: &str) {
    println!("{line}");
}

/// Tries all inputs of a target; honest ones are among what is taken, and most that were bent are not.
fn holds(name: &str) {
    let _alone = alone();
    let target = find(name).unwrap();
    let corpus = files("corpus", target);
    let (mut numbers, mut words, mut most) = (Numbers(SEED), BTreeMap::<String, usize>::new(), Taken::default());
    // Whatever is set up once is set up before anything is counted.
    let _ = (target.run)(&corpus[0].1);
    for number in 0..target.inputs {
        let (_, honest) = &corpus[numbers.below(corpus.len())];
        let input = if number % 2 == 0 { bent(honest, &mut numbers) } else { altered(honest, &mut numbers) };
        let (word, taken) = tried(target, &format!("input {number}"), &input);
        *words.entry(word).or_default() += 1;
        most.peak_bytes = most.peak_bytes.max(taken.peak_bytes);
        most.allocations = most.allocations.max(taken.allocations);
    }
    say(&format!("{name}: {} inputs, {most:?}, {words:?}", target.inputs));
    assert!(words.len() > 1, "nothing differs: {words:?}");
}

#[test]
fn requests_of_a_sync() {
    holds("sync_request");
}

#[test]
fn answers_of_a_sync() {
    holds("sync_answer");
}

#[test]
fn batches() {
    holds("batch");
}

#[test]
fn files_of_receipts() {
    holds("receipt_file");
}

#[test]
fn chunks_of_packs() {
    holds("pack");
}

#[test]
fn batch_files() {
    holds("batch_file");
}

#[test]
fn questions_of_a_repair() {
    holds("repair");
}

#[test]
fn exported_logs() {
    holds("exported_log");
}

#[test]
fn enrolments() {
    holds("enrol");
}

#[test]
fn small_frames() {
    holds("small_frames");
}

#[test]
fn changes_of_records() {
    holds("record");
}

#[test]
fn workbooks() {
    holds("workbook");
}

#[test]
fn tables_of_text() {
    holds("table_text");
}

#[test]
fn inspections_with_issues() {
    holds("issues");
}

#[test]
fn requests_of_the_interface() {
    holds("api");
}

#[test]
fn the_door_of_a_sync() {
    holds("sync_door");
}

#[test]
fn every_target_is_tried_here() {
    let text = include_str!("seeded.rs");
    for target in daohu_fuzz::TARGETS {
        assert!(text.contains(&format!("holds(\"{}\")", target.name)), "{} is not tried", target.name);
    }
}
