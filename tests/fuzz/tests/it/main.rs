//! Hostile bytes from a seed: no panic gets out, no input holds or does more than its bound, honest ones are taken.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails; its helpers outside test functions too")]

mod corpus;
mod counted;
mod seeded;
