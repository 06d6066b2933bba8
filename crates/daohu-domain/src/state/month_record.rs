//! The state of a month record: its own events, the reviews of village and township, and the freeze.

use super::{PastEvent, PastReview, next};
use crate::{
    calendar::Instant,
    kinds,
    permission::may_decide,
    role::{Reach, Role},
};

/// Everything the state of a month record depends on.
#[derive(Debug, Clone, Copy)]
pub struct MonthRecordFacts<'a> {
    /// Lists its events in the order of its document (of several documents of one household and month: one after
    /// the other by id).
    pub events: &'a [PastEvent],
    /// Lists the reviews that name it, in any order.
    pub reviews: &'a [PastReview],
    /// Is when the month is frozen.
    pub freeze: Instant,
    /// Is now.
    pub now: Instant,
    /// Says whether the household is due in the month.
    pub due: bool,
}

/// What its events and reviews amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthRecordFold {
    /// Is the slug of the state.
    pub state: String,
    /// Says that it was first submitted after the freeze (迟报).
    pub late: bool,
    /// Says that something was submitted again after the freeze.
    pub revised: bool,
    /// Says that somebody reviewed it.
    pub reviewed: bool,
    /// Lists the keys of events and reviews without effect.
    pub refused: Vec<String>,
}

enum Past<'a> {
    Own(&'a PastEvent),
    Review(&'a PastReview),
}

struct Folding {
    state: &'static str,
    archived: bool,
    fold: MonthRecordFold,
}

/// Folds a month record.
///
/// What stood submitted or reviewed at the freeze is archived and cannot be returned any more. What comes first
/// after the freeze stands submitted, late, until the township approves it as a backfill. A household that is not
/// due and of which nothing was submitted is not due.
#[must_use]
pub fn fold_month_record(facts: &MonthRecordFacts<'_>) -> MonthRecordFold {
    let mut folding = Folding {
        state: "open",
        archived: false,
        fold: MonthRecordFold { state: String::new(), late: false, revised: false, reviewed: false, refused: Vec::new() },
    };
    for (at, past) in in_order(facts.events, facts.reviews) {
        if at > facts.now {
            break;
        }
        if at >= facts.freeze {
            folding.archive();
        }
        let (fits, key) = match past {
            Past::Own(event) => (folding.own_event(event, at >= facts.freeze), &event.key),
            Past::Review(review) => (folding.review(review), &review.key),
        };
        if !fits {
            folding.fold.refused.push(key.clone());
        }
    }
    if facts.now >= facts.freeze {
        folding.archive();
    }
    let state = if !facts.due && folding.state == "open" { "not_due" } else { folding.state };
    state.clone_into(&mut folding.fold.state);
    folding.fold
}

/// Puts own events, in the order of the document, and reviews into one order; own ones first of an instant.
fn in_order<'a>(events: &'a [PastEvent], reviews: &'a [PastReview]) -> Vec<(Instant, Past<'a>)> {
    let mut clock = Instant(i64::MIN);
    let own = events.iter().map(|event| {
        clock = clock.max(event.at);
        (clock, Past::Own(event))
    });
    let mut all: Vec<_> = own.collect();
    let mut acts: Vec<&PastReview> = reviews.iter().collect();
    acts.sort_by(|left, right| (left.at, &left.key).cmp(&(right.at, &right.key)));
    all.extend(acts.into_iter().map(|review| (review.at, Past::Review(review))));
    all.sort_by_key(|(at, past)| (*at, matches!(past, Past::Review(_))));
    all
}

impl Folding {
    /// Freezes what was handed in; done once, since what comes later is not archived by itself.
    fn archive(&mut self) {
        if !self.archived && matches!(self.state, "submitted" | "village_reviewed" | "town_reviewed") {
            self.state = "archived";
        }
        self.archived = true;
    }

    fn own_event(&mut self, event: &PastEvent, after_freeze: bool) -> bool {
        let to = kinds::find("month_record").and_then(|kind| next(kind, self.state, event));
        let Some(to) = to else { return false };
        if self.state == "archived" {
            // Late sync or a correction: the archived record stays archived, marked as revised.
            self.fold.revised = true;
            return true;
        }
        self.fold.late |= after_freeze && event.name == "submit";
        self.state = to;
        true
    }

    fn review(&mut self, review: &PastReview) -> bool {
        let known = review.roles.is_empty() || review.roles.iter().any(|role| may_decide(&review.result, *role));
        if review.own || !known {
            return false;
        }
        let town = review.roles.iter().any(|role| is_town(*role));
        let to = match (review.result.as_str(), self.state) {
            ("pass", "submitted" | "village_reviewed" | "town_reviewed") if town => "town_reviewed",
            ("pass", "submitted" | "village_reviewed") => "village_reviewed",
            ("return", "submitted" | "village_reviewed") => "returned",
            ("return", "town_reviewed") if town => "returned",
            ("approve_backfill", "submitted" | "archived") => "backfill",
            ("pass" | "refer", "submitted" | "village_reviewed" | "town_reviewed" | "archived" | "backfill") => self.state,
            _ => return false,
        };
        self.state = to;
        self.fold.reviewed |= matches!(review.result.as_str(), "pass" | "return" | "refer");
        true
    }
}

fn is_town(role: Role) -> bool {
    matches!(role.level(), Reach::Township | Reach::County)
}
