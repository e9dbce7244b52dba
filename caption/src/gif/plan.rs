//! Which frames the captions touch, and how far each must reach to draw them again.
//!
//! Made once a job from rectangles alone, before any frame is decoded, so that frames can then be
//! worked on in any order. The rule it keeps: after every frame has been drawn, every pixel of the
//! mask shows its caption, and every other pixel of the canvas is the source's.

use super::blocks::{Disposal, Frame, Gif};
use crate::{
    mask::{Cover, Mask},
    rect::Rect,
};

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

/// Plans every frame of `gif`.
pub(super) fn plan(gif: &Gif, mask: &Mask) -> Vec<FramePlan> {
    let whole = Rect::at(0, 0, mask.width_px, mask.height_px);
    let mut canvas = Canvas { bare: whole, damaged: Rect::default(), inhabited: Rect::default() };
    gif.frames
        .iter()
        .map(|frame| {
            let frame_plan = plan_frame(frame, mask, &canvas);
            canvas = after(frame, &frame_plan, canvas, whole);
            frame_plan
        })
        .collect()
}

fn plan_frame(frame: &Frame, mask: &Mask, canvas: &Canvas) -> FramePlan {
    let source = frame.rect.moved_down(mask.picture_top_px);
    let untouched = FramePlan { source, drawn: source, bare: canvas.bare, damaged: canvas.damaged, touched: false };
    if !can_be_drawn(frame) {
        return untouched;
    }
    let drawn = source.union(missing_caption(mask, canvas.bare, source)).union(canvas.damaged);
    let touched = drawn != source || !canvas.damaged.is_empty() || mask.touches(source);
    FramePlan { drawn, touched, ..untouched }
}

/// A frame without pixels, or whose codes no decoder reads, shows nothing and is left as it is.
fn can_be_drawn(frame: &Frame) -> bool {
    !frame.rect.is_empty() && super::lzw::CODE_SIZES.contains(&frame.min_code_size)
}

/// Around the pixels of the mask that `bare` leaves without their caption and `source` does not reach.
fn missing_caption(mask: &Mask, bare: Rect, source: Rect) -> Rect {
    let mut around = Rect::default();
    if source.covers(bare) {
        return around;
    }
    for ink in &mask.inks {
        if source.covers(ink.rect.intersect(bare)) {
            continue;
        }
        for (x, y, cover) in ink.covers_in(bare) {
            if cover != Cover::NONE && cover.is_solid() && !source.contains(x, y) && !around.contains(x, y) {
                around = around.union(Rect::at(x, y, 1, 1));
            }
        }
    }
    around
}

/// The canvas when the frame's time is over.
fn after(frame: &Frame, plan: &FramePlan, before: Canvas, whole: Rect) -> Canvas {
    if !can_be_drawn(frame) {
        return before;
    }
    let inhabited = before.inhabited.union(plan.source.intersect(whole));
    match frame.disposal {
        Disposal::Keep => Canvas { bare: Rect::default(), damaged: Rect::default(), inhabited },
        Disposal::Previous => before,
        Disposal::Background => {
            let inhabited = if plan.source.covers(inhabited) { Rect::default() } else { inhabited };
            let too_much = inhabited.intersect(plan.drawn);
            let damaged = if plan.source.covers(too_much) { Rect::default() } else { too_much };
            Canvas { bare: plan.drawn, damaged, inhabited }
        }
    }
}
