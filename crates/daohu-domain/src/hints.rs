//! Friendly hints before a record is submitted (rules AR-05, AR-07, AR-09 on the device). A hint never blocks.

use crate::{
    calendar::Instant,
    config::Rules,
    kind::Fields,
    kinds::visit::CHECK_KEYS,
    secret::narrow,
    validate::{has, instant_of, text_of},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Is the number of letters below which a narrative says little (AR-09).
const SHORT_CHARS: usize = 20;

/// Is the number of letters below which two texts are not compared: short facts are alike by nature.
const COMPARED_CHARS_MIN: usize = 40;

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Names the rule.
    pub rule: String,
    /// Says it in Chinese.
    pub zh: String,
    /// Says it in English.
    pub en: String,
}

/// What the hints of a visit are worked out from.
#[derive(Debug, Clone, Copy)]
pub struct HintFacts<'a> {
    /// Holds the fields of the visit.
    pub visit: &'a Fields,
    /// Is when it was first written down.
    pub first_written: Instant,
    /// Is the narrative of the author's last visit, if he has one.
    pub last_narrative: Option<&'a str>,
    /// Is the answer to each check at the last visit of the household.
    pub last_checks: Option<&'a Fields>,
    /// Holds the thresholds.
    pub rules: &'a Rules,
}

/// Returns the hints for a visit, the most useful first; at most two are worth showing.
#[must_use]
pub fn hints(facts: &HintFacts<'_>) -> Vec<Hint> {
    [undeclared_late(facts), check_turned_no(facts), similar_text(facts), empty_narrative(facts)].into_iter().flatten().collect()
}

/// AR-05: written down long after the day it claims, and not declared as a backfill.
fn undeclared_late(facts: &HintFacts<'_>) -> Option<Hint> {
    let claimed = instant_of(facts.visit, "end").or_else(|| instant_of(facts.visit, "start"))?;
    let late_ms = facts.first_written.0.saturating_sub(claimed.0);
    let limit_ms = i64::from(facts.rules.undeclared_late_hours) * 3_600_000;
    (late_ms > limit_ms && !has(facts.visit, "original_date"))
        .then(|| hint("AR-05", "这次走访过了几天才记，要不要改成补录？", "this was written down days later: make it a backfill?"))
}

/// A check that has become "no" since the last visit: offer to note what is to be done.
fn check_turned_no(facts: &HintFacts<'_>) -> Option<Hint> {
    let turned =
        |key: &&&str| text_of(facts.visit, key) == Some("no") && facts.last_checks.is_some_and(|last| text_of(last, key) != Some("no"));
    CHECK_KEYS.iter().find(turned).filter(|_| !has(facts.visit, "promises")).map(|key| {
        let label = crate::kinds::visit::KIND.field(key).map_or(("这一项", "a check"), |field| (field.zh, field.en));
        hint(
            "CHECK",
            &format!("“{}”改成了“否”，要不要记一件要办的事？", label.0),
            &format!("{} has become no: note something to do?", label.1),
        )
    })
}

/// AR-07: almost the same text as the author's last visit.
fn similar_text(facts: &HintFacts<'_>) -> Option<Hint> {
    let now = text_of(facts.visit, "narrative")?;
    let before = facts.last_narrative?;
    let pct = similarity_pct(now, before)?;
    (pct >= facts.rules.similar_text_pct).then(|| {
        hint("AR-07", "这段和上次几乎一样，要不要补一句今天的变化？", "this is almost the text of last time: add what changed today?")
    })
}

/// AR-09: says little, and no check was answered.
fn empty_narrative(facts: &HintFacts<'_>) -> Option<Hint> {
    let letters = text_of(facts.visit, "narrative").map_or(0, |text| plain(text).len());
    let checked = CHECK_KEYS.iter().any(|key| has(facts.visit, key));
    (letters < SHORT_CHARS && !checked && !has(facts.visit, "absent_reason"))
        .then(|| hint("AR-09", "记得有点少，补一句今天看到的，也可以不补。", "this says little: add one thing you saw today, or leave it"))
}

/// Returns how similar two texts are, in per cent: the shared triples of letters over all of them. Spaces, signs and
/// the values of numbers do not count. `None` if one of them is too short to compare.
#[must_use]
pub fn similarity_pct(left: &str, right: &str) -> Option<u32> {
    let (left, right) = (plain(left), plain(right));
    if left.len() < COMPARED_CHARS_MIN || right.len() < COMPARED_CHARS_MIN {
        return None;
    }
    let triples = |letters: &[char]| letters.windows(3).map(<[char]>::to_vec).collect::<BTreeSet<_>>();
    let (left, right) = (triples(&left), triples(&right));
    let shared = left.intersection(&right).count();
    let all = left.union(&right).count().max(1);
    u32::try_from(shared * 100 / all).ok()
}

/// Returns the letters that count, each number as one `#`.
fn plain(text: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for letter in text.chars().map(narrow).filter(|letter| letter.is_alphanumeric()) {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if !(letter == '#' && letters.last() == Some(&'#')) {
            letters.push(letter);
        }
    }
    letters
}

fn hint(rule: &str, zh: &str, en: &str) -> Hint {
    Hint { rule: rule.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}
