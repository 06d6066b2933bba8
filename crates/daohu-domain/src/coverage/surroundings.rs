//! What surrounds the month: takeovers (D22), the tour, posts and the year so far (D23; domain 3.4, 3.5).

use super::answer::{PostRow, Rate, TakeoverRow, Tour, YearToDate};
use super::case::{Case, MonthFrame};
use super::days::{DaySpan, count, date, first_of, joined, number};
use super::holder::{Hold, holder_on};
use super::judge::Judgement;
use super::roster::Track;
use super::standing::View;
use super::tally::Capped;
use crate::calendar::Month;
use std::collections::{HashMap, HashSet};

impl<'a> Judgement<'_, 'a> {
    /// Lists the days of the month whose holder is not the day before's.
    pub(super) fn takeovers(&self) -> Vec<TakeoverRow> {
        let of_household = |track: &Track<'a>| -> Vec<TakeoverRow> {
            let begun = track.holds.iter().filter(|hold| self.frame.window.contains(hold.span.from));
            begun.map(|hold| self.takeover(track, hold)).collect()
        };
        self.households.iter().flat_map(|judged| of_household(&self.case.tracks[judged.tally.track])).collect()
    }

    /// Describes one takeover, with the new holder's first valid visit on a day he holds (接手首访).
    fn takeover(&self, track: &Track<'a>, hold: &Hold<'a>) -> TakeoverRow {
        let since = DaySpan { from: hold.span.from, to: i64::MAX };
        let is_his = |visit, day| holder_on(&track.holds, day) == Some(hold.cadre) && self.now.took_part(self.case, visit, hold.cadre);
        let first = self.case.valid(track, since, &self.now).find(|valid| is_his(valid.visit, valid.day));
        TakeoverRow {
            household: track.id.to_owned(),
            cadre: hold.cadre.to_owned(),
            from: date(hold.span.from).to_string(),
            first_visit_days: first.and_then(|valid| u64::try_from(valid.day - hold.span.from).ok()),
        }
    }

    /// Counts the households in scope at the end of the month that a secretary saw since 1 January, once each.
    pub(super) fn tour(&self) -> Tour {
        let year = DaySpan { from: first_of(january(self.frame.month), 0), to: self.frame.window.to };
        let last = self.frame.last_day();
        let is_in_scope = |at: usize| self.case.tracks[at].scope.iter().any(|span| span.contains(last));
        let listed = self.households.iter().filter(|judged| is_in_scope(judged.tally.track));
        let villages: HashMap<&str, &str> = listed.map(|judged| (self.case.tracks[judged.tally.track].id, judged.tally.village)).collect();
        let toured = self.case.scenario.tours.iter().filter(|tour| year.contains(number(tour.date)));
        let households: HashSet<&str> = toured.map(|tour| tour.household.as_str()).filter(|id| villages.contains_key(id)).collect();
        let seen: HashSet<&str> = households.iter().filter_map(|id| villages.get(id)).copied().collect();
        Tour { households: Rate(households.len() as u64, villages.len() as u64), villages: seen.len() as u64 }
    }

    /// Counts, for each post here, the days over on which it was needed and empty.
    pub(super) fn posts(&self) -> Vec<PostRow> {
        let here = self.case.scenario.posts.iter().filter(|post| self.case.is_here(&post.place, &self.frame));
        let mut rows: Vec<PostRow> = here
            .map(|post| {
                let needed = DaySpan::new(post.from, post.to).shared(self.case.cuts.over(self.frame.window));
                let filled = joined(post.terms.iter().map(|term| DaySpan::new(term.from, term.to)).collect());
                PostRow { id: post.id.clone(), gap_days: needed.days() - count(&filled, needed) }
            })
            .collect();
        rows.sort_unstable_by(|left, right| left.id.cmp(&right.id));
        rows
    }

    /// Sums January to the month as of the question: pairs of household and month, never "at least once a year".
    pub(super) fn year_to_date(&self) -> YearToDate {
        let mut sum = YearToDate::default();
        let mut month = january(self.frame.month);
        while month <= self.frame.month {
            self.case.add_month(&self.case.month(month), &self.now, &mut sum);
            month = month.plus(1);
        }
        sum
    }
}

impl<'a> Case<'a> {
    /// Adds one month of the place asked for to the year.
    fn add_month(&self, frame: &MonthFrame<'a>, view: &View<'a>, sum: &mut YearToDate) {
        let mut declared = Capped::default();
        for tally in self.listed(frame) {
            let track = &self.tracks[tally.track];
            let days = self.scope_days(track, frame.window);
            sum.in_scope_days += days.in_scope;
            sum.gap_days += days.gap;
            sum.hidden_days += days.hidden;
            if tally.need.days > 0 {
                let met = self.seen(track, tally.need.period, view).met(tally.need.days).declared;
                declared.add(tally.village, true, met);
            }
        }
        let met = declared.met(self.scenario.config.equivalents.cap_pct);
        sum.declared = Rate(sum.declared.0 + met, sum.declared.1 + declared.due());
    }
}

/// Returns January of a month's year.
fn january(month: Month) -> Month {
    month.plus(1 - i32::from(month.number()))
}
