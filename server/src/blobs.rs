//! Files that records of evidence name: how they come (`upload`), who may send them (`token`), where they lie (`shelf`, `place`), who may have them
//! (`read`), and what is cleaned away (`sweep`).
//!
//! A file is named by the SHA-256 of its bytes and by nothing that a client calls it. Nothing is given out but by right over a record
//! that names it.

mod place;
mod read;
mod shelf;
mod sweep;
mod token;
mod upload;

pub use place::{Bucket, ShelfPlace};
pub use read::Found;
pub use shelf::Shelf;
pub use upload::{Part, UploadAsk, UploadView};

use crate::limits::DAY_MS;
use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use std::path::PathBuf;

use crate::office::Office;

/// The folder in a data folder where files on their way lie.
pub(crate) const UPLOADS: &str = "uploads";

/// Returns where the bytes of an upload lie; its name is the server's own.
fn file_of(office: &Office, upload: Id) -> PathBuf {
    office.folder().join(UPLOADS).join(upload.to_string())
}

/// Returns the end of a day that begins now.
fn in_a_day(now: Instant) -> Instant {
    Instant(now.0.saturating_add(DAY_MS))
}
