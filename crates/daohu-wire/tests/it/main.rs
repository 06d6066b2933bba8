//! The wire format from outside: what third parties may rely on, and what no bytes from outside may do.

mod batches;
mod config;
mod decoders;
mod document;
mod enrolment;
mod fixture;
mod frames;
mod golden;
mod limits;
mod log_files;
mod merkle;
mod mutants;
mod packs;
mod receipts;
mod seals;
mod signatures;
