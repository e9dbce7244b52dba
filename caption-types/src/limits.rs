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
    /// Seconds of a video. Records of the release before lack it.
    #[serde(default = "default_max_video_s")]
    pub max_video_s: u32,
    /// Frames of a video, which are more than an animation's for the same time.
    #[serde(default = "default_max_video_frames")]
    pub max_video_frames: u32,
}

fn default_max_video_s() -> u32 {
    60
}

fn default_max_video_frames() -> u32 {
    1_800
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 25_000_000,
            max_side_px: 4_096,
            max_frames: 2_000,
            max_total_pixels: 400_000_000,
            max_video_s: default_max_video_s(),
            max_video_frames: default_max_video_frames(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_a_release_without_videos_read() {
        let older = r#"{"max_bytes":1,"max_side_px":2,"max_frames":3,"max_total_pixels":4}"#;
        let read: Limits = serde_json::from_str(older).unwrap();
        assert_eq!((read.max_bytes, read.max_video_s, read.max_video_frames), (1, 60, 1_800));
    }
}
