//! What the tests of coverage share: where the agreed examples are, and short ways to write a scenario.

use daohu_domain::calendar::Instant;
use daohu_domain::coverage::{Scenario, coverage};
use serde_json::{Value, json};
use std::{error::Error, fs, path::PathBuf};

/// What a test hands back.
pub(crate) type TestResult = Result<(), Box<dyn Error>>;

/// Reads all agreed examples, by name.
pub(crate) fn vectors() -> Result<Vec<(String, Value)>, Box<dyn Error>> {
    let shared =
        std::env::var_os("DAOHU_SHARED").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("vectors");
    let entries = fs::read_dir(&folder).map_err(|why| format!("no vectors in {} ({why}): set DAOHU_SHARED", folder.display()))?;
    let mut vectors = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            vectors.push((name, serde_json::from_str(&fs::read_to_string(&path)?)?));
        }
    }
    vectors.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(vectors)
}

/// The township of all written scenarios; its villages are `…201` and `…202`.
pub(crate) const TOWN: &str = "610802209000";

/// Returns a question about June 2019, asked on 1 August, of a township with two villages and a group.
pub(crate) fn june() -> Value {
    json!({
        "query": {"place": TOWN, "month": "2019-06", "as_of": "2019-08-01T00:00:00+08:00"},
        "regions": [
            {"code": "610802000000", "name": "区", "level": "county", "parent": null},
            {"code": TOWN, "name": "乡", "level": "town", "parent": "610802000000"},
            {"code": "610802209201", "name": "甲村", "level": "village", "parent": TOWN},
            {"code": "610802209202", "name": "乙村", "level": "village", "parent": TOWN},
            {"code": "group-1", "name": "一组", "level": "group", "parent": "610802209201"},
        ],
    })
}

/// Returns a household of the first village that owes a visit a month since 2018.
pub(crate) fn household(id: &str) -> Value {
    json!({
        "id": id,
        "status": [{"status": "poor", "from": "2018-01-01"}],
        "tier": [{"tier": "monthly", "from": "2018-01-01"}],
        "places": [{"place": "610802209201", "from": "2018-01-01"}],
    })
}

/// Returns a primary pairing between two days written `06-05`, the second one open if empty.
pub(crate) fn pairing(household: &str, cadre: &str, from: &str, to: &str) -> Value {
    let mut pairing = json!({"id": "", "household": household, "cadre": cadre, "role": "primary", "from": format!("2019-{from}")});
    if !to.is_empty() {
        set(&mut pairing, json!({"to": format!("2019-{to}")}));
    }
    pairing
}

/// Returns a home visit of 40 minutes with a trusted start written `06-05T09:00`, received an hour after it.
pub(crate) fn visit(id: &str, household: &str, recorder: &str, start: &str) -> Result<Value, Box<dyn Error>> {
    let start: Instant = format!("2019-{start}:00+08:00").parse()?;
    let later = |minutes: i64| Instant(start.0 + minutes * 60_000);
    Ok(json!({
        "id": id, "household": household, "recorder": recorder, "mode": "home", "start": start, "end": later(40),
        "time": {"trusted": start}, "submitted_at": later(50), "received_at": later(60),
    }))
}

/// Returns a value with some keys set.
pub(crate) fn with(mut value: Value, keys: Value) -> Value {
    set(&mut value, keys);
    value
}

/// Works out the figures of a written scenario.
pub(crate) fn figures(scenario: &Value) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::to_value(coverage(&Scenario::read(scenario)?)?)?)
}

/// Returns one key of the row of a household.
pub(crate) fn of_household(figures: &Value, id: &str, key: &str) -> Value {
    let rows = figures["households"].as_array().into_iter().flatten();
    rows.filter(|row| row["id"] == id).map(|row| row[key].clone()).next().unwrap_or_default()
}

fn set(value: &mut Value, keys: Value) {
    if let (Value::Object(value), Value::Object(keys)) = (value, keys) {
        value.extend(keys);
    }
}
