//! Pictures as far as they are read without decoding a pixel: their kind and size, and a GIF's blocks.

pub mod animation;
pub mod apng;
pub mod blocks;
pub mod by_rows;
pub mod image;
pub mod mp4;
pub mod orientation;
pub mod probe;
mod source;
mod still_headers;
pub mod webp;
