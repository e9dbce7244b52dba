//! The engine's limits as flags, with the names that the service's settings have. caption and probe have them.

/// How large a picture may be.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
#[expect(clippy::struct_field_names, reason = "clap makes the flags of them, and all are maxima")]
pub(crate) struct LimitFlags {
    /// Bytes of a file
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_UPLOAD_BYTES", default_value_t = caption::Limits::default().max_bytes)]
    max_upload_bytes: u64,

    /// Pixels a side
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_SIDE_PX", default_value_t = caption::Limits::default().max_side_px)]
    max_side_px: u32,

    /// Frames
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_FRAMES", default_value_t = caption::Limits::default().max_frames)]
    max_frames: u32,

    /// Width x height, summed over all frames
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_TOTAL_PIXELS", default_value_t = caption::Limits::default().max_total_pixels)]
    max_total_pixels: u64,

    /// Bytes of a baseline JPEG or a PNG that is not interlaced, if that is more
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_STILL_BYTES", default_value_t = caption::Limits::default().max_still_bytes)]
    max_still_bytes: u64,

    /// Pixels a side of such a still, if that is more
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_STILL_SIDE_PX", default_value_t = caption::Limits::default().max_still_side_px)]
    max_still_side_px: u32,

    /// Width x height of such a still; 0 holds it to the limits of all pictures
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_STILL_PIXELS", default_value_t = caption::Limits::default().max_still_pixels)]
    max_still_pixels: u64,
    /// Seconds of a video
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_VIDEO_S", default_value_t = caption::Limits::default().max_video_s)]
    max_video_s: u32,

    /// Frames of a video
    #[arg(long, value_name = "N", env = "PUNCHLINE_MAX_VIDEO_FRAMES", default_value_t = caption::Limits::default().max_video_frames)]
    max_video_frames: u32,
}

impl LimitFlags {
    pub(crate) fn limits(&self) -> caption::Limits {
        caption::Limits {
            max_bytes: self.max_upload_bytes,
            max_side_px: self.max_side_px,
            max_frames: self.max_frames,
            max_total_pixels: self.max_total_pixels,
            max_still_bytes: self.max_still_bytes,
            max_still_side_px: self.max_still_side_px,
            max_still_pixels: self.max_still_pixels,
            max_video_s: self.max_video_s,
            max_video_frames: self.max_video_frames,
        }
    }
}
