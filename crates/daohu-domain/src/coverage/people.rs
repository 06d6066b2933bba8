//! Cadres and units (D20) and assistants (D21; domain 3.4, E5, E12).

use super::answer::{AssistantRow, CadreRow, Rate, UnitRow};
use super::days::{DaySpan, count, count_both, joined};
use super::judge::{Judged, Judgement};
use super::roster::Track;
use super::scenario::{AssistantDuty, Unit};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The days in scope an assistant must have been paired to have a duty.
const PAIRED_DAYS_MIN: u64 = 7;

impl<'a> Judgement<'_, 'a> {
    /// Lists the cadres with duty.
    ///
    /// `cov_self` is the honest rate: what lies between is visits made by others.
    pub(super) fn cadres(&self) -> Vec<CadreRow> {
        let mut rows: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        for (cadre, judged) in self.duties() {
            let row = rows.entry(cadre).or_default();
            row[0] += u64::from(judged.now.declared.is_met);
            row[1] += u64::from(judged.is_own);
            row[2] += 1;
        }
        let row = |(cadre, [met, own, duty]): (&str, [u64; 3])| CadreRow {
            cadre: cadre.to_owned(),
            cov_duty: Rate(met, duty),
            cov_self: Rate(own, duty),
        };
        rows.into_iter().map(row).collect()
    }

    /// Lists the units placed here, and those whose staff has duty here.
    pub(super) fn units(&self) -> Vec<UnitRow> {
        let mut duty: HashMap<&str, Rate> = HashMap::new();
        for (cadre, judged) in self.duties() {
            for unit in self.units_of(cadre) {
                let rate = duty.entry(unit).or_default();
                *rate = Rate(rate.0 + u64::from(judged.now.declared.is_met), rate.1 + 1);
            }
        }
        let paired = self.paired_at_end();
        let is_placed_here = |unit: &'a Unit| unit.place.as_deref().is_some_and(|place| self.case.is_here(place, &self.frame));
        let listed = self.case.scenario.units.iter().filter(|unit| duty.contains_key(unit.id.as_str()) || is_placed_here(unit));
        let mut rows: Vec<UnitRow> = listed
            .map(|unit| UnitRow {
                unit: unit.id.clone(),
                fulfil: self.fulfil(unit, &paired),
                cov_unit: duty.get(unit.id.as_str()).copied().unwrap_or_default(),
            })
            .collect();
        rows.sort_unstable_by(|left, right| left.unit.cmp(&right.unit));
        rows
    }

    /// Lists the assistants with a duty of their own, if the rules give them one.
    pub(super) fn assistants(&self) -> Vec<AssistantRow> {
        let Some(duty) = &self.case.scenario.config.assistant else { return Vec::new() };
        let mut rows: BTreeMap<&str, Rate> = BTreeMap::new();
        for judged in &self.households {
            let track = &self.case.tracks[judged.tally.track];
            if count(&track.scope, self.frame.window) < u64::from(self.case.scenario.config.k_min) {
                continue;
            }
            let cadres: BTreeSet<&'a str> = track.assistants.iter().map(|(cadre, _)| *cadre).collect();
            for cadre in cadres.into_iter().filter(|cadre| self.is_paired_long(track, cadre)) {
                let rate = rows.entry(cadre).or_default();
                *rate = Rate(rate.0 + u64::from(self.kept_in_touch(track, cadre, duty)), rate.1 + 1);
            }
        }
        rows.into_iter().map(|(cadre, cov_duty)| AssistantRow { cadre: cadre.to_owned(), cov_duty }).collect()
    }

    /// Lists each due household with the cadre who answers for it.
    fn duties(&self) -> impl Iterator<Item = (&'a str, &Judged<'a>)> {
        self.households.iter().filter_map(|judged| judged.attribution?.cadre.map(|cadre| (cadre, judged)))
    }

    /// Returns the units a cadre was in on his last day of service in the month: he is their staff.
    fn units_of(&self, cadre: &str) -> BTreeSet<&'a str> {
        let services = self.case.services.get(cadre).map_or(&[][..], Vec::as_slice);
        let in_month = |span: DaySpan| span.shared(self.frame.window);
        let last = services.iter().map(|service| in_month(service.span)).filter(|span| span.days() > 0).map(|span| span.to - 1).max();
        let on_last = services.iter().filter(|service| last.is_some_and(|day| service.span.contains(day)));
        on_last.map(|service| service.unit).collect()
    }

    /// Lists who is in a primary pairing with a household in scope, anywhere, on the last day of the month.
    fn paired_at_end(&self) -> HashSet<&'a str> {
        let last = self.frame.last_day();
        let in_scope = self.case.tracks.iter().filter(|track| track.scope.iter().any(|span| span.contains(last)));
        let primaries = in_scope.flat_map(|track| &track.primaries).filter(|primary| primary.span.contains(last));
        primaries.map(|primary| primary.cadre).collect()
    }

    /// Counts the obliged of a unit on the last day of the month, and those of them who are paired.
    fn fulfil(&self, unit: &Unit, paired: &HashSet<&'a str>) -> Rate {
        let last = self.frame.last_day();
        let obliged = unit.obliged.iter().filter(|one| DaySpan::new(one.from, one.to).contains(last));
        let obliged: HashSet<&str> = obliged.map(|one| one.cadre.as_str()).collect();
        Rate(obliged.iter().filter(|cadre| paired.contains(**cadre)).count() as u64, obliged.len() as u64)
    }

    fn is_paired_long(&self, track: &Track<'a>, cadre: &str) -> bool {
        let spans = track.assistants.iter().filter(|(one, _)| *one == cadre).map(|(_, span)| *span).collect();
        count_both(&track.scope, &joined(spans), self.frame.window) >= PAIRED_DAYS_MIN
    }

    /// Says whether an assistant saw or called a household on enough days; an attempt is neither.
    fn kept_in_touch(&self, track: &Track<'a>, cadre: &str, duty: &AssistantDuty) -> bool {
        let is_touch = |at: &usize| {
            let told = &self.case.visits[*at];
            self.now.standings[*at].counts()
                && !told.is_attempt
                && duty.modes.contains(&told.visit.mode)
                && self.now.took_part(self.case, *at, cadre)
        };
        let touches = self.case.visits_in(track, self.frame.window).filter(is_touch);
        let mut days: Vec<i64> = touches.map(|at| self.case.visits[at].day).collect();
        days.dedup();
        days.len() as u64 >= u64::from(duty.need)
    }
}
