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
    /// Bytes of a still that is captioned by rows: a sequential JPEG of one scan, or a PNG that is not interlaced. It may break
    /// `max_bytes` and `max_side_px`, and is held to this and the next two instead.
    #[serde(default = "max_still_bytes")]
    pub max_still_bytes: u64,
    /// Pixels a side of such a still.
    #[serde(default = "max_still_side_px")]
    pub max_still_side_px: u32,
    /// Pixels of such a still; 0 if there is to be none.
    #[serde(default = "max_still_pixels")]
    pub max_still_pixels: u64,
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

/// Source and output are in memory at the same time.
fn max_still_bytes() -> u64 {
    64_000_000
}

/// What libjpeg reads; the format has 65,535.
fn max_still_side_px() -> u32 {
    65_500
}

fn max_still_pixels() -> u64 {
    100_000_000
}

impl Limits {
    /// The same without larger stills: all pictures are held to the same bytes and sides.
    #[must_use]
    pub fn for_all_alike(self) -> Self {
        Self { max_still_pixels: 0, ..self }
    }

    /// Bytes of the largest file of any kind.
    #[must_use]
    pub fn largest_file_bytes(&self) -> u64 {
        if self.max_still_pixels == 0 { self.max_bytes } else { self.max_bytes.max(self.max_still_bytes) }
    }

    /// Pixels of the longest side of any kind of picture.
    #[must_use]
    pub fn longest_side_px(&self) -> u32 {
        if self.max_still_pixels == 0 { self.max_side_px } else { self.max_side_px.max(self.max_still_side_px) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 25_000_000,
            max_side_px: 4_096,
            max_frames: 2_000,
            max_total_pixels: 400_000_000,
            max_still_bytes: max_still_bytes(),
            max_still_side_px: max_still_side_px(),
            max_still_pixels: max_still_pixels(),
            max_video_s: default_max_video_s(),
            max_video_frames: default_max_video_frames(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_an_older_release_are_read_with_the_defaults_for_large_stills() {
        let older = r#"{"max_bytes":1,"max_side_px":2,"max_frames":3,"max_total_pixels":4}"#;
        let read: Limits = serde_json::from_str(older).unwrap();
        let wanted = Limits { max_bytes: 1, max_side_px: 2, max_frames: 3, max_total_pixels: 4, ..Limits::default() };
        assert_eq!(read, wanted);
    }

    #[test]
    fn limits_of_a_release_without_videos_read() {
        let older = r#"{"max_bytes":1,"max_side_px":2,"max_frames":3,"max_total_pixels":4}"#;
        let read: Limits = serde_json::from_str(older).unwrap();
        assert_eq!((read.max_bytes, read.max_video_s, read.max_video_frames), (1, 60, 1_800));
    }
}
