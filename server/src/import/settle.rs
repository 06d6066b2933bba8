//! What a planned row changes: measured against the last import's values, so that a person's own change is left alone.

use super::{
    Fields, ImportError,
    memory::{ImportMemory, Write},
    report::Spot,
    spans,
};
use daohu_domain::{calendar::Day, id::Id, kind::Kind, place::Place};
use serde_json::Value;

/// What the name of a secret begins with among the values that are remembered: there stands its digest.
const SECRET: &str = "secret.";

/// A value that holds from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The field, a list of spans.
    pub field: &'static str,
    /// The value.
    pub value: String,
    /// The first day.
    pub day: Day,
}

/// A record as a table describes it. A `Null` says that the table leaves a field empty; what it does not tell is absent.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The kind.
    pub kind: &'static Kind,
    /// What names the row the next time.
    pub key: String,
    /// The record.
    pub id: Id,
    /// The place where it lives.
    pub place: Place,
    /// The household it belongs to.
    pub subject: Option<Id>,
    /// What the last import gave.
    pub last: Fields,
    /// The record as it is; none for a new one.
    pub current: Option<Fields>,
    /// Its fields.
    pub fields: Fields,
    /// Its secrets.
    pub secrets: Fields,
    /// Its values in time.
    pub spans: Vec<Since>,
    /// Whether it is a row of a table and counted as one.
    pub is_row: bool,
    /// Where the row stands.
    pub spot: Spot,
}

impl Draft {
    /// Begins the draft of a new record that is a row of a table; its id is still to be drawn.
    #[must_use]
    pub fn new(kind: &'static Kind, key: String, place: Place, fields: Fields) -> Self {
        let (last, secrets, id) = (Fields::new(), Fields::new(), Id::from_bytes([0; 16]));
        Self {
            kind,
            key,
            id,
            place,
            subject: None,
            last,
            current: None,
            fields,
            secrets,
            spans: Vec::new(),
            is_row: true,
            spot: Spot::default(),
        }
    }
}

/// What a draft comes to.
#[derive(Debug)]
pub struct Settled {
    /// What is written; none where nothing changes, not even the memory.
    pub write: Option<Write>,
    /// Whether the record changes.
    pub is_changed: bool,
    /// Fields that were left alone because a person changed them.
    pub kept: Vec<String>,
    /// How many secrets are written again because their key was lost.
    pub refilled: usize,
}

/// Settles a draft.
///
/// # Errors
/// When the memory cannot be read.
pub fn settle(draft: Draft, memory: &dyn ImportMemory) -> Result<Settled, ImportError> {
    let mut wanted = draft.fields;
    for span in &draft.spans {
        let before = draft.last.get(span.field).unwrap_or(&Value::Null);
        wanted.insert(span.field.to_owned(), spans::lay(before, &span.value, span.day));
    }
    let mut sums = Sums { values: draft.last.clone(), fields: Fields::new(), secrets: Fields::new(), kept: Vec::new() };
    for (key, value) in wanted {
        let current = draft.current.as_ref().map(|fields| fields.get(&key).cloned().unwrap_or_default());
        if sums.take(&key, &value, current.as_ref()) {
            sums.fields.insert(key, value);
        }
    }
    let mut refilled = 0;
    for (key, value) in draft.secrets {
        let digest = digest_of(&value, memory);
        let current = match draft.current {
            Some(_) => Some(memory.secret_digest(draft.id, &key)?.map(Value::String).unwrap_or_default()),
            None => None,
        };
        if current == Some(Value::Null) && !value.is_null() && memory.secret_is_lost(draft.id, &key)? {
            sums.values.insert(format!("{SECRET}{key}"), digest);
            sums.secrets.insert(key, value);
            refilled += 1;
            continue;
        }
        if sums.take(&format!("{SECRET}{key}"), &digest, current.as_ref()) {
            sums.secrets.insert(key, value);
        }
    }
    let is_new = draft.current.is_none();
    let is_changed = is_new || !sums.fields.is_empty() || !sums.secrets.is_empty();
    let write = Write {
        kind: draft.kind.name,
        key: draft.key,
        id: draft.id,
        place: draft.place,
        subject: draft.subject,
        is_new,
        fields: sums.fields,
        secrets: sums.secrets,
        values: sums.values,
    };
    let remembers = is_changed || write.values != draft.last;
    Ok(Settled { write: if remembers { Some(write) } else { None }, is_changed, kept: sums.kept, refilled })
}

struct Sums {
    values: Fields,
    fields: Fields,
    secrets: Fields,
    kept: Vec<String>,
}

impl Sums {
    /// Remembers a value and says whether it is to be written.
    fn take(&mut self, key: &str, value: &Value, current: Option<&Value>) -> bool {
        let last = self.values.get(key).cloned().unwrap_or_default();
        if value.is_null() {
            self.values.shift_remove(key);
        } else {
            self.values.insert(key.to_owned(), value.clone());
        }
        let Some(current) = current else { return !value.is_null() };
        if current == value {
            return false;
        }
        let is_own = *current == last;
        // The value of the last import still stands, or a person has said otherwise since.
        if !is_own {
            self.kept.push(key.trim_start_matches(SECRET).to_owned());
        }
        is_own
    }
}

fn digest_of(value: &Value, memory: &dyn ImportMemory) -> Value {
    if value.is_null() { Value::Null } else { Value::String(memory.digest(&secret_text(value))) }
}

/// Returns the text of a secret, of which the digest is made.
#[must_use]
pub fn secret_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
