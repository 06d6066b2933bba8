//! The program as people and scripts run it: real processes, one of them a small server on a port of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests: what cannot be is a failed test, and test worlds are small"
)]

#[path = "../../../daohu-field/tests/it/fake.rs"]
#[expect(dead_code, reason = "the tests of the core use more of it")]
mod fake;

mod command;
mod kill;
mod program;
