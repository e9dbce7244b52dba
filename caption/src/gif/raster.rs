//! Where the pixels of a frame stand in its stream, which of them the stream had, and a stretch of it
//! being worked on.
//!
//! Shared by decoding, painting and writing one frame. A stretch keeps the stream's order, so that an
//! interlaced frame (`GIF89a`, appendix E) needs no copy in another order.

use std::ops::Range;

use caption_layout::rect::Rect;

/// A frame's rectangle on the canvas and the order of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raster {
    pub rect: Rect,
    pub interlaced: bool,
}

impl Raster {
    /// The place in the stream of the first pixel of row `y`.
    pub(super) fn row_start(self, y: u32) -> usize {
        stream_row(y - self.rect.top, self.rect.height(), self.interlaced) as usize * self.rect.width() as usize
    }

    pub(super) fn position(self, x: u32, y: u32) -> usize {
        self.row_start(y) + (x - self.rect.left) as usize
    }
}

/// Indices of a stretch of a frame's stream.
pub(super) struct Window<'a> {
    pub raster: Raster,
    /// How many pixels of the stream come before it.
    pub first: usize,
    pub indices: &'a mut [u8],
}

impl Window<'_> {
    /// The frame's rectangle, without rows that the window has nothing of.
    pub(super) fn rows(&self) -> Rect {
        let rect = self.raster.rect;
        if self.raster.interlaced || rect.is_empty() {
            return rect;
        }
        #[expect(clippy::cast_possible_truncation, reason = "rows of the frame")]
        let row = |position: usize| rect.top + (position / rect.width() as usize) as u32;
        let end = self.first + self.indices.len();
        Rect { top: row(self.first), bottom: row(end.max(1) - 1) + 1, ..rect }
    }

    /// What the window has of some columns of row `y`: the place of the first one, its x, and the indices.
    pub(super) fn row(&mut self, y: u32, columns: Range<u32>) -> (usize, u32, &mut [u8]) {
        let start = self.raster.position(columns.start, y);
        let end = start + columns.len();
        let range = self.first..self.first + self.indices.len();
        let (from, to) = (start.max(range.start), end.min(range.end));
        if from >= to {
            return (0, columns.start, &mut []);
        }
        #[expect(clippy::cast_possible_truncation, reason = "less than a row")]
        let skipped = (from - start) as u32;
        (from - range.start, columns.start + skipped, &mut self.indices[from - range.start..to - range.start])
    }
}

/// Which pixels of a frame its stream had: all, unless it was short.
#[derive(Clone, Copy)]
pub(super) struct Present {
    pub source: Raster,
    /// Pixels that came, in the stream's order.
    pub decoded: usize,
}

impl Present {
    pub(super) fn is_whole(&self) -> bool {
        self.decoded >= self.source.rect.area()
    }

    pub(super) fn has(&self, x: u32, y: u32) -> bool {
        self.source.rect.contains(x, y) && (self.is_whole() || self.source.position(x, y) < self.decoded)
    }
}

/// How many rows come before row `y` in the stream.
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

/// Rows of a frame of this height in the order its stream has them.
pub(super) fn row_order(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(first, step)| (first..height).step_by(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_once_in_four_passes() {
        assert_eq!(row_order(10, true).collect::<Vec<_>>(), [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
        assert_eq!(row_order(3, false).collect::<Vec<_>>(), [0, 1, 2]);
        for height in 0..40 {
            let mut rows: Vec<u32> = row_order(height, true).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..height).collect::<Vec<_>>());
        }
    }

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
        let source = Raster { rect: Rect::at(10, 20, 4, 3), interlaced: false };
        let present = Present { source, decoded: 6 };
        assert!(present.has(11, 21) && !present.has(12, 21) && !present.has(9, 20) && !present.has(10, 22));
    }

    #[test]
    fn a_window_gives_the_part_of_a_row_that_it_has() {
        let raster = Raster { rect: Rect::at(10, 20, 4, 3), interlaced: false };
        let mut indices = [1, 2, 3, 4, 5];
        let mut window = Window { raster, first: 2, indices: &mut indices };
        assert_eq!(window.row(20, 10..14), (0, 12, &mut [1, 2][..]));
        assert_eq!(window.row(21, 11..13), (3, 11, &mut [4, 5][..]));
        assert!(window.row(22, 10..14).2.is_empty() && window.row(20, 10..12).2.is_empty());
    }

    #[test]
    fn rows_of_a_window_are_its_indices_each_once_wherever_it_begins() {
        for interlaced in [false, true] {
            let raster = Raster { rect: Rect::at(3, 5, 4, 9), interlaced };
            for first in 0..36 {
                for len in 1..=36 - first {
                    let mut indices = vec![0; len];
                    let mut window = Window { raster, first, indices: &mut indices };
                    let rows = window.rows();
                    assert!(raster.rect.covers(rows));
                    for y in rows.top..rows.bottom {
                        let (place, left, part) = window.row(y, 3..7);
                        let is_at = part.is_empty() || raster.position(left, y) == first + place;
                        for index in part.iter_mut() {
                            *index += 1;
                        }
                        assert!(is_at, "row {y} of {len} from {first}");
                        assert!(interlaced || !part.is_empty(), "row {y} is none of {len} from {first}");
                    }
                    assert!(indices.iter().all(|&count| count == 1), "{len} from {first}");
                }
            }
        }
    }
}
