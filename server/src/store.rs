//! What the server keeps: ports that say what a store promises, and the backends behind them.
//!
//! No SQL stands outside this module. Intake is a plan, then [`LogStore::commit`](ports::LogStore::commit) of that plan, so that no
//! transaction crosses a port. A backend keeps nothing in memory that another process could make stale.

pub mod account;
pub mod blob;
pub mod plan;
pub mod ports;
pub mod rows;
pub mod sqlite;

pub use ports::{Store, StoreError};
