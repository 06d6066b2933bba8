//! Hints before a visit is handed in: what might be worth a second look. They never block.

use super::draft as steps;
use crate::{
    due,
    error::FieldError,
    ledger::Ledger,
    project,
    store::{draft, projection},
};
use daohu_domain::{
    calendar::Instant,
    hints::{Hint, HintFacts, hints},
    id::Id,
    kind::{Fields, Json},
};

/// How many hints are worth showing.
const SHOWN_MAX: usize = 2;

impl Ledger {
    /// Returns the hints for a visit, draft or just handed in.
    ///
    /// # Errors
    /// `store_damaged` when a record cannot be read.
    pub(crate) fn hints_of(&self, id: Id) -> Result<Vec<Hint>, FieldError> {
        let (fields, household, place, first) = match draft::find(&self.connection, id)? {
            Some(row) => {
                let fields = draft::fields(&self.connection, id)?;
                let first = fields.get(steps::FIRST).and_then(Json::as_i64);
                (fields, row.household, row.place, first)
            }
            None => {
                let Some(known) = project::known(&self.connection, id)? else { return Ok(Vec::new()) };
                let first = known.view.events.first().map(|event| event.stamp.wall_ms);
                let Some(household) = known.view.header.subject else { return Ok(Vec::new()) };
                (known.view.fields, household, known.view.header.place, first)
            }
        };
        let now = Instant(self.clock.wall_ms());
        let me = self.me()?;
        let others = projection::of_household(&self.connection, household, "visit")?;
        let earlier: Vec<_> = others.iter().filter(|record| record.id != id).collect();
        let last_of_mine = earlier.iter().rev().find(|record| record.author == me.person);
        let last: Option<&Fields> = earlier.last().map(|record| &record.fields);
        let rules = due::rules(&self.connection, place, now.day())?;
        let facts = HintFacts {
            visit: &fields,
            first_written: first.map_or(now, Instant),
            last_narrative: last_of_mine.and_then(|record| record.fields.get("narrative")).and_then(Json::as_str),
            last_checks: last,
            rules: &rules,
        };
        Ok(hints(&facts).into_iter().take(SHOWN_MAX).collect())
    }
}
