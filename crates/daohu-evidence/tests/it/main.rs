//! What becomes of photos and files, honest and hostile, and which photos are taken for the same.

mod alike;
mod checked;
mod facts;
mod fixture;
mod hostile;
mod index;
mod prepare;
