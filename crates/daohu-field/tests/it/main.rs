//! The field core against a small server of its own: what holds with no signal, and what holds when it comes back.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests: what cannot be is a failed test, and test worlds are small"
)]

mod access;
mod backup;
mod codes;
mod convergence;
mod conversation;
mod copies;
mod damage;
mod draft;
mod due;
mod fake;
mod month;
mod phone;
mod privacy;
mod refusal;
mod review;
mod store;
mod thread;
mod time;
