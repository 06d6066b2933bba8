//! Who answers for a household in a month (D4, D5; domain 3.2, E1, E10).

use super::case::Case;
use super::days::DaySpan;
use super::holder::holder_on;
use super::need::Need;
use super::roster::Track;
use super::standing::View;

/// The days a cadre must have held to answer for a household without having visited.
const HELD_DAYS_MIN: u64 = 7;

/// The days of leave, for each month of the period, from which a deputy answers.
const LEAVE_DAYS_MIN: u64 = 20;

/// Who answers for a household that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution<'a> {
    /// Names the cadre; `None` is the gap.
    pub(super) cadre: Option<&'a str>,
    /// Says that the holder was on a long leave, whoever answers in the end.
    pub(super) is_on_leave: bool,
}

/// One holder in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Share<'a> {
    /// Days in scope on which he held.
    days: u64,
    /// The end of the last such day: of two holders the later is whose end is later.
    end: i64,
    cadre: &'a str,
}

impl<'a> Case<'a> {
    /// Attributes a household that is due: by days (step b), then leave (E10), then visits (step c).
    pub(super) fn attribute(&self, track: &Track<'a>, need: &Need, view: &View<'a>) -> Attribution<'a> {
        let shares = shares(track, need.period);
        let by_days = by_days(&shares);
        let leave = by_days.and_then(|cadre| self.long_leave(cadre, need));
        let answering = leave.and_then(|leave| leave.deputy).or(by_days);
        Attribution { cadre: self.by_visits(answering, &shares, (track, need.period), view), is_on_leave: leave.is_some() }
    }

    /// Gives the household to a holder who visited while holding, unless the one who answers visited at all (step c).
    ///
    /// A visit by somebody who did not hold that day meets the need and moves nothing (代访).
    fn by_visits(
        &self,
        answering: Option<&'a str>,
        shares: &[Share<'a>],
        (track, period): (&Track<'a>, DaySpan),
        view: &View<'a>,
    ) -> Option<&'a str> {
        let has_own = |cadre| self.valid(track, period, view).any(|valid| view.took_part(self, valid.visit, cadre));
        if answering.is_some_and(has_own) {
            return answering;
        }
        let visited_as_holder = |share: &&Share<'a>| {
            let held = |day| holder_on(&track.holds, day) == Some(share.cadre);
            self.valid(track, period, view).any(|valid| held(valid.day) && view.took_part(self, valid.visit, share.cadre))
        };
        shares.iter().filter(visited_as_holder).max().map(|share| share.cadre).or(answering)
    }

    /// Returns the long leave of a cadre in a period, if he had one (D5).
    fn long_leave(&self, cadre: &str, need: &Need) -> Option<LongLeave<'a>> {
        let leaves = self.leaves.get(cadre)?;
        let in_period = |from, to| DaySpan::new(from, to).shared(need.period);
        let away = super::days::joined(leaves.iter().map(|leave| in_period(leave.from, leave.to)).collect());
        let days: u64 = away.iter().map(|span| span.days()).sum();
        if days < LEAVE_DAYS_MIN * u64::from(need.months) {
            return None;
        }
        let with_deputy = leaves.iter().filter_map(|leave| {
            let days = in_period(leave.from, leave.to).days();
            leave.deputy.as_deref().filter(|_| days > 0).map(|deputy| (days, leave.from, deputy))
        });
        Some(LongLeave { deputy: with_deputy.max().map(|(_, _, deputy)| deputy) })
    }
}

#[derive(Debug, Clone, Copy)]
struct LongLeave<'a> {
    /// Names who stands in: of the leave with most days that has a deputy, on a tie the later one.
    deputy: Option<&'a str>,
}

/// Counts the days in scope that each holder held in a period.
fn shares<'a>(track: &Track<'a>, period: DaySpan) -> Vec<Share<'a>> {
    let mut shares: Vec<Share<'a>> = Vec::new();
    for hold in &track.holds {
        for part in track.scope.iter().map(|scope| scope.shared(hold.span).shared(period)).filter(|part| part.days() > 0) {
            match shares.iter_mut().find(|share| share.cadre == hold.cadre) {
                Some(share) => (share.days, share.end) = (share.days + part.days(), share.end.max(part.to)),
                None => shares.push(Share { days: part.days(), end: part.to, cadre: hold.cadre }),
            }
        }
    }
    shares
}

/// Returns the last holder if he held long enough, else the one who held most, else nobody (steps a and b).
fn by_days<'a>(shares: &[Share<'a>]) -> Option<&'a str> {
    let last = shares.iter().max_by_key(|share| share.end)?;
    let most = shares.iter().max()?;
    [last, most].into_iter().find(|share| share.days >= HELD_DAYS_MIN).map(|share| share.cadre)
}
