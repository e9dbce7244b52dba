//! A caption prepared for painting: its rows as runs of pixels that hide what is beneath or let it shine
//! through, and what each cover makes of a colour.
//!
//! Made once a job, read by `painter` on every frame, so that a frame costs what the letters cover.

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
pub struct InkRuns<'a> {
    pub(super) ink: &'a Ink,
    runs: Vec<Run>,
    /// Where the runs of each of the ink's rows end.
    row_ends: Vec<usize>,
    blends: Box<[Blend; 256]>,
}

impl<'a> InkRuns<'a> {
    pub fn of(ink: &'a Ink) -> Self {
        let mut all = Self { ink, runs: Vec::new(), row_ends: Vec::new(), blends: Box::new([Blend::default(); 256]) };
        for y in ink.rect.top..ink.rect.bottom {
            if ink.is_band {
                all.runs.push(Run { x: ink.rect.left, len: ink.rect.width(), is_opaque: true });
            } else {
                all.add_row(ink.row(y));
            }
            all.row_ends.push(all.runs.len());
        }
        for (cover, blend) in (0..=u8::MAX).zip(all.blends.iter_mut()) {
            let [fill, under, weight] = Cover(cover).weights();
            *blend =
                Blend { base: std::array::from_fn(|c| u16::from(ink.fill[c]) * fill + u16::from(ink.under[c]) * under), weight };
        }
        all
    }

    /// The runs of a row of the canvas, from left to right.
    pub(super) fn of_row(&self, y: u32) -> &[Run] {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use caption_layout::{Colour, Font, LoadedCaption, LoadedSpec, Position, Style, rect::Rect};

    use crate::mask::Mask;

    /// Captions in these colours, on a picture of 120 x 80: the first at its lower edge, a second at its upper.
    pub(in crate::painting) fn with_inks<T>(pairs: &[([u8; 3], [u8; 3])], use_them: impl FnOnce(&[InkRuns<'_>]) -> T) -> T {
        with_inks_of(Style::Overlay, pairs, use_them)
    }

    fn with_inks_of<T>(style: Style, pairs: &[([u8; 3], [u8; 3])], use_them: impl FnOnce(&[InkRuns<'_>]) -> T) -> T {
        let caption = |(&(fill, stroke), at)| {
            let mut caption = LoadedCaption::new("Hi %", at, style, Font::builtin("anton").unwrap());
            (caption.spec.fill, caption.spec.stroke) = (Some(Colour { rgb: fill }), Some(Colour { rgb: stroke }));
            caption
        };
        let spec = LoadedSpec::new(pairs.iter().zip([Position::Bottom, Position::Top]).map(caption).collect());
        let mask = Mask::draw(&spec, 120, 80, Rect::at(0, 0, 120, 80)).unwrap();
        use_them(&mask.inks.iter().map(InkRuns::of).collect::<Vec<_>>())
    }

    /// A mark of one pixel in each pair of colours: many are made fast.
    pub(in crate::painting) fn for_each_pair(
        pairs: impl Iterator<Item = crate::mask::Pair>,
        mut use_it: impl FnMut(&InkRuns<'_>),
    ) {
        for [fill, under] in pairs {
            use_it(&InkRuns::of(&Ink::new(Rect::at(0, 0, 1, 1), vec![Cover(0x70)], [fill, under], false)));
        }
    }

    #[test]
    fn runs_hold_each_touched_pixel_once_and_break_where_the_beneath_begins_to_show() {
        with_inks(&[([255; 3], [0; 3]), ([255; 3], [0; 3])], |inks| {
            for runs in inks {
                let mut kinds = [0; 2];
                for y in runs.ink.rect.top..runs.ink.rect.bottom {
                    let covers = runs.ink.row(y);
                    let mut of_runs = vec![None; covers.len()];
                    for run in runs.of_row(y) {
                        kinds[usize::from(run.is_opaque)] += 1;
                        for x in run.x..run.x + run.len {
                            let before = of_runs[(x - runs.ink.rect.left) as usize].replace(run.is_opaque);
                            assert_eq!(before, None, "{x}, {y} is in two runs");
                        }
                    }
                    let wanted = covers.iter().map(|cover| (*cover != Cover::NONE).then(|| cover.is_opaque()));
                    assert!(of_runs.into_iter().eq(wanted), "row {y}");
                    for pair in runs.of_row(y).windows(2) {
                        let (gap, differ) = (pair[0].x + pair[0].len < pair[1].x, pair[0].is_opaque != pair[1].is_opaque);
                        assert!(pair[0].x < pair[1].x && (gap || differ), "row {y}: runs in order, none cut for nothing");
                    }
                }
                assert!(kinds.iter().all(|&count| count > 20), "{kinds:?}");
            }
        });
    }

    #[test]
    fn a_row_of_a_bar_is_one_run_from_edge_to_edge() {
        with_inks_of(Style::Bar, &[([0; 3], [255; 3])], |inks| {
            for y in inks[0].ink.rect.top..inks[0].ink.rect.bottom {
                assert_eq!(inks[0].of_row(y), [Run { x: 0, len: 120, is_opaque: true }], "row {y}");
            }
        });
    }

    #[test]
    fn every_cover_blends_as_the_mask_says() {
        with_inks(&[([255, 40, 7], [0, 128, 255])], |inks| {
            for cover in (0..=u8::MAX).map(Cover) {
                for beneath in [[0; 3], [255; 3], [1, 127, 254], [200, 3, 90]] {
                    let wanted = cover.blend([255, 40, 7], [0, 128, 255], Some(beneath));
                    assert_eq!(inks[0].blend(cover, beneath), wanted, "{cover:?} over {beneath:?}");
                }
            }
        });
    }
}
