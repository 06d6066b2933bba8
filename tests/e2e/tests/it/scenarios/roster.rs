//! The roster of a scenario goes in by the office's own commands, and every id is remembered.

use super::time::{self, Ms};
use daohu_e2e::{Outcome, World, text};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// When the office enters the roster: before anything that a scenario tells.
const ENTERED: &str = "2018-12-01T00:00:00+08:00";

/// The ids of a scenario and of its records in the store.
pub(super) type Ids = BTreeMap<String, String>;

/// Enters the roster of a scenario.
pub(super) fn enter(world: &World, scenario: &Json) -> Outcome<Ids> {
    let mut office = Clerk { world, scenario, ids: Ids::new(), at: time::must(&json!(ENTERED))? };
    office.rules()?;
    office.regions()?;
    office.units_and_cadres()?;
    office.households()?;
    office.pairings_and_leaves()?;
    office.posts()?;
    Ok(office.ids)
}

/// The rows of a list of a scenario, by id: a tie of ids in the scenario is one in the store, whose ids grow with time.
pub(super) fn rows<'a>(scenario: &'a Json, list: &str) -> Vec<&'a Json> {
    let mut rows: Vec<&Json> = scenario[list].as_array().into_iter().flatten().collect();
    rows.sort_by_key(|row| row["id"].as_str().unwrap_or_default());
    rows
}

struct Clerk<'a> {
    world: &'a World,
    scenario: &'a Json,
    ids: Ids,
    at: Ms,
}

impl Clerk<'_> {
    fn run(&mut self, words: &[&str]) -> Outcome<Json> {
        // Each record a second later, so that the order of ids is the order of entry.
        self.at += 1000;
        self.world.at(&time::written(self.at)?)?;
        self.world.daohu(words)
    }

    fn add(&mut self, kind: &str, pairs: &[String]) -> Outcome<String> {
        let mut words = vec!["record", "add", kind];
        words.extend(pairs.iter().map(String::as_str));
        Ok(text(&self.run(&words)?, "id")?.to_owned())
    }

    fn keep(&mut self, row: &Json, id: String) -> Outcome<()> {
        let name = text(row, "id")?.to_owned();
        match self.ids.insert(name, id) {
            None => Ok(()),
            Some(_) => Err(format!("two things are called {}", row["id"]).into()),
        }
    }

    fn id(&self, value: &Json) -> Outcome<String> {
        let name = value.as_str().ok_or("no id")?;
        Ok(self.ids.get(name).ok_or_else(|| format!("{name} is not in the roster"))?.clone())
    }

    /// Spans of the store from spans of a scenario, whose value stands under `key`.
    fn spans(&self, of: &Json, key: &str, is_id: bool) -> Outcome<String> {
        let mut spans = Vec::new();
        for span in of.as_array().into_iter().flatten() {
            let value = if is_id { json!(self.id(&span[key])?) } else { span[key].clone() };
            spans.push(json!({ "value": value, "from": span["from"], "to": span["to"] }));
        }
        Ok(Json::from(spans).to_string())
    }

    fn rules(&mut self) -> Outcome<()> {
        let config = &self.scenario["config"];
        let mut values = Vec::new();
        for (key, value) in config.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("equivalents" | "assistant", Json::Object(parts)) => {
                    values.extend(parts.iter().map(|(part, value)| format!("{key}.{part}={}", plain(value))));
                }
                _ => values.push(format!("{key}={}", plain(value))),
            }
        }
        if values.is_empty() {
            return Ok(());
        }
        let mut words = vec!["config", "set", "--from", "2018-12-01"];
        words.extend(values.iter().map(String::as_str));
        self.run(&words).map(drop)
    }

    fn regions(&mut self) -> Outcome<()> {
        let town = self.scenario["regions"].as_array().and_then(|all| all.iter().find(|region| region["level"] == "town"));
        let town = text(town.ok_or("no township")?, "code")?;
        for region in self.scenario["regions"].as_array().into_iter().flatten() {
            let mut pairs = vec![format!("place={town}")];
            for (field, key) in
                [("code", "code"), ("name", "name"), ("level", "level"), ("parent", "parent"), ("valid_from", "from"), ("valid_to", "to")]
            {
                pairs.extend(region[key].as_str().map(|value| format!("{field}={value}")));
            }
            self.add("region", &pairs)?;
        }
        Ok(())
    }

    fn units_and_cadres(&mut self) -> Outcome<()> {
        for unit in rows(self.scenario, "units") {
            let mut pairs = vec![format!("name={}", plain(&unit["name"]))];
            pairs.extend(unit["place"].as_str().map(|place| format!("place={place}")));
            let id = self.add("org", &pairs)?;
            self.keep(unit, id)?;
        }
        for cadre in rows(self.scenario, "cadres") {
            let terms = self.spans(&cadre["terms"], "unit", true)?;
            let id = self.add("cadre", &[format!("name={}", plain(&cadre["id"])), format!("terms={terms}")])?;
            self.keep(cadre, id)?;
        }
        for unit in rows(self.scenario, "units") {
            let obliged = self.spans(&unit["obliged"], "cadre", true)?;
            if obliged != "[]" {
                let id = self.id(&unit["id"])?;
                self.run(&["record", "edit", &id, &format!("obliged={obliged}")])?;
            }
        }
        Ok(())
    }

    fn households(&mut self) -> Outcome<()> {
        for household in rows(self.scenario, "households") {
            let place = plain(&household["places"][0]["place"]);
            let name = plain(&household["id"]);
            let mut pairs = vec![format!("place={place}"), format!("number={name}"), format!("head_name=户主{name}")];
            for (field, key) in [("status", "status"), ("tier", "tier"), ("places", "place"), ("away", "value")] {
                let spans = self.spans(&household[field], key, false)?;
                if spans != "[]" {
                    pairs.push(format!("{field}={spans}"));
                }
            }
            let id = self.add("household", &pairs)?;
            self.keep(household, id)?;
        }
        for household in rows(self.scenario, "households") {
            let parents = household["parents"].as_array().into_iter().flatten();
            let parents = parents.map(|parent| self.id(parent)).collect::<Outcome<Vec<_>>>()?;
            if !parents.is_empty() {
                let id = self.id(&household["id"])?;
                self.run(&["record", "edit", &id, &format!("parents={}", parents.join(","))])?;
            }
        }
        Ok(())
    }

    fn pairings_and_leaves(&mut self) -> Outcome<()> {
        for pairing in rows(self.scenario, "pairings") {
            let mut pairs = vec![
                format!("household={}", self.id(&pairing["household"])?),
                format!("cadre={}", self.id(&pairing["cadre"])?),
                format!("role={}", plain(&pairing["role"])),
                format!("from={}", plain(&pairing["from"])),
            ];
            pairs.extend(pairing["to"].as_str().map(|to| format!("to={to}")));
            if pairing["unit"].is_string() {
                pairs.push(format!("unit={}", self.id(&pairing["unit"])?));
            }
            self.add("pairing", &pairs)?;
        }
        for leave in self.scenario["leaves"].as_array().into_iter().flatten() {
            let cadre = self.id(&leave["cadre"])?;
            let mut words = vec!["leave", "add", "--cadre", &cadre, "--from", text(leave, "from")?, "--to", text(leave, "to")?];
            let deputy = if leave["deputy"].is_string() { self.id(&leave["deputy"])? } else { String::new() };
            if !deputy.is_empty() {
                words.extend(["--deputy", &deputy]);
            }
            self.run(&words)?;
        }
        Ok(())
    }

    fn posts(&mut self) -> Outcome<()> {
        for post in rows(self.scenario, "posts") {
            let about = [format!("post={}", plain(&post["id"])), format!("at={}", plain(&post["place"]))];
            let span = |of: &Json| {
                let mut pairs = vec![format!("from={}", plain(&of["from"]))];
                pairs.extend(of["to"].as_str().map(|to| format!("to={to}")));
                pairs
            };
            self.add("post_term", &[about.to_vec(), vec!["required=true".to_owned()], span(post)].concat())?;
            for term in post["terms"].as_array().into_iter().flatten() {
                let who = plain(&term["cadre"]);
                if !self.ids.contains_key(&who) {
                    // Somebody whom the scenario names only here.
                    let id = self.add("cadre", &[format!("name={who}")])?;
                    self.ids.insert(who, id);
                }
                let cadre = vec![format!("cadre={}", self.id(&term["cadre"])?)];
                self.add("post_term", &[about.to_vec(), cadre, span(term)].concat())?;
            }
        }
        Ok(())
    }
}

/// A value as text: strings without quotes, lists of strings by comma, all else as JSON.
pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(list) if list.iter().all(Json::is_string) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
