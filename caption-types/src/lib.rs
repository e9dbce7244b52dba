//! The vocabulary that every part shares: the caption spec, limits, error codes, kinds of picture, and what a render did.
//!
//! The engine, api, worker and the command line use it, `proto-shared` passes it on. Each concept is defined here once. It must
//! stay data: it knows no job, no font, no pixel, and it never waits, reads a clock or touches a file or a network.

pub mod bounds;
pub mod colour;
mod error_code;
mod fidelity;
mod id;
mod image_name;
mod lang;
mod limits;
mod media;
mod number;
#[cfg(feature = "openapi")]
pub mod openapi;
mod output;
pub mod size;
pub mod spec;
mod spec_error;
mod stats;
pub mod subtitles;
pub mod visible;

pub use colour::{Colour, TranslucentColour};
pub use error_code::ErrorCode;
pub use fidelity::{
    ALIKE_DELTA_E, CaptionFidelity, ChangedPixels, ColourFidelity, Fidelity, GivenUp, Hundredths, ImageFidelity, ImageShown,
    NEAR_DELTA_E, WhyOff, WhyWithout,
};
pub use id::{BadId, SourceId};
pub use image_name::ImageName;
pub use lang::Lang;
pub use limits::Limits;
pub use media::MediaType;
pub use number::{Fraction, LineSpacing, Seconds, StrokeWidth, WidthPercent};
pub use output::{ByteSize, Format, OutputFields};
pub use size::Size;
pub use spec::{
    Align, Area, Caption, CaptionFields, CaptionSpec, Case, Platform, Platforms, Position, Presets, RecordedSpec, Style, Valign,
};
pub use spec_error::{Beyond, SpecError};
pub use stats::RenderStats;
