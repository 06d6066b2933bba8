//! The server as its callers see it: real stores in temporary folders, simulated devices built on the wire and record crates.

mod backup;
mod coverage;
mod crash;
mod devices;
mod disk;
mod edge;
mod grants;
mod guard;
mod hostile;
mod import;
mod log;
mod master;
mod office;
mod packs;
mod phone;
mod rebuild;
mod records;
mod reviews;
mod store;
mod sync;
mod thread;
mod world;
