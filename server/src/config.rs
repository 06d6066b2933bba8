//! The rules of the office: thresholds, tiers, days of the month, each for a place from a day on, with a version.

use daohu_domain::calendar::{Day, Month};
use daohu_domain::config::{ConfigError, Rules, Setting, check_setting, rules_at};
use daohu_domain::place::Place;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::store::rows::RegionQuery;

impl Office {
    /// Shows the rules in force today at a place, or everywhere.
    ///
    /// # Errors
    /// When the store fails.
    pub fn config_show(&self, place: Option<Place>) -> Result<Value, OfficeError> {
        let version = self.store().settings()?.version;
        Ok(json!({ "config": self.rules(place)?, "version": version }))
    }

    /// Sets rules for a place from a day on; by default everywhere and from the first day of this month.
    ///
    /// # Errors
    /// `usage` or `bad_config` with what to write; then none of them is set.
    pub fn config_set(&self, values: &[(&str, &str)], place: Option<Place>, from: Option<Day>) -> Result<Value, OfficeError> {
        let now = self.now();
        let from = from.unwrap_or_else(|| now.month().first_day());
        let frozen_before = self.first_open_month()?.first_day();
        let settings: Vec<Setting> =
            values.iter().map(|(key, value)| Setting { place, from, key: (*key).to_owned(), value: (*value).to_owned() }).collect();
        for setting in &settings {
            check_setting(setting, Some(frozen_before)).map_err(|error| refused(&error))?;
        }
        let mut all = self.store().settings()?.settings;
        all.extend(settings.clone());
        self.refuse_unfit(&all, place, from, &settings)?;
        let version = self.store().set(&settings, now)?;
        Ok(json!({ "config": rules_at(&all, &self.chain(place)?, from), "version": version }))
    }

    /// Returns the rules in force today at a place, or everywhere.
    ///
    /// # Errors
    /// When the store fails.
    pub fn rules(&self, place: Option<Place>) -> Result<Rules, OfficeError> {
        self.rules_on(place, self.now().day())
    }

    /// Returns the rules in force on a day at a place, or everywhere.
    ///
    /// # Errors
    /// When the store fails.
    pub fn rules_on(&self, place: Option<Place>, day: Day) -> Result<Rules, OfficeError> {
        let settings = self.store().settings()?.settings;
        Ok(rules_at(&settings, &self.chain(place)?, day))
    }

    /// A setting that only fits the defaults would be passed over silently later; it is refused here.
    fn refuse_unfit(&self, all: &[Setting], place: Option<Place>, from: Day, new: &[Setting]) -> Result<(), OfficeError> {
        let mut rules = rules_at(&all[..all.len() - new.len()], &self.chain(place)?, from);
        for setting in new {
            rules.set(&setting.key, &setting.value).map_err(|error| refused(&error))?;
        }
        Ok(())
    }

    /// The oldest month that may still have other rules: the one whose freeze lies ahead.
    fn first_open_month(&self) -> Result<Month, OfficeError> {
        let now = self.now();
        let last = now.month().plus(-1);
        let freeze_day = i64::from(self.rules(None)?.duty.freeze_day);
        let freeze = now.month().start().0 + freeze_day * daohu_domain::calendar::DAY_MS;
        Ok(if now.0 >= freeze { last.plus(1) } else { last })
    }

    fn chain(&self, place: Option<Place>) -> Result<Vec<Place>, OfficeError> {
        let Some(place) = place else { return Ok(Vec::new()) };
        Ok(self.store().regions(RegionQuery::Above(place))?.iter().map(|row| row.region.code).collect())
    }
}

fn refused(error: &ConfigError) -> OfficeError {
    let (zh, en) = error.sentence();
    OfficeError::Refused { code: error.code(), detail: json!({ "zh": zh, "en": en }) }
}
