//! Animated PNGs (PNG, third edition, section 4.9): frames that no caption meets are copied, the others drawn and coded again.
//!
//! `picture` calls it, by way of `animated`. Several frames at a time are decoded, then drawn one after another, then coded at the same time. A pixel that
//! the mask does not touch keeps its samples, in the file or on the canvas.

mod coded;
mod colours;
mod samples;
mod write;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, Ordering};

use caption_layout::{
    Error, Limits,
    reading::apng::{Apng, Frame},
    rect::Rect,
};
use rayon::prelude::*;

pub(crate) use self::colours::ColourReader;
use self::{coded::Coded, samples::Kinds, write::Written};
use super::{
    DrawnPixels, batch,
    canvas::{Patch, Sample},
    player::{Drawn, Place, Player},
    told,
};
use crate::{
    mask::{DecodedSpec, Mask},
    planning::{frame_times, shown_frames},
    rendered_animation::RenderedAnimation,
    still::png::{
        chunks::Chunks,
        read::{self, Header},
        rows::Filter,
    },
    watch::Watch,
};

/// An animated PNG of which all is known that takes no look at its pixels.
pub(crate) struct PreparedApng<'a> {
    bytes: &'a [u8],
    apng: Apng,
    header: Header,
    mask: Mask,
    /// By number of the caption.
    is_timed: Vec<bool>,
    limits: Limits,
}

/// Looks it over.
pub(crate) fn prepare<'a>(bytes: &'a [u8], decoded: DecodedSpec<'_>, limits: &Limits) -> Result<PreparedApng<'a>, Error> {
    let captions = &decoded.spec.captions;
    let apng = Apng::walk(bytes, limits)?;
    let header = Header::read(Chunks::of(bytes).next(), limits.max_side_px)?;
    let times = frame_times(apng.frames.iter().map(Frame::delay_us));
    let is_timed = captions.iter().map(|caption| caption.spec.is_timed()).collect();
    let times = captions.iter().map(|caption| shown_frames(&caption.spec, &times)).collect();
    let [width_px, height_px] = apng.sides_px;
    let mut mask = Mask::draw(decoded, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    mask.times = times;
    Ok(PreparedApng { bytes, apng, header, mask, is_timed, limits: *limits })
}

impl PreparedApng<'_> {
    /// Each frame is decoded, on a thread of its own if there is one.
    pub(crate) fn busy_threads(&self) -> usize {
        self.apng.frames.len()
    }

    /// Draws the captions.
    pub(crate) fn render(self, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        if self.header.depth == 16 { self.render_in::<u16>(watch) } else { self.render_in::<u8>(watch) }
    }

    fn render_in<S: Sample>(self, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        let Self { bytes, apng, header, mask, is_timed, limits } = self;
        let kinds = Kinds::of(bytes, &header, &apng, &mask)?;
        let output_sides = [mask.width_px, mask.height_px];
        let is_grown = output_sides != apng.sides_px;
        let mut player = Player::<S>::new(&mask, kinds.samples, kinds.written.has_alpha(), 1);
        let mut coded: Vec<Option<Coded>> = Vec::with_capacity(apng.frames.len());
        let (done, mut drawn_px) = (AtomicU32::new(0), DrawnPixels::within(&limits));
        let total = u32::try_from(apng.frames.len()).unwrap_or(u32::MAX);
        while coded.len() < apng.frames.len() {
            let batch = batch(&apng.frames[coded.len()..], |frame| frame.rect.area());
            let decode = |frame: &Frame| {
                if watch.cancelled.load(Ordering::Relaxed) {
                    Err(Error::Cancelled)
                } else {
                    decode::<S>(bytes, &header, &kinds, frame)
                }
            };
            drawn_px.begin_batch();
            let decoded = batch.par_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
            let mut drawn = Vec::with_capacity(batch.len());
            for (frame, (own, filters)) in batch.iter().zip(decoded) {
                let k = coded.len() + drawn.len();
                let place = Place {
                    rect: frame.rect.moved_down(mask.picture_top_px),
                    blend: frame.blend,
                    dispose: frame.dispose,
                    // A still picture that is the first frame is as large as the canvas (section 11.3.2.2).
                    at_least: if k == 0 && is_grown && apng.still.is_empty() {
                        Rect::at(0, 0, mask.width_px, mask.height_px)
                    } else {
                        Rect::default()
                    },
                    is_coded_again: !kinds.are_same(),
                    keeps_colours: false,
                };
                let frame = player.next(&place, own, mask.shown_in(k));
                let frame_px = frame.as_ref().map_or(0, |frame| frame.patch.rect.area());
                drawn.push((frame, place.rect, filters));
                if drawn_px.add(frame_px)? {
                    break;
                }
            }
            let code = |(drawn, source, filters): (Option<Drawn<S>>, Rect, Vec<Filter>)| {
                (watch.progress)((done.fetch_add(1, Ordering::Relaxed) + 1).min(total), total);
                drawn.map(|drawn| Coded::of(&drawn, source, &filters, &kinds))
            };
            coded.extend(drawn.into_par_iter().map(code).collect::<Vec<_>>());
        }
        let still = apng.still.as_slice();
        let still = (!still.is_empty()).then(|| {
            let pieces = still.iter().map(|range| &bytes[range.clone()]);
            let (raster, filters) = read::frame(&header, pieces)?;
            let whole = Rect::at(0, mask.picture_top_px, apng.sides_px[0], apng.sides_px[1]);
            let picture = player.still(&Patch { rect: whole, pixels: kinds.pixels::<S>(&raster) }, mask.shown_in(0));
            Ok::<_, Error>(Coded::of(&picture, whole, &filters, &kinds))
        });
        let still = still.transpose()?;
        let written = Written { bytes, apng: &apng, kinds: &kinds, sides_px: output_sides, moved_px: mask.picture_top_px };
        let recoded = u32::try_from(coded.iter().flatten().count()).unwrap_or(u32::MAX);
        let output = written.output(coded, still);
        let mut rendered = told(output, mask, total, recoded, &is_timed);
        let declared = apng.declared_frames;
        rendered.fidelity.damage =
            (declared != total).then(|| format!("{total} frames are whole, and the file says that it has {declared}"));
        Ok(rendered)
    }
}

/// A frame's own pixels, row by row, and the filters of its rows.
fn decode<S: Sample>(bytes: &[u8], header: &Header, kinds: &Kinds, frame: &Frame) -> Result<(Vec<[S; 4]>, Vec<Filter>), Error> {
    let sides = [frame.rect.width() as usize, frame.rect.height() as usize];
    let pieces = frame.data.iter().map(|range| &bytes[range.clone()]);
    let (raster, filters) = read::frame(&Header { sides, ..*header }, pieces)?;
    Ok((kinds.pixels(&raster), filters))
}
