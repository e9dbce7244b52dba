//! A caption prepared for painting: its rows as runs of pixels that hide what is beneath or let it shine
//! through, and what each cover makes of a colour.
//!
//! Made once a job, read by `paint` on every frame, so that a frame costs what the letters cover.

use super::palette::Pair;
use crate::mask::{Cover, Ink};

/// Neighbouring pixels of a row that are painted alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first column, on the canvas.
    pub x: u32,
    pub len: u32,
    /// Whether they hide what is beneath.
    pub is_opaque: bool,
}

/// What a cover makes of the colour beneath it: `(base + weight * beneath) / 225` for each channel.
#[derive(Clone, Copy, Debug, Default)]
struct Blend {
    base: [u16; 3],
    weight: u16,
}

/// One caption.
pub(super) struct Inked<'a> {
    pub ink: &'a Ink,
    pub pair: Pair,
    runs: Vec<Run>,
    /// Where the runs of each of the ink's rows end.
    row_ends: Vec<usize>,
    blends: Box<[Blend; 256]>,
}

impl<'a> Inked<'a> {
    pub(super) fn of(ink: &'a Ink) -> Self {
        let mut inked = Self {
            ink,
            pair: [ink.fill, ink.under],
            runs: Vec::new(),
            row_ends: Vec::new(),
            blends: Box::new([Blend::default(); 256]),
        };
        for y in ink.rect.top..ink.rect.bottom {
            if ink.is_band {
                inked.runs.push(Run { x: ink.rect.left, len: ink.rect.width(), is_opaque: true });
            } else {
                inked.add_row(ink.row(y));
            }
            inked.row_ends.push(inked.runs.len());
        }
        for (cover, blend) in (0..=u8::MAX).zip(inked.blends.iter_mut()) {
            let [fill, under, weight] = Cover(cover).weights();
            *blend =
                Blend { base: std::array::from_fn(|c| u16::from(ink.fill[c]) * fill + u16::from(ink.under[c]) * under), weight };
        }
        inked
    }

    /// The runs of a row of the canvas, from left to right.
    pub(super) fn runs(&self, y: u32) -> &[Run] {
        let row = (y - self.ink.rect.top) as usize;
        let start = row.checked_sub(1).map_or(0, |above| self.row_ends[above]);
        &self.runs[start..self.row_ends[row]]
    }

    /// The colour of a cover over another.
    #[inline]
    pub(super) fn blend(&self, cover: Cover, beneath: [u8; 3]) -> [u8; 3] {
        let Blend { base, weight } = self.blends[usize::from(cover.0)];
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
        std::array::from_fn(|c| ((u32::from(base[c] + weight * u16::from(beneath[c])) + 112) / 225) as u8)
    }

    fn add_row(&mut self, covers: &[Cover]) {
        let mut last: Option<Run> = None;
        for (&cover, x) in covers.iter().zip(self.ink.rect.left..) {
            let is_opaque = cover.is_opaque();
            match &mut last {
                Some(run) if cover != Cover::NONE && run.is_opaque == is_opaque => run.len += 1,
                _ => {
                    self.runs.extend(last.take());
                    last = (cover != Cover::NONE).then_some(Run { x, len: 1, is_opaque });
                }
            }
        }
        self.runs.extend(last);
    }
}
