//! Photos and files as evidence: what a file is, the copies that are kept of it, and whether two photos are the same.
//!
//! Bytes in, answer out: no clock, no file, no network, nothing of ours below it. Every byte here was written by somebody else, so what a
//! header says is checked before anything is decoded, and nothing panics or grows beyond the [`Limits`].
//!
//! - [`prepare`]: the original's hash, its facts, the kept copy and the thumbnail; [`checked`] for copies that a browser's page scaled.
//! - [`looks`]: how a photo looks, in a few numbers that survive scaling and compression; [`Index`] finds those that look alike.
//!
//! What the numbers mean is in `docs/EVIDENCE.md`.

mod alike;
mod checked;
mod copies;
mod error;
mod facts;
mod index;
mod jpeg;
mod kind;
mod limits;
mod luma;
mod picture;
mod png;
mod prepare;

pub use alike::{Likeness, Print, Prints, Probe, REACH, looks};
pub use checked::{Checked, checked};
pub use error::EvidenceError;
pub use facts::{Facts, Position};
pub use index::{Found, Index, Near};
pub use kind::FileKind;
pub use limits::Limits;
pub use prepare::{Blob, Prepared, prepare};
