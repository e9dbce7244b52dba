//! A frame that was drawn again, as the bytes of its data.
//!
//! `mod` makes them, many at the same time; `write` puts them into chunks.

use caption_layout::{reading::animation::Blend, rect::Rect};

use super::{
    super::{canvas::Sample, player::Drawn},
    samples::Kinds,
};
use crate::still::png::{rows::Filter, write::frame_data};

/// A frame's data.
pub(super) struct Coded {
    pub rect: Rect,
    pub blend: Blend,
    pub data: Vec<u8>,
}

impl Coded {
    /// Filters and deflates a frame. A row keeps the filter that it has in the source, where it is the same row of the same kind.
    pub(super) fn of<S: Sample>(drawn: &Drawn<S>, source: Rect, filters: &[Filter], kinds: &Kinds) -> Self {
        let rect = drawn.patch.rect;
        let row_of = |row: &[[S; 4]]| {
            let mut bytes = Vec::with_capacity(row.len() * kinds.written.pixel_bytes());
            for &pixel in row {
                kinds.written.write(pixel, &mut bytes);
            }
            bytes
        };
        let rows: Vec<Vec<u8>> = drawn.patch.pixels.chunks_exact(rect.width().max(1) as usize).map(row_of).collect();
        let is_same_row = kinds.are_same() && (rect.left, rect.right) == (source.left, source.right);
        let filter_of = |y: u32| y.checked_sub(source.top).and_then(|row| filters.get(row as usize)).copied();
        let filters: Vec<Option<Filter>> = (rect.top..rect.bottom).map(|y| filter_of(y).filter(|_| is_same_row)).collect();
        let data = frame_data(&rows, kinds.written.pixel_bytes(), &filters);
        Self { rect, blend: drawn.blend, data }
    }
}
