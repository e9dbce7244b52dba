//! Text: which font has which glyph, where lines break and how large they are, and (with `render`)
//! the coverage of letters and outlines.

pub(crate) mod chosen;
pub(crate) mod extent;
pub(crate) mod font;
#[cfg(feature = "render")]
pub(crate) mod glyphs;
pub(crate) mod layout;
pub(crate) mod outline;
#[cfg(feature = "render")]
pub(crate) mod raster;
pub(crate) mod shape;
#[cfg(feature = "render")]
pub(crate) mod stroke;
