//! Text: which font has which glyph, where lines break and how large they are, and (with `render`)
//! the coverage of letters and outlines.

pub(crate) mod font;
#[cfg(feature = "render")]
pub(crate) mod glyphs;
#[cfg_attr(not(feature = "render"), expect(dead_code, reason = "for previews, which api does not offer yet"))]
pub(crate) mod layout;
#[cfg(feature = "render")]
pub(crate) mod raster;
pub(crate) mod shape;
#[cfg(feature = "render")]
pub(crate) mod stroke;
