//! Captions on GIFs that stay what they were: a picture's bytes and a spec in, captioned bytes out.
//!
//! A GIF's frame is never turned into RGB and quantised again. Captions are painted in palette indices, and what they don't
//! touch is copied, down to the bits of its LZW stream. PNG and WebP, animated or not, and JPEG come out as what they were.
//!
//! ```
//! use caption::{Font, Limits, LoadedCaption, Position, LoadedSpec, Style, Watch};
//!
//! // A GIF of one white pixel, shown in 120 x 80.
//! let frame = b"\x2C\0\0\0\0\x78\0\x50\0\0\x02\x02\x44\x01\0";
//! let source = [&b"GIF89a\x78\0\x50\0\x80\0\0\xFF\xFF\xFF\0\0\0"[..], frame, b"\x3B"].concat();
//!
//! let font = Font::builtin("anton").ok_or("no such font")?;
//! let spec = LoadedSpec::new(vec![LoadedCaption::new("it compiles", Position::Top, Style::Bar, font)]);
//! let rendered = caption::render_with(&source, &spec, &Limits::default(), &Watch::none())?;
//! assert_eq!(rendered.width_px, 120);
//! assert!(rendered.height_px > 80, "a bar stands above the picture");
//!
//! let captioned = rendered.output.to_vec(&source);
//! assert_eq!(caption::probe(&captioned, &Limits::default())?.frames, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sizes are in pixels (`_px`), times in hundredths of a second (`_cs`), colours are sRGB. What is refused is an [`Error`] with a
//! stable code. The same input gives the same bytes on any machine and at any number of threads.
//!
//! The crate is pure: no async, no clock, no environment, no file, no network; rayon inside, in whatever pool the caller
//! runs it. It stands on `caption-layout`, which says all that can be said without decoding a pixel, and gives it out again.

#![allow(unreachable_pub, reason = "what the feature `stages` opens is not told apart item by item")]
#![cfg_attr(feature = "stages", allow(missing_docs, clippy::must_use_candidate, clippy::new_without_default))]

mod altered;
mod animated;
mod difference;
mod gif;
mod images;
mod lzw;
mod mask;
mod output;
mod painting;
mod picture;
mod planning;
mod reading;
mod remake;
mod rendered_animation;
mod still;
mod watch;
mod writing;

#[cfg(test)]
mod reference;

pub use caption_layout::{
    BUILTIN_FONT_NAMES, Caption, CaptionFidelity, CaptionPreview, ChangedPixels, Colour, ColourFidelity, ENGINE_VERSION, Error,
    ErrorCode, Fidelity, Font, FontFacts, FontSample, ImageName, Images, Limits, LoadedCaption, LoadedSpec, MediaType, Position,
    Preview, Probe, RenderStats, Size, Style, WhyWithout, is_video, preview, probe, probe_file, probe_image,
};
pub use caption_layout::{ByteSize, Format, GivenUp, OutputFields, reading::probe::media_of};
pub use output::Output;
pub use picture::{Prepared, Rendered, prepare, render, render_with};
#[cfg(feature = "video")]
pub use reading::video::{VideoFrame, VideoFrames};
pub use watch::Watch;

/// For measurements and fuzz targets alone: no part of what the crate promises.
#[cfg(feature = "stages")]
#[doc(hidden)]
pub mod stages {
    pub use crate::{
        lzw::{Encoder, IndexSet},
        mask::{Cover, Ink, InkSet, Mask},
        painting::{Change, FrameWork, InkRuns, SegmentCounts, Spliced, Tools, can_splice, paint, splice},
        planning::{Fate, FramePlan, Palette, PalettePlan, Palettes, plan, written_on},
        reading::{canvas::Patch, streams::StreamReader},
    };
}
