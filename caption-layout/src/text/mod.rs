//! Text: which font has which glyph, where lines break and how large they are, and letters as outlines.

pub mod chosen;
pub mod extent;
pub mod font;
pub mod layout;
pub(crate) mod outline;
pub mod shape;
