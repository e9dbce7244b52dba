//! The mask: which pixels of the output a spec's captions cover, how much, and in which colours.
//!
//! From a layout to the coverage of its letters and their outline, and from that to what painting asks of each pixel.

mod behind;
mod cover;
mod coverage;
mod emoji;
mod glyphs;
mod image;
mod ink;
mod ink_set;
mod paths;
mod representatives;
mod stroke;

pub use cover::{Cover, Pair};
pub(crate) use emoji::{EmojiColours, in_turns};
pub(crate) use image::LEAST_ALPHA;
pub use image::{DecodedSpec, Image};
pub use ink::{Ink, Mask};
pub use ink_set::InkSet;
pub(crate) use representatives::representatives;
