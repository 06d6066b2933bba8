//! The server of daohu as a library: accepts, guards, stores, proves, projects and answers.
//!
//! [`office::Office`] is the opened data folder; a use case is one file here with a method on it. `intake` judges what devices hand in
//! and plans one transaction, `store` writes it, `log` and `verify` prove it, `project` turns documents into rows, `sync` and `enrol`
//! are what devices call. Only the web edge is asynchronous.

pub mod app;
pub mod auth;
pub mod backup;
pub mod batch_file;
pub mod blobs;
pub mod clock;
mod config;
pub mod coverage;
mod device;
pub mod disk;
mod enrol;
pub mod error;
mod export;
pub mod grants;
pub mod import;
mod intake;
mod leave;
pub mod limits;
mod log;
pub mod office;
mod pairing;
pub mod permit;
mod project;
mod quarantine;
pub mod random;
mod rebuild;
pub mod record;
pub mod routes;
mod secret;
pub mod serve;
pub mod store;
pub mod sync;
mod verify;
pub mod web;

pub use verify::{Bad, LogCheck};
