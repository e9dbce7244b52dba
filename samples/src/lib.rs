//! GIFs made by code, well and badly formed, and an oracle: what a captioned GIF may differ in from its source.
//!
//! Called by the tests of the engine, fuzz targets, measurements and the tests across processes. Nothing that ships depends on it.
//! It shares no code with the engine, so that an error in one is not repeated in the other. It must never use a clock or a
//! thread's own randomness: a failure is repeated by its seed, or its bytes, alone.
//!
//! | to | use |
//! | --- | --- |
//! | describe one GIF | [`Sample`], with [`Frame`], [`Palette`] and [`Content`] |
//! | get any GIF, or well-formed ones only | [`Sample::from_choices`], [`Sample::well_formed`] |
//! | get a tiny file that declares much | [`minimal`] |
//! | write LZW data as no well-behaved encoder would | [`stream`] |
//! | see what a GIF shows, as browsers do | [`show`] |
//! | compare a captioned GIF with its source | [`compare`] |
//! | get an animated PNG or WebP | [`apng`], [`webp`] |
//! | get an MP4, or H.264 that is known to the bit | [`mp4`], [`h264`] |

pub mod apng;
mod arbitrary;
mod choices;
pub mod compare;
mod content;
mod gif;
pub mod h264;
pub mod minimal;
pub mod mp4;
mod rows;
pub mod show;
pub mod stream;
pub mod strict;
pub mod webp;

pub use choices::{Choices, Noise};
pub use content::Content;
pub use gif::{Frame, Palette, Sample};
