//! From a scenario to its figures: one household after the other, then the sums.

use super::GAP;
use super::answer::{Coverage, HouseholdRow, HouseholdState, Percent, Report, Sums};
use super::attribution::Attribution;
use super::case::{Case, Ground, MonthFrame};
use super::error::ScenarioError;
use super::percent::percent;
use super::scenario::Scenario;
use super::standing::View;
use super::tally::{Both, Capped, Met, ScopeDays, Seen, Tally};

/// Works out all figures of a scenario.
///
/// # Errors
///
/// Fails if the scenario cannot be counted: an unknown place, no month, a span that ends before it begins.
pub fn coverage(scenario: &Scenario) -> Result<Coverage, ScenarioError> {
    let ground = Ground::of(scenario)?;
    let case = Case::of(&ground);
    Ok(Judgement::of(&case).coverage())
}

/// One household of the place asked for, judged.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) tally: Tally<'a>,
    pub(super) days: ScopeDays,
    pub(super) seen: Seen,
    pub(super) now: Both<Met>,
    /// What it came to at the freeze, if the month is frozen.
    pub(super) then: Option<Both<Met>>,
    /// Who answers for it; none if it needs nothing.
    pub(super) attribution: Option<Attribution<'a>>,
    /// Says that who answers took part in a valid visit.
    pub(super) is_own: bool,
    pub(super) is_contacted: bool,
}

/// All households of the place asked for, judged as of the question.
#[derive(Debug)]
pub(super) struct Judgement<'c, 'a> {
    pub(super) case: &'c Case<'a>,
    pub(super) frame: MonthFrame<'a>,
    pub(super) now: View<'a>,
    /// The visits at the freeze, if the month is frozen.
    pub(super) then: Option<View<'a>>,
    pub(super) households: Vec<Judged<'a>>,
}

impl Judged<'_> {
    /// Says whether the household needs anything.
    pub(super) const fn is_due(&self) -> bool {
        self.tally.need.days > 0
    }

    /// Sums the household up (D17).
    fn state(&self) -> HouseholdState {
        match self.attribution {
            None => HouseholdState::NotDue,
            Some(_) if self.now.declared.is_met => match self.then {
                Some(then) if !then.declared.is_met => HouseholdState::Late,
                _ => HouseholdState::Met,
            },
            Some(Attribution { cadre: None, .. }) => HouseholdState::Gap,
            Some(_) => HouseholdState::Unmet,
        }
    }
}

impl<'c, 'a> Judgement<'c, 'a> {
    /// Judges every household of the place asked for.
    pub(super) fn of(case: &'c Case<'a>) -> Self {
        let frame = case.month(case.scenario.query.month);
        let now = View::at(case, case.cuts.as_of);
        let then = case.cuts.frozen.then(|| View::at(case, case.cuts.freeze));
        let mut judgement = Self { case, frame, now, then, households: Vec::new() };
        judgement.households = case.listed(&judgement.frame).into_iter().map(|tally| judgement.judge(tally)).collect();
        judgement
    }

    fn judge(&self, tally: Tally<'a>) -> Judged<'a> {
        let (case, need) = (self.case, tally.need);
        let track = &case.tracks[tally.track];
        let seen = case.seen(track, need.period, &self.now);
        let then = self.then.as_ref().map(|view| case.seen(track, need.period, view).met(need.days));
        let is_due = need.days > 0;
        let attribution = is_due.then(|| case.attribute(track, &need, &self.now));
        let took_part = |cadre| case.valid(track, need.period, &self.now).any(|valid| self.now.took_part(case, valid.visit, cadre));
        Judged {
            tally,
            days: case.scope_days(track, self.frame.window),
            seen,
            now: seen.met(need.days),
            then,
            attribution,
            is_own: attribution.and_then(|attribution| attribution.cadre).is_some_and(took_part),
            is_contacted: is_due && case.visits_in(track, need.period).any(|at| case.is_contact(track, at, &self.now)),
        }
    }

    /// Prints the figures.
    pub(super) fn coverage(&self) -> Coverage {
        let sums = self.sums();
        let query = &self.case.scenario.query;
        Coverage {
            place: query.place.clone(),
            month: query.month,
            frozen: self.case.cuts.frozen,
            percent: Percent { declared: percent(sums.met_declared, sums.due), verified: percent(sums.met_verified, sums.due) },
            sums,
            report: Report { declared: self.declared_side(), verified: self.verified_side() },
            timeliness: self.timeliness(),
            households: self.households.iter().map(|judged| self.row(judged)).collect(),
            cadres: self.cadres(),
            assistants: self.assistants(),
            units: self.units(),
            takeovers: self.takeovers(),
            delays: self.delays(),
            posts: self.posts(),
            tour: self.tour(),
            ytd: self.year_to_date(),
        }
    }

    fn row(&self, judged: &Judged<'a>) -> HouseholdRow {
        HouseholdRow {
            id: self.case.tracks[judged.tally.track].id.to_owned(),
            place: judged.tally.place.to_owned(),
            need: judged.tally.need.days,
            scope_days: judged.tally.need.scope_days,
            attributed: judged.attribution.map(|attribution| attribution.cadre.unwrap_or(GAP).to_owned()),
            on_leave: judged.attribution.is_some_and(|attribution| attribution.is_on_leave),
            visits: judged.seen.visits,
            visit_days: judged.seen.days,
            visit_days_verified: judged.seen.days_verified,
            met_declared: judged.now.declared.is_met,
            met_verified: judged.now.verified.is_met,
            backfill: judged.seen.is_by_backfill(judged.tally.need.days),
            equivalent: judged.now.declared.is_by_equivalents,
            gap_days: judged.days.gap,
            hidden_days: judged.days.hidden,
            state: judged.state(),
        }
    }

    fn sums(&self) -> Sums {
        let cap_pct = self.case.scenario.config.equivalents.cap_pct;
        let (mut declared, mut verified) = (Capped::default(), Capped::default());
        let mut sums = Sums { households: self.households.len() as u64, ..Sums::default() };
        for judged in &self.households {
            declared.add(judged.tally.village, judged.is_due(), judged.now.declared);
            verified.add(judged.tally.village, judged.is_due(), judged.now.verified);
            sums.backfill += u64::from(judged.seen.is_by_backfill(judged.tally.need.days));
            sums.contacted += u64::from(judged.is_contacted);
            sums.gap_households += u64::from(judged.attribution.is_some_and(|attribution| attribution.cadre.is_none()));
            sums.in_scope_days += judged.days.in_scope;
            sums.gap_days += judged.days.gap;
            sums.hidden_days += judged.days.hidden;
        }
        Sums {
            due: declared.due(),
            met_declared: declared.met(cap_pct),
            met_verified: verified.met(cap_pct),
            equivalent: declared.by_equivalents(),
            equivalent_excess: declared.excess(cap_pct),
            ..sums
        }
    }
}
