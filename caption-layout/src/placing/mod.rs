//! Where captions stand on a picture, and what is told of it before a pixel is drawn.

pub mod arrangement;
pub mod preview;
pub mod shadow;
