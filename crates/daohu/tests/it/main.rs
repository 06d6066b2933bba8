//! The binary as a shell sees it: one JSON value on stdout, sentences on stderr, an exit status.

mod figures;
mod keep;
mod people;
mod run;
mod serve;
mod usage;
