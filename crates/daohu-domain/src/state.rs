//! States as folds of events: never stored, always worked out, the same on every device.
//!
//! The moves of a kind are lines of its declaration. An event that does not fit where it stands is kept and shown to
//! its author as refused; it is never dropped.

mod month_record;
mod visit;

pub use month_record::{MonthRecordFacts, MonthRecordFold, fold_month_record};
pub use visit::{TIME_DOUBT, VisitAct, VisitFold, fold_visit, rules_on_arrival};

use crate::{
    calendar::Instant,
    kind::{By, EventType, Fields, Kind},
    role::Role,
};

/// An event of a record, in the order of the fold.
#[derive(Debug, Clone, PartialEq)]
pub struct PastEvent {
    /// Names the event.
    pub name: String,
    /// Says whether the creator of the record appended it.
    pub by_author: bool,
    /// Lists the roles under which it was appended; empty where that is not known, the intake having checked it.
    pub roles: Vec<Role>,
    /// Is when the server received it, or, on a phone that has not sent it yet, when it was written.
    pub at: Instant,
    /// Is its key in the document.
    pub key: String,
    /// Is what it carries.
    pub fields: Fields,
}

/// A review, or another act of the office, that names a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastReview {
    /// Is the slug of the result.
    pub result: String,
    /// Names the rule of a lead that the act opens or closes.
    pub rule: Option<String>,
    /// Lists the roles of the reviewer; empty where that is not known, the intake having checked them.
    pub roles: Vec<Role>,
    /// Is when the server received it, or when it was written.
    pub at: Instant,
    /// Orders acts of the same instant, and names the act where it is refused.
    pub key: String,
    /// Says that the reviewer took part in what he reviews; such a review has no effect.
    pub own: bool,
    /// Says that the act passes the month record of the visit, not the visit itself.
    pub of_month: bool,
}

/// What a fold says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Is the slug of the state.
    pub state: String,
    /// Lists the positions of events without effect.
    pub refused: Vec<usize>,
}

/// Folds the events of a record by the moves of its kind.
#[must_use]
pub fn fold(kind: &Kind, events: &[PastEvent]) -> Folded {
    let mut state = kind.first_state();
    let mut refused = Vec::new();
    for (at, event) in events.iter().enumerate() {
        match next(kind, state, event) {
            Some(to) => state = to,
            None => refused.push(at),
        }
    }
    Folded { state: state.to_owned(), refused }
}

/// Returns the state an event leads to from another; `None` if it does not fit there or its author may not.
#[must_use]
pub fn next(kind: &Kind, state: &'static str, event: &PastEvent) -> Option<&'static str> {
    let fitting = kind.events.iter().find(|line| line.name == event.name && line.from.contains(&state) && is_allowed(line, event))?;
    Some(if fitting.to.is_empty() { state } else { fitting.to })
}

fn is_allowed(line: &EventType, event: &PastEvent) -> bool {
    let holds = |roles: &[Role]| event.roles.is_empty() || event.roles.iter().any(|role| roles.contains(role));
    match line.by {
        By::Author => event.by_author,
        By::Roles(roles) => holds(roles),
        By::AuthorOr(roles) => event.by_author || holds(roles),
    }
}
