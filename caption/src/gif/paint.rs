//! Captions on one frame's indices: what the plan asks for, and not a pixel more.
//!
//! Called by `frame` between decoding and encoding. Pixels outside the mask keep their index, unless
//! their slot had to give way, which is counted.

use super::{
    frame::Job,
    palette::{Histogram, Merge, Palette},
    pixels::{Pixels, Present},
};
use crate::{
    mask::{Cover, Ink},
    rect::Rect,
};

/// One frame being painted.
pub(super) struct Painter<'a> {
    job: &'a Job<'a>,
    pub pixels: Pixels,
    present: Present,
    pub palette: Palette,
    kept: Histogram,
    /// Where the caption stands on the canvas already and hides what is beneath, a transparent pixel
    /// shows it as well as a painted one: smaller, and letters keep one colour from palette to palette.
    through: Option<u8>,
    /// Pixels outside the mask that took a neighbouring colour.
    pub altered: Vec<(u32, u32)>,
    /// Whether any pixel came out different.
    pub changed: bool,
    /// Whether one was drawn where the source's stream or rectangle does not reach.
    pub extended: bool,
}

impl<'a> Painter<'a> {
    pub(super) fn new(job: &'a Job<'a>, pixels: Pixels, present: Present) -> Self {
        let palette = Palette::new(job.table(), job.frame.transparent);
        let mut kept = count_kept(job, &pixels, present);
        for colour in job.damaged.iter().flatten() {
            palette.keep(*colour, &mut kept);
        }
        Self { job, pixels, present, palette, kept, through: None, altered: Vec::new(), changed: false, extended: false }
    }

    /// Paints all captions. `blends` is scratch.
    pub(super) fn paint(&mut self, blends: &mut Vec<u16>) {
        let plan = self.job.plan;
        let grown = plan.drawn != plan.source;
        if grown || !self.present.is_whole() {
            if (grown || self.must_draw_absent()) && self.has_blanks() {
                let merge = self.palette.ensure_transparent(&mut self.kept);
                self.merge(merge);
            }
            self.blank_absent();
        }
        self.through = match () {
            () if plan.bare.covers(plan.drawn) => None,
            () if self.job.may_become_transparent => self.palette.transparent_or_unused(&mut self.kept),
            () => self.palette.transparent(),
        };
        let job = self.job;
        for ink in &job.mask.inks {
            if !self.paints_opaque(ink) {
                continue;
            }
            for merge in self.palette.ensure_pair(ink.fill, ink.under, &mut self.kept) {
                self.merge(Some(merge));
            }
        }
        for ink in &job.mask.inks {
            self.paint_ink(ink, blends);
        }
        if !plan.damaged.is_empty() {
            self.mend();
        }
        self.changed |= grown || self.extended || !self.altered.is_empty();
    }

    /// Whether a caption has to be drawn where the frame's rectangle reaches but its stream does not.
    fn must_draw_absent(&self) -> bool {
        if self.present.is_whole() {
            return false;
        }
        let plan = self.job.plan;
        let is_absent = |(x, y, cover): (u32, u32, Cover)| cover.is_solid() && !self.present.has(x, y);
        let bare = plan.bare.intersect(plan.source);
        !plan.damaged.is_empty() || self.job.mask.inks.iter().any(|ink| ink.covers_in(bare).any(is_absent))
    }

    /// Whether pixels that the source does not have remain beside those that captions cover.
    fn has_blanks(&self) -> bool {
        let plan = self.job.plan;
        let (drawn, source) = (plan.drawn.area(), plan.source.area().min(self.present.decoded));
        let is_painted =
            |&(x, y, cover): &(u32, u32, Cover)| cover.is_solid() && plan.bare.contains(x, y) && !self.present.has(x, y);
        let painted: usize = self.job.mask.inks.iter().map(|ink| ink.covers_in(plan.drawn).filter(is_painted).count()).sum();
        source + painted < drawn
    }

    /// Pixels that the source does not have show what is beneath.
    fn blank_absent(&mut self) {
        let blank = self.palette.transparent().unwrap_or(0);
        let rect = self.pixels.rect;
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                if !self.present.has(x, y) {
                    *self.pixels.at_mut(x, y) = blank;
                }
            }
        }
    }

    fn merge(&mut self, merge: Option<Merge>) {
        let Some(Merge { from, to }) = merge else { return };
        let source = self.job.plan.source;
        for y in source.top..source.bottom {
            for x in source.left..source.right {
                if self.present.has(x, y) && self.pixels.at(x, y) == from {
                    *self.pixels.at_mut(x, y) = to;
                    self.altered.push((x, y));
                }
            }
        }
    }

    /// Whether letters or ground of `ink` must be painted here, rather than shown through.
    fn paints_opaque(&self, ink: &Ink) -> bool {
        let plan = self.job.plan;
        let here = ink.rect.intersect(plan.drawn);
        let meets = |rect: Rect| !here.intersect(rect).is_empty();
        !here.is_empty() && (self.through.is_none() || meets(plan.bare) || meets(plan.damaged))
    }

    /// Paints one caption's pixels. For `blends` see [`blended`].
    fn paint_ink(&mut self, ink: &Ink, blends: &mut Vec<u16>) {
        blends.clear();
        blends.resize(256 * 256, 0);
        for (x, y, cover) in ink.covers_in(self.job.plan.drawn) {
            if cover == Cover::NONE {
                continue;
            }
            let is_present = self.present.has(x, y);
            let index = self.pixels.at(x, y);
            let painted = if is_present && Some(index) != self.palette.transparent() {
                match self.through {
                    Some(through) if cover.is_opaque() && self.stands_at(x, y) => through,
                    _ => blended(&self.palette, ink, cover, index, blends),
                }
            } else if let Some(beneath) = self.job.damaged_at(x, y) {
                self.palette.nearest(cover.blend(ink.fill, ink.under, Some(beneath))).0
            } else if self.job.plan.bare.contains(x, y) && cover.is_solid() {
                self.palette.nearest(cover.blend(ink.fill, ink.under, None)).0
            } else {
                // Transparent over a caption that stands: it goes on standing.
                continue;
            };
            *self.pixels.at_mut(x, y) = painted;
            self.changed = true;
            self.extended |= !is_present;
        }
    }

    /// Whether the caption is on the canvas before this frame.
    fn stands_at(&self, x: u32, y: u32) -> bool {
        !self.job.plan.bare.contains(x, y) && !self.job.plan.damaged.contains(x, y)
    }

    /// Draws again what the source still shows and the output's canvas has lost.
    fn mend(&mut self) {
        let damaged = self.job.plan.damaged;
        for y in damaged.top..damaged.bottom {
            for x in damaged.left..damaged.right {
                if let Some(colour) = self.job.damaged_at(x, y)
                    && Some(self.pixels.at(x, y)) == self.palette.transparent()
                {
                    let (index, is_exact) = self.palette.exact_or_nearest(colour, &mut self.kept);
                    *self.pixels.at_mut(x, y) = index;
                    self.extended = true;
                    if !is_exact {
                        self.altered.push((x, y));
                    }
                }
            }
        }
    }
}

/// The index for a cover over an index, looked up in `blends`: by (cover, index), plus one; 0 is unknown.
fn blended(palette: &Palette, ink: &Ink, cover: Cover, index: u8, blends: &mut [u16]) -> u8 {
    let beneath = if cover.is_opaque() { 0 } else { index };
    let known = &mut blends[usize::from(cover.0) << 8 | usize::from(beneath)];
    if *known == 0 {
        let blend = cover.blend(ink.fill, ink.under, palette.colour(index));
        *known = u16::from(palette.nearest(blend).0) + 1;
    }
    #[expect(clippy::cast_possible_truncation, reason = "an index plus one")]
    let blended = (*known - 1) as u8;
    blended
}

/// Counts the indices that must keep their colour: all that the caption does not hide.
fn count_kept(job: &Job<'_>, pixels: &Pixels, present: Present) -> Histogram {
    let mut kept = [0u32; 256];
    for (y, row) in pixels.rows_of(job.plan.source) {
        for &index in &row[present.in_row(y)] {
            kept[usize::from(index)] += 1;
        }
    }
    for ink in &job.mask.inks {
        for (x, y, cover) in ink.covers_in(job.plan.source) {
            if cover.is_opaque() && present.has(x, y) {
                kept[usize::from(pixels.at(x, y))] -= 1;
            }
        }
    }
    kept
}
