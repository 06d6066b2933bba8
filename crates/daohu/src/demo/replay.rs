//! Plays the story: every phone with its own key, every batch through `/v1/sync`, the clock moved from step to step.

use super::{
    phone::{Door, Phone},
    story::{Act, Pair, Step, Who},
};
use daohu_domain::{
    calendar::{Instant, Month},
    id::Id,
    place::Place,
};
use daohu_field::{FieldError, MonthInput, RecordQuery, ReviewInput, SetClock, Until, VisitInput};
use daohu_server::{error::OfficeError, office::Office};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Minutes a code lives; phones are enrolled at once.
const CODE_MS: i64 = 900_000;
const MINUTE_MS: i64 = 60_000;

/// Why the story could not be played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The office refused.
    #[error("the office refused a step")]
    Office(#[from] OfficeError),
    /// A phone refused.
    #[error("a phone refused a step: {0}")]
    Phone(#[from] FieldError),
    /// An item did not pass a guard, the office's or the phone's.
    #[error("an item of a phone was refused: {0}")]
    Item(String),
    /// A file could not be written.
    #[error("could not write a file of the demo")]
    File(#[from] std::io::Error),
}

/// The stage: an office whose clock is a file, phones whose clock is one number.
pub(crate) struct Stage<'a> {
    /// The office.
    pub(crate) office: &'a Office,
    /// The way into it.
    pub(crate) door: &'a Door,
    /// The clock of all phones.
    pub(crate) clock: SetClock,
    /// The office's clock file.
    pub(crate) clock_file: PathBuf,
    /// Where phones keep their stores.
    pub(crate) folder: &'a Path,
    /// Logins by who they are.
    pub(crate) logins: BTreeMap<Who, String>,
    phones: BTreeMap<Who, Phone>,
}

impl<'a> Stage<'a> {
    /// Sets the stage.
    pub(crate) fn new(office: &'a Office, door: &'a Door, clock_file: PathBuf, folder: &'a Path) -> Self {
        Self { office, door, clock: SetClock::at(0), clock_file, folder, logins: BTreeMap::new(), phones: BTreeMap::new() }
    }

    /// Moves all clocks.
    pub(crate) fn at(&self, now: Instant) -> Result<(), ReplayError> {
        self.clock.set_wall(now.0);
        // Written beside and moved, so that nobody reads half a line.
        let beside = self.clock_file.with_extension("next");
        fs::write(&beside, format!("{now}\n"))?;
        fs::rename(beside, &self.clock_file)?;
        Ok(())
    }

    /// Enrols a phone for everybody who has a login.
    pub(crate) fn enrol_all(&mut self, seed: u64) -> Result<(), ReplayError> {
        for (n, (who, login)) in self.logins.clone().into_iter().enumerate() {
            let code = self.office.device_code(&login, CODE_MS)?;
            let code = code["code"].as_str().unwrap_or_default().to_owned();
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(n).unwrap_or(0));
            let mut phone = Phone::enrol(self.folder, &login, (&self.clock, seed), (self.door, code))?;
            sync(&mut phone, self.door)?;
            self.phones.insert(who, phone);
        }
        Ok(())
    }

    /// Plays one step; nothing of the story may be refused.
    pub(crate) fn play(&mut self, step: &Step, pairs: &[Pair]) -> Result<(), ReplayError> {
        self.at(step.at)?;
        if let Act::HandOver { pairing, household, to } = &step.act {
            self.office.pairing_end(*pairing, step.at.day(), "调动")?;
            if let Some(to) = to {
                self.office.pairing_add(&household.to_string(), *to, "primary", step.at.day(), None)?;
            }
            return Ok(());
        }
        let Some(phone) = self.phones.get_mut(&step.who) else { return Ok(()) };
        match &step.act {
            Act::Sync => sync(phone, self.door)?,
            Act::Review { month } => review_all(phone, *month, place_of(step.who, pairs))?,
            act => record(phone, act, step.at)?,
        }
        Ok(())
    }
}

/// Comes level with the office. The story holds nothing that a guard may refuse.
fn sync(phone: &mut Phone, door: &Door) -> Result<(), ReplayError> {
    phone.sync(door)?.refused.first().map_or(Ok(()), |item| Err(ReplayError::Item(item.code.to_string())))
}

fn place_of(who: Who, pairs: &[Pair]) -> Option<Place> {
    match who {
        Who::Secretary(place) => Some(place),
        Who::Helper(cadre) => pairs.iter().find(|pair| pair.cadre == cadre).map(|pair| pair.place),
        Who::Office => None,
    }
}

fn visit(mode: &str, text: &str) -> VisitInput {
    VisitInput {
        mode: Some(mode.to_owned()),
        purposes: vec!["learn_situation".to_owned(), "verify".to_owned()],
        met: vec![("户主".to_owned(), "本人".to_owned())],
        narrative: Some(text.to_owned()),
        ..VisitInput::default()
    }
}

fn record(phone: &mut Phone, act: &Act, now: Instant) -> Result<(), FieldError> {
    match act {
        Act::Visit { household, mode, minutes, text } => {
            let start = Instant(now.0 - i64::try_from(*minutes).unwrap_or(0) * MINUTE_MS);
            let mut input = VisitInput { start: Some(start.to_string()), ..visit(mode, text) };
            if *mode == "home" {
                let checks = ["food", "clothing", "housing", "water"].map(|key| (key.to_owned(), "yes".to_owned()));
                input.checks = checks.to_vec();
            }
            phone.ledger.new_visit(&household.to_string(), &input, Until::Submit)?;
        }
        Act::Backfill { household, day } => {
            let mut input = visit("home", "当天入户核对收入台账,手机没电,先记在纸上。");
            input.backfill = true;
            input.original_date = Some(day.to_string());
            input.reason = Some("手机没电,先记在纸上".to_owned());
            phone.ledger.new_visit(&household.to_string(), &input, Until::Submit)?;
        }
        Act::Undeclared { household, start } => {
            let mut input = visit("home", "入户查看住房和饮水,一切正常。");
            input.start = Some(start.to_string());
            phone.ledger.new_visit(&household.to_string(), &input, Until::Submit)?;
        }
        Act::MonthRecord { household, month, reason } => {
            let input = MonthInput { submit: true, reason: reason.map(str::to_owned), ..MonthInput::default() };
            phone.ledger.month_record(&household.to_string(), *month, &input)?;
        }
        Act::Sync | Act::Review { .. } | Act::HandOver { .. } => {}
    }
    Ok(())
}

/// Passes the month records that stand submitted; every eleventh is sent back.
fn review_all(phone: &mut Phone, month: Month, place: Option<Place>) -> Result<(), FieldError> {
    let mut cursor = None;
    let mut submitted: Vec<Id> = Vec::new();
    loop {
        let page = phone.ledger.records("month_record", &RecordQuery { place, cursor, limit: Some(200), ..RecordQuery::default() })?;
        let of_month =
            page.records.iter().filter(|record| record.fields.get("month").and_then(|value| value.as_str()) == Some(&month.to_string()));
        submitted.extend(of_month.filter(|record| record.state == "submitted").map(|record| record.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for (n, target) in submitted.into_iter().enumerate() {
        let (result, reason) =
            if n % 11 == 10 { ("return", Some("写得太空,补上这月做了什么。".to_owned())) } else { ("pass", None) };
        phone.ledger.review(target, &ReviewInput { result: result.to_owned(), reason, rule: None, opened: Vec::new() })?;
    }
    Ok(())
}
