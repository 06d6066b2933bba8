//! The configuration of the rules: thresholds, tiers, days of the month. Each value holds for a place from a day on,
//! so that the figure of a past month is worked out by the rules of that month.

use crate::{
    calendar::{Day, start_of},
    choices::MODE,
    coverage::scenario::{AssistantDuty, Config as DutyRules, Tier},
    place::Place,
};
use serde::{Deserialize, Serialize};

/// Is the least number of days in scope that `k_min` may ask for: one must be able to reach attribution.
const K_MIN_LEAST: u32 = 7;

/// The rules in force at one place on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Holds the thresholds of duty and coverage.
    #[serde(flatten)]
    pub duty: DutyRules,
    /// Is the share of month records that the township looks at, in per cent, beside all that are flagged.
    pub town_sample_pct: u32,
    /// Is the number of households above which a helper is pointed out to the office.
    pub households_of_helper_max: u32,
    /// Is how many days a device may still hand in what it holds after its grant has ended.
    pub inbox_days: u32,
    /// Is how many days without contact a device may go before it is asked to call in.
    pub device_silent_days: u32,
    /// Is the long edge to which photos are reduced, in pixels.
    pub photo_edge_px: u32,
    /// Is how many minutes without a touch lock the phone.
    pub lock_minutes: u32,
    /// Is the similarity of two texts of one helper from which a hint is shown, in per cent.
    pub similar_text_pct: u32,
    /// Is the number of hours after which a record written up later should be declared as a backfill.
    pub undeclared_late_hours: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            duty: DutyRules::default(),
            town_sample_pct: 10,
            households_of_helper_max: 5,
            inbox_days: 30,
            device_silent_days: 90,
            photo_edge_px: 1600,
            lock_minutes: 10,
            similar_text_pct: 85,
            undeclared_late_hours: 72,
        }
    }
}

/// One value set for a place from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Names the place; `None`: everywhere.
    pub place: Option<Place>,
    /// Is the first day it holds.
    pub from: Day,
    /// Names the value, dotted: `k_min`, `tiers.monthly.need`.
    pub key: String,
    /// Is the value as written.
    pub value: String,
}

/// Says why a value was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not `KEY=VALUE`.
    #[error("a value is set as KEY=VALUE")]
    NotAPair,
    /// There is no such key.
    #[error("there is no value of this name: {0}")]
    UnknownKey(String),
    /// The value does not fit.
    #[error("{key}: {en}")]
    BadValue {
        /// Names the value.
        key: String,
        /// Says what fits, in Chinese.
        zh: String,
        /// Says what fits, in English.
        en: String,
    },
}

impl ConfigError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPair | Self::UnknownKey(_) => "usage",
            Self::BadValue { .. } => "bad_config",
        }
    }

    /// Returns what to do, in Chinese and English.
    #[must_use]
    pub fn sentence(&self) -> (String, String) {
        match self {
            Self::NotAPair => ("写成 名称=值，例如 k_min=10。".to_owned(), "write KEY=VALUE, such as k_min=10".to_owned()),
            Self::UnknownKey(key) => {
                (format!("没有“{key}”这个设置，用 config show 看有哪些。"), format!("there is no value {key}: see config show"))
            }
            Self::BadValue { key, zh, en } => (format!("“{key}”{zh}。"), format!("{key}: {en}")),
        }
    }
}

/// Reads `KEY=VALUE`.
///
/// # Errors
///
/// [`ConfigError::NotAPair`] without a name before an equals sign.
pub fn split(pair: &str) -> Result<(&str, &str), ConfigError> {
    let (key, value) = pair.split_once('=').ok_or(ConfigError::NotAPair)?;
    if key.trim().is_empty() { Err(ConfigError::NotAPair) } else { Ok((key.trim(), value.trim())) }
}

/// Returns the rules in force at a place on a day. `chain` is the place with all above it, nearest first: a nearer
/// place wins, of one place the later day, of one day the later setting. A setting that no longer fits is passed over.
#[must_use]
pub fn rules_at(settings: &[Setting], chain: &[Place], day: Day) -> Rules {
    let distance = |setting: &Setting| match setting.place {
        None => Some(chain.len()),
        Some(place) => chain.iter().position(|above| *above == place),
    };
    let mut holding: Vec<(usize, Day, &Setting)> = settings
        .iter()
        .filter(|setting| setting.from <= day)
        .filter_map(|setting| Some((distance(setting)?, setting.from, setting)))
        .collect();
    // Stable: settings of the same place and day keep their order.
    holding.sort_by_key(|(far, from, _)| (std::cmp::Reverse(*far), *from));
    let mut rules = Rules::default();
    for (_, _, setting) in holding {
        let mut tried = rules.clone();
        if tried.set(&setting.key, &setting.value).is_ok() {
            rules = tried;
        }
    }
    rules
}

impl Rules {
    /// Sets one value by its dotted name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such value or the text does not fit; the rules are then as before.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let mut next = self.clone();
        match key {
            "k_min" => next.duty.k_min = number(key, value, K_MIN_LEAST, 31)?,
            "freeze_day" => next.duty.freeze_day = number(key, value, 1, 27)?,
            "record_day" => next.duty.record_day = number(key, value, 1, 27)?,
            "review_day" => next.duty.review_day = number(key, value, 1, 27)?,
            "town_sample_pct" => next.town_sample_pct = number(key, value, 0, 100)?,
            "households_of_helper_max" => next.households_of_helper_max = number(key, value, 1, 200)?,
            "inbox_days" => next.inbox_days = number(key, value, 1, 365)?,
            "device_silent_days" => next.device_silent_days = number(key, value, 1, 365)?,
            "photo_edge_px" => next.photo_edge_px = number(key, value, 640, 8000)?,
            "lock_minutes" => next.lock_minutes = number(key, value, 1, 120)?,
            "similar_text_pct" => next.similar_text_pct = number(key, value, 50, 100)?,
            "undeclared_late_hours" => next.undeclared_late_hours = number(key, value, 1, 744)?,
            "equivalents.allowed" => next.duty.equivalents.allowed = yes(key, value)?,
            "equivalents.cap_pct" => next.duty.equivalents.cap_pct = number(key, value, 0, 100)?,
            "assistant" if is_nothing(value) => next.duty.assistant = None,
            "assistant.need" => next.assistant().need = number(key, value, 1, 31)?,
            "assistant.modes" => next.assistant().modes = modes(key, value)?,
            "tiers" => next.duty.tiers = all_tiers(key, value)?,
            _ => next.set_tier(key, value)?,
        }
        next.consistent(key)?;
        *self = next;
        Ok(())
    }

    fn assistant(&mut self) -> &mut AssistantDuty {
        self.duty.assistant.get_or_insert_with(|| AssistantDuty { need: 1, modes: vec!["phone".to_owned(), "video".to_owned()] })
    }

    /// Sets `tiers.NAME.months`, `tiers.NAME.need`, or takes a tier away by `tiers.NAME=none`.
    fn set_tier(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let unknown = || ConfigError::UnknownKey(key.to_owned());
        let rest = key.strip_prefix("tiers.").ok_or_else(unknown)?;
        let (name, part) = rest.split_once('.').unwrap_or((rest, ""));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(unknown());
        }
        match part {
            "months" => self.tier(name).months = whole_months(key, value)?,
            "need" => self.tier(name).need = number(key, value, 0, 31)?,
            "" if is_nothing(value) => {
                self.duty.tiers.remove(name);
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }

    fn tier(&mut self, name: &str) -> &mut Tier {
        self.duty.tiers.entry(name.to_owned()).or_insert(Tier { months: 1, need: 1 })
    }

    /// Checks the values against each other: records are due first, then reviews, then the figures freeze.
    fn consistent(&self, key: &str) -> Result<(), ConfigError> {
        let duty = &self.duty;
        if duty.record_day > duty.review_day || duty.review_day > duty.freeze_day {
            return Err(bad(key, "要保持：月纪实日不晚于把关日，把关日不晚于冻结日", "keep record_day ≤ review_day ≤ freeze_day"));
        }
        Ok(())
    }
}

/// Checks that a setting may be made: it fits the defaults, and it does not begin in a month whose figures are frozen.
///
/// # Errors
///
/// [`ConfigError`] that says what to write.
pub fn check_setting(setting: &Setting, frozen_before: Option<Day>) -> Result<(), ConfigError> {
    Rules::default().set(&setting.key, &setting.value).or_else(|error| match error {
        // Whether days of the month fit each other depends on the other settings; the caller sees it in `rules_at`.
        ConfigError::BadValue { ref key, .. } if matches!(key.as_str(), "record_day" | "review_day" | "freeze_day") => {
            number(key, &setting.value, 1, 27).map(|_| ())
        }
        other => Err(other),
    })?;
    match frozen_before {
        Some(day) if start_of(setting.from) < start_of(day) => {
            Err(bad(&setting.key, "不能从已经冻结的月份算起，把起始日写晚一些", "a month that is frozen keeps its rules: begin later"))
        }
        _ => Ok(()),
    }
}

fn number(key: &str, value: &str, min: u32, max: u32) -> Result<u32, ConfigError> {
    let fits = value.parse::<u32>().ok().filter(|number| (min..=max).contains(number));
    fits.ok_or_else(|| bad(key, &format!("要写 {min} 到 {max} 的整数"), &format!("write an integer from {min} to {max}")))
}

fn yes(key: &str, value: &str) -> Result<bool, ConfigError> {
    match value {
        "true" | "yes" | "是" => Ok(true),
        "false" | "no" | "否" => Ok(false),
        _ => Err(bad(key, "要写 true 或 false", "write true or false")),
    }
}

/// A period of months must fit the year, so that it ends in the same months every year.
fn whole_months(key: &str, value: &str) -> Result<u32, ConfigError> {
    let months = number(key, value, 1, 12)?;
    if 12 % months == 0 {
        Ok(months)
    } else {
        Err(bad(key, "要能整除 12：1、2、3、4、6、12", "write a divisor of 12: 1, 2, 3, 4, 6, 12"))
    }
}

fn modes(key: &str, value: &str) -> Result<Vec<String>, ConfigError> {
    let written = value.split([',', '，', '、']).map(str::trim).filter(|mode| !mode.is_empty());
    let found: Option<Vec<String>> =
        written.map(|mode| MODE.iter().find(|known| known.slug == mode || known.zh == mode).map(|known| known.slug.to_owned())).collect();
    found.filter(|modes| !modes.is_empty()).ok_or_else(|| {
        let known = MODE.iter().map(|mode| mode.slug).collect::<Vec<_>>().join(", ");
        bad(key, &format!("要写走访方式：{known}"), &format!("write modes: {known}"))
    })
}

fn all_tiers(key: &str, value: &str) -> Result<std::collections::BTreeMap<String, Tier>, ConfigError> {
    let wrong = || {
        bad(key, "要写 JSON，例如 {\"monthly\":{\"months\":1,\"need\":1}}", "write JSON such as {\"monthly\":{\"months\":1,\"need\":1}}")
    };
    let tiers: std::collections::BTreeMap<String, Tier> = serde_json::from_str(value).map_err(|_| wrong())?;
    let fits = |tier: &Tier| tier.months >= 1 && tier.months <= 12 && 12 % tier.months == 0 && tier.need <= 31;
    if !tiers.is_empty() && tiers.values().all(fits) { Ok(tiers) } else { Err(wrong()) }
}

fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "none" | "null" | "无")
}

fn bad(key: &str, zh: &str, en: &str) -> ConfigError {
    ConfigError::BadValue { key: key.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}
