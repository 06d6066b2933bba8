//! The phones of a scenario: who carries which, and what its clocks say.

use super::time::{self, Ms};
use daohu_e2e::{Answer, Outcome, World, call, text};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What the clocks of a phone say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clocks {
    wall: Ms,
    mono: Ms,
    boot: &'static str,
}

impl Clocks {
    /// A phone that has met the server in this boot; its wall clock is ahead by `skew`.
    pub(super) const fn known(at: Ms, skew: Ms) -> Self {
        Self { wall: at + skew, mono: at, boot: "first" }
    }

    /// A phone that was switched off since and has only its wall clock.
    pub(super) const fn rebooted(wall: Ms) -> Self {
        Self { wall, mono: wall, boot: "second" }
    }

    /// The same phone, switched off once more before it meets the server: what it recorded keeps its bounds only.
    pub(super) const fn rebooted_again(at: Ms) -> Self {
        Self { wall: at, mono: at, boot: "third" }
    }
}

/// One phone.
#[derive(Debug)]
pub(super) struct Device {
    db: String,
    pub(super) user: String,
    pub(super) skew: Ms,
    /// It has met the server in its present boot.
    pub(super) is_known: bool,
    /// When what it holds will reach the server.
    pub(super) waiting: Vec<Ms>,
}

/// All phones of a world.
pub(super) struct Phones<'a> {
    world: &'a World,
    pub(super) all: Vec<Device>,
    roles: BTreeSet<[String; 3]>,
    users: BTreeSet<String>,
}

impl<'a> Phones<'a> {
    pub(super) const fn of(world: &'a World) -> Self {
        Self { world, all: Vec::new(), roles: BTreeSet::new(), users: BTreeSet::new() }
    }

    /// Gives a user a role, and makes the user with it where there is none.
    pub(super) fn grant(&mut self, user: &str, role: &[&str; 2], more: &[&str]) -> Outcome<()> {
        if !self.roles.insert([user.to_owned(), role[0].to_owned(), role[1].to_owned()]) {
            return Ok(());
        }
        let known = !self.users.insert(user.to_owned());
        let mut words = vec!["user", if known { "grant" } else { "add" }, "--login", user, "--role", role[0]];
        if !role[1].is_empty() {
            words.extend(["--place", role[1]]);
        }
        if !known {
            words.extend(more);
        }
        self.world.daohu(&words).map(drop)
    }

    /// Enrols another phone of a user and returns its number.
    pub(super) fn enrol(&mut self, user: &str, (at, skew): (Ms, Ms)) -> Outcome<usize> {
        let code = self.world.daohu(&["device", "code", "--user", user])?;
        let number = self.all.len();
        let db = self.world.path(&format!("phone-{number}.db")).display().to_string();
        self.all.push(Device { db, user: user.to_owned(), skew, is_known: true, waiting: Vec::new() });
        self.call(number, Clocks::known(at, skew), &["enrol", "--server", &self.world.url, "--code", text(&code, "code")?])?;
        Ok(number)
    }

    /// Comes level with the server; nothing may be refused.
    pub(super) fn sync(&self, number: usize, clocks: Clocks) -> Outcome<()> {
        let report = self.call(number, clocks, &["sync"])?;
        if report["refused"].as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(format!("refused: {report}").into()) }
    }

    /// Runs a command that must succeed.
    pub(super) fn call(&self, number: usize, clocks: Clocks, words: &[&str]) -> Outcome<Json> {
        let answer = self.attempt(number, clocks, words)?;
        if answer.status == 0 { Ok(answer.json) } else { Err(format!("{words:?} at {clocks:?}: {}", answer.json).into()) }
    }

    /// Runs a command.
    pub(super) fn attempt(&self, number: usize, clocks: Clocks, words: &[&str]) -> Outcome<Answer> {
        let (now, mono) = (time::written(clocks.wall)?, clocks.mono.to_string());
        let mut all = vec!["--db", self.all[number].db.as_str()];
        all.extend_from_slice(words);
        all.extend(["--now", &now, "--mono", &mono, "--boot", clocks.boot]);
        call("daohu-field", &all, &[])
    }
}
