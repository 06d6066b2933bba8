//! The fold of a visit's events (D6; domain 2.1).

use super::scenario::VisitAct;
use crate::calendar::Instant;

/// The rule that is open while the time of a visit is in doubt (D8).
const TIME_DOUBT: &str = "time_doubt";

/// Where a visit stands, as far as figures tell states apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VisitState {
    Draft,
    Received,
    Passed,
    Returned,
    Voided,
}

/// One step of a visit: what was done, when, under which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) at: Instant,
    /// Puts a month record's pass after the visit's own events of that instant.
    pub(super) is_by_record: bool,
    pub(super) act: VisitAct,
    pub(super) rule: &'a str,
}

/// Sorts steps so that the same ones fold the same, however they were listed.
pub(super) fn sort(steps: &mut [Step<'_>]) {
    steps.sort_unstable_by_key(|step| (step.at, step.is_by_record, step.act as u8, step.rule));
}

/// What a visit has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded<'a> {
    pub(super) state: VisitState,
    /// Lists the open rules.
    open: Vec<&'a str>,
    /// Says that a reviewer saw the paper original.
    pub(super) is_paper_seen: bool,
    /// Says when a backfill was first approved.
    pub(super) approved_at: Option<Instant>,
}

impl<'a> Folded<'a> {
    /// Begins with the arrival.
    pub(super) fn received(is_in_doubt: bool) -> Self {
        let open = if is_in_doubt { vec![TIME_DOUBT] } else { Vec::new() };
        Self { state: VisitState::Received, open, is_paper_seen: false, approved_at: None }
    }

    /// Says that no rule is open.
    pub(super) fn is_clean(&self) -> bool {
        self.open.is_empty()
    }

    /// Applies one step; what does not fit has no effect.
    pub(super) fn apply(&mut self, step: &Step<'a>) {
        use VisitState::{Draft, Passed, Received, Returned, Voided};
        let rule = step.rule;
        match (step.act, self.state) {
            (VisitAct::Flag, Draft | Received | Passed | Returned) if !self.open.contains(&rule) => self.open.push(rule),
            (VisitAct::Accept, _) => {
                self.open.retain(|open| *open != rule);
                self.pass();
            }
            (VisitAct::Pass, _) => self.pass(),
            (VisitAct::Return, Received | Passed) => self.state = Returned,
            (VisitAct::Withdraw, Received) => self.state = Draft,
            (VisitAct::Resubmit, Returned | Draft) => self.state = Received,
            (VisitAct::Void, _) => self.state = Voided,
            (VisitAct::Restore, Voided) => {
                self.state = Passed;
                self.open.clear();
            }
            (VisitAct::OpenPaper, _) => self.is_paper_seen = true,
            (VisitAct::ApproveBackfill, _) => self.approved_at = self.approved_at.or(Some(step.at)),
            _ => {}
        }
    }

    fn pass(&mut self) {
        if self.state == VisitState::Received && self.is_clean() {
            self.state = VisitState::Passed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VisitState::{Draft, Passed, Received, Returned, Voided};
    use super::{Folded, Step, TIME_DOUBT, VisitState, sort};
    use crate::calendar::Instant;
    use crate::coverage::scenario::VisitAct;
    use crate::coverage::scenario::VisitAct::{
        Accept, ApproveBackfill, Flag, OpenPaper, Other, Pass, Restore, Resubmit, Return, Void, Withdraw,
    };

    fn fold(is_in_doubt: bool, acts: &[(VisitAct, &'static str)]) -> Folded<'static> {
        let mut folded = Folded::received(is_in_doubt);
        for ((act, rule), at) in acts.iter().copied().zip(1..) {
            folded.apply(&Step { at: Instant(at), is_by_record: false, act, rule });
        }
        folded
    }

    fn ends(acts: &[VisitAct]) -> VisitState {
        fold(false, &acts.iter().map(|act| (*act, "")).collect::<Vec<_>>()).state
    }

    #[test]
    fn each_act_moves_only_from_where_it_fits() {
        let arrive: [(VisitState, &[VisitAct]); 5] =
            [(Received, &[]), (Passed, &[Pass]), (Returned, &[Return]), (Draft, &[Withdraw]), (Voided, &[Void])];
        let moves = [
            (Pass, [Passed, Passed, Returned, Draft, Voided]),
            (Accept, [Passed, Passed, Returned, Draft, Voided]),
            (Return, [Returned, Returned, Returned, Draft, Voided]),
            (Withdraw, [Draft, Passed, Returned, Draft, Voided]),
            (Resubmit, [Received, Passed, Received, Received, Voided]),
            (Void, [Voided, Voided, Voided, Voided, Voided]),
            (Restore, [Received, Passed, Returned, Draft, Passed]),
            (Flag, [Received, Passed, Returned, Draft, Voided]),
            (OpenPaper, [Received, Passed, Returned, Draft, Voided]),
            (ApproveBackfill, [Received, Passed, Returned, Draft, Voided]),
            (Other, [Received, Passed, Returned, Draft, Voided]),
        ];
        for (act, expected) in moves {
            for ((from, before), to) in arrive.iter().zip(expected) {
                assert_eq!(ends(before), *from);
                assert_eq!(ends(&[*before, &[act]].concat()), to, "{act:?} from {from:?}");
            }
        }
    }

    #[test]
    fn an_open_rule_stops_a_pass_until_the_last_one_is_accepted() {
        let flags = [(Flag, "AR-05"), (Flag, "AR-13")];
        assert_eq!(fold(false, &[&flags[..], &[(Pass, "")]].concat()).state, Received);
        assert_eq!(fold(false, &[&flags[..], &[(Accept, "AR-05")]].concat()).state, Received);
        let both = fold(false, &[&flags[..], &[(Accept, "AR-05"), (Accept, "AR-13")]].concat());
        assert_eq!((both.state, both.is_clean()), (Passed, true));
        assert_eq!(fold(true, &[(Pass, "")]).state, Received);
        assert_eq!(fold(true, &[(Accept, TIME_DOUBT)]).state, Passed);
    }

    #[test]
    fn a_rule_flagged_twice_is_closed_by_one_acceptance() {
        assert_eq!(fold(false, &[(Flag, "AR-05"), (Flag, "AR-05"), (Accept, "AR-05")]).state, Passed);
    }

    #[test]
    fn a_flag_stays_over_a_resubmission_and_on_a_passed_visit() {
        let again = fold(false, &[(Flag, "AR-05"), (Return, ""), (Resubmit, ""), (Pass, "")]);
        assert_eq!((again.state, again.is_clean()), (Received, false));
        let flagged = fold(false, &[(Pass, ""), (Flag, "AR-13")]);
        assert_eq!((flagged.state, flagged.is_clean()), (Passed, false));
        assert!(fold(false, &[(Pass, ""), (Flag, "AR-13"), (Accept, "AR-13")]).is_clean());
    }

    #[test]
    fn an_acceptance_closes_its_rule_in_any_state() {
        for before in [Return, Withdraw, Void] {
            assert!(fold(false, &[(Flag, "AR-05"), (before, ""), (Accept, "AR-05")]).is_clean());
        }
    }

    #[test]
    fn a_restored_visit_has_nothing_open_and_a_void_one_takes_no_flag() {
        let restored = fold(true, &[(Flag, "AR-05"), (Void, ""), (Flag, "AR-06"), (Restore, "")]);
        assert_eq!((restored.state, restored.is_clean()), (Passed, true));
    }

    #[test]
    fn the_first_approval_is_kept() {
        let folded = fold(false, &[(ApproveBackfill, ""), (OpenPaper, ""), (ApproveBackfill, "")]);
        assert_eq!((folded.approved_at, folded.is_paper_seen), (Some(Instant(1)), true));
    }

    #[test]
    fn a_record_passes_after_the_events_of_that_instant() {
        let step = |is_by_record, act, rule| Step { at: Instant(7), is_by_record, act, rule };
        let mut steps = [step(true, Pass, ""), step(false, Flag, "AR-05")];
        sort(&mut steps);
        assert_eq!(steps[0].act, Flag);
    }
}
