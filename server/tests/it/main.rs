//! The server as its callers see it: real stores in temporary folders, simulated devices built on the wire and record crates.

mod import;
mod phone;
mod thread;
mod world;
