//! Tests of the nouns and rules, as one program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot set up its test fails it")]

mod codes;
mod config;
mod coverage_duty;
mod coverage_histories;
mod coverage_live;
mod coverage_properties;
mod coverage_report;
mod coverage_shared;
mod coverage_vectors;
mod coverage_visit;
mod hints;
mod kinds;
mod leads;
mod mask;
mod month_text;
mod permission;
mod places_and_days;
mod properties;
mod read_text;
mod required_evidence;
mod secret;
mod state_agrees;
mod state_month_record;
mod state_task;
mod state_visit;
mod time;
mod validate;
