//! GIFs made by code, plain and awkward, and an oracle for what a program made of them.
//!
//! Called by the tests of the engine, by fuzz targets, measurements and the tests across processes; nothing that ships
//! depends on it. It shares no code with the engine, so that an error in one is not made again by the other. It must never
//! draw from a clock or a thread's own randomness: a failure is repeated by its seed, or its bytes, alone.
//!
//! [`Sample`] describes a GIF, [`Sample::from_choices`] chooses any of them; [`stream`] writes LZW streams as no
//! well-behaved encoder would; [`show`] plays a GIF as browsers do; [`compare`] holds two against each other.

mod arbitrary;
mod choices;
pub mod compare;
mod content;
mod gif;
mod rows;
pub mod show;
pub mod stream;
pub mod strict;

pub use choices::{Choices, Noise};
pub use content::Content;
pub use gif::{Frame, Palette, Sample};
