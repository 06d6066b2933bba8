//! How big originals may be and how small copies are.

/// The sizes that everything here is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an original, photo or file.
    pub original_bytes_max: usize,
    /// Pixels of an original as its header says.
    pub pixels_max: u64,
    /// Pixels of the longer edge of a kept copy.
    pub kept_edge_px_max: u32,
    /// Bytes that a kept copy stays below if its quality need not fall under the floor for it.
    pub kept_bytes_aim: usize,
    /// Bytes of a kept copy, whatever it shows.
    pub kept_bytes_max: usize,
    /// Pixels of the longer edge of a thumbnail.
    pub thumb_edge_px_max: u32,
    /// Bytes of a thumbnail, whatever it shows.
    pub thumb_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            original_bytes_max: 64 << 20,
            pixels_max: 120_000_000,
            kept_edge_px_max: 1600,
            kept_bytes_aim: 300_000,
            kept_bytes_max: 1_000_000,
            thumb_edge_px_max: 320,
            thumb_bytes_max: 8192,
        }
    }
}
