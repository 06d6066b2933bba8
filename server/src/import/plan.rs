//! Plans an import over all its tables together: first all rows are read, then references are resolved, then every
//! record is settled against the memory. Pure but for the memory that it is handed.

use super::{
    Fields, ImportError, ImportOptions,
    memory::{ImportMemory, Known, Write},
    places::{Places, Region},
    read::{FileContent, IssueFile, ReadFiles},
    report::{Counts, FileReport, ImportReport, LISTED_MAX, Refusal, Spot, Warning},
    rows::{self, RowReader, cadre::CadreList},
    settle::{self, Draft},
    tables::{self, Table},
};
use daohu_domain::{
    calendar::Day,
    id::Id,
    kind::{Field, Kind},
    kinds,
    place::Place,
    validate::{self, Violation},
};
use std::collections::{BTreeMap, BTreeSet};

/// The order in which records are written: what others refer to comes first.
const ORDER: [&str; 8] = ["region", "org", "cadre", "household", "member", "pairing", "inspection", "issue"];
/// Parts the fields of a natural key.
const KEY_SEPARATOR: &str = "\u{1f}";

/// What an import would write, and its answer.
#[derive(Debug)]
pub struct Plan {
    /// The records in the order in which they are written.
    pub writes: Vec<Write>,
    /// The answer.
    pub report: ImportReport,
}

/// Plans the import of files.
///
/// # Errors
/// When no file holds a known table, with the first file's reason; when the memory cannot be read.
pub fn plan(
    files: ReadFiles,
    memory: &dyn ImportMemory,
    options: ImportOptions,
    new_id: &mut dyn FnMut() -> Id,
) -> Result<Plan, ImportError> {
    let mut planner = Planner::new(memory, options, new_id)?;
    let Recognised { tables, issues } = planner.recognise(files)?;
    let of = |name: &'static str| tables.iter().filter(move |table| table.kind.name == name);
    for table in of("region") {
        rows::region::plan(&mut planner, table)?;
    }
    let towns = rows::pairing::towns_of_cadres(of("pairing"), &planner.places);
    for table in of("org") {
        rows::cadre::plan_orgs(&mut planner, table)?;
    }
    for table in of("cadre") {
        rows::cadre::plan(&mut planner, table, &towns)?;
    }
    for table in of("household") {
        rows::household::plan(&mut planner, table)?;
    }
    for table in of("pairing") {
        rows::pairing::plan(&mut planner, table)?;
    }
    for table in of("member") {
        rows::member::plan(&mut planner, table)?;
    }
    rows::household::give_first_status(&mut planner);
    for (file, issues) in &issues {
        rows::issue::plan(&mut planner, file, issues)?;
    }
    planner.settle()
}

/// What names the record of a row.
#[derive(Debug, Clone)]
pub struct Named {
    /// What names the row the next time.
    pub key: String,
    /// The place where a new record lives.
    pub place: Place,
    /// The household that the record belongs to.
    pub subject: Option<Id>,
}

/// The files of an import whose tables are known.
#[derive(Debug, Default)]
struct Recognised {
    tables: Vec<Table>,
    issues: Vec<(String, IssueFile)>,
}

/// A household that rows can name.
#[derive(Debug, Clone, Copy)]
pub struct Home {
    /// Its record.
    pub id: Id,
    /// Its village.
    pub place: Place,
}

/// The records of one kind as they are, by id and by natural key.
#[derive(Debug, Default)]
struct Index {
    by_id: BTreeMap<Id, Known>,
    by_key: BTreeMap<String, Id>,
}

/// What is known while an import is planned.
pub struct Planner<'a> {
    /// What the store remembers.
    pub memory: &'a dyn ImportMemory,
    /// What the caller asked for.
    pub options: ImportOptions,
    /// The places of the store and of this import.
    pub places: Places,
    /// The cadres of the store and of this import.
    pub cadres: CadreList,
    /// The records that this import describes, in the order of their rows.
    pub drafts: Vec<Draft>,
    /// Where the households of this import stand among the drafts, by number.
    pub household_drafts: BTreeMap<String, usize>,
    /// The units of this import, by name.
    pub planned_orgs: BTreeMap<String, Id>,
    /// Numbers of households that a 花名册 of this import names.
    pub rostered: BTreeSet<String>,
    pairings: BTreeMap<Id, Vec<Fields>>,
    heads: BTreeMap<(Place, String), BTreeSet<String>>,
    new_id: &'a mut dyn FnMut() -> Id,
    indexes: BTreeMap<&'static str, Index>,
    seen: BTreeSet<(&'static str, String)>,
    report: ImportReport,
}

impl std::fmt::Debug for Planner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Drafts hold names and numbers of people: they never go into a log.
        write!(f, "Planner({} drafts)", self.drafts.len())
    }
}

impl<'a> Planner<'a> {
    fn new(memory: &'a dyn ImportMemory, options: ImportOptions, new_id: &'a mut dyn FnMut() -> Id) -> Result<Self, ImportError> {
        let report = ImportReport {
            dry_run: options.dry_run,
            files: Vec::new(),
            counts: Counts::default(),
            refused: Vec::new(),
            warnings: Vec::new(),
            ignored: Vec::new(),
        };
        let mut planner = Self {
            memory,
            options,
            places: Places::default(),
            cadres: CadreList::default(),
            drafts: Vec::new(),
            household_drafts: BTreeMap::new(),
            planned_orgs: BTreeMap::new(),
            rostered: BTreeSet::new(),
            pairings: BTreeMap::new(),
            heads: BTreeMap::new(),
            new_id,
            indexes: BTreeMap::new(),
            seen: BTreeSet::new(),
            report,
        };
        for kind in ORDER.iter().filter_map(|name| kinds::find(name)) {
            planner.load(kind)?;
        }
        planner.cadres = CadreList::of(planner.records("cadre"), memory)?;
        Ok(planner)
    }

    fn load(&mut self, kind: &'static Kind) -> Result<(), ImportError> {
        let mut index = Index::default();
        for known in self.memory.records(kind.name)? {
            if let Some(key) = natural_key(kind, known.subject, &known.fields) {
                index.by_key.entry(key).or_insert(known.id);
            }
            match (kind.name, known.subject) {
                ("region", _) => self.places.add_known(&known.fields),
                ("household", _) => self.note_head(known.place, &known.fields),
                ("pairing", Some(household)) => self.pairings.entry(household).or_default().push(known.fields.clone()),
                _ => {}
            }
            index.by_id.insert(known.id, known);
        }
        self.indexes.insert(kind.name, index);
        Ok(())
    }

    fn records(&self, kind: &str) -> impl Iterator<Item = &Known> {
        self.indexes.get(kind).into_iter().flat_map(|index| index.by_id.values())
    }

    fn recognise(&mut self, files: ReadFiles) -> Result<Recognised, ImportError> {
        let mut found = Recognised::default();
        let mut first_error = None;
        self.report.ignored = files.ignored;
        for file in files.files {
            let name = file.name;
            match file.content {
                Ok(FileContent::Sheets(sheets)) => match tables::recognise(&name, sheets) {
                    Ok((table, others)) => {
                        let spot = |sheet: String| Spot { file: name.clone(), value: Some(sheet), ..Spot::default() };
                        self.report.warnings.extend(others.into_iter().map(|sheet| Warning::new(spot(sheet), "sheet_not_read")));
                        self.report.files.push(file_report(&table));
                        found.tables.push(table);
                    }
                    Err(error) => self.refuse_file(name, error, &mut first_error),
                },
                Ok(FileContent::Issues(content)) => found.issues.push((name, content)),
                Err(error) => self.refuse_file(name, error, &mut first_error),
            }
        }
        if found.tables.is_empty() && found.issues.is_empty() {
            return Err(first_error.unwrap_or(ImportError::UnknownTable));
        }
        Ok(found)
    }

    fn refuse_file(&mut self, file: String, error: ImportError, first: &mut Option<ImportError>) {
        self.report.refused.push(Refusal::new(Spot { file: file.clone(), ..Spot::default() }, error.code()));
        first.get_or_insert(ImportError::OfFile { file, source: Box::new(error) });
    }

    /// Adds what a file of issues reports of itself.
    pub fn report_file(&mut self, file: FileReport) {
        self.report.files.push(file);
    }

    /// Returns the day from which a roster is true: as asked for, else the first day of its year, else of the current year.
    #[must_use]
    pub fn as_of(&self, year: Option<i16>) -> Day {
        let year = year.unwrap_or_else(|| self.options.now.day().year());
        self.options.as_of.unwrap_or_else(|| Day::new(year, 1, 1).unwrap_or(Day::ZERO))
    }

    /// Ends the reading of a row: keeps what it said, counts it, and says whether it is taken.
    pub fn take(&mut self, kind: &'static str, reader: RowReader<'_>) -> bool {
        self.take_parts(kind, reader.refused, reader.warnings)
    }

    /// Does the same for a row that another reader has read.
    pub fn take_parts(&mut self, kind: &'static str, refused: Vec<Refusal>, warnings: Vec<Warning>) -> bool {
        let is_taken = refused.is_empty();
        let count = self.report.counts.of(kind);
        count.rows += 1;
        if is_taken {
            self.report.warnings.extend(warnings);
        } else {
            count.refused += 1;
            self.report.refused.extend(refused);
        }
        is_taken
    }

    /// Adds a warning about a row that was taken before.
    pub fn warn(&mut self, warning: Warning) {
        self.report.warnings.push(warning);
    }

    /// Counts a record that is a row of no table of its own, such as a unit that rows of cadres name.
    pub fn count_row(&mut self, kind: &'static str) {
        self.report.counts.of(kind).rows += 1;
    }

    /// Says whether a row with this key was taken already. A refused row does not stand in the way of a good one.
    #[must_use]
    pub fn is_seen(&self, kind: &'static str, key: &str) -> bool {
        self.seen.contains(&(kind, key.to_owned()))
    }

    /// Notes the key of a row that is taken.
    pub fn note(&mut self, kind: &'static str, key: String) {
        self.seen.insert((kind, key));
    }

    /// Begins a draft: finds the record of a key, of its natural key, or draws a new id.
    ///
    /// # Errors
    /// When the memory cannot be read.
    pub fn draft(&mut self, kind: &'static Kind, named: Named, fields: Fields) -> Result<Draft, ImportError> {
        let Named { key, place, subject } = named;
        let last = self.memory.last(kind.name, &key)?;
        let index = self.indexes.get(kind.name);
        let natural = || index?.by_key.get(&natural_key(kind, subject, &fields)?).copied();
        let id = last.as_ref().map(|(id, _)| *id).or_else(natural);
        let known = id.and_then(|id| index?.by_id.get(&id));
        let mut draft = Draft::new(kind, key, known.map_or(place, |known| known.place), fields);
        draft.subject = subject;
        match known {
            Some(known) => {
                draft.id = known.id;
                draft.current = Some(known.fields.clone());
                draft.last = last.map(|(_, values)| values).unwrap_or_default();
            }
            None => draft.id = (self.new_id)(),
        }
        Ok(draft)
    }

    /// Finds what of a row breaks the declaration of its kind: a required field that is empty, fields that disagree.
    ///
    /// Of a record that exists only what the row tells is looked at; the rest is another's affair.
    #[must_use]
    pub fn violations(&self, draft: &Draft) -> Vec<Violation> {
        let mut whole = draft.current.clone().unwrap_or_default();
        // Of a secret the record holds a salted hash, which is no value of the field.
        whole.retain(|key, _| !draft.kind.field(key).is_some_and(Field::is_secret));
        for (key, value) in draft.fields.iter().chain(&draft.secrets) {
            whole.insert(key.clone(), value.clone());
        }
        let is_told = |wrong: &Violation| {
            draft.current.is_none() || draft.fields.contains_key(&wrong.field) || draft.secrets.contains_key(&wrong.field)
        };
        validate::check(draft.kind, &whole, true).into_iter().filter(is_told).collect()
    }

    /// Refuses a row whose record would break its declaration.
    pub fn check(&self, draft: &Draft, reader: &mut RowReader<'_>) {
        for wrong in self.violations(draft) {
            reader.refuse_once(&wrong);
        }
    }

    /// Turns a draft into one of a record that was found otherwise.
    pub fn adopt(&self, draft: &mut Draft, id: Id) {
        if let Some(known) = self.indexes.get(draft.kind.name).and_then(|index| index.by_id.get(&id)) {
            draft.id = id;
            draft.place = known.place;
            draft.current = Some(known.fields.clone());
        }
    }

    /// Finds a household by its number: in this import, else in the store.
    #[must_use]
    pub fn home(&self, number: &str) -> Option<Home> {
        if let Some(draft) = self.household_drafts.get(number).and_then(|at| self.drafts.get(*at)) {
            return Some(Home { id: draft.id, place: draft.place });
        }
        let index = self.indexes.get("household")?;
        let known = index.by_id.get(index.by_key.get(number)?)?;
        Some(Home { id: known.id, place: known.place })
    }

    /// Remembers under which name a household can be found where a roster carries no numbers.
    pub fn note_head(&mut self, place: Place, fields: &Fields) {
        if let (Some(head), Some(number)) = (text(fields, "head_name"), text(fields, "number")) {
            self.heads.entry((place, head.to_owned())).or_default().insert(number.to_owned());
        }
    }

    /// Returns the number of the only household of a village whose head has this name.
    #[must_use]
    pub fn only_home_of(&self, village: Place, head: &str) -> Option<&str> {
        let numbers = self.heads.get(&(village, head.to_owned()))?;
        if numbers.len() == 1 { numbers.first().map(String::as_str) } else { None }
    }

    /// Lists the pairings of a household: those of the store and those of this import.
    pub fn pairings_of(&self, household: Id) -> impl Iterator<Item = &Fields> {
        self.pairings.get(&household).into_iter().flatten()
    }

    /// Adds the draft of a pairing.
    pub fn push_pairing(&mut self, household: Id, draft: Draft) {
        self.pairings.entry(household).or_default().push(draft.fields.clone());
        self.drafts.push(draft);
    }

    /// Finds the unit of a name: in this import, else in the store.
    #[must_use]
    pub fn org_id(&self, name: &str) -> Option<Id> {
        let known = || self.indexes.get("org")?.by_key.get(name).copied();
        self.planned_orgs.get(name).copied().or_else(known)
    }

    fn settle(self) -> Result<Plan, ImportError> {
        let Self { memory, mut drafts, mut report, .. } = self;
        let rank = |draft: &Draft| ORDER.iter().position(|name| *name == draft.kind.name);
        drafts.sort_by_key(rank);
        let mut writes = Vec::new();
        for draft in drafts {
            let (kind, spot, is_row, is_new) = (draft.kind, draft.spot.clone(), draft.is_row, draft.current.is_none());
            let settled = settle::settle(draft, memory)?;
            let count = report.counts.of(kind.name);
            count.kept += settled.kept.len();
            count.refilled += settled.refilled;
            if is_row {
                count.imported += usize::from(is_new);
                count.updated += usize::from(!is_new && settled.is_changed);
                count.unchanged += usize::from(!settled.is_changed);
            }
            let columns = settled
                .kept
                .iter()
                .filter_map(|key| kind.field(key))
                .map(|field| Spot { column: Some(field.zh.to_owned()), ..spot.clone() });
            report.warnings.extend(columns.map(|spot| Warning::new(spot, "kept")));
            writes.extend(settled.write);
        }
        report.refused.truncate(LISTED_MAX);
        report.warnings.truncate(LISTED_MAX);
        Ok(Plan { writes, report })
    }
}

fn file_report(table: &Table) -> FileReport {
    FileReport {
        path: table.file.clone(),
        table: table.kind.import.map_or(table.kind.name, |import| import.table).to_owned(),
        sheet: table.sheet.clone(),
        header_row: Some(table.header_row),
        rows: table.rows.len(),
        skipped: table.skipped,
        unknown_columns: table.unknown_columns.clone(),
        missing_columns: table.missing_columns.clone(),
    }
}

fn natural_key(kind: &Kind, subject: Option<Id>, fields: &Fields) -> Option<String> {
    if kind.unique.is_empty() {
        return None;
    }
    let part = |key: &&str| if *key == "subject" { subject.map(|id| id.to_string()) } else { text(fields, key).map(str::to_owned) };
    let parts: Option<Vec<String>> = kind.unique.iter().map(part).collect();
    Some(parts?.join(KEY_SEPARATOR))
}

fn text<'f>(fields: &'f Fields, key: &str) -> Option<&'f str> {
    fields.get(key).and_then(serde_json::Value::as_str)
}

impl Places {
    fn add_known(&mut self, fields: &Fields) {
        let place = |key: &str| text(fields, key).and_then(|code| code.parse().ok());
        if let (Some(code), Some(name), Some(level)) = (place("code"), text(fields, "name"), text(fields, "level")) {
            self.add(Region { code, name: name.to_owned(), level: level.to_owned(), parent: place("parent") });
        }
    }
}
