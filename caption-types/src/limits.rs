//! How large a picture may be. The engine checks it by the block walk, before anything is decoded.

use serde::{Deserialize, Serialize};

/// Bounds on what is taken on; each is checked against what the file declares, which is what
/// decoding it would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Pixels a side, of the canvas and of every frame.
    pub max_side_px: u32,
    /// Frames.
    pub max_frames: u32,
    /// Width x height, summed over all frames.
    pub max_total_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 25_000_000, max_side_px: 4_096, max_frames: 2_000, max_total_pixels: 400_000_000 }
    }
}
