//! Which frames the captions touch, and how far each must reach to draw them again.
//!
//! Made once a job from rectangles alone, before any frame is decoded, so that frames can then be
//! worked on in any order. The rule it keeps: after every frame has been drawn, every pixel outside
//! the mask is the source's in every decoder, and every pixel of the mask shows its caption, where
//! the first allows the second: see [`Growth`].

use caption_layout::{
    reading::blocks::{Disposal, Frame, Gif},
    rect::Rect,
};

use super::fate::{Fate, FramePlan};
use crate::{
    lzw::CODE_SIZES,
    mask::{Cover, Ink, Mask},
};

/// The output's canvas between two frames, as far as it matters.
#[derive(Clone, Copy)]
struct CanvasState {
    /// See [`FramePlan::bare`].
    bare: Rect,
    /// See [`FramePlan::damaged`].
    damaged: Rect,
    /// Around everything that the source has drawn and not cleared.
    inhabited: Rect,
}

/// Which frames may be grown beyond their rectangle. What a grown frame does not draw must be
/// transparent. But many decoders let a frame's transparent index decide two more things: what the canvas is before the first
/// frame, and what a frame leaves that is disposed to background. With such an index it is nothing, without one the background
/// colour. So a frame is not given a transparent index where that difference would show outside the mask. Nor may a frame that is
/// disposed to background clear, by having grown, what can't be drawn again exactly.
#[derive(Clone, Copy)]
struct Growth {
    /// Whether all decoders clear to nothing.
    clears_to_nothing: bool,
    /// Whether pixels of earlier frames can be drawn again in their very colours: all frames share a palette. An entry that is
    /// transparent in another frame may yet be missing, so an exact plan does not rely on it.
    mendable: bool,
    /// Whether nothing outside the captions may look different in any decoder, though a caption goes undrawn for it.
    is_exact: bool,
    /// Bytes of the global table.
    global_table_bytes: usize,
}

impl Growth {
    fn of(gif: &Gif, is_exact: bool) -> Self {
        let clears_to_nothing = |f: &Frame| f.disposal != Disposal::Background || f.transparent.is_some();
        Self {
            clears_to_nothing: gif.frames.iter().all(clears_to_nothing),
            mendable: !is_exact && gif.frames.iter().all(|f| f.local_palette.is_none()),
            is_exact,
            global_table_bytes: gif.global_palette.as_ref().map_or(0, ExactSizeIterator::len),
        }
    }

    fn allows(self, frame: &Frame, is_first: bool) -> bool {
        let decoders_agree = match frame.disposal {
            Disposal::Background => self.clears_to_nothing,
            _ => !is_first || frame.transparent.is_some(),
        };
        decoders_agree && (!self.is_exact || self.has_transparent(frame))
    }

    /// Whether the frame has a transparent index or is sure to have room for one.
    fn has_transparent(self, frame: &Frame) -> bool {
        let table_bytes = frame.local_palette.as_ref().map_or(self.global_table_bytes, ExactSizeIterator::len);
        frame.transparent.is_some() || table_bytes < 3 * 256
    }
}

/// The part of the canvas that overlays can stand on: all of it, but for a picture of one frame that must
/// not grow, which would not get its caption at all.
pub fn written_on(gif: &Gif) -> Rect {
    match &gif.frames[..] {
        [only] if only.transparent.is_none() && !only.rect.intersect(gif.canvas).is_empty() => only.rect.intersect(gif.canvas),
        _ => gif.canvas,
    }
}

/// In canvas sizes. A frame farther outside the canvas than this is not grown to reach a caption: no pixel of it is seen, and the
/// rectangle would have millions of pixels.
const FAR_OFF: usize = 4;

/// Plans every frame of `gif`. With `is_exact`, no pixel outside the captions may look different.
pub fn plan(gif: &Gif, mask: &Mask, is_exact: bool) -> Vec<FramePlan> {
    let whole = Rect::at(0, 0, mask.width_px, mask.height_px);
    let mut canvas = CanvasState { bare: whole, damaged: Rect::default(), inhabited: Rect::default() };
    let growth = Growth::of(gif, is_exact);
    gif.frames
        .iter()
        .enumerate()
        .map(|(k, frame)| {
            let frame_plan = plan_frame(frame, mask, &canvas, growth, k == 0);
            canvas = after(frame, &frame_plan, canvas, whole);
            frame_plan
        })
        .collect()
}

fn plan_frame(frame: &Frame, mask: &Mask, canvas: &CanvasState, growth: Growth, is_first: bool) -> FramePlan {
    let source = frame.rect.moved_down(mask.picture_top_px);
    let &CanvasState { bare, damaged, inhabited } = canvas;
    if !can_be_drawn(frame) {
        return FramePlan { source, fate: Fate::Copied, lacks: lacking(mask, bare, Rect::default()) };
    }
    let canvas_px = mask.width_px as usize * mask.height_px as usize;
    let is_far_off = source.union(Rect::at(0, 0, mask.width_px, mask.height_px)).area() > FAR_OFF * canvas_px;
    if is_far_off && damaged.is_empty() {
        let fate = if mask.touches(source) || frame.is_cut { Fate::Painted { bare } } else { Fate::Copied };
        return FramePlan { source, fate, lacks: lacking(mask, bare, source) };
    }
    let grown_for = |wanted: &dyn Fn(&&Ink) -> bool| {
        let missing = mask.inks.iter().filter(wanted).map(|ink| missing_caption(ink, bare, source));
        missing.fold(source.union(damaged), Rect::union)
    };
    let mut drawn = grown_for(&|_| true);
    let damages = frame.disposal == Disposal::Background && !cleared_too_far(source, drawn, inhabited).is_empty();
    let may_grow = growth.allows(frame, is_first);
    if !may_grow || (damages && !growth.mendable) {
        // A bar is drawn all the same: without it the canvas would have a hole.
        drawn = grown_for(&|ink| ink.is_band);
        if growth.is_exact && shows_blanks(drawn, source, mask) {
            drawn = source.union(damaged);
        }
    }
    let fate = if !damaged.is_empty() {
        Fate::Mended { drawn, bare, damaged }
    } else if drawn != source {
        let on_background = !may_grow && frame.transparent.is_none() && shows_blanks(drawn, source, mask);
        // No pixel of it lets a caption that is on the canvas already show: all are drawn again.
        Fate::Grown { drawn, bare: if on_background { drawn } else { bare }, on_background }
    // A frame that is cut off is coded again, whole: some decoders refuse a file that isn't.
    } else if mask.touches(source) || frame.is_cut {
        Fate::Painted { bare }
    } else {
        Fate::Copied
    };
    FramePlan { source, fate, lacks: lacking(mask, bare, drawn) }
}

/// Whether a frame that is grown from `source` to `drawn` has pixels that neither the source nor a bar has.
fn shows_blanks(drawn: Rect, source: Rect, mask: &Mask) -> bool {
    let of_bars = mask.inks.iter().filter(|ink| ink.is_band).map(|ink| ink.rect.intersect(drawn));
    let filled: usize = of_bars.map(|bar| bar.area() - bar.intersect(source).area()).sum();
    drawn.area() > source.intersect(drawn).area() + filled
}

/// A bit for each ink of which `drawn` leaves something undrawn.
fn lacking(mask: &Mask, bare: Rect, drawn: Rect) -> u128 {
    let of_one = |(number, ink): (usize, &Ink)| u128::from(!missing_caption(ink, bare, drawn).is_empty()) << number;
    mask.inks.iter().enumerate().map(of_one).fold(0, |all, bit| all | bit)
}

/// A frame without pixels, or whose codes no decoder reads, shows nothing and is left as it is.
fn can_be_drawn(frame: &Frame) -> bool {
    !frame.rect.is_empty() && CODE_SIZES.contains(&frame.min_code_size)
}

/// Around the pixels of a caption that `bare` leaves undrawn and `source` does not reach.
fn missing_caption(ink: &Ink, bare: Rect, source: Rect) -> Rect {
    if ink.is_band || source.covers(ink.rect.intersect(bare)) {
        return ink.rect.intersect(bare).without(source);
    }
    let mut around = Rect::default();
    for (x, y, cover) in ink.covers_in(bare) {
        if cover != Cover::NONE && cover.is_solid() && !source.contains(x, y) && !around.contains(x, y) {
            around = around.union(Rect::at(x, y, 1, 1));
        }
    }
    around
}

/// What a frame grown from `source` to `drawn` clears that the source leaves, at most.
fn cleared_too_far(source: Rect, drawn: Rect, inhabited: Rect) -> Rect {
    let cleared = inhabited.intersect(drawn);
    if source.covers(cleared) { Rect::default() } else { cleared }
}

/// The canvas when the frame's time is over.
fn after(frame: &Frame, plan: &FramePlan, before: CanvasState, whole: Rect) -> CanvasState {
    if !can_be_drawn(frame) {
        return before;
    }
    let inhabited = before.inhabited.union(plan.source.intersect(whole));
    // What a frame that must not grow left undrawn is still to do.
    let still_bare = if plan.drawn().covers(before.bare) || plan.lacks == 0 { Rect::default() } else { before.bare };
    match frame.disposal {
        Disposal::Keep => CanvasState { bare: still_bare, damaged: Rect::default(), inhabited },
        Disposal::Previous => before,
        Disposal::Background => {
            let damaged = cleared_too_far(plan.source, plan.drawn(), inhabited);
            let inhabited = if plan.source.covers(inhabited) { Rect::default() } else { inhabited };
            CanvasState { bare: plan.drawn().union(still_bare), damaged, inhabited }
        }
    }
}

#[cfg(test)]
mod tests {
    use caption_layout::{Font, Limits, LoadedCaption, LoadedSpec, Position, Style};
    use samples::{Content, Frame as Made, Palette, Sample};

    use super::*;

    #[test]
    fn each_fate_is_met_in_a_gif_of_six_frames() {
        let made = |height, disposal| Made { transparent: Some(0), disposal, ..Made::plain(40, height, Content::Runs, 1) };
        // The first does not reach the caption; the third lies above it; what the fourth clears the fifth must draw again, by which
        // it clears too much itself.
        let frames = vec![made(20, 0), made(40, 0), made(8, 0), made(36, 2), made(20, 2), made(20, 0)];
        let palette = Some(Palette { log2_len: 2, seed: 9, has_black_and_white: false });
        let bytes = Sample { width: 40, height: 40, palette, loop_count: None, frames }.bytes();
        let gif = Gif::walk(&bytes, &Limits::default()).unwrap();
        let caption = LoadedCaption::new("Hi", Position::Bottom, Style::Overlay, Font::builtin("anton").unwrap());
        let mask = Mask::draw(&LoadedSpec::new(vec![caption]), 40, 40, written_on(&gif)).unwrap();
        let plans = plan(&gif, &mask, false);
        let names = plans.iter().map(|plan| match plan.fate {
            Fate::Copied => "copied",
            Fate::Painted { .. } => "painted",
            Fate::Grown { .. } => "grown",
            Fate::Mended { .. } => "mended",
        });
        assert_eq!(names.collect::<Vec<_>>(), ["grown", "painted", "copied", "painted", "grown", "mended"], "{plans:#?}");
    }
}
