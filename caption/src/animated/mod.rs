//! Animations in colours, PNG and WebP: both are played twice side by side, as they are and with their captions, and only frames that
//! would show something wrong are drawn again (ADR 26).
//!
//! `picture` calls the kinds, each in a room of its own. What they have in common stands here; it knows no file.

pub(crate) mod apng;
pub(crate) mod canvas;
pub(crate) mod player;
pub(crate) mod webp;

#[cfg(test)]
pub(crate) mod tests;

use caption_layout::{Error, Fidelity, Limits, RenderStats, limits::CheckLimits as _};

use crate::{
    altered::Altered,
    mask::{InkSet, Mask},
    output::Output,
    rendered_animation::RenderedAnimation,
};

/// Frames in flight for each thread.
const FRAMES_A_THREAD: usize = 8;
/// Pixels of all frames in flight, or those of one where it has more.
const PIXELS_AT_ONCE: usize = 1 << 22;

/// The first frames, as many as may be in memory at the same time.
pub(crate) fn batch<F>(frames: &[F], area: impl Fn(&F) -> usize) -> &[F] {
    let mut pixels = 0;
    let fits = |frame: &F| {
        pixels += area(frame);
        pixels <= PIXELS_AT_ONCE
    };
    let many = frames.iter().map(fits).take_while(|fits| *fits).count();
    &frames[..many.min(rayon::current_num_threads() * FRAMES_A_THREAD).clamp(1, frames.len())]
}

/// Pixels that frames are drawn on: a frame grows for captions that it clears, however small it was.
struct DrawnPixels<'a> {
    of_all: u64,
    of_batch: usize,
    limits: &'a Limits,
}

impl<'a> DrawnPixels<'a> {
    fn within(limits: &'a Limits) -> Self {
        Self { of_all: 0, of_batch: 0, limits }
    }

    fn begin_batch(&mut self) {
        self.of_batch = 0;
    }

    /// Counts a frame's, and says whether the batch ends with it.
    fn add(&mut self, frame_px: usize) -> Result<bool, Error> {
        self.of_all += frame_px as u64;
        self.of_batch += frame_px;
        self.limits.check_total_pixels(self.of_all)?;
        Ok(self.of_batch >= PIXELS_AT_ONCE)
    }
}

/// What there is to tell.
fn told(output: Output, mask: Mask, frames: u32, recoded: u32, is_timed: &[bool]) -> RenderedAnimation {
    let stats = RenderStats { frames, frames_copied: frames - recoded, frames_recoded: recoded, ..RenderStats::default() };
    let mut captions = mask.told.clone();
    for ((caption, time), _) in captions.iter_mut().zip(&mask.times).zip(is_timed).filter(|(_, is_timed)| **is_timed) {
        caption.frames_shown = Some(u32::try_from(time.len()).unwrap_or(u32::MAX));
    }
    let fidelity = Fidelity { captions, ..Fidelity::default() };
    let overstaying = vec![InkSet::default(); frames as usize];
    RenderedAnimation { output, mask, stats, altered: Altered::default(), overstaying, fidelity }
}
