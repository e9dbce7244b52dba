//! An emoji that was drawn: its pixels and their place.
//!
//! `lib` makes it; callers put it where it stands. It holds no font.

use crate::png;

/// An emoji's pixels, and where they stand around its origin: the left end of its advance, on the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Of the first column, in pixels.
    pub left_px: i32,
    /// Of the first row, in pixels, downwards.
    pub top_px: i32,
    /// Columns.
    pub width_px: usize,
    /// Row by row: sRGB and alpha, not premultiplied.
    pub pixels: Vec<[u8; 4]>,
}

impl Drawn {
    /// Rows.
    #[must_use]
    pub fn height_px(&self) -> usize {
        self.pixels.len() / self.width_px.max(1)
    }

    /// As a PNG (third edition), 8 bits a sample, RGB with alpha.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        png::encode(self.width_px, &self.pixels)
    }
}
