//! Sync: what this device has goes out in sealed batches, what is new comes in, and nothing counts as received
//! before its receipt is verified.
//!
//! `conversation` decides what to ask next, `seal` makes batches, `apply` takes an answer in one transaction,
//! `pack` fetches what a new grant has had so far, `catch_up` is for copies of a store and for new enrolments, `repair` compares
//! record by record, `policy` keeps grants and purges what was taken away, `address` asks a new address who it is.

pub(crate) mod address;
pub(crate) mod apply;
pub(crate) mod catch_up;
pub(crate) mod conversation;
pub(crate) mod foreign;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod repair;
pub(crate) mod seal;

pub use apply::RefusedItem;
pub use conversation::{SyncConversation, SyncOptions, SyncReport};
