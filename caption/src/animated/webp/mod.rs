//! Animated WebP files (WebP container specification, "Animation"): frames that no caption meets are copied, the others drawn and coded again,
//! without loss or at their own quantiser as they were.
//!
//! `picture` calls it, by way of `animated`. Several frames at a time are decoded, then drawn one after another, then coded at the same
//! time. The `image` crate decodes; libwebp encodes our own pixels and reads nothing.

mod coded;
mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::atomic::{AtomicU32, Ordering};

use caption_layout::{
    Error, Limits,
    reading::webp::{AnimatedWebp, Frame},
    rect::Rect,
};
use rayon::prelude::*;

use self::{
    coded::{Coded, FrameEncoder},
    write::Written,
};
use super::{
    DrawnPixels, batch,
    player::{Drawn, Place, Player},
    told,
};
use crate::{
    mask::{DecodedSpec, Mask},
    planning::{frame_times, shown_frames},
    rendered_animation::RenderedAnimation,
    still::{beside::Beside, colour_space::Samples, webp::frames as still_frames},
    watch::Watch,
};

/// The longest side that a frame has room for (RFC 9649, section 3.4).
const MAX_SIDE_PX: u32 = 16_383;
/// A frame's left and top are multiples of it: they are stored by half.
const STEP_PX: u32 = 2;

/// An animated WebP of which all is known that takes no look at its pixels.
pub(crate) struct PreparedWebp<'a> {
    bytes: &'a [u8],
    webp: AnimatedWebp,
    mask: Mask,
    is_exact: bool,
    /// By number of the caption.
    is_timed: Vec<bool>,
    limits: Limits,
}

/// Looks it over.
pub(crate) fn prepare<'a>(bytes: &'a [u8], decoded: DecodedSpec<'_>, limits: &Limits) -> Result<PreparedWebp<'a>, Error> {
    let spec = decoded.spec;
    let webp = AnimatedWebp::walk(bytes, limits)?;
    let times = frame_times(webp.frames.iter().map(Frame::delay_us));
    let is_timed = spec.captions.iter().map(|caption| caption.spec.is_timed()).collect();
    let times = spec.captions.iter().map(|caption| shown_frames(&caption.spec, &times)).collect();
    let [width_px, height_px] = webp.sides_px;
    let mut mask = Mask::draw(decoded, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    mask.times = times;
    // Frames that are copied can only move by whole steps.
    mask.lower_picture(mask.picture_top_px % STEP_PX);
    if mask.height_px > MAX_SIDE_PX {
        return Err(Error::CanvasTooLarge { width_px: mask.width_px, height_px: mask.height_px, limit_px: MAX_SIDE_PX });
    }
    Ok(PreparedWebp { bytes, webp, mask, is_exact: spec.exact, is_timed, limits: *limits })
}

impl PreparedWebp<'_> {
    /// Each frame is decoded, on a thread of its own if there is one.
    pub(crate) fn busy_threads(&self) -> usize {
        self.webp.frames.len()
    }

    /// Draws the captions.
    pub(crate) fn render(self, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        let Self { bytes, webp, mask, is_exact, is_timed, limits } = self;
        let mut player = Player::<u8>::new(&mask, Samples::Srgb, true, STEP_PX);
        let mut encoder = FrameEncoder::new(bytes, &mask, is_exact);
        let mut frames: Vec<Option<Coded>> = Vec::with_capacity(webp.frames.len());
        let (done, mut drawn_px) = (AtomicU32::new(0), DrawnPixels::within(&limits));
        let total = u32::try_from(webp.frames.len()).unwrap_or(u32::MAX);
        while frames.len() < webp.frames.len() {
            let batch = batch(&webp.frames[frames.len()..], |frame| frame.rect.area());
            let decode = |frame: &Frame| {
                if watch.cancelled.load(Ordering::Relaxed) {
                    return Err(Error::Cancelled);
                }
                let raster = still_frames::decode(&bytes[frame.data.clone()], [frame.rect.width(), frame.rect.height()])?;
                Ok(raster.data.as_chunks::<4>().0.to_vec())
            };
            drawn_px.begin_batch();
            let decoded = batch.par_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
            let mut drawn: Vec<Option<Drawn<u8>>> = Vec::with_capacity(batch.len());
            for (frame, own) in batch.iter().zip(decoded) {
                let place = Place {
                    rect: frame.rect.moved_down(mask.picture_top_px),
                    blend: frame.blend,
                    dispose: frame.dispose,
                    at_least: Rect::default(),
                    is_coded_again: false,
                    keeps_colours: frame.is_lossy,
                };
                let frame = player.next(&place, own, mask.shown_in(frames.len() + drawn.len()));
                let frame_px = frame.as_ref().map_or(0, |frame| frame.patch.rect.area());
                drawn.push(frame);
                if drawn_px.add(frame_px)? {
                    break;
                }
            }
            let batch = &batch[..drawn.len()];
            encoder.find_quality(batch, &drawn)?;
            let code = |(frame, drawn): (&Frame, &Option<Drawn<u8>>)| {
                let coded = drawn.as_ref().map(|drawn| encoder.code(frame, drawn)).transpose();
                (watch.progress)((done.fetch_add(1, Ordering::Relaxed) + 1).min(total), total);
                coded
            };
            let coded = batch.par_iter().zip(&drawn).map(code).collect::<Result<Vec<_>, _>>()?;
            for (k, (coded, drawn)) in (frames.len()..).zip(coded.iter().zip(&drawn)) {
                if let (Some(coded), Some(drawn)) = (coded, drawn) {
                    encoder.compare(k, coded, drawn);
                }
            }
            frames.extend(coded);
        }
        let recoded = u32::try_from(frames.iter().flatten().count()).unwrap_or(u32::MAX);
        let (captions, Beside { altered, changed }) = encoder.told();
        let written = Written { bytes, webp: &webp, sides_px: [mask.width_px, mask.height_px], moved_px: mask.picture_top_px };
        let output = written.output(&frames)?;
        let mask = Mask { told: captions, ..mask };
        let mut rendered = RenderedAnimation { altered, ..told(output, mask, total, recoded, &is_timed) };
        rendered.fidelity.changed = changed;
        rendered.fidelity.damage = webp.is_cut.then(|| format!("the file is cut off, {total} frames are whole"));
        Ok(rendered)
    }
}
