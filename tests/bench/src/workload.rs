//! The workload: lines of visits as the maker of the benchmark writes them, read into visits and back into plain JSON.
//!
//! Both sides of a comparison are made from the same reading: purposes by their slugs, one visitor, and the position left out unless it
//! is asked for. What a line calls `met` is a number of people; a visit names them, so that many are named.

use crate::report::Outcome;
use daohu_domain::{calendar::Instant, id::Id, kind::Fields, place::Place};
use daohu_field::VisitInput;
use serde_json::{Map, Value as Json, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The purposes of the lines and their slugs.
const PURPOSES: [(&str, &str); 5] = [
    ("政策宣传", "explain_policy"),
    ("产业帮扶", "deliver_project"),
    ("住房安全", "risk"),
    ("慢病随访", "learn_situation"),
    ("收入核实", "income"),
];

/// Digits of a place at the beginning of a household's number.
const PLACE_DIGITS: usize = 12;

/// The one user who makes all visits, as a line names a visitor.
const VISITOR: &str = "c0000";

/// The seed of the lines that are made when no file is given.
const SEED: &str = "7";

/// One visit of the workload.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    json: Map<String, Json>,
    /// The number of the household.
    pub(crate) household: String,
    /// Its village.
    pub(crate) village: Place,
    /// When it began.
    pub(crate) start_ms: i64,
    /// When it ended.
    pub(crate) end_ms: i64,
    purpose: &'static str,
    met: usize,
    narrative: String,
    photos: Vec<String>,
}

impl Line {
    /// Reads a line.
    pub(crate) fn read(text: &str) -> Outcome<Self> {
        let mut json: Map<String, Json> = serde_json::from_str(text)?;
        let string = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned).ok_or(format!("a line without {key}"));
        let number = |key: &str| json.get(key).and_then(Json::as_i64).ok_or(format!("a line without {key}"));
        let household = string("household")?;
        let village: Place = household.get(..PLACE_DIGITS).ok_or("a household's number is too short")?.parse()?;
        let purpose = slug_of(&string("purpose")?).ok_or("a line with an unknown purpose")?;
        let photos = json.get("photos").and_then(Json::as_array).into_iter().flatten();
        let photos = photos.filter_map(|photo| photo.as_str().map(str::to_owned)).collect();
        let (start_ms, end_ms) = (number("started_at")?, number("ended_at")?);
        let (met, narrative) = (usize::try_from(number("met")?)?, string("narrative")?);
        json.insert("purpose".to_owned(), json!(purpose));
        json.insert("visitor".to_owned(), json!(VISITOR));
        Ok(Self { json, household, village, start_ms, end_ms, purpose, met, narrative, photos })
    }

    /// Returns the line as JSON, as the other side of the comparison has it.
    pub(crate) fn json(&self, with_position: bool) -> String {
        let mut json = self.json.clone();
        if !with_position {
            json.retain(|key, _| !matches!(key.as_str(), "lat" | "lon" | "accuracy_m"));
        }
        Json::Object(json).to_string()
    }

    /// Returns what a person enters, with the position where it is asked for.
    pub(crate) fn input(&self, with_position: bool) -> VisitInput {
        VisitInput {
            mode: Some("home".to_owned()),
            purposes: vec![self.purpose.to_owned()],
            start: Some(Instant(self.start_ms).to_string()),
            end: Some(Instant(self.end_ms).to_string()),
            met: self.people().map(|(name, relation)| (name.to_owned(), relation.to_owned())).collect(),
            absent: (self.met == 0).then(|| "other".to_owned()),
            narrative: Some(self.narrative.clone()),
            photos: self.photos.clone(),
            point: with_position.then(|| self.position()).flatten(),
            ..VisitInput::default()
        }
    }

    /// Returns the fields of the visit's record, as the field core writes them.
    pub(crate) fn fields(&self, recorder: Id) -> Fields {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Json| fields.insert(key.to_owned(), value);
        put("mode", json!("home"));
        put("purpose", json!([self.purpose]));
        put("start", json!(Instant(self.start_ms)));
        put("end", json!(Instant(self.end_ms)));
        if self.met == 0 {
            put("absent_reason", json!("other"));
        } else {
            let people: Vec<Json> = self.people().map(|(name, relation)| json!({ "name": name, "relation": relation })).collect();
            put("met", Json::Array(people));
        }
        put("narrative", json!(self.narrative));
        if !self.photos.is_empty() {
            put("photos", json!(self.photos));
        }
        put("recorder", json!(recorder));
        fields
    }

    /// Returns the same visit later.
    pub(crate) fn later(&self, by_ms: i64) -> Self {
        let mut later = self.clone();
        later.start_ms += by_ms;
        later.end_ms += by_ms;
        later.json.insert("started_at".to_owned(), json!(later.start_ms));
        later.json.insert("ended_at".to_owned(), json!(later.end_ms));
        later
    }

    /// Returns the position as a person would type it; none for a line without one.
    fn position(&self) -> Option<String> {
        let [lat, lon, accuracy] = ["lat", "lon", "accuracy_m"].map(|key| self.json.get(key).map(Json::to_string));
        Some(format!("{},{},{}", lat?, lon?, accuracy?))
    }

    fn people(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        (0..self.met).map(|nth| if nth == 0 { ("户主", "本人") } else { ("家人", "家人") })
    }
}

fn slug_of(purpose: &str) -> Option<&'static str> {
    PURPOSES.iter().find(|(zh, slug)| *zh == purpose || *slug == purpose).map(|(_, slug)| *slug)
}

/// Reads a file of lines.
pub(crate) fn read(path: &Path) -> Outcome<Vec<Line>> {
    let text = fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    parse(&text)
}

/// Makes lines with the maker that is shared by every side.
pub(crate) fn make(count: usize) -> Outcome<Vec<Line>> {
    let maker = shared().join("bench").join("make_visits.py");
    let made = Command::new("python3").arg(&maker).arg(count.to_string()).arg(SEED).output()?;
    if !made.status.success() {
        return Err(format!("{} made no visits: {}", maker.display(), String::from_utf8_lossy(&made.stderr)).into());
    }
    parse(std::str::from_utf8(&made.stdout)?)
}

fn parse(text: &str) -> Outcome<Vec<Line>> {
    text.lines().filter(|line| !line.trim().is_empty()).map(Line::read).collect()
}

/// Returns as many lines as wanted: those given, and after them the same again at later times.
pub(crate) fn repeated(lines: &[Line], wanted: usize) -> Vec<Line> {
    let (first, last) = (lines.iter().map(|line| line.start_ms).min(), lines.iter().map(|line| line.end_ms).max());
    let span = last.zip(first).map_or(0, |(last, first)| last - first);
    let rounds = (0_i64..).flat_map(|round| lines.iter().map(move |line| line.later(round * span)));
    if lines.is_empty() { Vec::new() } else { rounds.take(wanted).collect() }
}

/// The folder that every side shares: as told, beside the folder this runs in, or beside the workspace.
fn shared() -> PathBuf {
    if let Some(told) = env::var_os("DAOHU_SHARED") {
        return PathBuf::from(told);
    }
    let here = PathBuf::from("../shared");
    if here.is_dir() { here } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared") }
}

/// Returns the bytes of these visits as lines of JSON, compressed with zstd at level 3.
pub(crate) fn json_bytes(lines: &[Line], with_position: bool) -> Outcome<usize> {
    let mut plain = Vec::new();
    for line in lines {
        plain.extend(line.json(with_position).into_bytes());
        plain.push(b'\n');
    }
    Ok(zstd::bulk::compress(&plain, 3)?.len())
}

#[cfg(test)]
pub(crate) fn sample() -> Outcome<Vec<Line>> {
    parse(include_str!("../fixtures/visits.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::{PURPOSES, json_bytes, sample};
    use daohu_domain::{id::Id, kinds, validate};
    use std::collections::BTreeSet;

    #[test]
    fn every_line_becomes_a_visit_that_the_kind_accepts() {
        let kind = kinds::find("visit").unwrap();
        let lines = sample().unwrap();
        let mut purposes = BTreeSet::new();
        for line in &lines {
            let fields = line.fields(Id::from_bytes([7; 16]));

            let broken = validate::check(kind, &fields, true);

            assert!(broken.is_empty(), "{broken:?}");
            assert!(!validate::is_newer(kind, &fields), "a slug that the kind does not know");
            assert_eq!(fields["photos"].as_array().unwrap().len(), 2);
            assert_eq!(fields.contains_key("met"), !fields.contains_key("absent_reason"));
            purposes.insert(line.purpose);
        }
        assert_eq!(purposes.len(), PURPOSES.len(), "the sample has every purpose");
        assert!(lines.iter().any(|line| line.met == 0) && lines.iter().any(|line| line.met > 1));
    }

    #[test]
    fn both_sides_have_the_slug_and_only_one_has_the_position() {
        let lines = sample().unwrap();
        for line in &lines {
            let (without, with) = (line.json(false), line.json(true));
            assert!(without.contains(line.purpose) && !without.contains("\"lat\"") && !without.contains("accuracy_m"));
            assert!(with.contains("\"lat\"") && with.contains("\"lon\"") && with.contains("accuracy_m"));
            assert_eq!(line.input(false).point, None);
            assert_eq!(line.input(true).point.unwrap().split(',').count(), 3);
        }
        assert!(json_bytes(&lines, true).unwrap() > json_bytes(&lines, false).unwrap());
    }
}
