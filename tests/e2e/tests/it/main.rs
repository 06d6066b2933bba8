//! End to end: the real `daohu` and `daohu-field`, real files, the loopback.

mod bytes;
mod carried;
mod demo;
mod kills;
mod late_sync;
mod load;
mod newer;
mod offline_and_back;
mod privacy;
mod receipt;
mod refused;
mod scenarios;
mod thread;
