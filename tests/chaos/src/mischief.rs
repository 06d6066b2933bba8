//! What happens to phones, clocks, grants and the server while people work.

use crate::{
    Outcome,
    disk::Files,
    phone::Phone,
    tally::{Fault, State},
    template::{LOGINS, day_of, set_role, span_of_second_village},
    world::{Change, What, World},
};
use daohu_domain::calendar::{DAY_MS, Instant, Month};
use daohu_domain::id::Id;
use daohu_server::store::rows::RecordQuery;
use std::collections::BTreeSet;

const HOUR_MS: i64 = 3_600_000;
/// Bytes that a phone still has when its disk is nearly full.
const LITTLE: u64 = 4 * 4096;

impl World {
    /// Does something to the clock of a phone.
    pub(crate) fn clock(&mut self, n: usize) -> Outcome<String> {
        let (fault, skew_ms) = match self.dice.below(4) {
            0 => (Fault::ClockSkew, self.dice.between(-600_000, 600_000)),
            1 => (Fault::ClockJump, self.dice.between(-40, 40) * DAY_MS),
            2 => (Fault::TimeZone, self.dice.between(-12, 12) * HOUR_MS),
            _ => (Fault::Reboot, 0),
        };
        self.tally.fault(fault);
        let now_ms = self.now_ms;
        let phone = self.phone(n)?;
        if fault == Fault::Reboot {
            phone.reboot(now_ms)?;
        } else {
            phone.skew_ms = skew_ms;
            phone.set_wall(now_ms + skew_ms);
        }
        Ok(fault.text().to_owned())
    }

    /// Fills or empties the disk of a phone.
    pub(crate) fn disk(&mut self, n: usize) -> Outcome<String> {
        let phone = self.phone(n)?;
        phone.is_full = !phone.is_full;
        let is_full = phone.is_full;
        let bytes = phone.main_bytes()?;
        let room = self.dice.below(LITTLE);
        self.phone(n)?.ledger()?.limit_bytes(is_full.then_some(bytes + room))?;
        if is_full {
            self.tally.fault(Fault::PhoneFull);
        }
        Ok(format!("full {is_full}"))
    }

    /// Copies the files of a phone, or puts an older copy back.
    pub(crate) fn phone_backup(&mut self, n: usize) -> Outcome<String> {
        let Some(files) = self.phone(n)?.backup.take() else {
            let files = self.phone(n)?.files()?;
            self.phone(n)?.backup = Some(files);
            self.phone(n)?.said_at_backup = self.said.iter().filter(|said| said.phone == n).cloned().collect();
            return Ok("taken".to_owned());
        };
        self.tally.fault(Fault::PhoneOldBackup);
        self.lose_with_the_phone(n)?;
        self.phone(n)?.put_back(&files)?;
        self.phone(n)?.is_copy = true;
        self.phone(n)?.is_behind = true;
        self.forget_what_only_the_phone_had(n)?;
        Ok("put back".to_owned())
    }

    /// What a phone said after its backup is where it went to, or it is gone with the phone. What the copy holds stands again, also where
    /// the phone had written over it since.
    fn forget_what_only_the_phone_had(&mut self, n: usize) -> Outcome {
        let at_backup = std::mem::take(&mut self.phone(n)?.said_at_backup);
        let said = std::mem::take(&mut self.said);
        for one in said {
            if one.phone != n {
                self.said.push(one);
                continue;
            }
            // What was unsent in the copy is written anew under another device, beside what did arrive.
            if let What::Event(name) = one.what {
                self.perhaps(one.record, name);
            }
            if !at_backup.contains(&one) && self.has_arrived(&one)? {
                self.said.push(one);
            }
        }
        for one in at_backup {
            // A server that was restored meanwhile may have lost what the phone had purged before its backup.
            if self.holds(n, one.record)? || self.has_arrived(&one)? {
                self.said.push(one);
            }
        }
        Ok(())
    }

    /// Says whether a phone has a record or a draft of it.
    fn holds(&mut self, n: usize, record: Id) -> Outcome<bool> {
        let ledger = self.phone(n)?.ledger()?;
        Ok(ledger.record(record).is_ok() || ledger.visit(record).is_ok())
    }

    /// Copies a phone to another one; both go on.
    pub(crate) fn clone_phone(&mut self, n: usize) -> Outcome<String> {
        if self.phones.len() >= 5 {
            return Ok("enough".to_owned());
        }
        self.tally.fault(Fault::PhoneCloned);
        let number = self.phones.len();
        let files = self.phone(n)?.files()?;
        let (path, key) = (self.folder.path().join(format!("clone-{number}.db")), self.phone(n)?.store().1);
        files.put(&path)?;
        let (login, now_ms, lane) = (self.phone(n)?.login, self.now_ms, self.lane());
        let mut clone = Phone::open(format!("p{number}"), login, (path, key), now_ms, lane)?;
        clone.is_copy = true;
        clone.visits.clone_from(&self.phone(n)?.visits);
        self.phone(n)?.is_copy = true;
        self.phones.push(clone);
        let events: Vec<(Id, &'static str)> = self
            .said
            .iter()
            .filter(|said| said.phone == n)
            .filter_map(|said| if let What::Event(name) = said.what { Some((said.record, name)) } else { None })
            .collect();
        for (record, name) in events {
            self.perhaps(record, name);
        }
        Ok(format!("p{number}"))
    }

    /// Copies the files of the server, or puts an older copy back: devices push again what it lacks.
    pub(crate) fn server_backup(&mut self) -> Outcome<String> {
        let Some(files) = self.server_backup.take() else {
            self.server_backup = Some(Files::read(&self.town.file())?);
            return Ok("taken".to_owned());
        };
        if self.server_was_restored {
            return Ok("once is enough".to_owned());
        }
        self.tally.fault(Fault::ServerOldBackup);
        let before = self.changes_of_the_server()?;
        self.town.stop();
        files.put(&self.town.file())?;
        self.town.start()?;
        let after = self.changes_of_the_server()?;
        self.note_lost(before.difference(&after).copied().collect())?;
        self.pass(0);
        self.server_was_restored = true;
        self.first_figures.clear();
        self.events.clear();
        // What no phone holds any more and the copy does not have is gone.
        let said = std::mem::take(&mut self.said);
        for one in said {
            // An event cannot be asked for: a phone that is behind has perhaps only the record.
            let is_sure = !matches!(one.what, What::Event(_)) || !self.phone(one.phone)?.is_behind;
            if is_sure && self.holds(one.phone, one.record)? || self.has_arrived(&one)? {
                self.said.push(one);
            }
        }
        Ok("put back".to_owned())
    }

    fn changes_of_the_server(&self) -> Outcome<BTreeSet<Change>> {
        let office = self.town.office()?;
        let mut found = BTreeSet::new();
        for row in office.store().records(&RecordQuery::default())? {
            let Some(household) = row.household else { continue };
            let changes = office.store().changes(row.record)?;
            found.extend(changes.iter().map(|change| Change { device: change.device, household, record: row.record, hash: change.hash }));
        }
        Ok(found)
    }

    /// Keeps what a restored server lost. No phone can bring back what is the office's, and what its phone does not hold any more.
    fn note_lost(&mut self, lost: Vec<Change>) -> Outcome {
        let mut held = BTreeSet::new();
        for phone in self.phones.iter_mut().filter(|phone| !phone.is_behind) {
            let ledger = phone.ledger()?;
            let Some(device) = ledger.status()?.device else { continue };
            held.extend(lost.iter().filter(|one| one.device == device && ledger.record(one.record).is_ok()).copied());
        }
        let gone = lost.iter().filter(|one| !held.contains(one));
        self.lost_by_the_office.extend(gone.map(|one| ((one.record, one.hash), one.household)));
        self.lost_and_held.extend(held);
        Ok(())
    }

    /// What a restored server lost and this phone had not handed in again goes with the files that are put away, or with its id.
    pub(crate) fn lose_with_the_phone(&mut self, n: usize) -> Outcome {
        let Some(device) = self.phone(n)?.ledger()?.status()?.device else { return Ok(()) };
        let gone = self.lost_and_held.iter().filter(|one| one.device == device);
        self.lost_by_the_office.extend(gone.map(|one| ((one.record, one.hash), one.household)));
        Ok(())
    }

    /// Ends a pairing or gives one.
    pub(crate) fn grant(&mut self) -> Outcome<String> {
        let households = self.cast.households.clone();
        let (household, _) = *self.dice.pick(&households).ok_or("no household")?;
        let cadre = *self.dice.pick(&self.cast.cadres).ok_or("no cadre")?;
        let day = day_of(self.now_ms - self.server_behind_ms);
        let office = self.town.office()?;
        let listed = office.pairing_list(Some(&household.to_string()), Some(cadre), None)?;
        let open = listed.as_array().into_iter().flatten().find(|row| row["to"].is_null());
        let (fault, done) = match open.and_then(|row| row["id"].as_str()) {
            Some(id) => (Fault::GrantTaken, office.pairing_end(id.parse()?, day, "transferred").err()),
            None => (Fault::GrantGiven, office.pairing_add(&household.to_string(), cadre, "primary", day, None).err()),
        };
        if let Some(error) = done {
            return Ok(error.code().to_owned());
        }
        self.tally.fault(fault);
        if fault == Fault::GrantGiven {
            let login = if self.cast.cadres[0] == cadre { LOGINS[0] } else { LOGINS[1] };
            for n in 0..self.phones.len() {
                let phone = self.phone(n)?;
                if phone.login == login && phone.ledger()?.household(&household.to_string()).is_err() {
                    self.awaited.push((n, household));
                }
            }
        }
        Ok(fault.text().to_owned())
    }

    /// Gives the secretary the second village too, or takes it back.
    pub(crate) fn role(&mut self) -> Outcome<String> {
        let span = span_of_second_village(&self.cast);
        self.has_second_village = !self.has_second_village;
        if let Err(error) = set_role(&self.town, "书记", &span, self.has_second_village) {
            // A restored server may never have given what is to be taken.
            return Ok(error.to_string());
        }
        let fault = if self.has_second_village { Fault::RoleGiven } else { Fault::RoleTaken };
        self.tally.fault(fault);
        Ok(fault.text().to_owned())
    }

    /// The office writes, lets items in, looks at figures, checks that a rebuild changes nothing.
    pub(crate) fn office(&mut self) -> Outcome<String> {
        match self.dice.below(4) {
            0 => {
                let mark = self.mark();
                let (household, _) = *self.dice.pick(&self.cast.households).ok_or("no household")?;
                self.town.office()?.record_edit(household, &[("contact_note", &mark)])?;
                Ok("edits".to_owned())
            }
            1 => {
                let listed = self.town.office()?.quarantine_list()?;
                let waiting: Vec<String> =
                    listed.as_array().into_iter().flatten().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect();
                let Some(id) = self.dice.pick(&waiting) else { return Ok("nothing waits".to_owned()) };
                match self.town.office()?.quarantine_release(id.parse()?) {
                    Ok(shown) => {
                        self.tally.state(State::Released);
                        self.note_release(&shown)?;
                        Ok("lets an item in".to_owned())
                    }
                    Err(error) => Ok(error.code().to_owned()),
                }
            }
            _ => self.look_at_figures(),
        }
    }

    /// What the office vouches for is not forbidden any more.
    fn note_release(&mut self, shown: &serde_json::Value) -> Outcome {
        let record: Id = shown["record"].as_str().ok_or("no record")?.parse()?;
        self.hostile.forbidden.retain(|(known, _)| *known != record);
        Ok(())
    }

    /// Reads the figures: first ones that were seen before are what they were.
    pub(crate) fn look_at_figures(&mut self) -> Outcome<String> {
        self.tally.state(State::CoverageRead);
        let office = self.town.office()?;
        let (first, last): (Month, Month) = ("2019-04".parse()?, office.now().month());
        let rows = office.village_months(self.cast.town, first, last)?;
        for row in rows.into_iter().filter(|row| row.frozen) {
            self.tally.state(State::FirstFigure);
            let figures = (row.first_declared, row.first_verified);
            let kept = *self.first_figures.entry((row.place, row.month)).or_insert(figures);
            if kept != figures {
                return Err(format!("the first figure of {} {} was {kept:?} and is {figures:?}", row.place, row.month).into());
            }
        }
        self.note_events()?;
        Ok("looks at figures".to_owned())
    }

    /// Days go by, or the server's clock is set back a little.
    pub(crate) fn time(&mut self) -> Outcome<String> {
        if self.dice.chance(30) {
            self.tally.fault(Fault::ServerClockBack);
            self.server_behind_ms = self.dice.between(0, 90_000);
            self.pass(0);
            return Ok(Fault::ServerClockBack.text().to_owned());
        }
        self.tally.fault(Fault::DaysPass);
        let days = self.dice.between(1, 9);
        self.pass(days * DAY_MS);
        Ok(format!("{days} days pass, it is {}", Instant(self.now_ms)))
    }
}
