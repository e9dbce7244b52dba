//! A frame's palette indices as a rectangle on the canvas, and which of them its stream really had.
//!
//! Shared by decoding, painting and writing one frame.

use std::ops::Range;

use crate::rect::Rect;

/// Palette indices of a rectangle, row by row.
pub(super) struct Pixels {
    pub rect: Rect,
    pub rows: Vec<u8>,
}

impl Pixels {
    pub(super) fn at(&self, x: u32, y: u32) -> u8 {
        self.rows[self.position(x, y)]
    }

    pub(super) fn at_mut(&mut self, x: u32, y: u32) -> &mut u8 {
        let position = self.position(x, y);
        &mut self.rows[position]
    }

    /// The rows of a rectangle within ours, with their y.
    pub(super) fn rows_of(&self, rect: Rect) -> impl Iterator<Item = (u32, &[u8])> {
        (rect.top..rect.bottom).map(move |y| {
            let start = self.position(rect.left, y);
            (y, &self.rows[start..start + rect.width() as usize])
        })
    }

    fn position(&self, x: u32, y: u32) -> usize {
        (y - self.rect.top) as usize * self.rect.width() as usize + (x - self.rect.left) as usize
    }
}

/// Which pixels of a frame its stream had: all, unless it was short.
#[derive(Clone, Copy)]
pub(super) struct Present {
    pub source: Rect,
    pub interlaced: bool,
    /// Pixels that came, in the stream's order.
    pub decoded: usize,
}

impl Present {
    pub(super) fn is_whole(&self) -> bool {
        self.decoded >= self.source.area()
    }

    pub(super) fn has(&self, x: u32, y: u32) -> bool {
        self.source.contains(x, y) && (self.is_whole() || self.in_row(y).contains(&((x - self.source.left) as usize)))
    }

    /// The columns of a row that are there, counted from the frame's left.
    pub(super) fn in_row(&self, y: u32) -> Range<usize> {
        let width = self.source.width() as usize;
        if self.is_whole() {
            return 0..width;
        }
        let before = stream_row(y - self.source.top, self.source.height(), self.interlaced) as usize * width;
        0..self.decoded.saturating_sub(before).min(width)
    }
}

/// How many rows come before row `y` in the stream (`GIF89a`, appendix E).
fn stream_row(y: u32, height: u32, interlaced: bool) -> u32 {
    if !interlaced {
        return y;
    }
    let eighths = height.div_ceil(8);
    let fours = (height + 3) / 8;
    let twos = (height + 1) / 4;
    match y % 8 {
        0 => y / 8,
        4 => eighths + y / 8,
        2 | 6 => eighths + fours + y / 4,
        _ => eighths + fours + twos + y / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gif::interlace::row_order;

    #[test]
    fn the_place_of_a_row_in_the_stream_agrees_with_the_order() {
        for height in 1..50 {
            for (place, y) in row_order(height, true).enumerate() {
                assert_eq!(stream_row(y, height, true) as usize, place, "row {y} of {height}");
            }
        }
    }

    #[test]
    fn a_short_stream_has_its_first_pixels() {
        let present = Present { source: Rect::at(10, 20, 4, 3), interlaced: false, decoded: 6 };
        assert_eq!((present.in_row(20), present.in_row(21), present.in_row(22)), (0..4, 0..2, 0..0));
        assert!(present.has(11, 21) && !present.has(12, 21) && !present.has(9, 20));
    }
}
