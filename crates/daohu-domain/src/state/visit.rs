//! The state of a visit: its own events and what the office did, in one order.

use super::{PastEvent, PastReview, next};
use crate::{
    calendar::{DAY_MS, Instant},
    kinds,
    permission::may_decide,
};
use std::collections::BTreeSet;

/// Is how long an author may take a visit back that nobody has reviewed.
pub(super) const WITHDRAW_MS_MAX: i64 = DAY_MS;

/// Is how long an author may object to a voided visit.
pub(super) const APPEAL_MS_MAX: i64 = 15 * DAY_MS;

/// Is the rule that is open while the time of a visit is in doubt.
pub const TIME_DOUBT: &str = "time_doubt";

/// Lists the leads that a visit comes with: its time is trusted, which that of a declared backfill is too, or in doubt.
#[must_use]
pub const fn rules_on_arrival(is_time_trusted: bool) -> &'static [&'static str] {
    if is_time_trusted { &[] } else { &[TIME_DOUBT] }
}

/// Lists what the office does to a visit: the result, the states it fits, the state it leads to.
const REVIEW_MOVES: &[(&str, &[&str], &str)] = &[
    ("return", &["submitted", "passed", "correcting"], "returned"),
    ("void", &["draft", "submitted", "passed", "returned", "correcting", "appealed", "voided"], "voided"),
    ("restore", &["voided", "appealed"], "passed"),
];

/// One act that had an effect, as the figures of coverage count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitAct {
    /// Is when it took effect.
    pub at: Instant,
    /// Names the act: `withdraw`, `resubmit`, `void`, or the slug of a review's result.
    pub does: String,
    /// Names the rule of a lead it opens or closes.
    pub rule: Option<String>,
}

/// What a visit's own events and the office's acts amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitFold {
    /// Is the slug of the state, as contracts name it.
    pub state: String,
    /// Lists the rules of open leads.
    pub open_rules: BTreeSet<String>,
    /// Says that somebody saw the paper original of a backfill.
    pub paper_opened: bool,
    /// Says that the township approved the backfill.
    pub backfill_approved: bool,
    /// Counts the submissions.
    pub version: u32,
    /// Lists the keys of events and acts without effect.
    pub refused: Vec<String>,
    /// Lists the acts with an effect, in order; an act on the month record is not among them.
    pub acts: Vec<VisitAct>,
}

struct Folding<'a> {
    fold: VisitFold,
    state: &'static str,
    received: Option<Instant>,
    submitted_at: Option<Instant>,
    voided_at: Option<Instant>,
    judged: bool,
    own: std::iter::Peekable<std::slice::Iter<'a, PastEvent>>,
}

/// Folds a visit: `events` in the order of its document, `reviews` in any order, `received` when the server got it, `rules`
/// the open leads that it came with ([`rules_on_arrival`]).
///
/// Of the same instant, the visit's own events come first, then acts on the visit, then a pass of its month record,
/// which touches only visits received before it. What does not fit is refused, without effect. Flags survive a
/// resubmission.
#[must_use]
pub fn fold_visit(events: &[PastEvent], reviews: &[PastReview], received: Option<Instant>, rules: &[&str]) -> VisitFold {
    let mut acts: Vec<&PastReview> = reviews.iter().collect();
    acts.sort_by(|left, right| (left.at, left.of_month, &left.key).cmp(&(right.at, right.of_month, &right.key)));
    let mut folding = Folding {
        fold: VisitFold {
            state: String::new(),
            open_rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            paper_opened: false,
            backfill_approved: false,
            version: 0,
            refused: Vec::new(),
            acts: Vec::new(),
        },
        state: "draft",
        received,
        submitted_at: None,
        voided_at: None,
        judged: false,
        own: events.iter().peekable(),
    };
    let mut clock = Instant(i64::MIN);
    for act in acts {
        folding.take_own(&mut clock, Some(act.at));
        folding.review(act);
    }
    folding.take_own(&mut clock, None);
    folding.shown()
}

impl Folding<'_> {
    /// Applies own events up to an instant. The order of the document wins over their instants.
    fn take_own(&mut self, clock: &mut Instant, until: Option<Instant>) {
        while let Some(event) = self.own.next_if(|event| until.is_none_or(|until| event.at.max(*clock) <= until)) {
            *clock = event.at.max(*clock);
            self.own_event(event, *clock);
        }
    }

    fn own_event(&mut self, event: &PastEvent, at: Instant) {
        let too_late = match event.name.as_str() {
            "withdraw" => self.judged || self.submitted_at.is_none_or(|since| at.0.saturating_sub(since.0) > WITHDRAW_MS_MAX),
            "void" => self.judged || !self.fold.open_rules.is_empty(),
            "appeal" => self.voided_at.is_none_or(|since| at.0.saturating_sub(since.0) > APPEAL_MS_MAX),
            _ => false,
        };
        // The first submission makes the record; a second one is a resubmission under another name.
        let repeated = event.name == "submit" && self.fold.version > 0;
        let to = kinds::find("visit").and_then(|kind| next(kind, self.state, event)).filter(|_| !too_late && !repeated);
        let Some(to) = to else {
            self.fold.refused.push(event.key.clone());
            return;
        };
        self.state = to;
        match event.name.as_str() {
            "submit" | "resubmit" => {
                self.fold.version += 1;
                self.submitted_at = Some(at);
                self.judged = false;
            }
            "void" => self.voided_at = Some(at),
            _ => {}
        }
        if matches!(event.name.as_str(), "withdraw" | "resubmit" | "void") {
            self.fold.acts.push(VisitAct { at, does: event.name.clone(), rule: None });
        }
    }

    fn review(&mut self, act: &PastReview) {
        if act.of_month && self.received.is_none_or(|received| received >= act.at) {
            return;
        }
        let known = act.roles.is_empty() || act.roles.iter().any(|role| may_decide(&act.result, *role));
        if act.own || !known || !self.judge(act) {
            self.fold.refused.push(act.key.clone());
        } else if !act.of_month {
            self.fold.acts.push(VisitAct { at: act.at, does: act.result.clone(), rule: act.rule.clone() });
        }
    }

    /// Applies an act of the office; false if it does not fit.
    fn judge(&mut self, act: &PastReview) -> bool {
        let rule = act.rule.clone().unwrap_or_default();
        match act.result.as_str() {
            "flag" => self.state != "voided" && self.state != "appealed" && self.fold.open_rules.insert(rule),
            "accept" => {
                let closed = self.fold.open_rules.remove(&rule);
                let passed = self.pass();
                self.judged |= closed || passed;
                closed || passed
            }
            "pass" => {
                let passed = self.pass();
                self.judged |= passed;
                passed
            }
            "refer" => {
                self.judged = true;
                true
            }
            "open_paper" => {
                self.fold.paper_opened = true;
                true
            }
            "approve_backfill" => {
                self.fold.backfill_approved = true;
                true
            }
            other => self.move_by(other, act.at),
        }
    }

    fn pass(&mut self) -> bool {
        let fits = self.state == "submitted" && self.fold.open_rules.is_empty();
        if fits {
            self.state = "passed";
        }
        fits
    }

    fn move_by(&mut self, result: &str, at: Instant) -> bool {
        let found = REVIEW_MOVES.iter().find(|(name, from, _)| *name == result && from.contains(&self.state));
        let Some((_, _, to)) = found else { return false };
        self.state = to;
        self.judged = true;
        match result {
            "void" => self.voided_at = Some(at),
            "restore" => self.fold.open_rules.clear(),
            _ => {}
        }
        true
    }

    fn shown(mut self) -> VisitFold {
        let state = match self.state {
            "submitted" if !self.fold.open_rules.is_empty() => "flagged",
            "submitted" if self.received.is_some() => "received",
            other => other,
        };
        state.clone_into(&mut self.fold.state);
        self.fold
    }
}
