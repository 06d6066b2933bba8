//! Pages that the server draws itself: sign-in and the overview of coverage. Plain HTML that needs no script.
//!
//! `figures` turns what the office answers into what a page shows, `overview`, `own`, `households` and `sign_in` draw it, `text` holds
//! languages, months and percentages. Nothing here asks the store, and no list is ordered by a figure.

pub mod figures;
pub mod frame;
pub mod grid;
pub mod households;
pub mod overview;
pub mod own;
pub mod sign_in;
pub mod text;

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("web/office.css");

/// What pages may load and where their forms may go: our own style sheet and ourselves.
pub const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
