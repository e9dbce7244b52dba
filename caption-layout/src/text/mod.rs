//! Text: which font has which glyph, where lines break and how large they are, and letters as outlines.

pub mod about;
#[cfg(test)]
mod beside_chromium;
mod breaker;
pub mod chosen;
mod emoji;
pub mod extent;
pub mod face;
pub mod font;
pub mod image;
pub mod layout;
pub mod outline;
#[cfg(test)]
mod positions;
pub mod sample;
mod script;
pub mod shape;
pub mod shipped;
mod stack;
mod words;
pub mod writing;
