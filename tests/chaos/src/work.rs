//! What people do on their phones.

use crate::{
    Outcome,
    phone::Called,
    tally::State,
    template,
    world::{Said, What, World},
};
use daohu_domain::{calendar::DAY_MS, id::Id, kinds::month_record::TEXT_KEYS};
use daohu_field::{FieldError, Ledger, MonthInput, ReviewInput, Until, VisitAnswer, VisitInput};

/// Results that a reviewer chooses from.
const RESULTS: [&str; 7] = ["pass", "return", "refer", "accept", "void", "restore", "flag"];

impl World {
    /// Writes a visit and takes it as far as chance will have it.
    pub(crate) fn visit(&mut self, n: usize) -> Outcome<String> {
        let household = self.any_household()?.to_string();
        let mark = self.mark();
        let mut input = VisitInput {
            mode: Some("home".to_owned()),
            purposes: vec!["verify".to_owned()],
            met: vec![("甲".to_owned(), "本人".to_owned())],
            narrative: Some(mark.clone()),
            ..VisitInput::default()
        };
        let is_backfill = self.dice.chance(15);
        if is_backfill {
            let ago = self.dice.between(1, 12);
            input.original_date = Some(template::day_of(self.now_ms - ago * DAY_MS).to_string());
            input.backfill = true;
            input.reason = Some("当时没有信号".to_owned());
        }
        if self.dice.chance(20) {
            input.promises.push(("修路".to_owned(), None));
        }
        let until = match self.dice.below(10) {
            0..=1 => Until::Draft,
            2 => Until::Seal,
            _ => Until::Submit,
        };
        let called = self.call(n, |ledger| ledger.new_visit(&household, &input, until))?;
        if let Called::Ended(Ok(answer)) = &called {
            let record = answer.visit.id;
            self.phone(n)?.visits.push(record);
            let is_submitted = until == Until::Submit;
            self.tally.state(if is_submitted { State::VisitSubmitted } else { State::DraftKept });
            if is_submitted && is_backfill {
                self.tally.state(State::Backfilled);
            }
            let what = if is_submitted { What::Visit(mark) } else { What::Draft(mark) };
            self.said.push(Said { phone: n, record, what });
        }
        Ok(outcome(&called))
    }

    /// Hands in a draft, or a visit that was returned or taken back.
    pub(crate) fn hand_in(&mut self, n: usize) -> Outcome<String> {
        let Some(record) = self.own_visit(n)? else { return Ok("none".to_owned()) };
        let ledger = self.phone(n)?.ledger()?;
        let was_draft = ledger.record(record).is_err();
        let mark = ledger.visit(record).ok().and_then(|shown| Some(shown.visit.fields.get("narrative")?.as_str()?.to_owned()));
        let called = self.call(n, |ledger| ledger.submit_visit(record))?;
        match &called {
            Called::Ended(Ok(_)) if was_draft => {
                self.tally.state(State::VisitSubmitted);
                self.said.retain(|said| said.record != record || !matches!(said.what, What::Draft(_) | What::Visit(_)));
                self.said.extend(mark.map(|mark| Said { phone: n, record, what: What::Visit(mark) }));
            }
            Called::Ended(Ok(_)) => {
                self.tally.state(State::Resubmitted);
                self.said.push(Said { phone: n, record, what: What::Event("resubmit") });
            }
            Called::Died(_, Ok(_)) if !was_draft => self.perhaps(record, "resubmit"),
            _ => {}
        }
        Ok(outcome(&called))
    }

    /// Takes a visit back, corrects, voids or explains it.
    pub(crate) fn after_visit(&mut self, n: usize) -> Outcome<String> {
        let Some(record) = self.own_visit(n)? else { return Ok("none".to_owned()) };
        if self.said.iter().any(|said| said.record == record && matches!(said.what, What::Draft(_))) {
            return Ok("draft".to_owned());
        }
        let mark = self.mark();
        let text = VisitInput { narrative: Some(mark.clone()), reason: Some("更正".to_owned()), ..VisitInput::default() };
        // A refused visit is a draft again, whose text is corrected in place; only what is a record gets an event.
        let is_record = self.phone(n)?.ledger()?.record(record).is_ok_and(|shown| shown.state != "draft");
        type Act = Box<dyn FnOnce(&mut Ledger) -> Result<VisitAnswer, FieldError>>;
        let (name, state, act): (&'static str, State, Act) = match self.dice.below(4) {
            0 => ("withdraw", State::Withdrawn, Box::new(move |ledger| ledger.withdraw_visit(record))),
            1 if is_record => ("correct", State::Corrected, Box::new(move |ledger| ledger.correct_visit(record, &text))),
            2 => ("void", State::Voided, Box::new(move |ledger| ledger.void_visit(record, "duplicate"))),
            _ => ("explain", State::Explained, Box::new(move |ledger| ledger.explain_visit(record, &mark))),
        };
        let called = self.call(n, act)?;
        match &called {
            Called::Ended(Ok(_)) => {
                self.tally.state(state);
                self.said.push(Said { phone: n, record, what: What::Event(name) });
            }
            Called::Died(_, Ok(_)) => self.perhaps(record, name),
            _ => {}
        }
        Ok(format!("{name} {}", outcome(&called)))
    }

    /// Writes how to reach a household.
    pub(crate) fn edit(&mut self, n: usize) -> Outcome<String> {
        let record = self.any_household()?;
        let mark = self.mark();
        let pairs = [("contact_note".to_owned(), mark.clone())];
        let called = self.call(n, |ledger| ledger.edit(record, &pairs))?;
        if let Called::Ended(Ok(report)) = &called
            && report.changed.is_some()
        {
            self.tally.state(State::Edited);
            // What one phone wrote over its own words before may never have left it.
            self.said.retain(|said| !(said.phone == n && said.record == record && matches!(said.what, What::Edit(_))));
            self.said.push(Said { phone: n, record, what: What::Edit(mark) });
        }
        Ok(outcome(&called))
    }

    /// Writes into the record of a month, or hands it in.
    pub(crate) fn month(&mut self, n: usize) -> Outcome<String> {
        let household = self.any_household()?.to_string();
        let month = daohu_domain::calendar::Instant(self.now_ms).month();
        let submit = self.dice.chance(40);
        let set = if submit && self.dice.chance(50) {
            Vec::new()
        } else {
            let key = self.dice.pick(&TEXT_KEYS).copied().unwrap_or("work").to_owned();
            vec![(key, self.mark())]
        };
        let input = MonthInput { set, submit, reason: submit.then(|| "other".to_owned()) };
        let called = self.call(n, |ledger| ledger.month_record(&household, month, &input))?;
        if let Called::Ended(Ok(view)) = &called {
            self.tally.state(if submit { State::MonthSubmitted } else { State::MonthWritten });
            if let Some(record) = view.id {
                self.said.push(Said { phone: n, record, what: What::Record });
            }
        }
        Ok(outcome(&called))
    }

    /// Reviews a visit of somebody.
    pub(crate) fn review(&mut self, n: usize) -> Outcome<String> {
        let all: Vec<Id> = self.phones.iter().flat_map(|phone| phone.visits.iter().copied()).collect();
        let Some(target) = self.dice.pick(&all).copied() else { return Ok("none".to_owned()) };
        let result = self.dice.pick(&RESULTS).copied().unwrap_or("pass").to_owned();
        let input = ReviewInput { result, reason: Some("看过".to_owned()), rule: Some("AR-01".to_owned()), ..ReviewInput::default() };
        let called = self.call(n, |ledger| ledger.review(target, &input))?;
        if let Called::Ended(Ok(view)) = &called {
            self.tally.state(State::Reviewed);
            self.said.push(Said { phone: n, record: view.id, what: What::Record });
        }
        Ok(outcome(&called))
    }

    /// Ends a disagreement by choosing.
    pub(crate) fn resolve(&mut self, n: usize) -> Outcome<String> {
        let conflicts = self.phone(n)?.ledger()?.conflicts()?;
        if conflicts.is_empty() && self.dice.chance(60) {
            return self.edit(n);
        }
        let Some(conflict) = self.dice.pick(&conflicts) else { return Ok("none".to_owned()) };
        self.tally.state(State::Conflict);
        let (record, field) = (conflict.record, conflict.field.clone());
        let take = 1 + usize::try_from(self.dice.below(u64::try_from(conflict.values.len())?))?;
        let called = self.call(n, |ledger| ledger.resolve(record, &field, take))?;
        if matches!(&called, Called::Ended(Ok(_))) {
            self.tally.state(State::Resolved);
        }
        Ok(outcome(&called))
    }

    /// Makes the first figures and projections of a phone anew; nothing may change by it.
    pub(crate) fn rebuild_phone(&mut self, n: usize) -> Outcome<String> {
        let called = self.call(n, Ledger::rebuild)?;
        Ok(outcome(&called))
    }

    fn any_household(&self) -> Outcome<Id> {
        Ok(self.dice.pick(&self.cast.households).ok_or("no household")?.0)
    }

    fn own_visit(&mut self, n: usize) -> Outcome<Option<Id>> {
        let dice = self.dice.clone();
        Ok(dice.pick(&self.phone(n)?.visits).copied())
    }

    /// Notes an event that may have been written though nobody was told.
    pub(crate) fn perhaps(&mut self, record: Id, name: &'static str) {
        *self.maybe.entry((record, name)).or_default() += 1;
    }
}

/// Tells in a word what became of a call.
pub(crate) fn outcome<T>(called: &Called<T>) -> String {
    match called {
        Called::Ended(Ok(_)) => "ok".to_owned(),
        Called::Ended(Err(error)) => error.code().to_owned(),
        Called::Died(..) => "died".to_owned(),
    }
}
