//! Records as the office works with them: added and edited by the server's own device, listed, shown.

mod list;
mod show;
mod twins;
mod write;

pub use list::{RecordPage, RecordWanted};
pub use twins::OneRecord;
pub(crate) use write::{OwnItem, sign};
pub use write::{RecordWrite, Writes};
