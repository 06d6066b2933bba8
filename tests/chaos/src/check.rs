//! What must hold after every run, and what a phone may never show at any moment.

use crate::{
    Outcome,
    tally::State,
    world::{Said, What, World},
};
use daohu_domain::id::Id;
use daohu_field::{RecordQuery as RecordsWanted, digest};
use daohu_server::store::rows::{QuarantineQuery, RecordQuery};
use daohu_wire::{
    merkle::{self, leaf_hash},
    receipt::from_file,
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Leaves that are asked for at once.
const LEAVES: usize = 10_000;

impl World {
    /// Says whether something that was said has arrived at the server.
    pub(crate) fn has_arrived(&self, said: &Said) -> Outcome<bool> {
        let office = self.town.office()?;
        let Ok(row) = office.record(said.record) else { return Ok(false) };
        Ok(match &said.what {
            What::Visit(mark) => row.fields.get("narrative").and_then(Json::as_str).is_some_and(|text| text == mark),
            What::Draft(_) => false,
            What::Edit(mark) => {
                let history = office.record_history(said.record, Some("contact_note"))?;
                history.as_array().into_iter().flatten().any(|past| past["value"] == mark.as_str())
            }
            What::Event(name) => office.store().events(said.record)?.iter().any(|event| event.name == *name),
            What::Record => true,
        })
    }

    /// Says whether something that was said waits on the server, with its reason.
    fn waits(&self, said: &Said) -> Outcome<Option<String>> {
        let query = QuarantineQuery { records: Some(vec![said.record]), ..QuarantineQuery::default() };
        Ok(self.town.office()?.store().quarantine(&query)?.into_iter().next().map(|row| row.code))
    }

    /// Checks that a phone shows as received only what the server has.
    pub(crate) fn check_received(&mut self, n: usize) -> Outcome {
        let visits = self.phone(n)?.visits.clone();
        for record in visits {
            let shown = self.phone(n)?.ledger()?.visit(record);
            let Ok(shown) = shown else { continue };
            if shown.visit.received_at.is_some() && self.town.office()?.record(record).is_err() {
                return Err(format!("phone {n} shows visit {record} as received, and the server does not have it").into());
            }
        }
        Ok(())
    }

    /// Keeps which events the server has; none of them may ever be gone.
    pub(crate) fn note_events(&mut self) -> Outcome {
        let office = self.town.office()?;
        let mut now = BTreeSet::new();
        for kind in ["visit", "month_record"] {
            for row in office.store().records(&RecordQuery { kind: Some(kind.to_owned()), ..RecordQuery::default() })? {
                now.extend(office.store().events(row.record)?.into_iter().map(|event| (row.record, event.key)));
            }
        }
        if let Some((record, event)) = self.events.difference(&now).next() {
            return Err(format!("the event {event} of {record} is gone").into());
        }
        self.events = now;
        Ok(())
    }

    /// Checks everything, once all have come level.
    pub(crate) fn check_all(&mut self) -> Outcome {
        self.look_at_figures()?;
        self.check_log()?;
        self.check_agreement()?;
        for n in 0..self.phones.len() {
            self.check_received(n)?;
            self.check_receipts(n)?;
            self.check_refused(n)?;
        }
        self.check_said()?;
        self.check_doubles()?;
        self.check_hostile()?;
        self.note_events()?;
        Ok(())
    }

    fn check_log(&self) -> Outcome {
        let office = self.town.office()?;
        let checked = office.check_log()?;
        if let Some(bad) = checked.first_bad {
            return Err(format!("the log does not verify: {bad:?}").into());
        }
        let count = office.rebuild_projections()?;
        if count.differences != 0 {
            return Err(format!("a rebuild differs from what was kept: {count:?}").into());
        }
        Ok(())
    }

    /// Checks that whoever holds a household holds the same of it as the server.
    fn check_agreement(&mut self) -> Outcome {
        let expected = self.server_digests()?;
        let lost: Vec<(Id, [u8; 32])> = self.lost_by_the_office.keys().copied().collect();
        let back = self.town.office()?.store().known(&lost)?;
        let lacks = |household: &Id| self.lost_by_the_office.iter().any(|(change, of)| of == household && !back.contains(change));
        let lacking: BTreeSet<Id> = self.cast.households.iter().map(|(household, _)| *household).filter(lacks).collect();
        for n in 0..self.phones.len() {
            let status = self.phone(n)?.ledger()?.status()?;
            if status.unsent != 0 || status.closed.is_some() {
                return Err(format!("phone {n} is not level: {} unsent, closed {:?}", status.unsent, status.closed).into());
            }
            let households = self.cast.households.clone();
            for (household, place) in households {
                let covered = status
                    .grants
                    .iter()
                    .any(|grant| !grant.reference && grant.place == place && grant.household.is_none_or(|one| one == household));
                let held = self.phone(n)?.ledger()?.household(&household.to_string());
                match (covered, held) {
                    (true, Ok(_)) if lacking.contains(&household) => self.tally.state(State::OfficeLost),
                    (true, Ok(view)) => {
                        let expected = expected.get(&household).ok_or("no such household")?;
                        if view.digest != *expected {
                            let mine = self.heads_on_phone(n, household)?;
                            return Err(format!("phone {n} does not agree with the server on {household}: {mine}").into());
                        }
                    }
                    (true, Err(error)) => return Err(format!("phone {n} lacks household {household}: {}", error.code()).into()),
                    (false, _) => {}
                }
            }
        }
        Ok(())
    }

    fn server_digests(&self) -> Outcome<BTreeMap<Id, String>> {
        let rows = self.town.office()?.store().records(&RecordQuery::default())?;
        let mut digests = BTreeMap::new();
        for (household, _) in &self.cast.households {
            let counted = rows.iter().filter(|row| row.household == Some(*household) && digest::KINDS.contains(&row.kind.as_str()));
            let heads: Vec<(Id, Vec<[u8; 32]>)> = counted.map(|row| (row.record, heads_of(&row.heads))).collect();
            let digest = digest::of_household(heads.iter().map(|(id, heads)| (id, heads.as_slice())));
            digests.insert(*household, hex::encode(digest));
        }
        Ok(digests)
    }

    /// Tells which records differ, for whoever reads of a failure.
    fn heads_on_phone(&mut self, n: usize, household: Id) -> Outcome<String> {
        let rows = self.town.office()?.store().records(&RecordQuery::default())?;
        let mut told = Vec::new();
        for row in rows.into_iter().filter(|row| row.household == Some(household)) {
            let held = self.phone(n)?.ledger()?.record(row.record);
            match held {
                Err(_) => told.push(format!("lacks {} {}", row.kind, row.record)),
                Ok(view) if view.fields != row.fields => {
                    let differs = view.fields.iter().filter(|(key, value)| row.fields.get(*key) != Some(value));
                    let differs: Vec<String> = differs.map(|(key, value)| format!("{key}: {value}/{:?}", row.fields.get(key))).collect();
                    told.push(format!("other fields in {} {}: {}", row.kind, row.record, differs.join(", ")));
                    told.extend(self.changes_that_differ(n, row.record)?);
                }
                // A digest counts what every change says, also one that a later one put aside.
                Ok(_) => told.extend(self.changes_that_differ(n, row.record)?),
            }
        }
        for kind in digest::KINDS {
            for record in self.phone(n)?.ledger()?.records(kind, &RecordsWanted { limit: Some(1_000), ..RecordsWanted::default() })?.records
            {
                if record.household == Some(household) && self.town.office()?.record(record.id).is_err() {
                    told.push(format!("has a {kind} {} that the server lacks", record.id));
                }
            }
        }
        let stale = self.phone(n)?.ledger()?.rebuild()?.differences;
        if stale > 0 {
            told.push(format!("{stale} of its rows do not follow from its changes"));
        }
        let quarantine = self.phone(n)?.ledger()?.quarantine()?;
        told.extend(quarantine.iter().map(|row| format!("{} waits for {}", row.record, row.code)));
        Ok(told.join("; "))
    }

    fn changes_that_differ(&mut self, n: usize, record: Id) -> Result<Option<String>, crate::Failure> {
        let theirs: BTreeSet<String> = self.town.office()?.store().changes(record)?.iter().map(|change| hex::encode(change.hash)).collect();
        let mine: BTreeSet<String> = self.phone(n)?.ledger()?.history(record, None)?.into_iter().map(|past| past.change).collect();
        let short = |hashes: Vec<&String>| hashes.iter().map(|hash| hash.chars().take(8).collect::<String>()).collect::<Vec<_>>().join(" ");
        let (lacks, more) = (short(theirs.difference(&mine).collect()), short(mine.difference(&theirs).collect()));
        Ok((mine != theirs).then(|| format!("of {record} it lacks [{lacks}], the server lacks [{more}]")))
    }

    /// Checks every receipt of a phone against the log as it is now, with the log's public key and nothing else.
    fn check_receipts(&mut self, n: usize) -> Outcome {
        let office = self.town.office()?.clone();
        let leaves: Vec<[u8; 32]> = office.store().leaves(0, LEAVES)?.iter().map(|row| leaf_hash(&row.bytes)).collect();
        for view in self.phone(n)?.ledger()?.receipts()? {
            for receipt in from_file(&view.content)? {
                receipt.verify(&office.server_key())?;
                if self.server_was_restored && receipt.items.is_empty() && view.items > 0 {
                    // Of a batch that was purged with a grant only the proof is left: it is the old log's.
                    continue;
                }
                let index = usize::try_from(receipt.index)?;
                if leaves.get(index) != Some(&receipt.leaf.hash()) {
                    return Err(format!("phone {n}: the receipt of batch {} is not in the final log", view.batch).into());
                }
                let size = usize::try_from(receipt.head.head().size)?;
                if leaves.get(..size).map(merkle::root) != Some(receipt.head.head().root) {
                    return Err(format!("phone {n}: the head of the receipt of batch {} is of another log", view.batch).into());
                }
            }
        }
        Ok(())
    }

    /// Checks that what waits on a phone says why.
    fn check_refused(&mut self, n: usize) -> Outcome {
        for row in self.phone(n)?.ledger()?.quarantine()? {
            if row.code.is_empty() || row.zh.is_empty() {
                return Err(format!("phone {n}: {} waits and does not say why", row.record).into());
            }
        }
        let rows = self.town.office()?.store().quarantine(&QuarantineQuery::default())?;
        if !rows.is_empty() {
            self.tally.state(State::RefusedOnServer);
        }
        Ok(())
    }

    fn check_said(&mut self) -> Outcome {
        let said = self.said.clone();
        for one in said {
            if let What::Draft(mark) = &one.what {
                self.check_draft(&one, mark)?;
                continue;
            }
            if self.has_arrived(&one)? {
                continue;
            }
            let waits = self.waits(&one)?;
            let shown = self.phone(one.phone)?.ledger()?.quarantine()?.into_iter().any(|row| row.record == one.record);
            if waits.is_none() || !shown {
                let on_server = waits.unwrap_or_else(|| "nowhere".to_owned());
                return Err(format!("lost: {one:?}; on the server {on_server}, shown on its phone as refused: {shown}").into());
            }
        }
        Ok(())
    }

    /// A draft is on its phone, word for word, or was handed in by a call whose answer nobody got.
    fn check_draft(&mut self, said: &Said, mark: &str) -> Outcome {
        let held = self.phone(said.phone)?.ledger()?.visit(said.record);
        let text = |view: &daohu_field::VisitView| view.fields.get("narrative").and_then(Json::as_str).map(str::to_owned);
        if held.as_ref().is_ok_and(|answer| text(&answer.visit).as_deref() == Some(mark)) {
            return Ok(());
        }
        if self.has_arrived(&Said { what: What::Visit(mark.to_owned()), ..said.clone() })? {
            return Ok(());
        }
        Err(format!("the draft {} is lost: {:?}", said.record, held.err().map(|error| error.code().to_owned())).into())
    }

    /// Checks that nothing was taken twice: each text is in one visit, each event was written as often as somebody was told.
    fn check_doubles(&self) -> Outcome {
        let office = self.town.office()?;
        let rows = office.store().records(&RecordQuery { kind: Some("visit".to_owned()), ..RecordQuery::default() })?;
        let mut texts = BTreeSet::new();
        for row in &rows {
            let text = row.fields.get("narrative").and_then(Json::as_str).unwrap_or_default();
            if !texts.insert(text.to_owned()) {
                return Err(format!("two visits say {text}").into());
            }
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for event in office.store().events(row.record)? {
                *counts.entry(event.name).or_default() += 1;
            }
            if counts.get("submit").copied().unwrap_or(0) > 1 {
                return Err(format!("visit {} was handed in twice", row.record).into());
            }
            for name in ["withdraw", "correct", "void", "explain", "resubmit"] {
                let told = self.said.iter().filter(|said| said.record == row.record && said.what == What::Event(name)).count();
                let may = u64::try_from(told)? + self.maybe.get(&(row.record, name)).copied().unwrap_or(0);
                let has = counts.get(name).copied().unwrap_or(0);
                if has > may {
                    return Err(format!("visit {}: {name} was written {has} times, at most {may} were told", row.record).into());
                }
            }
        }
        Ok(())
    }

    fn check_hostile(&self) -> Outcome {
        let known = self.town.office()?.store().known(&self.hostile.forbidden)?;
        if known.is_empty() { Ok(()) } else { Err("a hostile item became part of a record".into()) }
    }
}

fn heads_of(bytes: &[u8]) -> Vec<[u8; 32]> {
    bytes.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok()).collect()
}
