//! Every byte that leaves a process: sync frames, batches, signatures, receipts, the Merkle log, limits, versions.
//!
//! `docs/PROTOCOL.md` describes these bytes for other implementations, `docs/protocol-vectors/` holds golden ones.
//! This crate knows nothing of Automerge, SQL or HTTP: changes are byte strings with a hash, heads are numbers.

pub mod answer;
pub mod batch;
pub mod batch_file;
pub mod change;
mod codec;
pub mod config;
pub mod enrol;
pub mod error;
pub mod head;
pub mod item;
pub mod leaf;
pub mod limits;
pub mod log_file;
pub mod merkle;
pub mod pack;
pub mod policy;
pub mod receipt;
pub mod reconcile;
pub mod repair;
pub mod request;
pub mod request_signature;
pub mod seal;
pub mod sign;
pub mod thumbs;
pub mod value;
mod zip;

pub use answer::{BatchStatus, ItemStatus, Pulled, PulledItem, Start, SyncAnswer};
pub use batch::{Anchor, Batch, BatchHeader, Boot};
pub use change::change_hash;
pub use config::ServerConfig;
pub use enrol::{EnrolAnswer, EnrolRequest};
pub use error::WireError;
pub use head::{ClockKind, Head, SignedHead};
pub use item::Item;
pub use leaf::{Leaf, LeafType, PlaceRange};
pub use merkle::Hash;
pub use pack::{ChunkRef, PackChunk, PackOffer};
pub use policy::{GrantView, KnownDevice, KnownPlace, Policy, Revoked};
pub use receipt::{ItemProof, Receipt};
pub use reconcile::Holdings;
pub use request::{Cursor, SyncRequest};
pub use request_signature::RequestSignature;
pub use seal::SealKey;
pub use sign::DeviceKey;
pub use thumbs::{ThumbsAnswer, ThumbsRequest};
pub use value::SealedValue;
