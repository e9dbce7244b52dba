//! Captions on a stretch of one frame's indices: what the plan asks for, and not a pixel more.
//!
//! Called by `splice` for touched segments and by `recode` for whole frames. Pixels that no caption covers
//! keep their index.

use super::{
    brush::{Blends, Brush},
    frame::Job,
    palette::Palette,
    raster::{Present, Window},
};
use crate::{
    mask::{Cover, Ink},
    rect::Rect,
};

/// One frame being painted.
pub(super) struct Painter<'a> {
    job: &'a Job<'a>,
    palette: &'a Palette,
    brush: &'a mut Brush,
    /// Where the caption stands on the canvas already and hides what is beneath, a transparent pixel
    /// shows it as well as a painted one: smaller, and letters keep one colour from palette to palette.
    through: Option<u8>,
    /// The largest index that was painted.
    pub largest: u8,
    /// Whether a pixel was drawn where the source's stream or rectangle does not reach.
    pub extended: bool,
}

/// Which pixels of a window are the source's.
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
    pub(super) fn new(job: &'a Job<'a>, palette: &'a Palette, through: Option<u8>, brush: &'a mut Brush) -> Self {
        brush.take_up(palette);
        Self { job, palette, brush, through, largest: 0, extended: false }
    }

    /// Paints all captions on a window; answers the place in it of the first index that changed.
    pub(super) fn paint(&mut self, window: &mut Window<'_>, sourced: Sourced) -> Option<usize> {
        let job = self.job;
        let changed = job.mask.inks.iter().zip(job.blends).filter_map(|(ink, blends)| self.ink(ink, blends, window, sourced));
        changed.min()
    }

    fn ink(&mut self, ink: &Ink, blends: &Blends, window: &mut Window<'_>, sourced: Sourced) -> Option<usize> {
        let plan = self.job.plan;
        let here = ink.rect.intersect(window.rows()).intersect(plan.drawn);
        if here.is_empty() {
            return None;
        }
        let solid = self.brush.solid(blends);
        let transparent = self.palette.transparent();
        let mut first_changed = None::<usize>;
        for y in here.top..here.bottom {
            let Some(columns) = ink.touched_columns(y) else { continue };
            let columns = columns.start.max(here.left)..columns.end.min(here.right);
            if columns.is_empty() {
                continue;
            }
            let (place, x, indices) = window.row(y, columns.clone());
            let covers = &ink.row(y)[(x - ink.rect.left) as usize..];
            let row = Rect::at(x, y, columns.len() as u32, 1);
            let stands = row.intersect(plan.bare).is_empty() && row.intersect(plan.damaged).is_empty();
            let mut changed_in_row = None;
            for (i, (index, &cover)) in indices.iter_mut().zip(covers).enumerate() {
                if cover == Cover::NONE {
                    continue;
                }
                let old = *index;
                let x = x + i as u32;
                let is_sourced = sourced.has(x, y);
                let new = if is_sourced && Some(old) != transparent {
                    if cover.is_opaque() {
                        match self.through {
                            Some(through) if stands || self.stands_at(x, y) => through,
                            _ => solid[usize::from(cover.0)],
                        }
                    } else {
                        self.brush.soft(blends, cover, self.palette.colour(old).unwrap_or_default())
                    }
                } else if stands {
                    // Transparent over a caption that stands: it goes on standing.
                    continue;
                } else if let Some(beneath) = self.job.damaged_at(x, y) {
                    self.brush.nearest(cover.blend(ink.fill, ink.under, Some(beneath)))
                } else if plan.bare.contains(x, y) && cover.is_solid() {
                    self.brush.nearest(cover.blend(ink.fill, ink.under, None))
                } else {
                    continue;
                };
                self.extended |= !is_sourced;
                if new != old {
                    *index = new;
                    self.largest = self.largest.max(new);
                    changed_in_row = changed_in_row.or(Some(place + i));
                }
            }
            first_changed = first_changed.into_iter().chain(changed_in_row).min();
        }
        first_changed
    }

    /// Whether the caption is on the canvas before this frame.
    fn stands_at(&self, x: u32, y: u32) -> bool {
        !self.job.plan.bare.contains(x, y) && !self.job.plan.damaged.contains(x, y)
    }
}
