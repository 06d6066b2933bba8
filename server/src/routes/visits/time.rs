//! When visits happened: the claim of the phone, corrected by what the server knows of its clocks.
//!
//! The evidence is the one that devices are told when they pull, so that a page and a phone name the same day.

use super::super::{caller::store_problem, problem::Problem};
use crate::{
    office::Office,
    store::{
        plan::StartEvidence,
        rows::{DocRow, PullQuery},
    },
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    id::Id,
    kind::Json,
    place::Place,
    time::{Evidence, Stamp, best, skew_ms},
};
use std::{cell::RefCell, collections::BTreeMap};

/// Bytes of changes that one look at a household's log reads.
const LOOK_BYTES: usize = 1024 * 1024;

/// Looks at one household's log: ten years of visits and more.
const LOOKS_MAX: usize = 64;

/// When one visit happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitTime {
    /// The day on which it counts.
    pub day: Day,
    /// Whether the day is beyond doubt.
    pub is_trusted: bool,
    /// Seconds that the phone's clock was ahead; unknown without evidence.
    pub skew_s: Option<i64>,
}

impl VisitTime {
    /// Returns the month in which it counts.
    #[must_use]
    pub fn month(self) -> Month {
        Month::of(self.day)
    }
}

type Starts = BTreeMap<Id, StartEvidence>;

/// The times of visits, read a household at a time and kept for one answer.
#[derive(Debug)]
pub struct Times<'a> {
    office: &'a Office,
    read: RefCell<BTreeMap<(Place, Option<Id>), Starts>>,
}

impl<'a> Times<'a> {
    /// Begins without any.
    #[must_use]
    pub const fn new(office: &'a Office) -> Self {
        Self { office, read: RefCell::new(BTreeMap::new()) }
    }

    /// Returns when a visit happened; none for one without a readable start.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(&self, row: &DocRow) -> Result<Option<VisitTime>, Problem> {
        let text = |key: &str| row.fields.get(key).and_then(Json::as_str);
        let Some(claimed) = text("start").and_then(|text| text.parse::<Instant>().ok()) else { return Ok(None) };
        let declared = text("original_date").and_then(|text| text.parse::<Day>().ok());
        Ok(Some(time_from(claimed, declared, self.start(row)?)))
    }

    fn start(&self, row: &DocRow) -> Result<StartEvidence, Problem> {
        let log = (row.place, row.household);
        if !self.read.borrow().contains_key(&log) {
            let starts = self.starts(log)?;
            self.read.borrow_mut().insert(log, starts);
        }
        Ok(self.read.borrow().get(&log).and_then(|starts| starts.get(&row.record)).copied().unwrap_or(StartEvidence::None))
    }

    fn starts(&self, (place, household): (Place, Option<Id>)) -> Result<Starts, Problem> {
        let kinds = Some(vec!["visit"]);
        let mut query = PullQuery { place, household, reference: false, after: 0, not_of: None, bytes_max: LOOK_BYTES, kinds };
        let mut starts = Starts::new();
        for _ in 0..LOOKS_MAX {
            let pulled = self.office.store().pull(&query).map_err(|error| store_problem(&error))?;
            starts.extend(pulled.rows.iter().filter_map(|row| Some((row.record, row.start?))));
            if !pulled.more {
                break;
            }
            query.after = pulled.to;
        }
        Ok(starts)
    }
}

/// A backfilled visit has its declared day and no doubt.
fn time_from(claimed: Instant, declared: Option<Day>, start: StartEvidence) -> VisitTime {
    let evidence = match start {
        StartEvidence::Trusted(at) => Evidence::Trusted(at),
        StartEvidence::Between(after, before) => Evidence::Between(after, before),
        StartEvidence::None => Evidence::None,
    };
    let claim = Stamp { wall_ms: claimed.0, mono_ms: 0, boot: 0 };
    VisitTime {
        day: declared.unwrap_or_else(|| best(&claim, &evidence).day()),
        is_trusted: declared.is_some() || matches!(evidence, Evidence::Trusted(_)),
        skew_s: skew_ms(&claim, &evidence).map(|skew| skew.div_euclid(1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_wrong_clock_is_put_right_by_evidence() {
        let claimed = at("2019-06-01T00:10:00+08:00");

        let trusted = time_from(claimed, None, StartEvidence::Trusted(at("2019-05-31T23:50:00+08:00")));
        let between = time_from(claimed, None, StartEvidence::Between(at("2019-05-30T00:00:00+08:00"), at("2019-05-31T12:00:00+08:00")));
        let unknown = time_from(claimed, None, StartEvidence::None);

        assert_eq!((trusted.month().to_string().as_str(), trusted.is_trusted, trusted.skew_s), ("2019-05", true, Some(1200)));
        assert_eq!((between.day.to_string().as_str(), between.is_trusted, between.skew_s), ("2019-05-31", false, None));
        assert_eq!((unknown.day.to_string().as_str(), unknown.is_trusted), ("2019-06-01", false));
    }

    #[test]
    fn a_backfill_counts_on_its_declared_day() {
        let told = time_from(at("2019-06-03T10:00:00+08:00"), "2019-05-20".parse().ok(), StartEvidence::None);

        assert_eq!((told.day.to_string().as_str(), told.is_trusted), ("2019-05-20", true));
    }
}
