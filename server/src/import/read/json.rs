//! An inspection with its issues (整改事项.json): `{"township": {"code"}, "inspection": {…}, "issues": [{…}]}`.

use super::ROWS_MAX;
use crate::import::{Fields, ImportError};
use serde_json::Value;

/// An inspection and the issues that it found, as they stand in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueFile {
    /// The township's code, where the file names one.
    pub township: Option<String>,
    /// The township's name, where the file names one.
    pub township_name: Option<String>,
    /// The inspection.
    pub inspection: Fields,
    /// The issues in order.
    pub issues: Vec<Value>,
    /// Other names at the top of the file: they are reported and not read.
    pub other: Vec<String>,
}

/// Says whether a JSON value is shaped like an inspection with its issues.
#[must_use]
pub fn is_issue_file(value: &Value) -> bool {
    value.get("inspection").is_some_and(Value::is_object) && value.get("issues").is_some_and(Value::is_array)
}

/// Reads an inspection with its issues.
///
/// # Errors
/// `not_a_workbook` when the bytes are no JSON, `unknown_table` when they are some other JSON, `too_big` beyond the limits.
pub(super) fn read_issues(bytes: &[u8]) -> Result<IssueFile, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|_| ImportError::NotAWorkbook)?;
    if !is_issue_file(&value) {
        return Err(ImportError::UnknownTable);
    }
    let Value::Object(mut top) = value else { return Err(ImportError::UnknownTable) };
    let township = |key: &str| Some(top.get("township")?.get(key)?.as_str()?.trim().to_owned());
    let (code, name) = (township("code"), township("name"));
    let (Some(Value::Object(mut inspection)), Some(Value::Array(issues))) = (top.remove("inspection"), top.remove("issues")) else {
        return Err(ImportError::UnknownTable);
    };
    if issues.len() > ROWS_MAX {
        return Err(ImportError::TooBig);
    }
    top.remove("township");
    // The meeting that made the plan is a day of the inspection's record.
    if let Some(day) = top.get("plan_meeting").and_then(|meeting| meeting.get("date")).cloned() {
        inspection.insert("plan_meeting".to_owned(), day);
        top.remove("plan_meeting");
    }
    Ok(IssueFile { township: code, township_name: name, inspection, issues, other: top.keys().cloned().collect() })
}
