//! One record is one Automerge document: created, edited, merged, guarded, read.
//!
//! This crate alone knows Automerge. It takes plain values in and gives plain values out, keeps events and sealed
//! fields from ever changing, shows conflicts instead of hiding them, and judges every change that somebody else
//! made before it touches a document ([`guard`]). It knows nothing of stores, sockets or clocks.

mod cbor;
mod chunk;
mod contain;
pub mod document;
pub mod error;
mod event;
pub mod guard;
pub mod model;
pub mod twins;
mod values;

pub use contain::{last_panic_site, panics_caught};
pub use document::Document;
pub use error::RecordError;
pub use guard::{Accepted, GuardContext, Limits, Refusal, Touched, guard, guard_trusted_reader};
pub use model::{Change, Conflict, Event, EventView, Header, Origin, Past, Said, View};
pub use twins::together;

use automerge::{ActorId, TextEncoding};
use daohu_domain::id::Id;

/// The plain form of a value.
pub type Json = daohu_domain::kind::Json;

/// The plain form of the fields of a record, by key.
pub type Fields = daohu_domain::kind::Fields;

/// The unit in which positions in texts are counted: given everywhere, so that phone, server and browser agree.
const ENCODING: TextEncoding = TextEncoding::UnicodeCodePoint;

/// Returns the Automerge actor of a device: the sixteen bytes of its id.
fn actor_of(device: Id) -> ActorId {
    ActorId::from(device.as_bytes().as_slice())
}

/// Returns the device of an Automerge actor; an actor that is no device id becomes the nil id.
fn device_of(actor: &ActorId) -> Id {
    Id::from_slice(actor.to_bytes()).unwrap_or(Id::from_bytes([0; 16]))
}
