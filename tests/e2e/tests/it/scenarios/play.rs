//! Plays a scenario into a running server, in the order of the server's time.

use super::{
    phones::{Clocks, Phones},
    roster::{Ids, plain, rows},
    time::{self, DAY, Ms},
};
use daohu_e2e::{Outcome, World, text};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What happens next. Of one instant in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A phone meets the server before its owner sets out.
    SetOut(usize),
    /// A visit is written down and sealed on the phone, to be handed in another day.
    Seal(usize),
    /// A visit is handed in on the phone.
    Submit(usize),
    /// It reaches the server.
    Arrive(usize),
    /// Something is done to it.
    Judge(usize, usize),
    /// A month record is handed in on the phone.
    Write(usize),
    /// It reaches the server.
    Bring(usize),
    /// Something is done to it.
    Review(usize, usize),
}

/// What the phone can prove of a visit's time.
#[derive(Debug, Clone, Copy)]
enum Proof {
    /// It met the server in this boot, at the true start.
    Anchor(Ms),
    /// It met the server before it was switched off.
    Before(Ms),
}

/// A visit or month record on its way.
#[derive(Debug, Clone)]
struct Sent {
    phone: usize,
    record: String,
}

/// How long before a visit without any evidence its phone had met the server: surely in another month.
const LONG_AGO: Ms = 35 * DAY;

/// How long an ended pairing still hands in.
const INBOX: Ms = 29 * DAY;

/// The user who reviews in the villages.
const SECRETARY: &str = "secretary";

/// A scenario that is being played.
pub(super) struct Play<'a> {
    world: &'a World,
    scenario: &'a Json,
    ids: Ids,
    visits: Vec<&'a Json>,
    records: Vec<&'a Json>,
    phones: Phones<'a>,
    sent: BTreeMap<(char, usize), Sent>,
    secretary: Option<usize>,
}

impl<'a> Play<'a> {
    /// Plays everything and returns the ids of scenario and store.
    pub(super) fn all(world: &'a World, scenario: &'a Json, ids: Ids) -> Outcome<Ids> {
        let records = scenario["records"].as_array().into_iter().flatten().collect();
        let (visits, phones) = (rows(scenario, "visits"), Phones::of(world));
        let mut play = Self { world, scenario, ids, visits, records, phones, sent: BTreeMap::new(), secretary: None };
        for (at, step) in play.steps()? {
            world.at(&time::written(at)?)?;
            play.step(at, step).map_err(|why| format!("{step:?} at {}: {why}", time::written(at).unwrap_or_default()))?;
        }
        Ok(play.ids)
    }

    fn steps(&self) -> Outcome<Vec<(Ms, Step)>> {
        let mut steps = Vec::new();
        for (n, visit) in self.visits.iter().enumerate() {
            let received = time::read(&visit["received_at"])?;
            let submit = match proof(visit)? {
                Proof::Anchor(_) => submitted(visit)?.min(received.unwrap_or(Ms::MAX)),
                // When it was is exactly what nobody knows; the phone's clock says `submitted_at`.
                Proof::Before(at) => received.unwrap_or(at),
            };
            let out = match proof(visit)? {
                Proof::Anchor(at) | Proof::Before(at) => at.min(submit),
            };
            steps.extend([(out, Step::SetOut(n)), (submit, Step::Submit(n))]);
            steps.extend(sealed(visit, submit)?.map(|at| (at, Step::Seal(n))));
            steps.extend(received.map(|at| (at, Step::Arrive(n))));
            for (act, event) in visit["log"].as_array().into_iter().flatten().enumerate() {
                steps.push((time::must(&event["at"])?, Step::Judge(n, act)));
            }
        }
        for (n, record) in self.records.iter().enumerate() {
            let received = time::must(&record["received_at"])?;
            let written = time::read(&record["submitted_at"])?.unwrap_or(received);
            steps.extend([(written, Step::Write(n)), (received, Step::Bring(n))]);
            for (act, event) in record["log"].as_array().into_iter().flatten().enumerate() {
                steps.push((time::must(&event["at"])?, Step::Review(n, act)));
            }
        }
        steps.sort_unstable();
        Ok(steps)
    }

    fn step(&mut self, at: Ms, step: Step) -> Outcome<()> {
        match step {
            Step::SetOut(n) => self.set_out(n, at),
            Step::Seal(n) => self.record(n, at, "--seal"),
            Step::Submit(n) => self.submit(n, at),
            Step::Arrive(n) => self.arrive(('v', n), at),
            Step::Judge(n, act) => self.judge(('v', n), &self.visits[n]["log"][act], at),
            Step::Write(n) => self.write(n, at),
            Step::Bring(n) => self.arrive(('r', n), at),
            Step::Review(n, act) => self.judge(('r', n), &self.records[n]["log"][act], at),
        }
    }

    fn set_out(&mut self, n: usize, at: Ms) -> Outcome<()> {
        let visit = self.visits[n];
        let recorder = text(visit, "recorder")?;
        self.user(recorder, (text(visit, "household")?, at, time::read(&visit["received_at"])?.unwrap_or(at)))?;
        let due = time::read(&visit["received_at"])?.unwrap_or(Ms::MAX);
        let phone = match proof(visit)? {
            Proof::Anchor(start) => self.phone(recorder, (at, skew(visit, start)?), due)?,
            Proof::Before(_) => {
                let phone = self.phones.enrol(recorder, (at, 0))?;
                self.phones.all[phone].is_known = false;
                self.phones.all[phone].waiting.push(due);
                phone
            }
        };
        self.sent.insert(('v', n), Sent { phone, record: String::new() });
        Ok(())
    }

    /// A phone of this user that may meet the server now, or a new one. What it holds already must be due with the rest.
    fn phone(&mut self, user: &str, (at, skew): (Ms, Ms), due: Ms) -> Outcome<usize> {
        let fits = |device: &super::phones::Device| {
            device.user == user && device.skew == skew && device.is_known && device.waiting.iter().all(|other| *other == due)
        };
        let phone = match self.phones.all.iter().position(fits) {
            Some(phone) => phone,
            None => self.phones.enrol(user, (at, skew))?,
        };
        if self.phones.all[phone].waiting.is_empty() {
            self.phones.sync(phone, Clocks::known(at, skew))?;
        }
        self.phones.all[phone].waiting.push(due);
        Ok(phone)
    }

    /// Makes the user where there is none. Who does not stand for the household comes as first secretary of its village.
    fn user(&mut self, cadre: &str, (household, from, to): (&str, Ms, Ms)) -> Outcome<()> {
        let id = self.ids.get(cadre).ok_or("an unknown cadre")?.clone();
        self.phones.grant(cadre, &["helper", ""], &["--cadre", &id])?;
        if !(self.is_paired(cadre, household, (from, 0))? && self.is_paired(cadre, household, (to, INBOX))?) {
            let village = self.village(household)?;
            self.phones.grant(cadre, &["first_secretary", &village], &[])?;
        }
        Ok(())
    }

    fn is_paired(&self, cadre: &str, household: &str, (at, grace): (Ms, Ms)) -> Outcome<bool> {
        let (today, ended) = (time::day(at)?, time::day(at - grace)?);
        let holds = |pairing: &Json| {
            let from = pairing["from"].as_str().unwrap_or_default();
            let to = pairing["to"].as_str().unwrap_or("9999-12-31");
            pairing["cadre"] == cadre && pairing["household"] == household && from <= today.as_str() && ended.as_str() < to
        };
        Ok(self.scenario["pairings"].as_array().into_iter().flatten().any(holds))
    }

    fn village(&self, household: &str) -> Outcome<String> {
        let row = rows(self.scenario, "households").into_iter().find(|row| row["id"] == household);
        Ok(plain(&row.ok_or("an unknown household")?["places"][0]["place"]))
    }

    fn submit(&mut self, n: usize, at: Ms) -> Outcome<()> {
        let sent = self.sent.get(&('v', n)).ok_or("nobody set out")?;
        if sent.record.is_empty() {
            return self.record(n, at, "--submit");
        }
        let skew = self.phones.all[sent.phone].skew;
        self.phones.call(sent.phone, Clocks::known(at, skew), &["visit", "submit", &sent.record]).map(drop)
    }

    fn record(&mut self, n: usize, at: Ms, until: &str) -> Outcome<()> {
        let visit = self.visits[n];
        let clocks = match proof(visit)? {
            Proof::Anchor(start) => Clocks::known(at, skew(visit, start)?),
            Proof::Before(_) => Clocks::rebooted(submitted(visit)?),
        };
        let words = self.words(visit)?;
        let words: Vec<&str> = words.iter().map(String::as_str).chain([until]).collect();
        let sent = self.sent.get_mut(&('v', n)).ok_or("nobody set out")?;
        let answer = self.phones.call(sent.phone, clocks, &words)?;
        text(&answer["visit"], "id")?.clone_into(&mut sent.record);
        self.ids.insert(text(visit, "id")?.to_owned(), sent.record.clone());
        Ok(())
    }

    /// The command that records a visit.
    fn words(&self, visit: &Json) -> Outcome<Vec<String>> {
        let id = |name: &Json| -> Outcome<String> { Ok(self.ids.get(&plain(name)).ok_or("not in the roster")?.clone()) };
        let mut words: Vec<String> = ["visit", "--household", &id(&visit["household"])?, "--purpose", "verify"].map(str::to_owned).into();
        for (flag, key) in [("--mode", "mode"), ("--start", "start"), ("--end", "end"), ("--absent", "absent_reason")] {
            words.extend(visit[key].as_str().into_iter().flat_map(|value| [flag.to_owned(), value.to_owned()]));
        }
        if visit["absent_reason"].is_null() {
            words.extend(["--met", "户主:本人"].map(str::to_owned));
        }
        words.extend(["--narrative".to_owned(), format!("核对收入台账，{}。", plain(&visit["id"]))]);
        let others: Vec<&Json> = visit["participants"].as_array().into_iter().flatten().collect();
        if !others.is_empty() && !others.contains(&&visit["recorder"]) {
            return Err("a phone cannot record a visit for another".into());
        }
        for other in others.into_iter().filter(|other| **other != visit["recorder"]) {
            words.extend(["--with".to_owned(), id(other)?]);
        }
        for name in visit["names"].as_array().into_iter().flatten() {
            words.extend(["--names".to_owned(), id(name)?]);
        }
        if visit["household_confirmed"] == true {
            words.push("--household-confirmed".to_owned());
        }
        if visit["backfill"].is_object() {
            let (day, reason) = (plain(&visit["backfill"]["original_date"]), plain(&visit["backfill"]["reason"]));
            words.extend(["--backfill", "--original-date", &day, "--reason", &reason].map(str::to_owned));
        }
        if visit["duplicate_of"].is_string() {
            return Err("a phone has no flag for a duplicate".into());
        }
        Ok(words)
    }

    fn arrive(&mut self, what: (char, usize), at: Ms) -> Outcome<()> {
        let phone = self.sent.get(&what).ok_or("nothing was sent")?.phone;
        let device = &mut self.phones.all[phone];
        device.waiting.retain(|due| *due != at);
        let clocks = if device.is_known { Clocks::known(at, device.skew) } else { Clocks::rebooted_again(at) };
        self.phones.sync(phone, clocks)
    }

    fn write(&mut self, n: usize, at: Ms) -> Outcome<()> {
        let record = self.records[n];
        let (household, due) = (text(record, "household")?, time::must(&record["received_at"])?);
        let holder = self.holder(household, at)?;
        let phone = match &holder {
            Some(cadre) => {
                self.user(cadre, (household, at, due))?;
                self.phone(cadre, (at, 0), due)?
            }
            None => self.secretary(at)?,
        };
        let id = self.ids.get(household).ok_or("an unknown household")?.clone();
        let words = ["month", &id, text(record, "month")?, "--set", "work=本月入户核对台账。", "--submit"];
        let clocks = Clocks::known(at, 0);
        let mut answer = self.phones.attempt(phone, clocks, &words)?;
        if answer.json["error"]["code"] == "needs_reason" {
            answer = self.phones.attempt(phone, clocks, &[words.as_slice(), &["--reason", "other"]].concat())?;
        }
        let record = text(&answer.json["month_record"], "id").map_err(|_| answer.json.to_string())?.to_owned();
        self.sent.insert(('r', n), Sent { phone, record });
        Ok(())
    }

    /// Who stands for a household as its primary helper.
    fn holder(&self, household: &str, at: Ms) -> Outcome<Option<String>> {
        for pairing in rows(self.scenario, "pairings").into_iter().rev() {
            let cadre = plain(&pairing["cadre"]);
            if pairing["role"] == "primary" && pairing["household"] == household && self.is_paired(&cadre, household, (at, 0))? {
                return Ok(Some(cadre));
            }
        }
        Ok(None)
    }

    fn judge(&mut self, what: (char, usize), event: &Json, at: Ms) -> Outcome<()> {
        let sent = self.sent.get(&what).ok_or("nothing was sent")?.clone();
        match text(event, "do")? {
            act @ ("withdraw" | "resubmit") => self.by_author(what, act, at),
            act @ ("pass" | "return" | "refer") => self.by_secretary(&sent.record, act, at),
            act => self.by_office(what, act, event),
        }
    }

    fn by_author(&mut self, what: (char, usize), act: &str, at: Ms) -> Outcome<()> {
        let sent = self.sent.get(&what).ok_or("nothing was sent")?.clone();
        let device = &self.phones.all[sent.phone];
        if !device.waiting.is_empty() {
            return Err("the author's phone holds something that may not arrive yet".into());
        }
        let clocks = Clocks::known(at, device.skew);
        self.phones.sync(sent.phone, clocks)?;
        let answer = match (what.0, act) {
            ('v', "withdraw") => self.phones.attempt(sent.phone, clocks, &["visit", "withdraw", &sent.record])?,
            ('v', _) => self.phones.attempt(sent.phone, clocks, &["visit", "submit", &sent.record])?,
            (_, _) => {
                let record = self.records[what.1];
                let household = self.ids.get(text(record, "household")?).ok_or("an unknown household")?;
                self.phones.attempt(sent.phone, clocks, &["month", household, text(record, "month")?, "--submit", "--reason", "other"])?
            }
        };
        // What does not fit is refused on the phone already; the figures tell whether that was right.
        let refusals = ["", "bad_state", "too_late"];
        if !refusals.contains(&answer.json["error"]["code"].as_str().unwrap_or_default()) {
            return Err(answer.json.to_string().into());
        }
        self.phones.sync(sent.phone, clocks)
    }

    fn by_secretary(&mut self, target: &str, act: &str, at: Ms) -> Outcome<()> {
        let (phone, clocks) = (self.secretary(at)?, Clocks::known(at, 0));
        let mut words = vec!["review", target, "--result", act];
        if act != "pass" {
            words.extend(["--reason", "写得太空，请补充。"]);
        }
        self.phones.call(phone, clocks, &words)?;
        self.phones.sync(phone, clocks)
    }

    /// The phone of the secretary of all villages, level with the server.
    fn secretary(&mut self, at: Ms) -> Outcome<usize> {
        let phone = match self.secretary {
            Some(phone) => phone,
            None => {
                for household in rows(self.scenario, "households") {
                    let village = plain(&household["places"][0]["place"]);
                    self.phones.grant(SECRETARY, &["village_secretary", &village], &[])?;
                }
                *self.secretary.insert(self.phones.enrol(SECRETARY, (at, 0))?)
            }
        };
        self.phones.sync(phone, Clocks::known(at, 0))?;
        Ok(phone)
    }

    fn by_office(&mut self, what: (char, usize), act: &str, event: &Json) -> Outcome<()> {
        let (kind, about) = if what.0 == 'v' { ("visit", self.visits[what.1]) } else { ("month_record", self.records[what.1]) };
        let household = self.ids.get(text(about, "household")?).ok_or("an unknown household")?;
        let target = &self.sent.get(&what).ok_or("nothing was sent")?.record;
        let mut pairs = vec![
            format!("household={household}"),
            format!("target={target}"),
            format!("target_kind={kind}"),
            format!("result={act}"),
            "reason=乡镇核实".to_owned(),
        ];
        pairs.extend(event["rule"].as_str().map(|rule| format!("rule={rule}")));
        let mut words = vec!["record", "add", "review"];
        words.extend(pairs.iter().map(String::as_str));
        self.world.daohu(&words).map(drop)
    }
}

/// When a visit was handed in, by the phone's own reckoning.
fn submitted(visit: &Json) -> Outcome<Ms> {
    match time::read(&visit["submitted_at"])? {
        Some(at) => Ok(at),
        None => time::must(&visit["end"]),
    }
}

/// When a visit is sealed that is handed in another day; none where one command does both.
fn sealed(visit: &Json, submit: Ms) -> Outcome<Option<Ms>> {
    match proof(visit)? {
        Proof::Anchor(start) if visit["backfill"].is_null() && submit - start > DAY => {
            Ok(Some(time::must(&visit["end"])? - skew(visit, start)?))
        }
        _ => Ok(None),
    }
}

fn proof(visit: &Json) -> Outcome<Proof> {
    let trusted = &visit["time"]["trusted"];
    if trusted.is_string() {
        return Ok(Proof::Anchor(time::must(trusted)?));
    }
    if visit["backfill"].is_object() {
        return Ok(Proof::Anchor(submitted(visit)?));
    }
    match time::read(&visit["time"]["between"][0])? {
        Some(before) => Ok(Proof::Before(before)),
        None => Ok(Proof::Before(time::must(&visit["start"])? - LONG_AGO)),
    }
}

/// How far the phone's wall clock is ahead of the true time.
fn skew(visit: &Json, start: Ms) -> Outcome<Ms> {
    if visit["backfill"].is_object() { Ok(0) } else { Ok(time::must(&visit["start"])? - start) }
}
