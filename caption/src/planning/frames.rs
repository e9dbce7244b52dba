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
    mask::{Cover, Ink, InkSet, Mask},
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
    /// The inks that it shows, but for where it is bare.
    standing: InkSet,
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
    let nothing = Rect::default();
    let mut canvas = CanvasState { bare: whole, damaged: nothing, inhabited: nothing, standing: InkSet::default() };
    let planner = Planner { mask, growth: Growth::of(gif, is_exact), whole, first_holes: first_holes(gif) };
    let mut plans: Vec<FramePlan> = Vec::with_capacity(gif.frames.len());
    for (k, frame) in gif.frames.iter().enumerate() {
        let shown = mask.shown_in(k);
        let ending = if k + 1 < gif.frames.len() { shown.without(mask.shown_in(k + 1)) } else { InkSet::default() };
        let plan = planner.plan_frame(k, frame, &canvas, [shown, ending]);
        canvas = planner.after(frame, &plan, canvas);
        plans.push(plan);
    }
    plans
}

/// The first frame behind which the source's canvas may show nothing somewhere, as far as rectangles tell.
fn first_holes(gif: &Gif) -> usize {
    let begins_whole = gif.frames.first().is_some_and(|first| first.transparent.is_none() && first.rect.covers(gif.canvas));
    let clears = |frame: &Frame| frame.disposal == Disposal::Background;
    if begins_whole { gif.frames.iter().position(clears).unwrap_or(usize::MAX) } else { 0 }
}

/// What is the same for all frames.
struct Planner<'a> {
    mask: &'a Mask,
    growth: Growth,
    whole: Rect,
    /// See [`first_holes`].
    first_holes: usize,
}

impl Planner<'_> {
    /// `ending` are the inks of `shown` that the next frame does not show.
    fn plan_frame(&self, k: usize, frame: &Frame, canvas: &CanvasState, [shown, ending]: [InkSet; 2]) -> FramePlan {
        let &Self { mask, growth, whole, first_holes } = self;
        let source = frame.rect.moved_down(mask.picture_top_px);
        let &CanvasState { bare, damaged: cleared, inhabited, standing } = canvas;
        let rect_of = |ink: usize| mask.inks[ink].rect.intersect(whole);
        // One that begins where the canvas holds nothing needs no look at what is beneath.
        let due = standing.differing(shown).filter(|ink| !shown.contains(ink) || !bare.covers(rect_of(ink)));
        // What can't be begun or hidden yet is left for the next frame, and told.
        let planned = |fate: Fate, changed: InkSet, drawn: Rect| {
            let left = due.without(changed);
            let lacks = lacking(mask, shown, bare, drawn).union(left.intersect(shown));
            let overstays = left.without(shown);
            FramePlan { source, fate, shown: shown.without(left), changed, lacks, overstays, is_cleared: false }
        };
        if !can_be_drawn(frame) {
            return planned(Fate::Copied, InkSet::default(), Rect::default());
        }
        // A frame that is cut off is coded again, whole: some decoders refuse a file that isn't.
        let within_source = || if mask.touches(shown, source) || frame.is_cut { Fate::Painted { bare } } else { Fate::Copied };
        let is_far_off = source.union(whole).area() > FAR_OFF * whole.area();
        if is_far_off && cleared.is_empty() {
            return planned(within_source(), InkSet::default(), source);
        }
        let grown_for = |wanted: &dyn Fn(&&Ink) -> bool, changed: InkSet| {
            let missing = mask.inks_of(shown).filter(wanted).map(|ink| missing_caption(ink, bare, source));
            missing.fold(source.union(cleared).union(mask.rect_of(changed)), Rect::union)
        };
        let may_clear = growth.clears_to_nothing && growth.mendable && frame.disposal == Disposal::Keep;
        let is_cleared = !ending.is_empty() && k >= first_holes && may_clear && frame.transparent.is_some();
        let (mut changed, mut drawn) = (due, grown_for(&|_| true, due));
        if is_cleared {
            drawn = drawn.union(mask.rect_of(ending));
        }
        let clears_more = frame.disposal == Disposal::Background && !cleared_too_far(source, drawn, inhabited).is_empty();
        let may_grow = growth.allows(frame, k == 0);
        if !may_grow || (clears_more && !growth.mendable) {
            changed = changed.filter(|ink| source.covers(rect_of(ink)));
            // A bar is drawn all the same: without it the canvas would have a hole.
            drawn = grown_for(&|ink| ink.is_band, changed);
            if growth.is_exact && shows_blanks(drawn, source, mask) {
                drawn = source.union(cleared);
            }
        }
        if drawn != source && (drawn.width() > whole.width() || drawn.height() > whole.height()) {
            // Some decoders mix up the rows of a frame that is larger than the screen; what lies beyond it is not seen.
            drawn = drawn.intersect(whole);
        }
        let damaged = cleared.union(mask.rect_of(changed));
        let fate = if !damaged.is_empty() {
            Fate::Mended { drawn, bare, damaged, cleared }
        } else if drawn != source {
            let on_background = !may_grow && frame.transparent.is_none() && shows_blanks(drawn, source, mask);
            // No pixel of it lets a caption that is on the canvas already show: all are drawn again.
            Fate::Grown { drawn, bare: if on_background { drawn } else { bare }, on_background }
        } else {
            within_source()
        };
        FramePlan { is_cleared, ..planned(fate, changed, drawn) }
    }

    /// The canvas when the frame's time is over.
    fn after(&self, frame: &Frame, plan: &FramePlan, before: CanvasState) -> CanvasState {
        if !can_be_drawn(frame) {
            return before;
        }
        let rect_of = |ink: usize| self.mask.inks[ink].rect.intersect(self.whole);
        let inhabited = before.inhabited.union(plan.source.intersect(self.whole));
        // What a frame that must not grow left undrawn is still to do.
        let is_drawn = plan.drawn().covers(before.bare) || lacking(self.mask, plan.shown, before.bare, plan.drawn()).is_empty();
        let still_bare = if is_drawn { Rect::default() } else { before.bare };
        let standing = before.standing.differing(plan.changed);
        let standing = standing.union(plan.shown.filter(|ink| before.bare.covers(rect_of(ink))));
        let left_standing = standing.filter(|ink| !plan.drawn().covers(rect_of(ink)));
        match frame.disposal {
            // What the source keeps there is to be drawn again.
            Disposal::Keep if plan.is_cleared => CanvasState {
                bare: plan.drawn().union(still_bare),
                damaged: inhabited.intersect(plan.drawn()),
                inhabited,
                standing: left_standing,
            },
            Disposal::Keep => CanvasState { bare: still_bare, damaged: Rect::default(), inhabited, standing },
            Disposal::Previous => before,
            Disposal::Background => CanvasState {
                bare: plan.drawn().union(still_bare),
                damaged: cleared_too_far(plan.source, plan.drawn(), inhabited),
                inhabited: if plan.source.covers(inhabited) { Rect::default() } else { inhabited },
                standing: left_standing,
            },
        }
    }
}

/// Whether a frame that is grown from `source` to `drawn` has pixels that neither the source nor a bar has.
fn shows_blanks(drawn: Rect, source: Rect, mask: &Mask) -> bool {
    let of_bars = mask.inks.iter().filter(|ink| ink.is_band).map(|ink| ink.rect.intersect(drawn));
    let filled: usize = of_bars.map(|bar| bar.area() - bar.intersect(source).area()).sum();
    drawn.area() > source.intersect(drawn).area() + filled
}

/// The inks of `shown` of which `drawn` leaves something undrawn.
fn lacking(mask: &Mask, shown: InkSet, bare: Rect, drawn: Rect) -> InkSet {
    shown.filter(|ink| mask.inks.get(ink).is_some_and(|ink| !missing_caption(ink, bare, drawn).is_empty()))
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
