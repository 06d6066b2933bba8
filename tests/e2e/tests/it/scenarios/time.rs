//! Instants of scenarios: milliseconds for reckoning, RFC 3339 for commands, days at +08:00.

use daohu_e2e::Outcome;
use jiff::Timestamp;
use serde_json::Value as Json;

/// Milliseconds since 1970.
pub(super) type Ms = i64;

/// A day.
pub(super) const DAY: Ms = 24 * 60 * 60 * 1000;

const EIGHT_HOURS: Ms = 8 * 60 * 60 * 1000;

/// Reads an instant of a scenario; null is none.
pub(super) fn read(value: &Json) -> Outcome<Option<Ms>> {
    value.as_str().map(|text| Ok(text.parse::<Timestamp>()?.as_millisecond())).transpose()
}

/// Reads an instant that must be there.
pub(super) fn must(value: &Json) -> Outcome<Ms> {
    Ok(read(value)?.ok_or("an instant is missing")?)
}

/// Writes an instant as commands take it.
pub(super) fn written(at: Ms) -> Outcome<String> {
    Ok(Timestamp::from_millisecond(at)?.to_string())
}

/// The day of an instant at +08:00; days compare as text.
pub(super) fn day(at: Ms) -> Outcome<String> {
    let text = written(at + EIGHT_HOURS)?;
    Ok(text.split('T').next().unwrap_or_default().to_owned())
}
