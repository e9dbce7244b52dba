//! What one frame is painted with, and what comes of it: the plain data that the steps of painting hand on.
//!
//! Made by `gif` for each touched frame. It holds no buffer and decides nothing.

use std::{borrow::Cow, cell::RefCell};

use caption_layout::{reading::blocks::Frame, rect::Rect};

use super::{background::BackgroundOff, brush::Brush, runs::InkRuns};
use crate::{
    lzw::{Encoder, IndexSet},
    mask::Cover,
    planning::{FramePlan, Palette, PalettePlan},
    reading::{
        canvas::Patch,
        rows::{FrameRows, Present},
        streams::{StreamReader, lend},
    },
};

/// One frame, and what planning has decided for it.
pub struct FrameWork<'a> {
    /// The source.
    pub bytes: &'a [u8],
    pub frame: &'a Frame,
    pub plan: FramePlan,
    pub palette_plan: Cow<'a, PalettePlan>,
    /// The indices that the frame may show, if that is known.
    pub used: Option<IndexSet>,
    /// See [`crate::planning::Palettes`].
    pub may_become_transparent: bool,
    /// The colour of what the frame is grown by and no caption covers, if it is not transparent: see [`crate::planning::Fate::Grown`].
    pub background: Option<[u8; 3]>,
    /// The captions that it shows.
    pub inks: &'a [&'a InkRuns<'a>],
    /// Those that stand on the canvas, and whose time is over with it.
    pub ended: &'a [&'a InkRuns<'a>],
    /// What the source's canvas shows where the output's was cleared too far.
    pub lost: &'a Patch,
    /// Whether no pixel outside the captions may look different.
    pub is_exact: bool,
    /// Whether captions are left undrawn where the source has no pixel: a frame without a transparent index has nothing to write
    /// beside them.
    pub leaves_gaps: bool,
}

impl FrameWork<'_> {
    /// The same for the pixels alone that the source has. The frame mends nothing.
    pub(super) fn leaving_gaps(&self) -> FrameWork<'_> {
        FrameWork {
            plan: self.plan.without_growth(),
            palette_plan: Cow::Borrowed(&self.palette_plan),
            leaves_gaps: true,
            ..*self
        }
    }

    /// Where the frame's own pixels stand.
    pub(super) fn source(&self) -> FrameRows {
        FrameRows { rect: self.plan.source, interlaced: self.frame.interlaced }
    }

    /// Where the pixels to write stand.
    pub(super) fn drawn(&self) -> FrameRows {
        FrameRows { rect: self.plan.drawn(), interlaced: self.frame.interlaced }
    }

    /// The indices that the frame, opened in `reader`, may show.
    pub(super) fn used(&self, reader: &mut StreamReader) -> IndexSet {
        self.used.unwrap_or_else(|| reader.used_of_opened(self.frame))
    }

    /// The pixels of earlier frames that the canvas lacks, as (x, y, colour): all where it was cleared too far, and those under captions
    /// that have ended. One may come twice.
    pub(super) fn lost_pixels(&self) -> impl Iterator<Item = (u32, u32, [u8; 3])> {
        let cleared = self.plan.cleared();
        let of_cleared = (cleared.top..cleared.bottom).flat_map(move |y| (cleared.left..cleared.right).map(move |x| (x, y)));
        let covers = self.ended.iter().flat_map(|runs| runs.ink.covers_in(self.lost.rect));
        let of_ended = covers.filter(|&(.., cover)| cover != Cover::NONE).map(|(x, y, _)| (x, y));
        of_cleared.chain(of_ended).filter_map(|(x, y)| Some((x, y, self.lost.at(x, y)?)))
    }

    /// The pixels of `rect` that captions cover and the stream does not have.
    pub(super) fn absent_covers(&self, rect: Rect, present: Present) -> impl Iterator<Item = (u32, u32, Cover)> {
        let covers = self.inks.iter().flat_map(move |runs| runs.ink.covers_in(rect));
        covers.filter(move |&(x, y, cover)| cover.is_solid() && !present.has(x, y))
    }
}

/// A new stream for a frame.
pub struct NewStream {
    /// The minimum code size and the sub-blocks.
    pub bytes: Vec<u8>,
    /// The palette that its indices are of.
    pub palette: Palette,
    /// Pixels outside the mask that took a neighbouring colour: (x, y) on the output's canvas.
    pub altered: Vec<(u32, u32)>,
    /// How far one of them is off at most, in dE.
    pub largest_difference: f32,
    /// How far the plates and shadows that were painted are off.
    pub backgrounds_off: Vec<BackgroundOff>,
}

/// How the segments of a frame came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentCounts {
    pub copied: u32,
    pub spliced: u32,
    pub recoded: u32,
}

impl SegmentCounts {
    pub(super) fn of_copied(segments: usize) -> Self {
        Self { copied: segments.try_into().unwrap_or(u32::MAX), ..Self::default() }
    }

    pub(super) fn of_recoded(segments: usize) -> Self {
        Self { recoded: segments.try_into().unwrap_or(u32::MAX), ..Self::default() }
    }
}

/// What a thread paints with, kept from frame to frame and from job to job.
#[derive(Default)]
pub struct Tools {
    pub encoder: Encoder,
    pub brush: Brush,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::default();
}

impl Tools {
    /// Lends this thread's.
    pub(crate) fn with<A>(use_them: impl FnOnce(&mut Self) -> A) -> A {
        lend(&TOOLS, use_them)
    }
}
