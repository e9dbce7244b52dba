//! GIFs: read as blocks, planned over the caption's pixels, painted as palette indices.
//!
//! The blocks are walked by `caption-layout`. The way of a frame is told in docs/ARCHITECTURE.md.

mod canvas;
mod frame;
mod lzw;
mod paint;
mod palette;
mod plan;
pub(crate) mod render;

mod brush;
mod indices;
mod inked;
mod merging;
mod raster;
mod recode;
#[cfg(test)]
mod reference;
mod scratch;
mod splice;
#[cfg(feature = "stages")]
pub mod stages;
mod tables;
