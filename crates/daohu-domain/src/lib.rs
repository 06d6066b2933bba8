//! Nouns and rules of daohu: kinds and their fields, places, months, duties, coverage, permissions.
//!
//! Everything here is a pure function: time and facts come in, decisions go out. This crate knows nothing of
//! clocks, stores, Automerge or HTTP.

pub mod calendar;
pub mod choices;
pub mod codes;
pub mod config;
pub mod coverage;
pub mod declare;
pub mod glossary;
pub mod hints;
pub mod id;
pub mod kind;
pub mod kinds;
pub mod leads;
pub mod mask;
pub mod month_text;
pub mod permission;
pub mod place;
pub mod required_evidence;
pub mod role;
pub mod schema;
pub mod secret;
pub mod state;
pub mod time;
pub mod validate;

pub use kind::{Fields, Json};
