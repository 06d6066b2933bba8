//! Imports of rosters as offices keep them: every mess has its file and its expected answer.

mod again;
mod broken;
mod maker;
mod memory;
mod mess;
mod office;
mod real;
mod refused;
