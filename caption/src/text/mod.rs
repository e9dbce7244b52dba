//! The coverage of letters and their outline, from a layout.

mod glyphs;
pub(crate) mod raster;
mod stroke;
