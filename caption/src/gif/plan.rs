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

use crate::mask::{Cover, Ink, Mask};

/// What is to be done with one frame. All rectangles are on the output's canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FramePlan {
    /// The source's rectangle, below a bar where there is one.
    pub source: Rect,
    /// The rectangle to write: `source`, or larger.
    pub drawn: Rect,
    /// Where, before this frame, the canvas holds nothing: neither the source's pixels nor a caption.
    pub bare: Rect,
    /// Where, before this frame, the output's canvas was cleared further than the source's, so that
    /// pixels of earlier frames must be drawn again.
    pub damaged: Rect,
    /// Whether part of a caption stays undrawn, because the frame must not grow.
    pub leaves_gaps: bool,
    /// Whether the frame has to be decoded at all.
    pub touched: bool,
}

/// The canvas between two frames, as far as it matters.
#[derive(Clone, Copy)]
struct Canvas {
    bare: Rect,
    damaged: Rect,
    /// Around everything that the source has drawn and not cleared.
    inhabited: Rect,
}

/// Which frames may be grown beyond their rectangle. What a grown frame does not draw must be
/// transparent; but decoders look whether a frame has a transparent index to decide what the canvas
/// is at first, and what a frame that is disposed to background leaves: nothing, or the background
/// colour. A frame is not given one where that would show outside the mask. Nor may a frame that is
/// disposed to background clear, by having grown, what can't be drawn again exactly.
#[derive(Clone, Copy)]
struct Growth {
    /// Whether all decoders clear to nothing.
    clears_to_nothing: bool,
    /// Whether pixels of earlier frames can be drawn again in their very colours: all frames share a palette.
    mendable: bool,
}

impl Growth {
    fn of(gif: &Gif) -> Self {
        let clears_to_nothing = |f: &Frame| f.disposal != Disposal::Background || f.transparent.is_some();
        Self {
            clears_to_nothing: gif.frames.iter().all(clears_to_nothing),
            mendable: gif.frames.iter().all(|f| f.local_palette.is_none()),
        }
    }

    fn allows(self, frame: &Frame, is_first: bool) -> bool {
        match frame.disposal {
            Disposal::Background => self.clears_to_nothing,
            _ => !is_first || frame.transparent.is_some(),
        }
    }
}

/// The part of the canvas that overlays can stand on: all of it, but for a picture of one frame that must
/// not grow, which would not get its caption at all.
pub(super) fn written_on(gif: &Gif) -> Rect {
    match &gif.frames[..] {
        [only] if only.transparent.is_none() && !only.rect.intersect(gif.canvas).is_empty() => only.rect.intersect(gif.canvas),
        _ => gif.canvas,
    }
}

/// A frame that lies so many canvases away is not grown to where a caption stands: nobody sees it, and it
/// would have millions of pixels on the way.
const FAR_OFF: usize = 4;

/// Plans every frame of `gif`.
pub(super) fn plan(gif: &Gif, mask: &Mask) -> Vec<FramePlan> {
    let whole = Rect::at(0, 0, mask.width_px, mask.height_px);
    let mut canvas = Canvas { bare: whole, damaged: Rect::default(), inhabited: Rect::default() };
    let growth = Growth::of(gif);
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

fn plan_frame(frame: &Frame, mask: &Mask, canvas: &Canvas, growth: Growth, is_first: bool) -> FramePlan {
    let source = frame.rect.moved_down(mask.picture_top_px);
    let untouched =
        FramePlan { source, drawn: source, bare: canvas.bare, damaged: canvas.damaged, leaves_gaps: false, touched: false };
    if !can_be_drawn(frame) {
        return untouched;
    }
    let canvas_px = mask.width_px as usize * mask.height_px as usize;
    let is_far_off = source.union(Rect::at(0, 0, mask.width_px, mask.height_px)).area() > FAR_OFF * canvas_px;
    if is_far_off && canvas.damaged.is_empty() {
        return FramePlan { leaves_gaps: true, touched: mask.touches(source), ..untouched };
    }
    let grown_for = |wanted: &dyn Fn(&&Ink) -> bool| {
        let missing = mask.inks.iter().filter(wanted).map(|ink| missing_caption(ink, canvas.bare, source));
        missing.fold(source.union(canvas.damaged), Rect::union)
    };
    let mut drawn = grown_for(&|_| true);
    let damages = frame.disposal == Disposal::Background && !cleared_too_far(source, drawn, canvas.inhabited).is_empty();
    if !growth.allows(frame, is_first) || (damages && !growth.mendable) {
        // A bar is drawn all the same: without it the canvas would have a hole.
        drawn = grown_for(&|ink| ink.is_band);
    }
    let touched = drawn != source || !canvas.damaged.is_empty() || mask.touches(source);
    let leaves_gaps = mask.inks.iter().any(|ink| !missing_caption(ink, canvas.bare, drawn).is_empty());
    FramePlan { drawn, leaves_gaps, touched, ..untouched }
}

/// A frame without pixels, or whose codes no decoder reads, shows nothing and is left as it is.
fn can_be_drawn(frame: &Frame) -> bool {
    !frame.rect.is_empty() && super::lzw::CODE_SIZES.contains(&frame.min_code_size)
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
fn after(frame: &Frame, plan: &FramePlan, before: Canvas, whole: Rect) -> Canvas {
    if !can_be_drawn(frame) {
        return before;
    }
    let inhabited = before.inhabited.union(plan.source.intersect(whole));
    // What a frame that must not grow left undrawn is still to do.
    let still_bare = if plan.drawn.covers(before.bare) || !plan.leaves_gaps { Rect::default() } else { before.bare };
    match frame.disposal {
        Disposal::Keep => Canvas { bare: still_bare, damaged: Rect::default(), inhabited },
        Disposal::Previous => before,
        Disposal::Background => {
            let damaged = cleared_too_far(plan.source, plan.drawn, inhabited);
            let inhabited = if plan.source.covers(inhabited) { Rect::default() } else { inhabited };
            Canvas { bare: plan.drawn.union(still_bare), damaged, inhabited }
        }
    }
}
