//! The engine: a picture's bytes and a spec in, captioned bytes out.
//!
//! Called by worker and the command line (all of it) and by api (without the feature `render`: sizes,
//! limits, fonts and layouts, no decoder). It is pure: no async, no clock, no environment, no file, no network;
//! rayon inside, in whatever pool the caller runs it. It imports no crate of ours. A GIF's frame is
//! never turned into RGB and quantised again: captions are painted in palette indices, and what they
//! don't touch is copied.

mod error;
mod gif;
mod limits;
mod place;
mod preview;
mod probe;
mod rect;
mod source;
mod spec;
mod text;

#[cfg(feature = "render")]
mod mask;
#[cfg(feature = "render")]
mod output;
#[cfg(feature = "render")]
mod render;
#[cfg(feature = "render")]
mod still;
#[cfg(feature = "render")]
mod watch;

pub use error::Error;
pub use limits::Limits;
pub use preview::{CaptionPreview, Preview, preview};
pub use probe::{Media, Probe, probe, probe_file};
pub use spec::{At, Caption, Spec, Style};
pub use text::{
    chosen::chosen_fonts,
    font::{BUILTIN_FONT_NAMES, Font},
};

#[cfg(feature = "render")]
pub use {
    output::Output,
    render::{Prepared, Rendered, Stats, prepare, render, render_with},
    watch::Watch,
};

/// For measurements and fuzz targets alone: no part of what the crate promises.
#[cfg(feature = "stages")]
#[doc(hidden)]
pub use gif::stages;

/// Part of every output's name in the store: raised whenever the same source and spec may give other
/// bytes than before.
pub const ENGINE_VERSION: &str = "2";
