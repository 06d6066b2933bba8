//! The binary as a shell sees it: one JSON value on stdout, sentences on stderr, an exit status.

mod exchange;
mod figures;
mod keep;
#[expect(clippy::unwrap_used, reason = "a test stops where its world cannot be made")]
mod packs;
mod people;
mod run;
mod serve;
mod usage;
