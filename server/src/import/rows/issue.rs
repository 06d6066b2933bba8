//! An inspection and the issues that it found, out of a JSON file.

use crate::import::{
    Fields, ImportError, cell,
    plan::{Named, Planner},
    read::IssueFile,
    report::{FileReport, Refusal, Spot, Warning},
    rows::value::{self, Unread},
    words,
};
use daohu_domain::{
    id::Id,
    kind::{Field, Kind, Shape},
    kinds,
    place::Place,
    validate::{Violation, check_value},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Plans an inspection and its issues.
///
/// # Errors
/// When the memory cannot be read.
pub fn plan(planner: &mut Planner<'_>, file: &str, content: &IssueFile) -> Result<(), ImportError> {
    let (Some(inspection), Some(issue)) = (kinds::find("inspection"), kinds::find("issue")) else { return Ok(()) };
    let mut unknown: BTreeSet<String> = content.other.iter().cloned().collect();
    let place = place_of(planner, content);
    let found = plan_inspection(planner, file, inspection, content, place)?;
    unknown.extend(content.inspection.keys().filter(|key| inspection.field(key).is_none()).cloned());
    for (index, value) in content.issues.iter().enumerate() {
        let row = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let empty = Fields::new();
        let object = value.as_object().unwrap_or(&empty);
        unknown.extend(object.keys().filter(|key| issue.field(key).is_none()).cloned());
        let mut reader = ObjectReader { file, row, object, refused: Vec::new(), warnings: Vec::new() };
        plan_issue(planner, issue, &mut reader, found.as_ref().zip(place))?;
    }
    planner.report_file(FileReport {
        path: file.to_owned(),
        table: "issue".to_owned(),
        sheet: None,
        header_row: None,
        rows: content.issues.len(),
        skipped: 0,
        unknown_columns: unknown.into_iter().collect(),
        missing_columns: Vec::new(),
    });
    Ok(())
}

fn place_of(planner: &Planner<'_>, content: &IssueFile) -> Option<Place> {
    match (&content.township, &content.township_name) {
        (Some(code), _) => planner.places.town(code),
        (None, Some(name)) => planner.places.town(name),
        (None, None) => planner.places.main_town(),
    }
}

fn plan_inspection(
    planner: &mut Planner<'_>,
    file: &str,
    kind: &'static Kind,
    content: &IssueFile,
    place: Option<Place>,
) -> Result<Option<(Id, String)>, ImportError> {
    let mut reader = ObjectReader { file, row: 1, object: &content.inspection, refused: Vec::new(), warnings: Vec::new() };
    let fields = reader.fields(kind);
    let name = fields.get("name").and_then(Value::as_str).map(str::to_owned);
    match (&name, place) {
        (None, _) => reader.refuse("name", "missing_key"),
        (Some(_), None) => reader.refuse("township", "unknown_place"),
        (Some(name), Some(_)) if planner.is_seen("inspection", name) => reader.refuse("name", "duplicate_key"),
        _ => {}
    }
    let (Some(name), Some(place)) = (name, place) else {
        planner.take_parts("inspection", reader.refused, reader.warnings);
        return Ok(None);
    };
    let draft = planner.draft(kind, Named { key: name.clone(), place, subject: None }, fields)?;
    reader.check(&planner.violations(&draft));
    if !planner.take_parts("inspection", reader.refused, reader.warnings) {
        return Ok(None);
    }
    planner.note("inspection", name.clone());
    let id = draft.id;
    planner.drafts.push(draft);
    Ok(Some((id, name)))
}

fn plan_issue(
    planner: &mut Planner<'_>,
    kind: &'static Kind,
    reader: &mut ObjectReader<'_>,
    inspection: Option<(&(Id, String), Place)>,
) -> Result<(), ImportError> {
    let mut fields = reader.fields(kind);
    let number = fields.get("no").and_then(Value::as_str).map(str::to_owned);
    match (&number, inspection) {
        (None, _) => reader.refuse("no", "missing_key"),
        (Some(_), None) => reader.refuse("inspection", "missing_key"),
        (Some(number), Some(((_, name), _))) if planner.is_seen("issue", &format!("{number} {name}")) => {
            reader.refuse("no", "duplicate_key");
        }
        _ => {}
    }
    let (Some(number), Some(((id, name), place))) = (number, inspection) else {
        planner.take_parts("issue", std::mem::take(&mut reader.refused), std::mem::take(&mut reader.warnings));
        return Ok(());
    };
    fields.insert("inspection".to_owned(), json!(id));
    let key = format!("{number} {name}");
    let draft = planner.draft(kind, Named { key: key.clone(), place, subject: None }, fields)?;
    reader.check(&planner.violations(&draft));
    if !planner.take_parts("issue", std::mem::take(&mut reader.refused), std::mem::take(&mut reader.warnings)) {
        return Ok(());
    }
    planner.note("issue", key);
    planner.drafts.push(draft);
    Ok(())
}

/// Reads an object as a row: its number counts from 1 in its list.
struct ObjectReader<'a> {
    file: &'a str,
    row: u32,
    object: &'a Fields,
    refused: Vec<Refusal>,
    warnings: Vec<Warning>,
}

impl ObjectReader<'_> {
    fn fields(&mut self, kind: &'static Kind) -> Fields {
        let mut fields = Fields::new();
        for field in kind.fields {
            let Some(written) = self.object.get(field.key) else { continue };
            if let (Shape::Texts { .. }, Value::Array(_)) = (&field.shape, written) {
                self.list(field, written, &mut fields);
                continue;
            }
            let Some(text) = text_of(written, &field.shape) else {
                self.warn(field.key, "unknown_choice");
                continue;
            };
            if cell::is_empty(&text) {
                fields.insert(field.key.to_owned(), Value::Null);
                continue;
            }
            match value::read(field, &text, None) {
                Ok(value) => {
                    fields.insert(field.key.to_owned(), value);
                }
                Err(Unread::Refused(code)) => self.refuse(field.key, code),
                Err(Unread::LeftOut(code)) => self.warn(field.key, code),
            }
        }
        fields
    }

    /// Takes a list of texts as it is, entries with commas in them whole.
    fn list(&mut self, field: &'static Field, written: &Value, fields: &mut Fields) {
        match check_value(field, written).first() {
            None => {
                fields.insert(field.key.to_owned(), written.clone());
            }
            Some(wrong) if wrong.code == "secret_in_text" => self.refuse(field.key, "secret_in_text"),
            Some(_) => self.refuse(field.key, "too_long"),
        }
    }

    fn spot(&self, key: &str) -> Spot {
        let value = self.object.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        Spot { file: self.file.to_owned(), row: Some(self.row), column: Some(key.to_owned()), value }
    }

    fn check(&mut self, wrong: &[Violation]) {
        for wrong in wrong {
            let spot = self.spot(&wrong.field);
            if !self.refused.iter().any(|refusal| refusal.column == spot.column) {
                self.refused.push(Refusal::saying(spot, words::known_code(&wrong.code), (wrong.zh.clone(), wrong.en.clone())));
            }
        }
    }

    fn refuse(&mut self, key: &str, code: &'static str) {
        let refusal = Refusal::new(self.spot(key), code);
        self.refused.push(refusal);
    }

    fn warn(&mut self, key: &str, code: &'static str) {
        let warning = Warning::new(self.spot(key), code);
        self.warnings.push(warning);
    }
}

/// Returns the text of a JSON value as a cell would hold it; a list of texts is one entry a line.
fn text_of(value: &Value, shape: &Shape) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "是" } else { "否" }.to_owned()),
        Value::Array(entries) if matches!(shape, Shape::LongText { .. } | Shape::Choices(_)) => {
            entries.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|entries| entries.join("\n"))
        }
        Value::Array(_) | Value::Object(_) => None,
    }
}
