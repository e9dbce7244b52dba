//! The source's frames opened: where their pixels stand, their streams and indices, and what the canvas showed before one.
//!
//! Knows the format and no captions. The blocks themselves are walked by `caption-layout`.

pub mod canvas;
pub(crate) mod colours;
pub(crate) mod rows;
pub mod streams;
#[cfg(feature = "video")]
pub mod video;
