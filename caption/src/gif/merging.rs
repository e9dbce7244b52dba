//! Indices that give way to others all over a frame: their palette entries took a caption's colours.
//!
//! Called by `splice` for every segment of a frame whose table lost entries. It only replaces indices and
//! says where; which ones is decided in `tables`.

use super::{
    frame::Job,
    indices::Indices,
    lzw::{Scan, Segment, Stream},
    palette::Merge,
    raster::{Raster, row_order},
};

/// What becomes of each index of a frame.
pub(super) struct Merging {
    raster: Raster,
    /// By index.
    becomes: [u8; 256],
    /// Those that give way.
    leaving: Indices,
    /// The rows of the frame in its stream's order.
    rows: Vec<u32>,
}

impl Merging {
    /// `None` where every index stays.
    pub(super) fn of(job: &Job<'_>) -> Option<Self> {
        if job.table.merges.is_empty() {
            return None;
        }
        let raster = job.drawn();
        let mut becomes = std::array::from_fn(|index| u8::try_from(index).unwrap_or(u8::MAX));
        for &Merge { from, to } in &job.table.merges {
            // One after another: what gave way before may give way again.
            becomes.iter_mut().filter(|now| **now == from).for_each(|now| *now = to);
        }
        let leaving = job.table.merges.iter().map(|merge| merge.from).collect();
        let rows = row_order(raster.rect.height(), raster.interlaced).collect();
        Some(Self { raster, becomes, leaving, rows })
    }

    /// Whether a segment of a stream shows any index that gives way.
    pub(super) fn concerns(&self, stream: &Stream, code_size: u8, segment: &Segment) -> bool {
        Scan::shows(stream, code_size, segment, self.leaving)
    }

    /// Merges the indices of a stretch, before which the stream has `first`. Adds the pixels that changed to
    /// `altered`, as (x, y) on the output's canvas, and answers the place in the stretch of the first.
    pub(super) fn merge(&self, first: usize, indices: &mut [u8], altered: &mut Vec<(u32, u32)>) -> Option<usize> {
        let width = self.raster.rect.width() as usize;
        let mut first_changed = None;
        for (i, index) in indices.iter_mut().enumerate() {
            let becomes = self.becomes[usize::from(*index)];
            if becomes != *index {
                *index = becomes;
                first_changed = first_changed.or(Some(i));
                let place = first + i;
                #[expect(clippy::cast_possible_truncation, reason = "less than a row")]
                let x = self.raster.rect.left + (place % width) as u32;
                altered.push((x, self.raster.rect.top + self.rows[place / width]));
            }
        }
        first_changed
    }
}
