//! Values in time as an import lays them: from a day on this value holds, until something later says otherwise.

use daohu_domain::calendar::Day;
use serde_json::{Value, json};

/// Lays `value` from `from` on over the spans that the last import left.
///
/// The same value again changes nothing, even where the new roster is said to be true from a later day; told from an
/// earlier day than any before, it only fills the time in front. So a roster that comes every year with the same
/// facts stays unchanged, and an older one never rewrites what a newer one said.
#[must_use]
pub fn lay(spans: &Value, value: &str, from: Day) -> Value {
    let from = from.to_string();
    let mut laid: Vec<Value> = spans.as_array().cloned().unwrap_or_default();
    let Some(at) = laid.iter().rposition(|span| text(span, "from") <= from.as_str()) else {
        return in_front(laid, value, &from);
    };
    let is_last = at + 1 == laid.len();
    let Some(span) = laid.get_mut(at) else { return Value::Array(laid) };
    if text(span, "value") == value || !is_last {
        return Value::Array(laid);
    }
    if text(span, "from") == from {
        // The same day told anew is a correction of that day.
        *span = json!({"value": value, "from": from, "to": null});
    } else {
        if span.get("to").is_none_or(Value::is_null) {
            *span = json!({"value": text(span, "value"), "from": text(span, "from"), "to": from});
        }
        laid.push(json!({"value": value, "from": from, "to": null}));
    }
    Value::Array(laid)
}

fn in_front(mut laid: Vec<Value>, value: &str, from: &str) -> Value {
    match laid.first() {
        Some(first) if text(first, "value") == value => {
            let to = first.get("to").cloned().unwrap_or_default();
            laid.splice(..1, [json!({"value": value, "from": from, "to": to})]);
        }
        Some(first) => {
            let to = text(first, "from").to_owned();
            laid.insert(0, json!({"value": value, "from": from, "to": to}));
        }
        None => laid.push(json!({"value": value, "from": from, "to": null})),
    }
    Value::Array(laid)
}

/// Returns the value that the last span leaves open, if any.
#[must_use]
pub fn open_value(spans: &Value) -> Option<&str> {
    let last = spans.as_array()?.last()?;
    if last.get("to").is_none_or(Value::is_null) { last.get("value")?.as_str() } else { None }
}

fn text<'a>(span: &'a Value, key: &str) -> &'a str {
    span.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::lay;
    use daohu_domain::calendar::Day;
    use serde_json::{Value, json};

    const NEW_YEAR: Day = Day::constant(2019, 1, 1);
    const NEXT_YEAR: Day = Day::constant(2020, 1, 1);

    #[test]
    fn a_first_roster_holds_from_its_day_on() {
        assert_eq!(lay(&Value::Null, "poor", NEW_YEAR), json!([{"value": "poor", "from": "2019-01-01", "to": null}]));
    }

    #[test]
    fn the_same_value_a_year_later_changes_nothing() {
        let first = lay(&Value::Null, "poor", NEW_YEAR);

        assert_eq!(lay(&first, "poor", NEXT_YEAR), first);
    }

    #[test]
    fn another_value_closes_the_span_before_it() {
        let first = lay(&Value::Null, "poor", NEW_YEAR);

        let second = lay(&first, "exited_with_policy", NEXT_YEAR);

        assert_eq!(
            second,
            json!([
                {"value": "poor", "from": "2019-01-01", "to": "2020-01-01"},
                {"value": "exited_with_policy", "from": "2020-01-01", "to": null}
            ])
        );
    }

    #[test]
    fn an_older_roster_only_fills_the_time_in_front() {
        let newer = lay(&Value::Null, "exited_with_policy", NEXT_YEAR);

        let both = lay(&newer, "poor", NEW_YEAR);

        assert_eq!(
            both,
            json!([
                {"value": "poor", "from": "2019-01-01", "to": "2020-01-01"},
                {"value": "exited_with_policy", "from": "2020-01-01", "to": null}
            ])
        );
        assert_eq!(lay(&both, "poor", NEW_YEAR), both, "and told again it changes nothing");
    }

    #[test]
    fn the_same_day_told_anew_is_a_correction() {
        let first = lay(&Value::Null, "poor", NEW_YEAR);

        assert_eq!(lay(&first, "ordinary", NEW_YEAR), json!([{"value": "ordinary", "from": "2019-01-01", "to": null}]));
    }
}
