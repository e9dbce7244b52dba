//! The kinds of picture that go in and come out, with their names on the wire.
//!
//! Which bytes are which kind is `caption_layout::probe`'s to say.

use serde::{Deserialize, Serialize};

/// A kind of picture; the output of a job is of its source's kind.
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
}

impl MediaType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Gif, Self::Png, Self::Jpeg, Self::Webp];

    /// The `Content-Type`.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
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
        }
    }
}
