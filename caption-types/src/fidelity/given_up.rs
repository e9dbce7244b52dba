//! What was given up of a picture so that its file is of the kind, or as small, as was asked for.
//!
//! The engine fills it in where it makes a file anew. `differences` says it in words.

use serde::{Deserialize, Serialize};

/// What was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GivenUp {
    /// So many colours are left, where the picture had more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub colours: Option<u16>,
    /// How far a pixel of a GIF beside the captions may be off so that its codes are shorter: from 1, as gifsicle's `--lossy` counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub lossiness: Option<u16>,
    /// The quality that a WebP or JPEG is compressed with, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub quality: Option<u8>,
    /// Frames that were left out; the ones before them are shown so much longer.
    #[serde(default, skip_serializing_if = "crate::stats::is_zero")]
    pub frames_dropped: u32,
    /// Width and height that the picture was made smaller from, beyond what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub scaled_from_px: Option<[u32; 2]>,
    /// Translucent pixels became solid or invisible, because a GIF has no others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub translucency: bool,
}

impl GivenUp {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Each of them as a sentence for people, without its stop.
    pub(super) fn sentences(&self) -> impl Iterator<Item = String> {
        let Self { colours, lossiness, quality, frames_dropped, scaled_from_px, translucency } = self;
        let colours = colours.map(|colours| format!("the picture has {colours} colours left"));
        let lossiness = lossiness.map(|lossiness| {
            format!("pixels outside the captions are a little off, so that the file is smaller (lossiness {lossiness})")
        });
        let quality = quality.map(|quality| format!("the picture is compressed with loss, at quality {quality} of 100"));
        let frames = match frames_dropped {
            0 => None,
            1 => Some("1 frame was left out, and the one before it is shown longer".to_owned()),
            frames => Some(format!("{frames} frames were left out, and those before them are shown longer")),
        };
        let scaled = scaled_from_px.map(|[width, height]| format!("the picture was made smaller, from {width} x {height}"));
        let translucency = translucency.then(|| "translucent pixels became solid or invisible: a GIF has no others".to_owned());
        [colours, lossiness, quality, frames, scaled, translucency].into_iter().flatten()
    }
}
