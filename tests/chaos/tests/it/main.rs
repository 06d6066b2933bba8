//! Five hundred seeds, and that a seed is the same run every time.

mod seeds;
