//! Small values that cross as text: ids, places, months, days, instants, paths, and whatever a record says as JSON.

pub(crate) use daohu_domain::{
    calendar::{Day, Instant, Month},
    id::Id,
    kind::{Fields, Json},
    place::Place,
};
pub(crate) use std::path::PathBuf;

use crate::error::LedgerError;

/// Refuses a text that is none of its kind, before anything is asked of the ledger.
fn usage<E>(_: E) -> LedgerError {
    LedgerError::of("usage")
}

uniffi::custom_type!(Id, String, { remote, try_lift: |text| Ok(text.parse().map_err(usage)?), lower: |id| id.to_string() });
uniffi::custom_type!(Place, String, { remote, try_lift: |text| Ok(text.parse().map_err(usage)?), lower: |place| place.to_string() });
uniffi::custom_type!(Month, String, { remote, try_lift: |text| Ok(text.parse().map_err(usage)?), lower: |month| month.to_string() });
uniffi::custom_type!(Day, String, { remote, try_lift: |text| Ok(text.parse().map_err(usage)?), lower: |day| day.to_string() });
uniffi::custom_type!(Instant, String, { remote, try_lift: |text| Ok(text.parse().map_err(usage)?), lower: |at| at.to_string() });
uniffi::custom_type!(PathBuf, String, { remote, try_lift: |text| Ok(Self::from(text)), lower: |path| path.to_string_lossy().into_owned() });
uniffi::custom_type!(Fields, String, {
    remote,
    try_lift: |text| Ok(serde_json::from_str(&text).map_err(usage)?),
    lower: |fields| serde_json::Value::Object(fields).to_string(),
});
uniffi::custom_type!(Json, String, {
    remote,
    try_lift: |text| Ok(serde_json::from_str(&text).map_err(usage)?),
    lower: |value| value.to_string(),
});
