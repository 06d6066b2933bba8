//! What a person enters about a visit, read into fields.

use crate::{error::FieldError, pen::refuse};
use daohu_domain::{
    kind::{Fields, Json},
    kinds::visit::{CHECK_KEYS, KIND},
    validate::{problem, read_text},
};
use serde_json::json;

/// What a person enters; what is `None` or empty is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisitInput {
    /// How it was made, by slug or Chinese label.
    pub mode: Option<String>,
    /// What it was for.
    pub purposes: Vec<String>,
    /// When it began, where that is not now.
    pub start: Option<String>,
    /// When it ended, where that is not now.
    pub end: Option<String>,
    /// The people met: name and relation to the head.
    pub met: Vec<(String, String)>,
    /// Why nobody was met.
    pub absent: Option<String>,
    /// The text.
    pub narrative: Option<String>,
    /// Checks: key and answer.
    pub checks: Vec<(String, String)>,
    /// Cadres who took part beside the recorder.
    pub with: Vec<String>,
    /// Promises: text and day.
    pub promises: Vec<(String, Option<String>)>,
    /// Keys of promises that are kept now.
    pub kept: Vec<String>,
    /// The position as `LAT,LON,ACCURACY`; sealed to the server.
    pub point: Option<String>,
    /// The day of the visit, where it is written down only now.
    pub original_date: Option<String>,
    /// Why it was not written down then; of a correction, what was changed and why.
    pub reason: Option<String>,
    /// Is a backfill: `reason` is the reason of that.
    pub backfill: bool,
    /// Households that came from this one and were visited with it.
    pub names: Vec<String>,
    /// The household has confirmed the visit.
    pub household_confirmed: Option<bool>,
    /// SHA-256 of each photo, hex; the photos themselves travel apart.
    pub photos: Vec<String>,
}

impl VisitInput {
    /// Returns the fields of the visit that were entered, without start and end.
    ///
    /// # Errors
    /// `invalid_record` names every field that cannot be read and how to write it.
    pub(crate) fn fields(&self) -> Result<Fields, FieldError> {
        let (fields, refused) = self.readable();
        refused.map(|()| fields)
    }

    /// Returns what can be read, and what [`Self::fields`] says of the rest.
    pub(crate) fn readable(&self) -> (Fields, Result<(), FieldError>) {
        let mut fields = Fields::new();
        let mut wrong = Vec::new();
        let mut read = |key: &str, text: &str| match KIND.field(key).map(|field| read_text(field, text)) {
            Some(Ok(value)) => {
                fields.insert(key.to_owned(), value);
            }
            Some(Err(violation)) => wrong.push(violation),
            None => wrong.push(problem(key, "没有这一项。", "there is no such field")),
        };
        let single = [
            ("mode", &self.mode),
            ("absent_reason", &self.absent),
            ("narrative", &self.narrative),
            ("point", &self.point),
            ("original_date", &self.original_date),
        ];
        for (key, text) in single {
            if let Some(text) = text {
                read(key, text);
            }
        }
        for (key, list) in [("purpose", &self.purposes), ("participants", &self.with), ("names", &self.names), ("photos", &self.photos)] {
            if !list.is_empty() {
                read(key, &list.join(","));
            }
        }
        for (key, answer) in &self.checks {
            if CHECK_KEYS.contains(&key.as_str()) {
                read(key, answer);
            } else {
                read("check", answer);
            }
        }
        self.add_rows(&mut fields);
        (fields, refuse(wrong))
    }

    /// Says whether anything but text was entered.
    pub(crate) fn is_more_than_text(&self) -> bool {
        let text = Self { narrative: self.narrative.clone(), reason: self.reason.clone(), ..Self::default() };
        *self != text
    }

    fn add_rows(&self, fields: &mut Fields) {
        if !self.met.is_empty() {
            let met: Vec<Json> = self.met.iter().map(|(name, relation)| person(name, relation)).collect();
            fields.insert("met".to_owned(), Json::Array(met));
        }
        if !self.promises.is_empty() {
            let promises: Vec<Json> = self.promises.iter().map(|(text, day)| promise(text, day.as_deref())).collect();
            fields.insert("promises".to_owned(), Json::Array(promises));
        }
        if !self.kept.is_empty() {
            fields.insert("kept".to_owned(), json!(self.kept));
        }
        if self.backfill
            && let Some(reason) = &self.reason
        {
            fields.insert("backfill_reason".to_owned(), json!(reason));
        }
        if let Some(confirmed) = self.household_confirmed {
            fields.insert("household_confirmed".to_owned(), json!(confirmed));
        }
    }
}

fn person(name: &str, relation: &str) -> Json {
    if relation.trim().is_empty() { json!({ "name": name.trim() }) } else { json!({ "name": name.trim(), "relation": relation.trim() }) }
}

fn promise(text: &str, day: Option<&str>) -> Json {
    let day = day.and_then(daohu_domain::validate::read_day);
    day.map_or_else(|| json!({ "text": text.trim() }), |day| json!({ "text": text.trim(), "day": day.to_string() }))
}
