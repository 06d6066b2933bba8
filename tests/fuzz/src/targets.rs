//! The targets, by the part of the product that takes the bytes in.

pub mod api;
pub mod carried;
pub mod door;
pub mod import;
pub mod record;
pub mod wire;

/// Says `ok`, or the code with which something was refused.
fn word<T>(outcome: Result<T, daohu_wire::WireError>) -> String {
    outcome.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned())
}
