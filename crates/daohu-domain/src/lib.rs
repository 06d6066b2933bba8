//! Nouns and rules of daohu: kinds and their fields, places, months, duties, coverage, permissions.
//!
//! Everything here is a pure function: time and facts come in, decisions go out. This crate knows nothing of
//! clocks, stores, Automerge or HTTP.

pub mod calendar;
pub mod coverage;
pub mod id;
pub mod place;
