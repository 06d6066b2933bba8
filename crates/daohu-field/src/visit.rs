//! Visits: begun, written, sealed, handed in, taken back, corrected, shown. One file each below.
//!
//! Until it is handed in, a visit is a draft: rows that are durable at every keystroke. Its document is made once, in
//! one change that carries the fields and the event that hands it in.

mod after;
mod draft;
mod hint;
mod input;
mod submit;
mod view;

pub use input::VisitInput;
pub use view::{Correction, PromiseView, VisitView};

pub(crate) use draft::again as draft_again;
pub(crate) use view::of_record;

use daohu_domain::hints::Hint;
use serde::Serialize;

/// How far a visit is to be taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Until {
    /// Written down only.
    Draft,
    /// Its times are fixed; the text may still be completed.
    Seal,
    /// Handed in.
    #[default]
    Submit,
}

/// A visit and what might be worth a second look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitAnswer {
    /// The visit.
    pub visit: VisitView,
    /// At most two hints; they never block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hints: Option<Vec<Hint>>,
}
