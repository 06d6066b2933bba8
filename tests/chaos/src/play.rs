//! One seed from beginning to end: work and mischief, then a good link for everybody, then the checks.

use crate::{
    Outcome,
    network::CLOSED,
    tally::{Fault, State, Tally},
    template::Template,
    world::World,
};
use daohu_field::{Until, VisitInput};

/// Rounds in which everybody syncs until nothing moves.
const ROUNDS_MAX: u32 = 12;

/// What a seed came to.
#[derive(Debug)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// A hash over everything that was done and said.
    pub hash: String,
    /// What it met.
    pub tally: Tally,
    /// Every step, where they were asked for.
    pub lines: Vec<String>,
    /// What does not hold, with the step at which it showed.
    pub failure: Option<String>,
}

/// Plays a seed.
///
/// # Errors
/// When the run itself could not be set up; what does not hold is in the answer.
pub(crate) fn play(template: &Template, seed: u64, keeps_lines: bool) -> Outcome<Run> {
    let mut world = World::new(template, seed, keeps_lines)?;
    let played = run(&mut world);
    let failure = played.err().map(|error| format!("seed {seed}, step {}: {error}", world.step));
    if let Some(failure) = &failure {
        world.trace.line(failure.clone());
    }
    world.tally.end_of_seed(world.step);
    let hash = world.trace.hash();
    Ok(Run { seed, hash, tally: world.tally, lines: world.trace.lines.unwrap_or_default(), failure })
}

fn run(world: &mut World) -> Outcome {
    let steps = u64::try_from(world.dice.between(25, 45))?;
    while world.step < steps {
        world.step += 1;
        world.pass(world.dice.between(30_000, 5_400_000));
        world.one_step()?;
    }
    world.heal()?;
    world.check_all()?;
    let size = world.town.office()?.last_entry_at()?;
    world.trace.line(format!("the log ends at {size:?}"));
    Ok(())
}

impl World {
    fn one_step(&mut self) -> Outcome {
        let n = self.any_phone();
        let drawn = self.dice.below(1_220);
        let (name, said) = match drawn {
            0..180 => ("visit", self.visit(n)?),
            180..205 => ("backup of the server", self.server_backup()?),
            205..260 => ("hand in", self.hand_in(n)?),
            260..340 => ("after a visit", self.after_visit(n)?),
            340..430 => ("edit", self.edit(n)?),
            430..490 => ("month", self.month(n)?),
            490..560 => ("review", self.review(n)?),
            560..590 => ("resolve", self.resolve(n)?),
            590..595 => ("rebuild", self.rebuild_phone(n)?),
            595..810 => ("sync", self.sync_step(n)?),
            810..840 => ("clock", self.clock(n)?),
            840..858 => ("disk", self.disk(n)?),
            858..872 => ("backup of a phone", self.phone_backup(n)?),
            872..878 => ("clone", self.clone_phone(n)?),
            878..915 => ("pairing", self.grant()?),
            915..925 => ("role", self.role()?),
            925..960 => ("office", self.office()?),
            960..978 => ("hostile", self.hostile_step()?),
            978..1_000 => ("time", self.time()?),
            1_000..1_030 => ("role", self.role()?),
            _ => ("courier", self.courier(n)?),
        };
        self.trace.line(format!("{} p{n} {name}: {said}", self.step));
        Ok(())
    }

    fn sync_step(&mut self, n: usize) -> Outcome<String> {
        let synced = self.sync(n)?;
        // Before a phone has heard of it, it cannot know that a server was restored.
        if !synced.died && (synced.code.is_none() || !self.server_was_restored) {
            self.check_received(n)?;
        }
        let code = synced.code.unwrap_or_default();
        if CLOSED.contains(&code.as_str()) && self.dice.chance(70) {
            self.enrol_anew(n)?;
        }
        Ok(code)
    }

    fn hostile_step(&mut self) -> Outcome<String> {
        self.tally.fault(Fault::HostileItem);
        self.hostile.send(&self.town, &self.cast, self.now_ms, &self.dice)
    }

    /// The link is good, disks have room, clocks are right, and everybody syncs until nothing moves.
    fn heal(&mut self) -> Outcome {
        self.is_calm = true;
        self.server_behind_ms = 0;
        self.pass(120_000);
        // What arrives from now on has to move figures that are kept.
        self.look_at_figures()?;
        for n in 0..self.phones.len() {
            self.phone(n)?.ledger()?.limit_bytes(None)?;
            self.phone(n)?.skew_ms = 0;
            let now_ms = self.now_ms;
            self.phone(n)?.set_wall(now_ms);
            if self.phone(n)?.is_copy {
                self.write_something(n)?;
            }
        }
        for round in 0..ROUNDS_MAX {
            let mut moved = false;
            for n in 0..self.phones.len() {
                self.pass(60_000);
                let synced = self.sync(n)?;
                // A restored phone does not know how far its counter had come: the next sync leaps over it.
                if let Some(code) = synced.code.as_ref().filter(|code| *code != "bad_signature") {
                    if !CLOSED.contains(&code.as_str()) {
                        return Err(format!("phone {n} cannot sync over a good link: {code}").into());
                    }
                    if !self.enrol_anew(n)? {
                        return Err(format!("phone {n} cannot be enrolled anew").into());
                    }
                }
                let report = &synced.report;
                moved |= synced.code.is_some() || report.pushed + report.pulled + report.receipts > 0 || report.more;
                moved |= !report.revoked.is_empty() || !report.refused.is_empty();
            }
            // Whoever was under way with a file or a receipt arrives too.
            moved |= self.everything_arrives()?;
            self.trace.line(format!("round {round} moved {moved}"));
            if !moved {
                return Ok(());
            }
        }
        Err(format!("after {ROUNDS_MAX} rounds over a good link something still moves").into())
    }

    /// A phone that is a copy shows it at its next batch: its owner writes something and hands it in.
    fn write_something(&mut self, n: usize) -> Outcome {
        let mark = self.mark();
        let input = VisitInput {
            mode: Some("home".to_owned()),
            purposes: vec!["verify".to_owned()],
            met: vec![("甲".to_owned(), "本人".to_owned())],
            narrative: Some(mark),
            ..VisitInput::default()
        };
        let households = self.cast.households.clone();
        for (household, _) in households {
            let written = self.phone(n)?.ledger()?.new_visit(&household.to_string(), &input, Until::Submit);
            if written.is_ok() {
                return Ok(());
            }
        }
        if !self.tally.has(State::Purged) {
            self.trace.line(format!("  {n} is a copy and has nothing to write"));
        }
        Ok(())
    }
}
