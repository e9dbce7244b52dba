//! Indices that give way to others all over a frame: their palette entries took a caption's colours.
//!
//! Called by `splice` for every segment of a frame whose table lost entries. It only replaces indices and
//! says where; which ones is decided in planning.

use crate::{
    lzw::{IndexSet, Scan, Segment, Stream},
    planning::Merge,
    reading::rows::{FrameRows, row_order},
};

/// What becomes of each index of a frame.
pub(super) struct Merging {
    rows: FrameRows,
    /// By index.
    becomes: [u8; 256],
    /// Those that give way.
    leaving: IndexSet,
    /// Those of them whose pixels look different then.
    seen: IndexSet,
    /// The rows of the frame in its stream's order.
    order: Vec<u32>,
}

impl Merging {
    /// `None` where every index stays.
    pub(super) fn of(merges: &[Merge], rows: FrameRows) -> Option<Self> {
        if merges.is_empty() {
            return None;
        }
        let mut becomes = std::array::from_fn(|index| u8::try_from(index).unwrap_or(u8::MAX));
        for &Merge { from, to, .. } in merges {
            // One after another: what gave way before may give way again.
            becomes.iter_mut().filter(|now| **now == from).for_each(|now| *now = to);
        }
        let leaving = merges.iter().map(|merge| merge.from).collect();
        let seen = merges.iter().filter(|merge| merge.difference > 0.0).map(|merge| merge.from).collect();
        let order = row_order(rows.rect.height(), rows.interlaced).collect();
        Some(Self { rows, becomes, leaving, seen, order })
    }

    /// Whether a segment of a stream shows any index that gives way.
    pub(super) fn concerns(&self, stream: &Stream, code_size: u8, segment: &Segment) -> bool {
        Scan::shows(stream, code_size, segment, self.leaving)
    }

    /// Merges the indices of a stretch, before which the stream has `first`. Adds the pixels that changed to
    /// `altered`, as (x, y) on the output's canvas, and answers the place in the stretch of the first.
    pub(super) fn merge(&self, first: usize, indices: &mut [u8], altered: &mut Vec<(u32, u32)>) -> Option<usize> {
        let width = self.rows.rect.width() as usize;
        let mut first_changed = None;
        for (i, index) in indices.iter_mut().enumerate() {
            let becomes = self.becomes[usize::from(*index)];
            if becomes != *index {
                let is_seen = self.seen.contains(*index);
                *index = becomes;
                first_changed = first_changed.or(Some(i));
                if !is_seen {
                    continue;
                }
                let place = first + i;
                #[expect(clippy::cast_possible_truncation, reason = "less than a row")]
                let x = self.rows.rect.left + (place % width) as u32;
                altered.push((x, self.rows.rect.top + self.order[place / width]));
            }
        }
        first_changed
    }
}
