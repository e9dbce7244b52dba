//! What becomes of each frame and of each palette: decided before a pixel is painted, as plain data that can be printed.
//!
//! `frames` works on rectangles alone. `palettes` asks streams for the indices in use, where entries are not near enough.

mod by_lightness;
mod fate;
mod frames;
mod group;
mod palette;
mod palettes;
mod room;
mod strategies;
mod timing;

pub use fate::{Fate, FramePlan};
pub use frames::{plan, written_on};
pub use group::PalettePlan;
pub use palette::Palette;
pub use palettes::Palettes;
pub(crate) use room::MOST_DIFFERENCE;
pub(crate) use room::largest_difference;
pub use room::{FrameCounts, Merge};
pub(crate) use timing::{delays_us, frame_times, shown_frames, video_times};
