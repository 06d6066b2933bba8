//! Tests of records as people and programs meet them: written apart, merged, judged, kept small.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails; its helpers outside test functions too")]

mod bytes;
mod documents;
mod guards;
mod merges;
mod mutate;
mod newer;
mod replay;
mod sample;
mod twins;
