//! Frames painted at the same time, each by what planning has decided for it.
//!
//! Called by `gif` for a batch of frames. It makes each frame's work, and asks between frames whether the job was cancelled.

use std::sync::atomic::{AtomicU32, Ordering};

use caption_layout::{Error, reading::blocks::Gif};
use rayon::prelude::*;

use super::{
    frame::{PaintedFrame, paint},
    runs::InkRuns,
    work::{FrameWork, Tools},
};
use crate::{
    mask::InkSet,
    planning::{FramePlan, Palettes},
    reading::{canvas::Patch, streams::StreamReader},
    watch::Watch,
};

/// What all frames of a GIF are painted with.
pub(crate) struct Painting<'a> {
    bytes: &'a [u8],
    gif: &'a Gif,
    palettes: &'a Palettes<'a>,
    inks: &'a [InkRuns<'a>],
    is_exact: bool,
    watch: &'a Watch<'a>,
    /// Frames that were painted so far.
    done: AtomicU32,
}

impl<'a> Painting<'a> {
    pub(crate) fn new(
        bytes: &'a [u8],
        gif: &'a Gif,
        palettes: &'a Palettes<'a>,
        inks: &'a [InkRuns<'a>],
        is_exact: bool,
        watch: &'a Watch<'a>,
    ) -> Self {
        Self { bytes, gif, palettes, inks, is_exact, watch, done: AtomicU32::new(0) }
    }

    /// Paints frames, each given by its number and by what has to be drawn again of earlier ones. `None` is one that is not opened.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the watch says so.
    pub(crate) fn paint(&self, frames: &[(usize, Patch)], plans: &[FramePlan]) -> Result<Vec<Option<PaintedFrame>>, Error> {
        let total = u32::try_from(self.gif.frames.len()).unwrap_or(u32::MAX);
        frames
            .par_iter()
            // One at a time: frames differ too much for more to be handed over at once.
            .with_max_len(1)
            .map(|(k, lost)| {
                if self.watch.cancelled.load(Ordering::Relaxed) {
                    return Err(Error::Cancelled);
                }
                let plan = plans[*k];
                let painted = plan.is_touched().then(|| {
                    let [shown, ended] = [plan.shown, plan.changed.without(plan.shown)].map(|inks| self.inks_of(inks));
                    let work = FrameWork { inks: &shown, ended: &ended, ..self.work(*k, plan, lost) };
                    StreamReader::with(|reader| Tools::with(|tools| paint(&work, reader, tools)))
                });
                // Frames that are painted again count once.
                (self.watch.progress)((self.done.fetch_add(1, Ordering::Relaxed) + 1).min(total), total);
                Ok(painted)
            })
            .collect()
    }

    fn work<'b>(&'b self, k: usize, plan: FramePlan, lost: &'b Patch) -> FrameWork<'b> {
        let frame = &self.gif.frames[k];
        FrameWork {
            bytes: self.bytes,
            frame,
            plan,
            palette_plan: self.palettes.of(k, frame),
            used: self.palettes.used[k],
            may_become_transparent: self.palettes.may_become_transparent,
            background: plan.is_on_background().then(|| self.background()).flatten(),
            inks: &[],
            ended: &[],
            lost,
            is_exact: self.is_exact,
            leaves_gaps: false,
        }
    }

    fn inks_of(&self, inks: InkSet) -> Vec<&'a InkRuns<'a>> {
        inks.iter().filter_map(|place| self.inks.get(place)).collect()
    }

    /// The background's colour: that of an entry of the global table (`GIF89a`, section 18).
    fn background(&self) -> Option<[u8; 3]> {
        let table = &self.bytes[self.gif.global_palette.clone()?];
        table.as_chunks::<3>().0.get(usize::from(self.gif.background)).copied()
    }
}
