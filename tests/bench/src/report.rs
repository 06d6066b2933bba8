//! One figure, one line of JSON: what was measured, against which limit, and whether it holds.

use serde_json::{Map, Value as Json, json};

/// What a bench may fail on: any measurement that could not be made.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The limit of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// A measured figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    bench: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    limit: Option<Limit>,
    more: Map<String, Json>,
}

impl Figure {
    /// Makes a figure without a limit.
    pub(crate) fn new(bench: &'static str, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { bench, name: name.into(), value, unit, limit: None, more: Map::new() }
    }

    /// Says that the value should be at most this.
    pub(crate) fn at_most(mut self, limit: f64) -> Self {
        self.limit = Some(Limit::AtMost(limit));
        self
    }

    /// Says that the value should be at least this.
    pub(crate) fn at_least(mut self, limit: f64) -> Self {
        self.limit = Some(Limit::AtLeast(limit));
        self
    }

    /// Adds something worth knowing beside the value.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a number, rounded as all numbers are.
    pub(crate) fn with_number(self, key: &str, value: f64) -> Self {
        self.with(key, rounded(value))
    }

    /// Returns the line.
    pub(crate) fn to_json(&self) -> Json {
        let mut line = json!({ "bench": self.bench, "figure": self.name, "value": rounded(self.value), "unit": self.unit });
        if let (Some(limit), Some(map)) = (self.limit, line.as_object_mut()) {
            let (key, limit, holds) = match limit {
                Limit::AtMost(limit) => ("at_most", limit, self.value <= limit),
                Limit::AtLeast(limit) => ("at_least", limit, self.value >= limit),
            };
            map.insert("limit".to_owned(), rounded(limit));
            map.insert("bound".to_owned(), json!(key));
            map.insert("holds".to_owned(), json!(holds));
        }
        if let Some(map) = line.as_object_mut() {
            map.extend(self.more.clone());
            // A figure of an unoptimised build says nothing about speed.
            map.insert("build".to_owned(), json!(if cfg!(debug_assertions) { "dev" } else { "release" }));
        }
        line
    }
}

/// Rounds to three digits behind the point; whole numbers stay whole.
fn rounded(value: f64) -> Json {
    let rounded = (value * 1000.0).round() / 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough")]
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 { json!(rounded as i64) } else { json!(rounded) }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn a_line_says_limit_and_whether_it_holds() {
        let over = Figure::new("sync", "noop_bytes", 451.0, "B").at_most(450.0).to_json();
        assert_eq!((&over["limit"], &over["holds"], &over["value"]), (&450.into(), &false.into(), &451.into()));

        let fast = Figure::new("core", "intake", 4000.0, "changes/s").at_least(4000.0).with_number("ratio", 0.123_456).to_json();
        assert_eq!((&fast["holds"], &fast["ratio"]), (&true.into(), &0.123.into()));
    }
}
