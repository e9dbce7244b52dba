//! GIFs: read as blocks, planned over the caption's pixels, painted as palette indices.
//!
//! `blocks` alone is open to callers that may not decode. The way of a frame is told in
//! docs/ARCHITECTURE.md.

#[cfg_attr(not(feature = "render"), expect(dead_code, reason = "a probe asks for less than the walk finds"))]
pub(crate) mod blocks;
#[cfg(feature = "render")]
mod canvas;
#[cfg(feature = "render")]
mod frame;
#[cfg(feature = "render")]
mod lzw;
#[cfg(feature = "render")]
mod paint;
#[cfg(feature = "render")]
mod palette;
#[cfg(feature = "render")]
mod plan;
#[cfg(feature = "render")]
pub(crate) mod render;

#[cfg(feature = "render")]
mod brush;
#[cfg(feature = "render")]
mod indices;
#[cfg(feature = "render")]
mod inked;
#[cfg(feature = "render")]
mod merging;
#[cfg(feature = "render")]
mod raster;
#[cfg(feature = "render")]
mod recode;
#[cfg(test)]
mod reference;
#[cfg(feature = "render")]
mod scratch;
#[cfg(feature = "render")]
mod splice;
#[cfg(feature = "stages")]
pub mod stages;
#[cfg(feature = "render")]
mod tables;
