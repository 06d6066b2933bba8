//! The exchange beyond one request after the other: real phones (the field core) and a real office in one process, no socket.

mod copies;
mod files;
mod repair;
mod restored;
mod world;
