//! `coverage`, `gaps`, `config`: figures and the rules they follow.

use super::{Answer, DAY, Open, PLACE, pair_of, read_if};
use crate::{
    args::office::{Config, Coverage, Gaps},
    refusal::Refusal,
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    coverage::{Scenario, ScenarioError, coverage as rules},
    place::Place,
};
use daohu_server::office::Office;
use serde_json::Value as Json;
use std::path::Path;

/// Bytes of a scenario file: a county's year as text, with room.
const SCENARIO_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Answers coverage, of the store or of a scenario.
pub(super) fn coverage(flags: &Coverage, open: impl Fn() -> Result<Office, Refusal>) -> Result<Answer, Refusal> {
    if let Some(file) = &flags.scenario {
        return scenario(file);
    }
    let (place, month) = place_and_month(flags.place.as_deref().unwrap_or_default(), flags.month.as_deref().unwrap_or_default())?;
    let as_of = read_if::<Instant>(flags.as_of.as_deref(), "--as-of", "2019-06-12T00:10:00+08:00")?;
    let office = (&open as &Open<'_>)()?;
    Ok(office.coverage(place, month, as_of)?.into())
}

/// Answers the gaps of a month.
pub(super) fn gaps(office: &Office, flags: &Gaps) -> Result<Answer, Refusal> {
    let (place, month) = place_and_month(&flags.place, &flags.month)?;
    Ok(office.gaps(place, month)?.into())
}

/// Shows or sets the rules.
pub(super) fn config(office: &Office, command: &Config) -> Result<Answer, Refusal> {
    match command {
        Config::Show { place } => {
            let place = read_if::<Place>(place.as_deref(), "--place", PLACE)?;
            Ok(office.config_show(place)?.into())
        }
        Config::Set { values, place, from } => {
            let values: Vec<(&str, &str)> = values.iter().map(|text| pair_of(text)).collect::<Result<_, _>>()?;
            let place = read_if::<Place>(place.as_deref(), "--place", PLACE)?;
            let from = read_if::<Day>(from.as_deref(), "--from", DAY)?;
            Ok(office.config_set(&values, place, from)?.into())
        }
    }
}

/// Reads both; a wrong one has a code of its own and exit 1, as over HTTP.
fn place_and_month(place: &str, month: &str) -> Result<(Place, Month), Refusal> {
    Ok((place.parse().map_err(|_| Refusal::of("bad_place"))?, month.parse().map_err(|_| Refusal::of("bad_month"))?))
}

fn scenario(file: &Path) -> Result<Answer, Refusal> {
    let size = std::fs::metadata(file).map_err(|_| Refusal::no_file())?.len();
    if size > SCENARIO_BYTES_MAX {
        return Err(Refusal::of("too_big"));
    }
    let text = std::fs::read_to_string(file).map_err(|_| Refusal::no_file())?;
    if file.extension().is_some_and(|ending| ending == "jsonl") {
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(judged);
        return Ok(Answer::Lines(lines.collect::<Result<_, _>>()?));
    }
    Ok(judged(&text)?.into())
}

fn judged(text: &str) -> Result<Json, Refusal> {
    let value: Json = serde_json::from_str(text).map_err(|error| {
        Refusal::usage(format!("场景不是 JSON：第 {} 行。", error.line()), format!("the scenario is not JSON: line {}", error.line()))
    })?;
    let answer = Scenario::read(&value).and_then(|scenario| rules(&scenario)).map_err(|error| refused(&error))?;
    serde_json::to_value(answer).map_err(|_| Refusal::of("internal"))
}

fn refused(error: &ScenarioError) -> Refusal {
    let code = error.code();
    let exit = if code == "usage" { 2 } else { 1 };
    Refusal { exit, ..Refusal::of(code).saying(error.zh(), error.en()) }
}
