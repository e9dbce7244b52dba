//! The kinds of picture that go in and come out, with their names on the wire.
//!
//! Which bytes are which kind is `caption_layout::probe`'s to say.

use serde::{Deserialize, Serialize};

/// A kind of picture; the output of a job is of its source's kind, but for a video's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MediaType {
    /// GIF, animated or not.
    Gif,
    /// PNG, animated or not.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP, animated or not.
    Webp,
    /// A video with H.264, in MP4 or QuickTime. It is read and never written.
    Mp4,
}

impl MediaType {
    /// Every kind that goes in.
    pub const READ: [Self; 5] = [Self::Gif, Self::Png, Self::Jpeg, Self::Webp, Self::Mp4];
    /// Every kind that comes out.
    pub const WRITTEN: [Self; 4] = [Self::Gif, Self::Png, Self::Jpeg, Self::Webp];

    /// Whether it is a video: its frames are coded by what changes between them, and whoever decodes it does so in a process of its own.
    #[must_use]
    pub fn is_video(self) -> bool {
        self == Self::Mp4
    }

    /// The `Content-Type`.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
        }
    }

    /// The usual file name extension, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
        }
    }
}
