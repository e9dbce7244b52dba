//! Captions on a stretch of one frame's indices: what the plan asks for, and not a pixel more.
//!
//! Called by `splice` for touched segments and by `recode` for whole frames. Pixels that no caption covers
//! keep their index.

use caption_layout::rect::Rect;

use super::{
    background::{BackgroundOff, Backgrounds},
    brush::Brush,
    runs::{InkRuns, Run},
    work::FrameWork,
};
use crate::{
    mask::{Cover, Ink},
    planning::Palette,
    reading::{
        canvas::Patch,
        rows::{Present, Stretch},
    },
};

/// Of a pixel, in fifteenths.
const THIRD: u32 = 5;

/// One frame being painted.
pub(super) struct Painter<'a> {
    inks: &'a [&'a InkRuns<'a>],
    /// Where the canvas does not show the caption yet: see [`crate::planning::FramePlan::bare`].
    bare: Rect,
    /// Pixels of earlier frames that this frame has to draw again.
    lost: &'a Patch,
    palette: &'a Palette,
    brush: &'a mut Brush,
    backgrounds: Backgrounds,
    /// The transparent index. Where the canvas shows the caption already, an opaque pixel becomes transparent by it.
    through: Option<u8>,
    /// By ink, as far as it was asked: whether the palette lacks colours of it.
    lacking: Vec<Option<bool>>,
    /// The transparent index while an ink is painted whose colours the palette lacks: its soft edges go on showing the canvas where no
    /// entry passes for them.
    edges_through: Option<u8>,
    /// The largest index that was painted.
    pub largest: u8,
    /// Whether a pixel was drawn where the source's stream or rectangle does not reach.
    pub extended: bool,
}

/// Which pixels of a stretch are the source's.
#[derive(Clone, Copy)]
pub(super) enum Sourced {
    All,
    None,
    Some(Present),
}

impl Sourced {
    fn has(self, x: u32, y: u32) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Some(present) => present.has(x, y),
        }
    }
}

impl<'a> Painter<'a> {
    pub(super) fn new(work: &'a FrameWork<'a>, palette: &'a Palette, through: Option<u8>, brush: &'a mut Brush) -> Self {
        brush.take_up(palette);
        let (inks, bare, lost) = (work.inks, work.plan.bare(), &work.lost);
        let (backgrounds, lacking) = (Backgrounds::default(), vec![None; inks.len()]);
        Self { inks, bare, lost, palette, brush, backgrounds, through, lacking, edges_through: None, largest: 0, extended: false }
    }

    /// Paints all captions on a stretch; answers the place in it of the first index that changed.
    pub(super) fn paint(&mut self, stretch: &mut Stretch<'_>, sourced: Sourced) -> Option<usize> {
        let inks = self.inks;
        inks.iter().enumerate().filter_map(|(place, runs)| self.paint_ink(place, runs, stretch, sourced)).min()
    }

    /// How far the plates and shadows that it painted are off their colours.
    pub(super) fn backgrounds_off(self) -> Vec<BackgroundOff> {
        self.backgrounds.off(self.inks, self.palette, self.brush)
    }

    fn paint_ink(&mut self, place: usize, runs: &InkRuns<'_>, stretch: &mut Stretch<'_>, sourced: Sourced) -> Option<usize> {
        let ink = runs.ink;
        let here = ink.rect.intersect(stretch.lines());
        self.brush.select(runs);
        self.backgrounds.select(place, runs);
        self.edges_through = self.through.filter(|_| self.lacks_colours(place, ink));
        let mut first_changed: Option<usize> = None;
        for y in here.top..here.bottom {
            let (place, left, indices) = stretch.row(y, here.left..here.right);
            if indices.is_empty() {
                continue;
            }
            let row = Rect { left, top: y, bottom: y + 1, ..here };
            let is_mended = !row.intersect(self.lost.rect).is_empty();
            let stands = !is_mended && row.intersect(self.bare).is_empty();
            let is_bare = !is_mended && self.bare.covers(row);
            let covers = &ink.row(y)[(left - ink.rect.left) as usize..];
            let mut in_row = None;
            for run in runs.of_row(y) {
                let start = (run.x.max(left) - left) as usize;
                let end = ((run.x + run.len).max(left) - left) as usize;
                let end = end.min(indices.len());
                if start >= end {
                    continue;
                }
                let (indices, covers) = (&mut indices[start..end], &covers[start..end]);
                let at = [run.x.max(left), y];
                let changed = match (sourced, self.through) {
                    (Sourced::All, through) if stands => self.paint_standing(runs, run, covers, indices, at, through),
                    _ if is_bare && run.is_opaque && ink.emoji().is_none() => self.paint_bare(runs, covers, indices, at, sourced),
                    _ => self.paint_each(runs, covers, indices, at, sourced),
                };
                in_row = in_row.or(changed.map(|i| place + start + i));
            }
            first_changed = first_changed.into_iter().chain(in_row).min();
        }
        first_changed
    }

    /// Whether the palette lacks a colour of an ink: it was not asked to have them where the ink stands on the canvas already.
    fn lacks_colours(&mut self, place: usize, ink: &Ink) -> bool {
        let Self { lacking, brush, .. } = self;
        let lacks = || ink.colours().into_iter().any(|colour| !brush.has_alike(colour));
        lacking.get_mut(place).is_some_and(|known| *known.get_or_insert_with(lacks))
    }

    /// The entry for a pixel over an index where the canvas shows the caption already.
    #[inline]
    fn over_standing(&mut self, runs: &InkRuns<'_>, cover: Cover, at: [u32; 2], index: u8, beneath: [u8; 3]) -> u8 {
        let painted = self.over_index(runs, cover, at, index, beneath);
        let Some(through) = self.edges_through.filter(|_| runs.ink.is_drawn_at(at, cover)) else { return painted };
        if runs.ink.emoji().is_some() && cover.fill() >= THIRD {
            return through;
        }
        let [fill, under] = runs.ink.pair_at(at[0], at[1]);
        let passes = [Some(beneath), None].iter().any(|&beneath| self.brush.is_alike(painted, cover.blend(fill, under, beneath)));
        if passes { painted } else { through }
    }

    /// The entry for a pixel of which nothing shows what is beneath, or that lies over nothing.
    #[inline]
    fn alone(&mut self, runs: &InkRuns<'_>, cover: Cover, [x, y]: [u32; 2]) -> u8 {
        if runs.ink.emoji().is_some() {
            return self.brush.emoji_alone(runs.ink.pair_at(x, y)[0]);
        }
        self.backgrounds.alone(cover, 1);
        self.brush.alone(runs, cover)
    }

    /// The entry for a pixel over an index, which has a colour.
    #[inline]
    fn over_index(&mut self, runs: &InkRuns<'_>, cover: Cover, [x, y]: [u32; 2], index: u8, beneath: [u8; 3]) -> u8 {
        if runs.ink.emoji().is_some() {
            return self.brush.emoji_over(runs.ink.pair_at(x, y)[0], cover, Some(index), beneath);
        }
        self.backgrounds.over_index(cover, index);
        self.brush.over_index(runs, cover, index, beneath)
    }

    /// The entry for a pixel over a colour that has no index here.
    #[inline]
    fn over(&mut self, runs: &InkRuns<'_>, cover: Cover, [x, y]: [u32; 2], beneath: [u8; 3]) -> u8 {
        if runs.ink.emoji().is_some() {
            return self.brush.emoji_over(runs.ink.pair_at(x, y)[0], cover, None, beneath);
        }
        self.brush.over(runs, cover, beneath)
    }

    /// A run of source pixels where the caption stands on the canvas: what is transparent goes on showing it.
    fn paint_standing(
        &mut self,
        runs: &InkRuns<'_>,
        run: &Run,
        covers: &[Cover],
        indices: &mut [u8],
        [left, y]: [u32; 2],
        through: Option<u8>,
    ) -> Option<usize> {
        if let (true, Some(through)) = (run.is_opaque, through) {
            let changed = indices.iter().position(|&index| index != through);
            if changed.is_some() {
                indices.fill(through);
                self.largest = self.largest.max(through);
            }
            return changed;
        }
        let mut first_changed = None;
        for (i, ((index, &cover), x)) in indices.iter_mut().zip(covers).zip(left..).enumerate() {
            let Some(beneath) = self.palette.colour(*index) else { continue };
            let painted = if run.is_opaque {
                self.alone(runs, cover, [x, y])
            } else {
                self.over_standing(runs, cover, [x, y], *index, beneath)
            };
            if painted != *index {
                *index = painted;
                self.largest = self.largest.max(painted);
                first_changed = first_changed.or(Some(i));
            }
        }
        first_changed
    }

    /// An opaque run where the canvas holds nothing yet: what the frame has there makes no difference.
    fn paint_bare(
        &mut self,
        runs: &InkRuns<'_>,
        covers: &[Cover],
        indices: &mut [u8],
        [left, y]: [u32; 2],
        sourced: Sourced,
    ) -> Option<usize> {
        self.extended |= match sourced {
            Sourced::All => false,
            Sourced::None => true,
            Sourced::Some(present) => !(left..).take(indices.len()).all(|x| present.has(x, y)),
        };
        let mut first_changed = None;
        let mut i = 0;
        // Neighbours of one cover at a time: most of a band is one.
        for alike in covers.chunk_by(|a, b| a == b) {
            let painted = self.brush.alone(runs, alike[0]);
            self.backgrounds.alone(alike[0], alike.len());
            let here = &mut indices[i..i + alike.len()];
            if let Some(changed) = here.iter().position(|&index| index != painted) {
                first_changed = first_changed.or(Some(i + changed));
                here.fill(painted);
                self.largest = self.largest.max(painted);
            }
            i += alike.len();
        }
        first_changed
    }

    /// A run of which nothing is sure: each pixel by what is beneath it. `at` is the first one's x and y.
    fn paint_each(
        &mut self,
        runs: &InkRuns<'_>,
        covers: &[Cover],
        indices: &mut [u8],
        at: [u32; 2],
        sourced: Sourced,
    ) -> Option<usize> {
        let [left, y] = at;
        let mut first_changed = None;
        for (i, ((index, &cover), x)) in indices.iter_mut().zip(covers).zip(left..).enumerate() {
            let is_sourced = sourced.has(x, y);
            let is_bare = self.bare.contains(x, y);
            // What the source does not have was made transparent: a colour there is of a caption that lies behind this one.
            let is_known = is_sourced || self.palette.transparent().is_some();
            let stands = !is_bare && !self.lost.rect.contains(x, y);
            let painted = match self.palette.colour(*index).filter(|_| is_known) {
                Some(_) if cover.is_opaque() => match self.through {
                    Some(through) if stands => through,
                    _ => self.alone(runs, cover, [x, y]),
                },
                Some(beneath) if stands && is_sourced => self.over_standing(runs, cover, [x, y], *index, beneath),
                Some(beneath) => self.over_index(runs, cover, [x, y], *index, beneath),
                None => match self.lost.at(x, y) {
                    Some(beneath) => self.over(runs, cover, [x, y], beneath),
                    // Where earlier frames are looked at, and show nothing, a caption that begins is drawn over nothing too.
                    None if (is_bare || self.lost.rect.contains(x, y)) && cover.is_solid() => self.alone(runs, cover, [x, y]),
                    // Transparent over a caption that stands: it goes on standing.
                    None => continue,
                },
            };
            self.extended |= !is_sourced;
            if painted != *index {
                *index = painted;
                self.largest = self.largest.max(painted);
                first_changed = first_changed.or(Some(i));
            }
        }
        first_changed
    }
}
