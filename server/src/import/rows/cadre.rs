//! Rows of 帮扶责任人: cadres and, by the way, the units that send them.
//!
//! A cadre is the same the next time by the digest of the identity number, else of the telephone; neither leaves the
//! table of secrets. A telephone belongs to one cadre, so a second row with it is refused.

use super::RowReader;
use crate::import::{
    Fields, ImportError, cell,
    memory::{ImportMemory, Known},
    plan::{Named, Planner},
    read::SheetRow,
    settle::{Since, secret_text},
    tables::Table,
};
use daohu_domain::{calendar::Day, id::Id, kinds, place::Place, validate::split_secrets};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A cadre that a pairing can name.
#[derive(Debug, Clone)]
pub struct CadreEntry {
    /// The record.
    pub id: Id,
    /// The name.
    pub name: String,
    /// The unit's record.
    pub org: Option<String>,
    /// The digest of the telephone.
    pub phone: Option<String>,
    /// The digest of the identity number.
    pub id_number: Option<String>,
}

/// The cadres of the store and of this import.
#[derive(Debug, Default)]
pub struct CadreList {
    by_name: BTreeMap<String, Vec<CadreEntry>>,
}

/// What became of the search for a cadre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Exactly this one.
    One(Id),
    /// Nobody fits.
    Nobody,
    /// Several fit.
    Several,
}

impl CadreList {
    /// Lists the cadres of the store.
    ///
    /// # Errors
    /// When the memory cannot be read.
    pub fn of<'a>(records: impl Iterator<Item = &'a Known>, memory: &dyn ImportMemory) -> Result<Self, ImportError> {
        let mut list = Self::default();
        for known in records {
            let text = |key: &str| known.fields.get(key).and_then(Value::as_str).map(str::to_owned);
            let entry = CadreEntry {
                id: known.id,
                name: text("name").unwrap_or_default(),
                org: text("org"),
                phone: memory.secret_digest(known.id, "phone")?,
                id_number: memory.secret_digest(known.id, "id_number")?,
            };
            list.put(entry);
        }
        Ok(list)
    }

    /// Adds a cadre, or tells one anew.
    pub fn put(&mut self, entry: CadreEntry) {
        let entries = self.by_name.entry(entry.name.clone()).or_default();
        entries.retain(|known| known.id != entry.id);
        entries.push(entry);
    }

    /// Finds the cadre of a pairing by name, unit and telephone.
    ///
    /// Unit and telephone change more often than people do, so one of them may differ where the other fits; a namesake
    /// of another unit with another telephone is another person.
    #[must_use]
    pub fn find(&self, name: &str, org: Option<&str>, phone: Option<&str>) -> Found {
        let named = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let fits = |wanted: Option<&str>, known: &Option<String>| wanted.map(|wanted| known.as_deref() == Some(wanted));
        let score = |entry: &&CadreEntry| match (fits(org, &entry.org), fits(phone, &entry.phone)) {
            (Some(true), Some(true)) => 3,
            (_, Some(true)) => 2,
            (Some(true), _) => 1,
            (None, None) => 0,
            (Some(false), _) | (None, Some(false)) => -1,
        };
        let best = named.iter().map(|entry| score(&entry)).max().unwrap_or(-1);
        let mut fitting = named.iter().filter(|entry| best >= 0 && score(entry) == best);
        match (fitting.next(), fitting.next()) {
            (Some(entry), None) => Found::One(entry.id),
            (None, _) => Found::Nobody,
            (Some(_), Some(_)) => Found::Several,
        }
    }

    /// Finds a cadre of the store whose number was not known at the last import, or is not told this time.
    fn same(&self, name: &str, id_number: Option<&str>, phone: Option<&str>) -> Option<Id> {
        let is_same = |wanted: Option<&str>, known: &Option<String>| wanted.is_some() && wanted == known.as_deref();
        let named = self.by_name.get(name)?;
        let by_number = named.iter().find(|entry| is_same(id_number, &entry.id_number));
        let by_phone = || named.iter().find(|entry| is_same(phone, &entry.phone) && (id_number.is_none() || entry.id_number.is_none()));
        by_number.or_else(by_phone).map(|entry| entry.id)
    }
}

/// Plans the rows of a table of units.
///
/// # Errors
/// When the memory cannot be read.
pub fn plan_orgs(planner: &mut Planner<'_>, table: &Table) -> Result<(), ImportError> {
    for row in &table.rows {
        let mut reader = RowReader::new(table, row);
        let all = reader.fields();
        let name = reader.key("name");
        let Some(town) = planner.places.main_town() else {
            reader.refuse("name", "unknown_place");
            planner.take("org", reader);
            continue;
        };
        if let Some(name) = &name
            && planner.is_seen("org", &cell::plain(name))
        {
            reader.refuse("name", "duplicate_key");
        }
        let Some(name) = name else {
            planner.take("org", reader);
            continue;
        };
        let (fields, secrets) = split_secrets(table.kind, &all);
        let mut draft = planner.draft(table.kind, Named { key: cell::plain(&name), place: town, subject: None }, fields)?;
        draft.secrets = secrets;
        draft.spot = reader.row_spot();
        planner.check(&draft, &mut reader);
        if !planner.take("org", reader) {
            continue;
        }
        planner.note("org", draft.key.clone());
        planner.planned_orgs.insert(draft.key.clone(), draft.id);
        planner.drafts.push(draft);
    }
    Ok(())
}

/// Finds the unit of a name or plans a new one; `fields` is what the row tells of it.
///
/// # Errors
/// When the memory cannot be read.
pub fn org(planner: &mut Planner<'_>, name: &str, mut fields: Fields, town: Place) -> Result<Option<Id>, ImportError> {
    let Some(kind) = kinds::find("org") else { return Ok(None) };
    let key = cell::plain(name);
    if let Some(id) = planner.planned_orgs.get(&key) {
        return Ok(Some(*id));
    }
    fields.insert("name".to_owned(), json!(key));
    let draft = planner.draft(kind, Named { key: key.clone(), place: town, subject: None }, fields)?;
    let id = draft.id;
    planner.note("org", key.clone());
    planner.count_row("org");
    planner.planned_orgs.insert(key, id);
    planner.drafts.push(draft);
    Ok(Some(id))
}

/// Plans the rows of a table of cadres; `towns` says where a cadre helps, for tables of several townships.
///
/// # Errors
/// When the memory cannot be read.
pub fn plan(planner: &mut Planner<'_>, table: &Table, towns: &BTreeMap<String, Place>) -> Result<(), ImportError> {
    for row in &table.rows {
        plan_row(planner, table, row, towns)?;
    }
    Ok(())
}

fn plan_row(planner: &mut Planner<'_>, table: &Table, row: &SheetRow, towns: &BTreeMap<String, Place>) -> Result<(), ImportError> {
    let mut reader = RowReader::new(table, row);
    let all = reader.fields();
    let of_org = reader.fields_of("org", &["name", "type", "belongs"]);
    let (from, to) = (reader.day("from"), reader.day("to"));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        reader.refuse("to", "bad_date");
    }
    let (fields, secrets) = split_secrets(table.kind, &all);
    let digest = |key: &str| secrets.get(key).filter(|value| !value.is_null()).map(|value| planner.memory.digest(&secret_text(value)));
    let (id_number, phone) = (digest("id_number"), digest("phone"));
    let name = reader.key("name").map(|name| cell::plain(&name));
    let key = id_number.clone().or_else(|| phone.clone());
    if key.is_none() && reader.refused.is_empty() {
        reader.refuse("id_number", "missing_key");
    }
    for (column, value) in [("id_number", &id_number), ("phone", &phone)] {
        if let Some(value) = value
            && planner.is_seen("cadre", value)
        {
            reader.refuse(column, "duplicate_key");
        }
    }
    let town = name.as_ref().and_then(|name| towns.get(name)).copied().or(planner.places.main_town());
    if town.is_none() {
        reader.refuse("org.name", "unknown_place");
    }
    let (Some(name), Some(key), Some(town)) = (name, key, town) else {
        planner.take("cadre", reader);
        return Ok(());
    };
    let mut draft = planner.draft(table.kind, Named { key, place: town, subject: None }, fields)?;
    if draft.current.is_none()
        && let Some(id) = planner.cadres.same(&name, id_number.as_deref(), phone.as_deref())
    {
        planner.adopt(&mut draft, id);
    }
    draft.fields.insert("name".to_owned(), json!(name));
    draft.spot = reader.row_spot();
    planner.check(&draft, &mut reader);
    if !planner.take("cadre", reader) {
        return Ok(());
    }
    for value in [&id_number, &phone].into_iter().flatten() {
        planner.note("cadre", value.clone());
    }
    let org = match of_org.get("name").and_then(Value::as_str).map(str::to_owned) {
        Some(name) => org(planner, &name, of_org, town)?,
        None => None,
    };
    if let Some(org) = org {
        draft.fields.insert("org".to_owned(), json!(org));
        serve(&mut draft.fields, &mut draft.spans, org, (from.unwrap_or_else(|| planner.as_of(None)), to));
    }
    draft.secrets = secrets;
    planner.cadres.put(CadreEntry { id: draft.id, name, org: org.map(|id| id.to_string()), phone, id_number });
    planner.drafts.push(draft);
    Ok(())
}

/// Tells in which unit a cadre serves: an open service is laid over the earlier ones, one with an end is told whole.
fn serve(fields: &mut Fields, spans: &mut Vec<Since>, org: Id, (from, to): (Day, Option<Day>)) {
    match to {
        Some(to) => {
            fields.insert("terms".to_owned(), json!([{"value": org, "from": from.to_string(), "to": to.to_string()}]));
        }
        None => spans.push(Since { field: "terms", value: org.to_string(), day: from }),
    }
}
