//! Pixels beside the captions that look different because a lossy picture was coded again.
//!
//! The lossy kinds of stills, and frames of animations, hand over a pixel as it was and as it comes out. It decides nothing.

use std::ops::Range;

use caption_layout::{ChangedPixels, WhyOff, rect::Rect};

use crate::{
    altered::Altered,
    difference::difference,
    mask::{InkSet, Mask},
};

/// Those that were found so far.
#[derive(Default)]
pub(crate) struct Beside {
    pub altered: Altered,
    pub changed: ChangedPixels,
}

impl Beside {
    /// Compares a pixel of the output, which no caption covers, with what it was.
    pub(super) fn compare(&mut self, [x, y]: [u32; 2], mask: &Mask, was: [u8; 3], is: [u8; 3]) {
        if self.count(was, is) {
            self.altered.add(0, mask.width_px, [(x, y)]);
        }
    }

    /// Marks all pixels of a rectangle.
    pub(super) fn mark(&mut self, rect: Rect, mask: &Mask) {
        let places = (rect.top..rect.bottom).flat_map(|y| (rect.left..rect.right).map(move |x| (x, y)));
        self.altered.add(0, mask.width_px, places);
    }

    /// Adds those of another part of the picture.
    pub(super) fn add(&mut self, other: Self) {
        self.altered.append(other.altered);
        self.changed.count += other.changed.count;
        self.changed.delta_e = self.changed.delta_e.max(other.changed.delta_e);
        self.changed.why = self.changed.why.or(other.changed.why);
    }

    /// Compares all pixels of these rows that no caption covers; both colours are asked for by places on the output's canvas. Where
    /// a picture is coded again as a whole, most of its pixels differ, so the rows are marked as a whole.
    pub(super) fn of_rows(
        rows: Range<u32>,
        mask: &Mask,
        before: impl Fn(u32, u32) -> [u8; 3],
        after: impl Fn(u32, u32) -> [u8; 3],
    ) -> Self {
        let mut beside = Self::default();
        beside.count_rows(rows.clone(), mask, before, after);
        beside.with_rows_altered(rows, mask)
    }

    /// Compares the pixels of some of these rows, and marks none of them.
    pub(super) fn count_rows(
        &mut self,
        rows: Range<u32>,
        mask: &Mask,
        before: impl Fn(u32, u32) -> [u8; 3],
        after: impl Fn(u32, u32) -> [u8; 3],
    ) {
        let mut line = vec![0; mask.width_px as usize];
        for y in rows {
            mask.row_to_gray(InkSet::ALL, y, &mut line);
            for (x, _) in (0..mask.width_px).zip(&line).filter(|(_, covered)| **covered == 0) {
                self.count(before(x, y), after(x, y));
            }
        }
    }

    /// Marks these rows if any pixel differs.
    pub(super) fn with_rows_altered(mut self, rows: Range<u32>, mask: &Mask) -> Self {
        if self.changed.count > 0 {
            self.altered = Altered::of_rows(rows, mask.width_px);
        }
        self
    }

    /// Compares the pixels of a frame that was coded again, where no caption of its time covers them: `pixels` have their places on the
    /// output's canvas, as they were and as they come out. If any differs, all of the frame is marked.
    pub(crate) fn compare_frame(
        &mut self,
        frame: usize,
        mask: &Mask,
        rect: Rect,
        pixels: impl Iterator<Item = ([u32; 2], [u8; 3], [u8; 3])>,
    ) {
        let gray = mask.to_gray(mask.shown_in(frame));
        let mut differs = false;
        for ([x, y], was, is) in pixels {
            if gray.get(y as usize * mask.width_px as usize + x as usize) == Some(&0) {
                differs |= self.count(was, is);
            }
        }
        if differs {
            let places = (rect.top..rect.bottom).flat_map(|y| (rect.left..rect.right).map(move |x| (x, y)));
            self.altered.add(frame, mask.width_px, places);
        }
    }

    /// Counts a pixel that is marked otherwise.
    pub(super) fn count(&mut self, was: [u8; 3], is: [u8; 3]) -> bool {
        let differs = was != is;
        if differs {
            let changed = &mut self.changed;
            changed.count += 1;
            changed.delta_e = changed.delta_e.max(difference(was, is).into());
            changed.why = Some(WhyOff::Lossy);
        }
        differs
    }
}
