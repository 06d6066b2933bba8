//! The field core against a small server of its own: what holds with no signal, and what holds when it comes back.

mod access;
mod convergence;
mod conversation;
mod draft;
mod due;
mod fake;
mod month;
mod phone;
mod privacy;
mod refusal;
mod review;
mod store;
mod thread;
mod time;
