//! End to end: the real `daohu` and `daohu-field`, real files, the loopback.

mod late_sync;
mod offline_and_back;
mod receipt;
mod refused;
mod scenarios;
mod thread;
