//! What it costs to free an entry of a palette: which pixels of which frames take another entry, and how far that is off.
//!
//! Counted by `strategies`, and by painting for one frame; spent by `palette`. The bounds of what a caption may cost the picture
//! are here.

use crate::reading::streams::Histogram;

/// A difference, in dE, that nobody sees side by side.
pub(crate) const UNSEEN_DIFFERENCE: f32 = 2.0;
/// What a pixel may change at most, where nothing smaller is left.
pub(crate) const MOST_DIFFERENCE: f32 = 3.0;
/// One pixel in so many of a frame may change.
const CHANGED_ONE_IN: u64 = 20;

/// Pixels of index `from` become `to`: their entry is given to another colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    pub from: u8,
    pub to: u8,
    /// How far the two entries are apart, in dE; 0 if no pixel looks different.
    pub difference: f32,
}

/// How far a pixel is off at most that gave up its entry, in dE.
pub(crate) fn largest_difference(merges: &[Merge]) -> f32 {
    merges.iter().map(|merge| merge.difference).fold(0.0, f32::max)
}

/// How often each index occurs in the frames of a palette, and how many pixels of each have been changed.
pub struct FrameCounts(Vec<FrameCount>);

struct FrameCount {
    counts: Histogram,
    pixels: u64,
    changed: u64,
}

impl FrameCounts {
    pub(crate) fn of(frames: impl IntoIterator<Item = Histogram>) -> Self {
        let of_one = |counts: Histogram| {
            let pixels = counts.iter().map(|&count| u64::from(count)).sum();
            FrameCount { counts, pixels, changed: 0 }
        };
        Self(frames.into_iter().map(of_one).collect())
    }

    /// Whether the pixels of an index may take another colour, in each frame, by so many dE: any number of them if nobody can tell, or
    /// if there is no other way.
    pub(super) fn may_change(&self, index: u8, most_difference: f32) -> bool {
        let is_bounded = most_difference > 0.0 && most_difference <= MOST_DIFFERENCE;
        let stays_within =
            |frame: &FrameCount| (frame.changed + u64::from(frame.counts[usize::from(index)])) * CHANGED_ONE_IN <= frame.pixels;
        !is_bounded || self.0.iter().all(stays_within)
    }

    /// How many pixels have an index, in all frames.
    #[expect(clippy::cast_precision_loss, reason = "a weight")]
    pub(super) fn seen(&self, index: u8) -> f32 {
        self.0.iter().map(|frame| u64::from(frame.counts[usize::from(index)])).sum::<u64>() as f32
    }

    /// Counts the pixels of one index as those of another.
    pub(super) fn merge(&mut self, merge: Merge) {
        for FrameCount { counts, changed, .. } in &mut self.0 {
            let moved = std::mem::take(&mut counts[usize::from(merge.from)]);
            counts[usize::from(merge.to)] = counts[usize::from(merge.to)].saturating_add(moved);
            if merge.difference > 0.0 {
                *changed += u64::from(moved);
            }
        }
    }
}
