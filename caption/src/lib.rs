//! The engine: a picture's bytes and a spec in, captioned bytes out.
//!
//! Called by worker and the command line. It is pure: no async, no clock, no environment, no file, no network;
//! rayon inside, in whatever pool the caller runs it. Of our crates it uses `caption-layout` alone, which says all that
//! can be said without decoding a pixel. A GIF's frame is never turned into RGB and quantised again: captions are
//! painted in palette indices, and what they don't touch is copied.

mod gif;
mod mask;
mod output;
mod render;
mod still;
mod text;
mod watch;

pub use caption_layout::{
    At, BUILTIN_FONT_NAMES, Caption, CaptionPreview, ENGINE_VERSION, Error, Font, Limits, Media, Preview, Probe, Spec, Style,
    chosen_fonts, preview, probe, probe_file,
};
pub use output::Output;
pub use render::{Prepared, Rendered, Stats, prepare, render, render_with};
pub use watch::Watch;

/// For measurements and fuzz targets alone: no part of what the crate promises.
#[cfg(feature = "stages")]
#[doc(hidden)]
pub use gif::stages;
