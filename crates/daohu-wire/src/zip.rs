//! Compression of whole bodies: zstd level 3 out (9 for packs), and in with a hard cap, whatever a frame declares about itself.

use crate::error::WireError;
use std::io::Read;

/// Compresses a body. The same bytes give the same bytes.
pub(crate) fn deflate(plain: &[u8]) -> Result<Vec<u8>, WireError> {
    deflate_at(3, plain)
}

/// Compresses at another level than that of bodies, for what is made once and sent often.
pub(crate) fn deflate_at(level: i32, plain: &[u8]) -> Result<Vec<u8>, WireError> {
    zstd::bulk::compress(plain, level).map_err(|_| WireError::BadFrame("could not be compressed"))
}

/// Inflates exactly one frame of at most `max` bytes. Memory grows with what comes out, never with what was declared.
pub(crate) fn inflate(packed: &[u8], what: &'static str, max: usize) -> Result<Vec<u8>, WireError> {
    let mut rest = packed;
    let mut frame = zstd::stream::read::Decoder::with_buffer(&mut rest).map_err(|_| WireError::BadFrame("zstd"))?.single_frame();
    // A frame may ask for a window of gigabytes; ours need no more than the cap.
    frame.window_log_max(window_log(max)).map_err(|_| WireError::BadFrame("zstd"))?;
    let cap = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    let outcome = frame.by_ref().take(cap).read_to_end(&mut plain);
    if plain.len() > max {
        return Err(WireError::TooBig { what, max });
    }
    outcome.map_err(|_| WireError::BadFrame("not one whole zstd frame"))?;
    drop(frame);
    if rest.is_empty() { Ok(plain) } else { Err(WireError::BadFrame("bytes behind the zstd frame")) }
}

fn window_log(max: usize) -> u32 {
    max.next_power_of_two().trailing_zeros().max(10)
}
