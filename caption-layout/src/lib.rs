//! What can be said of a captioned picture without decoding a pixel of it: its kind, size and blocks, the limits that
//! it is held to, which fonts a text needs, where its lines break, and where they will stand.
//!
//! `api` and `fonts` use this crate and not `caption`, so that the process that faces the internet holds no
//! decompressor, no encoder and no rasteriser of ours. `caption` renders what is laid out here. The modules are for it;
//! what everyone needs stands at the root. The crate is pure: no async, no clock, no environment, no network, and no file
//! but one that is handed to [`probe_file`].

mod images;
pub mod placing;
pub mod reading;
pub mod rect;
pub mod text;

pub mod limits;

mod error;
mod spec;

pub use caption_types::{
    Align, Area, ByteSize, Caption, CaptionFidelity, Case, ChangedPixels, Colour, ColourFidelity, ErrorCode, Fidelity, Format,
    Fraction, GivenUp, Hundredths, ImageFidelity, ImageName, ImageShown, Lang, Limits, MediaType, NEAR_DELTA_E, OutputFields,
    Position, RenderStats, Seconds, Size, Style, TranslucentColour, Valign, WhyOff, WhyWithout,
};
pub use error::Error;
pub use images::Images;
pub use placing::{
    preview::{CaptionPreview, PlatePreview, Preview, preview},
    shadow::Shadow,
};
pub use reading::{
    image::{ImageProbe, probe_image, without_motion},
    probe::{Probe, is_video, probe, probe_file},
};
pub use spec::{LoadedCaption, LoadedSpec};
pub use text::{
    about::FontFacts,
    chosen::chosen_fonts,
    font::Font,
    image::image_box_px,
    outline::{EmojiPicture, PlacedEmoji},
    sample::FontSample,
    shipped::BUILTIN_FONT_NAMES,
    writing::Writing,
};

/// Part of every output's name in the store: raised whenever the same source and spec may give other
/// bytes than before.
pub const ENGINE_VERSION: &str = "3";
